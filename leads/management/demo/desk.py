"""What staff of the demo did in the last days: answered, closed, merged, threw away, planned."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Greatest

from leads.management.demo.arrivals import (
    ADVERTISER,
    HENRIKE,
    HENRIKE_AGAIN,
    KIRSTEN,
    OLE,
    Asker,
    note_unknown_types,
    take_in_arrivals,
)
from leads.management.demo.catalogs import Catalogs
from leads.management.demo.office import Office
from leads.management.demo.times import Calendar
from leads.models import Activity, Customer, Lead, Task
from leads.models.lead import LeadQuerySet
from leads.services.deleting import delete_leads
from leads.services.handling import assign_leads, close_leads
from leads.services.merging import merge_customers, merge_leads
from leads.services.noting import add_activity
from leads.services.rescoring import rescore
from leads.services.tasks import create_task, finish_task

# (kind, title, days until it is due, hour, done before)
_TASKS = (
    (Task.Kind.FOLLOW_UP, "Angebot nachfassen", -3, 10, False),
    (Task.Kind.CALLBACK, "Rückruf wegen Inzahlungnahme", -1, 16, False),
    (Task.Kind.TEST_DRIVE, "Probefahrt vorbereiten, Fahrzeug waschen", 0, 18, False),
    (Task.Kind.CALLBACK, "", 0, 17, False),
    (Task.Kind.OTHER, "Unterlagen der Finanzierung anfordern", 1, 9, False),
    (Task.Kind.FOLLOW_UP, "", 4, 11, False),
    (Task.Kind.TEST_DRIVE, "Probefahrt mit Wohnwagen", 6, 14, False),
    (Task.Kind.CALLBACK, "Verfügbarkeit bestätigen", -2, 15, True),
    (Task.Kind.FOLLOW_UP, "Bilder vom Innenraum schicken", -4, 9, True),
)


def live_through_the_week(
    office: Office,
    catalogs: Catalogs,
    calendar: Calendar,
    *,
    in_the_evening: Callable[[datetime], None],
) -> None:
    """One day after the other; `in_the_evening` is called with the time at the end of each."""
    take_in_arrivals(office, days_ago=6, now=calendar.on(-6, 10, 20))
    _sort_out(office, catalogs, calendar)
    in_the_evening(calendar.on(-5, 18))
    take_in_arrivals(office, days_ago=2, now=calendar.on(-2, 19, 40))
    note_unknown_types(office.dealer, now=calendar.on(-2, 19, 40))
    in_the_evening(calendar.on(-2, 20))
    take_in_arrivals(office, days_ago=1, now=calendar.on(-1, 9, 5))
    _merge(office, now=calendar.on(-1, 10, 30))
    _plan(office, calendar)
    rescore(office.dealer, now=calendar.now)
    _set_dates(office)
    in_the_evening(calendar.on(-1, 20))


def _sort_out(office: Office, catalogs: Catalogs, calendar: Calendar) -> None:
    """The day after the first enquiries: one is called, one says no, one was no enquiry."""
    seller, boss = office.staff["verkauf"], office.staff["leitung"]
    at = calendar.on(-5, 9, 15)
    assign_leads(_leads_of(office, KIRSTEN, OLE, HENRIKE), seller, by=boss, now=at)
    called_at = at + timedelta(minutes=40)
    text = "Ausführlich gesprochen, möchte erst einmal abwarten."
    add_activity(_leads_of(office, OLE).get(), Activity.Kind.CALL, text, by=seller, now=called_at)
    reason = catalogs.close_reasons["no_interest"]
    close_leads(_leads_of(office, OLE), reason, by=seller, now=called_at + timedelta(minutes=2))
    delete_leads(_leads_of(office, ADVERTISER), by=boss, now=at)


def _merge(office: Office, *, now: datetime) -> None:
    """Somebody who wrote and telephoned was taken for two; both merges can be undone."""
    boss = office.staff["leitung"]
    kept = _leads_of(office, HENRIKE).select_related("customer").get()
    merged = _leads_of(office, HENRIKE_AGAIN).select_related("customer").get()
    if kept.customer is None or merged.customer is None:
        raise AssertionError("both gave contact data")
    merge_customers(kept.customer, merged.customer, values={}, by=boss, now=now)
    later = now + timedelta(minutes=1)
    merge_leads(kept, merged, values={}, by=boss, now=later)


def _plan(office: Office, calendar: Calendar) -> None:
    """Tasks of the newest open leads: overdue, for today and later, and some that are done."""
    rows = Lead.objects.for_dealer(office.dealer).open().exclude(owner=None)
    leads = rows.filter(is_test=False).select_related("owner").order_by("-received_at", "-pk")
    made_at = calendar.on(-4, 8, 30)
    for lead, (kind, title, days, hour, is_done) in zip(leads, _TASKS, strict=False):
        due_at = calendar.on(days, hour)
        task = create_task(lead, kind=kind, title=title, due_at=due_at, now=made_at)
        if is_done:
            finish_task(task, by=lead.owner, now=due_at - timedelta(minutes=25))


def _leads_of(office: Office, *askers: Asker) -> LeadQuerySet:
    emails = [one.email for one in askers if one.email]
    phones = [one.phone for one in askers if not one.email]
    rows = Lead.objects.for_dealer(office.dealer)
    return rows.filter(Q(email__in=emails) | Q(phone__in=phones))


def _set_dates(office: Office) -> None:
    """What Django sets to now when it stores a row: a lead is as it is since somebody asked or
    did something, a customer is known since the first lead."""
    activities = Activity.objects.filter(lead=OuterRef("pk")).order_by("-at")
    done_at = Coalesce(Subquery(activities.values("at")[:1]), F("last_activity_at"))
    since = Greatest(done_at, F("last_activity_at"))
    touched = Lead.objects.ever_of_dealer(office.dealer).filter(updated_at__gt=since)
    touched.update(updated_at=since)
    first = Lead.objects.ever_of_dealer(office.dealer).filter(customer=OuterRef("pk"))
    known_at = Subquery(first.order_by("received_at").values("received_at")[:1])
    new = Customer.objects.ever_of_dealer(office.dealer).filter(created_at__gt=known_at)
    new.update(created_at=known_at)
