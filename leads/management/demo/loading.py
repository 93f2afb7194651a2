"""Fills an office: everything in one transaction. The past year is made up as rows, in a fixed
number of queries per dealer; the last week is lived through by the real services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.db import connection, transaction
from django.db.models import DateTimeField, ExpressionWrapper, F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from leads.management.demo import words
from leads.management.demo.catalogs import Catalogs
from leads.management.demo.connections import connect
from leads.management.demo.desk import live_through_the_week
from leads.management.demo.enquiries import make_enquiries
from leads.management.demo.exports import check_exports_once, remember_checks
from leads.management.demo.jobs import make_jobs
from leads.management.demo.ledger import Ledger
from leads.management.demo.office import COMPANIES, Company, Office, open_offices
from leads.management.demo.people import Directory, Double, make_callers
from leads.management.demo.progress import Story
from leads.management.demo.stock import Stock, make_vehicles
from leads.management.demo.systems import admit_systems, fall_silent, make_webhook, tell
from leads.management.demo.times import Calendar
from leads.models import (
    Activity,
    Customer,
    Dealer,
    Enquiry,
    IntakeEntry,
    Lead,
    MatchSuggestion,
    Stage,
    Tag,
    Vehicle,
)
from leads.models.keys import catalog_key

_SEED = 20_260_302
# Own numbers of cars are counted from here; those of the simulator's sample page are below.
_FIRST_NUMBER = 10_001
# How long a car has been there when the first customer asks about it.
_UNNOTICED = timedelta(days=4, hours=2)


@transaction.atomic
def load(*, now: datetime, simulator_port: int, companies: Sequence[Company] = COMPANIES) -> None:
    """Store the whole demo; the same one at every call, as many days before `now`."""
    rng = Random(_SEED)  # noqa: S311 - has to be repeatable; nothing here is a secret
    offices = open_offices(companies)
    connect(offices[0].dealer, simulator_port=simulator_port)
    shared = _Shared(Catalogs.read(), Calendar(now, rng), Directory(rng), rng)
    for place, office in enumerate(offices):
        _fill(office, shared, first_number=_FIRST_NUMBER + 1000 * place)
    _live(offices[0], shared)


@dataclass(frozen=True)
class _Shared:
    """What the offices have in common."""

    catalogs: Catalogs
    calendar: Calendar
    directory: Directory
    rng: Random


def _fill(office: Office, shared: _Shared, *, first_number: int) -> None:
    dealer, rng, calendar = office.dealer, shared.rng, shared.calendar
    callers, doubles = make_callers(office, shared.directory, rng)
    vehicles = make_vehicles(office, rng, now=calendar.now, first_number=first_number)
    stock = Stock(vehicles)
    enquiries = make_enquiries(office, callers, stock, shared.catalogs, calendar, rng)
    activities: list[Activity] = []
    for enquiry in enquiries:
        activities += Story(enquiry, office, stock, shared.catalogs, calendar, rng).tell()
    ledger = Ledger(office)
    ledger.write_leads(enquiries)
    if office.company.places[0].bdk_partner_number:
        ledger.write_useless(calendar)

    leads = [enquiry.lead for enquiry in enquiries]
    Customer.objects.bulk_create(caller.customer for caller in callers)
    Vehicle.objects.bulk_create(vehicles)
    Lead.objects.bulk_create(leads, batch_size=500)
    Enquiry.objects.bulk_create(ledger.enquiries, batch_size=500)
    Activity.objects.bulk_create(activities, batch_size=2000)
    IntakeEntry.objects.bulk_create(ledger.entries, batch_size=500)
    _tag(dealer, leads, rng)
    _suggest(doubles)
    _set_dates(dealer)
    _write_history(dealer, shared.catalogs)
    dealer.last_lead_number = len(leads)
    dealer.save(update_fields=["last_lead_number"])


def _live(office: Office, shared: _Shared) -> None:
    """The last week, by the services of the office: what cannot be made up as rows."""
    calendar = shared.calendar
    admit_systems(office, calendar, shared.rng)
    webhook = make_webhook(office, now=calendar.on(-6, 8))
    live_through_the_week(
        office, shared.catalogs, calendar, in_the_evening=lambda now: tell(webhook, now=now)
    )
    fall_silent(webhook, now=calendar.on(-1, 20, 30))
    make_jobs(calendar)
    remember_checks(check_exports_once(office, now=calendar.now), calendar)


def _set_dates(dealer: Dealer) -> None:
    """What Django sets to now when it stores a row: a customer is known since the first lead and
    may be a double since then, a car since shortly before the first enquiry about it, a lead as it
    is since its last activity."""
    for model, name, before in (
        (Customer, "customer", timedelta(0)),
        (Vehicle, "vehicle", _UNNOTICED),
    ):
        enquiries = Lead.objects.filter(**{name: OuterRef("pk")}).order_by("received_at")
        first = Coalesce(Subquery(enquiries.values("received_at")[:1]), F("created_at"))
        since = ExpressionWrapper(first - before, output_field=DateTimeField())
        model.objects.for_dealer(dealer).update(created_at=since, updated_at=since)
    activities = Activity.objects.filter(lead=OuterRef("pk")).order_by("-at")
    last = Coalesce(Subquery(activities.values("at")[:1]), F("received_at"))
    Lead.objects.for_dealer(dealer).update(
        updated_at=last, last_activity_at=last, last_enquired_at=F("enquired_at")
    )
    younger = Customer.objects.filter(pk=OuterRef("customer")).values("created_at")
    MatchSuggestion.objects.for_dealer(dealer).update(created_at=Subquery(younger))


def _write_history(dealer: Dealer, catalogs: Catalogs) -> None:
    """Each row as it was stored; a lead as it came, and as it is since it was changed."""
    for model in (Customer, Vehicle):
        _remember(model, dealer, kind="+", at="created_at")
    later = ("owner", "close_reason", "closed_at", "follow_up_at", "first_response_at")
    as_it_came = dict.fromkeys((*later, "probability", "expected_value"), "NULL")
    as_it_came |= {"status": str(catalogs.status(Stage.NEW).pk), "updated_at": "received_at"}
    _remember(Lead, dealer, kind="+", at="received_at", instead=as_it_came)
    changed = "updated_at > received_at"
    _remember(Lead, dealer, kind="~", at="updated_at", by="owner_id", condition=changed)


def _remember(
    model: type[Customer] | type[Vehicle] | type[Lead],
    dealer: Dealer,
    *,
    kind: str,
    at: str,
    by: str = "NULL",
    instead: Mapping[str, str] | None = None,
    condition: str = "TRUE",
) -> None:
    """Copy the dealer's rows into the history, inside the database: no rows are wider.

    `at` and `by` are the columns with date and user, `instead` has SQL for columns that were
    different then.
    """
    history = model.history.model
    values = {
        field.column: (instead or {}).get(field.name, field.column)
        for field in history.tracked_fields
    }
    values |= {"history_type": f"'{kind}'", "history_date": at, "history_user_id": by}
    statement = (
        f"INSERT INTO {history._meta.db_table} ({', '.join(values)})"  # noqa: S608 - our own names
        f" SELECT {', '.join(values.values())} FROM {model._meta.db_table}"
        f" WHERE dealer_id = %s AND {condition}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [dealer.pk])


def _tag(dealer: Dealer, leads: list[Lead], rng: Random) -> None:
    tags = [Tag(dealer=dealer, name=name, name_key=catalog_key(name)) for name in words.TAGS]
    Tag.objects.bulk_create(tags)
    through = Lead.tags.through
    through.objects.bulk_create(
        through(lead_id=lead.pk, tag_id=tag.pk)
        for lead in rng.sample(leads, len(leads) // 8)
        for tag in rng.sample(tags, rng.choice([1, 1, 2]))
    )


def _suggest(doubles: Iterable[Double]) -> None:
    MatchSuggestion.objects.bulk_create(
        MatchSuggestion(
            dealer=double.customer.dealer,
            customer=double.customer,
            candidate=double.original,
            reason=double.reason,
            created_at=double.customer.created_at,
        )
        for double in doubles
    )
