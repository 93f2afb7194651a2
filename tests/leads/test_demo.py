"""`manage.py load_demo`: an office full of made-up enquiries, and how to sign in."""

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import Count, F, Max
from django.test import TestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from integrations.admin.export_trend import days_of
from integrations.automanager.instructions import step_of
from integrations.automanager.wording import sentence_of
from integrations.bdk.mapping import lead_draft, partner_number_of
from integrations.models import Connection, ExportCheck, Finding, StockCar, WebhookEndpoint
from integrations.webhooks.delivering import claim
from leads.admin.readers import process_again
from leads.api.idempotency import hash_of
from leads.management.demo.loading import load
from leads.management.demo.office import COMPANIES, PASSWORD, PEOPLE
from leads.models import (
    Activity,
    ApiKey,
    Channel,
    Customer,
    Dealer,
    IntakeEntry,
    Job,
    JobState,
    Lead,
    Location,
    MatchReason,
    MatchSuggestion,
    Membership,
    Merge,
    Outcome,
    Role,
    Stage,
    Task,
    UnmappedName,
    User,
    Vehicle,
)
from leads.models.keys import phone_key
from leads.models.warning import warning_text
from leads.services import likeness
from leads.services.receiving import receive
from leads.services.replaying import correct_entry
from leads.services.scoring import score_of
from leads.services.unmerging import undo_merge
from tests import builders

SAMPLE_PAGE = json.loads(
    (Path(__file__).parents[1] / "samples" / "bdk_leads_page.json").read_text(encoding="utf-8")
)
# First digits and how many follow: what the Bundesnetzagentur keeps free for films and books.
FREE_RANGES = {
    "+493023125": 3,
    "+496990009": 3,
    "+494066969": 3,
    "+492214710": 3,
    "+498999998": 3,
    "+4917139200": 2,
    "+49176040690": 2,
    "+4915228817386": 0,
    "+4915228895456": 0,
    "+4915254599371": 0,
    "+491729925904": 0,
    "+491729968532": 0,
    "+491729973185": 0,
    "+491729973186": 0,
    "+491729980752": 0,
    "+491749091317": 0,
    "+491749464308": 0,
}


def load_demo(*options, **environment):
    """The command's output; environment variables by name."""
    output = StringIO()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("PORT", "SIMULATOR_PORT"):
            patch.delenv(name, raising=False)
        for name, value in environment.items():
            patch.setenv(name, value)
        with override_settings(DEBUG=True):
            call_command("load_demo", *options, stdout=output)
    return output.getvalue()


def is_free(number):
    key = phone_key(number)
    return any(
        key.startswith(digits) and len(key) == len(digits) + more
        for digits, more in FREE_RANGES.items()
    )


@pytest.mark.xdist_group("demo")
class TestDemo(TestCase):
    """Loaded once for all of them, then once more."""

    @classmethod
    def setUpTestData(cls):
        cls.started_at = timezone.now()
        cls.output = load_demo(PORT="8123")
        cls.counts = cls.count_rows()
        cls.second_output = load_demo("--if-empty", SIMULATOR_PORT="9900")
        with connection.cursor() as cursor:
            # No autovacuum sees rows of an open transaction: joins would be planned without them.
            cursor.execute("ANALYZE")

    @property
    def leads(self):
        """Read anew: what setUpTestData keeps would be copied for each test."""
        related = ("status", "lead_type", "source", "customer", "vehicle", "owner", "location")
        return Lead.objects.select_related(*related).order_by("dealer", "received_at", "pk")

    @staticmethod
    def count_rows():
        models = (Dealer, Location, User, Membership, Customer, Lead, Vehicle, Activity)
        return {model: model.objects.count() for model in (*models, IntakeEntry, Connection)}

    def age_in_days(self, lead):
        return (self.started_at - lead.received_at) / timedelta(days=1)

    # --- loading ---------------------------------------------------------------------------

    def test_there_is_enough_to_look_at(self):
        assert self.counts[Dealer] == 2
        assert self.counts[Location] == 4
        assert Location.objects.values("state").distinct().count() == 3
        assert self.counts[User] == 8
        assert 2000 <= self.counts[Lead] < 2020
        assert 1500 <= self.counts[Customer] < 1520
        in_stock = Vehicle.objects.exclude(state=Vehicle.State.SOLD)
        assert in_stock.count() == 150

    def test_loading_again_changes_only_the_port_of_the_simulator(self):
        assert self.count_rows() == self.counts
        connection = Connection.objects.get(partner="bdk")
        assert connection.base_url == "http://127.0.0.1:9900/bdk"
        assert connection.token_url == "http://127.0.0.1:9900/bdk/oauth/token"

    def test_the_connection_signs_in_at_the_simulator_in_test_mode(self):
        connection = Connection.objects.get(partner="bdk")

        assert connection.mode == Connection.Mode.TEST
        assert (connection.client_id, connection.client_secret) == (
            "leadoffice-demo",
            "demo-secret",
        )
        locations = Location.objects.for_dealer(connection.dealer)
        numbers = locations.exclude(bdk_partner_number="").values_list("bdk_partner_number")
        assert list(numbers) == [("0012345",)]

    def test_it_says_where_the_office_is_and_how_to_sign_in(self):
        assert "http://127.0.0.1:8123/" in self.output
        assert "http://127.0.0.1:8000/" in self.second_output
        for output in (self.output, self.second_output):
            rows = [line for line in output.splitlines() if PASSWORD in line]
            assert len(rows) == 8
            assert len({line.index(PASSWORD) for line in rows}) == 1
            for person in PEOPLE:
                assert any(f" {person.username} " in line for line in rows)

    # --- people ----------------------------------------------------------------------------

    def test_everybody_signs_in_with_the_password_of_the_demo(self):
        for person in PEOPLE:
            assert authenticate(username=person.username, password=PASSWORD) is not None
        assert not User.objects.filter(is_staff=False).exists()

    def test_there_is_somebody_for_each_kind_of_access(self):
        assert set(Membership.objects.values_list("role", flat=True)) == set(Role.values)
        assert Membership.objects.filter(sees_creditworthiness=True).exists()
        assert Membership.objects.exclude(locations=None).exists()
        assert User.objects.filter(is_superuser=True, memberships=None).count() == 1
        dealers = Counter(Membership.objects.values_list("user", flat=True))
        assert max(dealers.values()) == 2

    def test_leads_belong_to_people_who_can_see_them(self):
        leads = list(self.leads)
        for user in User.objects.all():
            owned = {lead.pk for lead in leads if lead.owner_id == user.pk}
            assert owned <= set(Lead.objects.for_user(user).values_list("pk", flat=True))

    # --- leads -----------------------------------------------------------------------------

    def test_nothing_crosses_the_wall_between_the_dealers(self):
        for rows, parent in (
            (Lead.objects.exclude(customer=None), "customer"),
            (Lead.objects.exclude(vehicle=None), "vehicle"),
            (Lead.objects.exclude(location=None), "location"),
            (Lead.objects.exclude(tags=None), "tags"),
            (Activity.objects.all(), "lead"),
            (IntakeEntry.objects.exclude(lead=None), "lead"),
            (MatchSuggestion.objects.all(), "customer"),
            (MatchSuggestion.objects.all(), "candidate"),
            (Vehicle.objects.all(), "location"),
        ):
            assert rows.exists()
            assert not rows.exclude(**{f"{parent}__dealer": F("dealer")}).exists()

    def test_leads_came_in_over_twelve_months_and_not_after_now(self):
        leads = list(self.leads)
        ages = [self.age_in_days(lead) for lead in leads]

        assert 350 < max(ages) < 367
        assert len({int(age // 30) for age in ages}) >= 12
        now = timezone.now()
        assert max(lead.received_at for lead in leads) <= now
        assert max(lead.updated_at for lead in leads) <= now
        assert Activity.objects.latest("at").at <= now

    def test_recent_leads_are_open_and_old_ones_closed(self):
        leads = list(self.leads)
        recent = [lead for lead in leads if self.age_in_days(lead) < 2]
        old = [lead for lead in leads if self.age_in_days(lead) > 120]

        assert sum(lead.status.is_open for lead in recent) > 0.8 * len(recent)
        assert sum(lead.status.stage == Stage.NEW for lead in recent) > 5
        assert sum(lead.status.is_open for lead in old) < 0.05 * len(old)

    def test_a_lead_is_closed_with_a_reason_exactly_if_its_status_says_so(self):
        leads = list(self.leads)
        for lead in leads:
            assert (lead.closed_at is None) == lead.status.is_open
            assert (lead.close_reason_id is None) == lead.status.is_open
        closed = Lead.objects.exclude(close_reason=None)
        assert not closed.exclude(close_reason__outcome=F("status__stage")).exists()

    def test_open_leads_have_steps_that_are_overdue_today_and_ahead(self):
        leads = list(self.leads)
        now = timezone.localtime(self.started_at)
        due = [lead.follow_up_at for lead in leads if lead.follow_up_at]

        assert all(lead.status.is_open for lead in leads if lead.follow_up_at)
        days = [(timezone.localtime(at).date() - now.date()).days for at in due]
        assert sum(day < 0 for day in days) > 5
        assert sum(day == 0 for day in days) > 5
        assert sum(day > 0 for day in days) > 20

    def test_keys_and_scores_are_those_that_the_office_would_compute(self):
        leads = list(self.leads)
        for lead in leads:
            stored = (lead.email_key, lead.phone_key, lead.name_key, lead.search_text)
            lead.set_keys()
            assert (lead.email_key, lead.phone_key, lead.name_key, lead.search_text) == stored
            assert lead.score == score_of(lead, weights={}, now=self.started_at)
        for customer in Customer.objects.all():
            stored = (customer.email_key, customer.phone_key, customer.search_text)
            customer.set_keys()
            assert (customer.email_key, customer.phone_key, customer.search_text) == stored

    def test_every_timeline_follows_the_enquiry_and_knows_the_first_answer(self):
        leads = list(self.leads)
        timelines = {}
        for activity in Activity.objects.order_by("at", "pk"):
            timelines.setdefault(activity.lead_id, []).append(activity)

        for lead in leads:
            done = timelines.get(lead.pk, [])
            times = [lead.received_at, *(one.at for one in done)]
            assert times == sorted(times)
            answers = [one.at for one in done if one.kind in Activity.OUTGOING]
            assert lead.first_response_at == min(answers, default=None)
            enquired = lead.enquiries.aggregate(newest=Max("received_at"))["newest"]
            assert lead.updated_at == max(times[-1], enquired or lead.received_at)

    def test_history_shows_each_lead_as_it_came_and_as_it_is(self):
        leads = list(self.leads)
        newest = {row.id: row for row in Lead.history.order_by("history_date", "history_id")}

        for lead in leads:
            assert newest[lead.pk].status_id == lead.status_id
            assert newest[lead.pk].owner_id == lead.owner_id
        first = Lead.history.filter(history_type="+")
        assert first.count() == len(leads)
        assert set(first.values_list("status__stage", flat=True)) == {Stage.NEW}

    def test_numbers_go_on_where_the_demo_ends(self):
        for dealer in Dealer.objects.all():
            [receipt] = receive(dealer, [builders.make_draft()], now=timezone.now())
            assert receipt.is_new
            count = Lead.objects.ever_of_dealer(dealer).count()
            assert receipt.lead.number.endswith(f"-{count:06d}")

    def test_about_one_lead_in_a_hundred_is_a_test(self):
        leads = list(self.leads)
        assert 10 <= sum(lead.is_test for lead in leads) <= 40

    def test_some_leads_have_warnings_and_each_can_be_read(self):
        leads = list(self.leads)
        warnings = [warning for lead in leads for warning in lead.warnings]

        assert len({warning["code"] for warning in warnings}) >= 5
        assert all(warning_text(warning) for warning in warnings)

    def test_no_text_tells_about_creditworthiness(self):
        leads = list(self.leads)
        texts = [f"{lead.subject} {lead.message} {lead.search_text}" for lead in leads]
        texts += Activity.objects.values_list("text", flat=True)

        for text in texts:
            assert "kredit" not in text.lower()
            assert "bonität" not in text.lower()
        assert any(lead.precheck == "negative" for lead in leads)

    # --- ledger ----------------------------------------------------------------------------

    def test_each_lead_has_the_message_that_it_was_made_from(self):
        leads = list(self.leads.filter(merged_into=None))
        created = IntakeEntry.objects.filter(outcome=Outcome.CREATED)
        entries = {(entry.lead_id, entry.outside_id): entry for entry in created}

        assert created.count() == Lead.objects.count()
        for lead in leads:
            entry = entries[lead.pk, lead.external_id]
            assert entry.sender == lead.sender
            assert entry.outside_id == lead.external_id
            assert entry.received_at == lead.received_at
            enquiry = lead.enquiries.get(sender=lead.sender, external_id=lead.external_id)
            if entry.channel != Channel.MANUAL:  # by the API the order of the fields is no matter
                hashes = (entry.content_hash, hash_of(json.loads(entry.raw)))
                assert enquiry.content_hash in hashes

    def test_messages_of_bdk_say_what_their_leads_say(self):
        leads = {lead.pk: lead for lead in self.leads}
        entries = IntakeEntry.objects.filter(channel=Channel.BDK, outcome=Outcome.CREATED)

        assert entries.count() > 300
        for entry in entries:
            lead = leads[entry.lead_id]
            draft = lead_draft(
                json.loads(entry.raw),
                partner_number=partner_number_of(entry.sender),
                content_hash=entry.content_hash,
                received_at=entry.received_at,
            )
            assert draft.external_id == lead.external_id
            assert draft.lead_type == lead.lead_type_raw
            assert draft.source == lead.source.key
            assert draft.message == lead.message
            assert draft.contact.last_name == lead.last_name
            assert draft.contact.email == lead.email
            assert draft.contact.street == lead.street
            assert draft.test_drive_on == lead.test_drive_on
            assert draft.callback_from == lead.callback_from
            assert draft.monthly_rate == lead.monthly_rate
            assert draft.contract_ends_on == lead.contract_ends_on
            assert [dict(one) for one in draft.consents] == lead.consents
            told = {warning.code for warning in draft.warnings}
            assert told <= {warning["code"] for warning in lead.warnings}

    def test_some_messages_were_no_use_and_say_why(self):
        for outcome in (Outcome.QUARANTINED, Outcome.REJECTED):
            useless = IntakeEntry.objects.filter(outcome=outcome)
            assert useless.exists()
            for entry in useless:
                assert entry.lead is None
                assert entry.reason
                json.loads(entry.raw)

    def test_possible_doubles_are_suggested_with_each_kind_of_reason(self):
        # Nobody has compared two by hand yet, or typed somebody in a second time.
        assert set(MatchSuggestion.objects.values_list("reason", flat=True)) == set(
            MatchReason.values
        ) - {MatchReason.BY_HAND, MatchReason.SAME_PHONE}
        for one in MatchSuggestion.objects.select_related("customer", "candidate"):
            customer, candidate = one.customer, one.candidate
            alike = {
                MatchReason.SAME_EMAIL_SEVERAL: customer.email_key == candidate.email_key,
                MatchReason.SAME_SHARED_MAILBOX: customer.email_key == candidate.email_key,
                MatchReason.SAME_PHONE_OTHER_NAME: customer.phone_key == candidate.phone_key
                and customer.name_key != candidate.name_key,
                MatchReason.SAME_NAME_AND_ADDRESS: customer.street == candidate.street
                and customer.name_key == candidate.name_key,
                MatchReason.SAME_HOUSEHOLD: likeness.same_household(customer, candidate),
                MatchReason.SAME_COMPANY: likeness.same_company(customer, candidate),
                MatchReason.NAMES_SWAPPED: likeness.names_swapped(customer, candidate),
                MatchReason.SIMILAR_NAME_AND_PLACE: likeness.sounds_alike_nearby(
                    customer, candidate
                ),
                MatchReason.SAME_NAME: customer.name_key == candidate.name_key,
            }
            assert alike[one.reason]

    # --- the last week ---------------------------------------------------------------------

    def test_there_is_a_case_with_enquiries_by_several_channels_and_one_that_was_reopened(self):
        cases = Lead.objects.filter(enquiry_count__gt=1, merged_into=None)
        channels = [set(case.enquiries.values_list("sender", flat=True)) for case in cases]
        assert max(map(len, channels)) == 3

        reopened = cases.get(activities__kind=Activity.Kind.REOPENED)
        assert reopened.closed_at is None
        assert reopened.tasks.filter(kind=Task.Kind.ENQUIRED_AGAIN).open().exists()

    def test_names_of_each_kind_wait_with_the_leads_that_came_with_them(self):
        waiting = UnmappedName.objects.waiting().annotate(came=Count("leads"))

        assert {name.kind for name in waiting} == set(UnmappedName.Kind.values)
        assert all(name.came for name in waiting)
        unknown = Lead.objects.filter(lead_type=None).exclude(lead_type_raw="")
        assert unknown.count() > 1
        [kept] = waiting.filter(kind=UnmappedName.Kind.LEAD_TYPE, name="9z")
        assert kept.came == unknown.filter(dealer=kept.dealer).count()

    def test_tasks_are_overdue_due_today_later_and_done(self):
        tasks = Task.objects.all()
        assert tasks.overdue(self.started_at).count() >= 2
        assert tasks.open().filter(due_at__gt=self.started_at).count() >= 2
        assert tasks.exclude(done_at=None).exists()
        assert not tasks.filter(done_at__gt=timezone.now()).exists()

    def test_a_merge_of_customers_and_one_of_leads_can_be_undone(self):
        user = User.objects.get(username="leitung")
        leads, customers = Merge.objects.order_by("-at")
        assert (leads.kind, customers.kind) == (Merge.Kind.LEAD, Merge.Kind.CUSTOMER)

        for merge in (leads, customers):
            undo_merge(merge, by=user, now=timezone.now())

        assert not Customer.objects.exclude(merged_into=None).exists()
        assert not Lead.objects.exclude(merged_into=None).exists()

    def test_the_bin_is_not_empty(self):
        assert Lead.objects.exclude(deleted_at=None).filter(merged_into=None).exists()

    def test_a_quarantined_message_can_be_corrected_and_becomes_a_lead(self):
        entry = IntakeEntry.objects.filter(outcome=Outcome.QUARANTINED).get(
            outside_id="DLC-2026-590001"
        )
        user = User.objects.get(username="leitung")
        text = entry.text.replace("0099999", "0012345")

        correct_entry(entry, text, by=user, now=timezone.now())
        process_again(entry.dealer, [entry.pk], by=user, now=timezone.now())

        entry.refresh_from_db()
        assert entry.lead is not None

    def test_the_webhook_has_a_log_and_nothing_will_leave_the_house(self):
        webhook = WebhookEndpoint.objects.get()
        states = set(webhook.deliveries.values_list("state", flat=True))
        assert states == {"sent", "failed", "cancelled"}
        assert webhook.deliveries.annotate(tries=Count("log")).filter(tries=2).exists()

        assert not webhook.is_active
        assert urlsplit(webhook.url).hostname.endswith(".example.org")
        assert claim(now=timezone.now() + timedelta(days=7), limit=10) == []
        assert not Job.objects.filter(task_path__contains="tell_that_webhook_is_off").exists()

    def test_api_keys_have_been_used_and_one_was_revoked(self):
        keys = ApiKey.objects.annotate(days=Count("usage"))
        assert keys.filter(revoked=False, days__gt=20).count() == 3
        assert keys.filter(revoked=True).exists()

    def test_there_are_jobs_that_are_done_given_up_and_to_come(self):
        for state in (JobState.DONE, JobState.FAILED, JobState.WAITING):
            assert Job.objects.in_state(state).exists()

    # --- made up ---------------------------------------------------------------------------

    def test_nobody_real_can_be_called(self):
        leads = list(self.leads)
        numbers = {lead.phone for lead in leads} | {lead.mobile for lead in leads}
        for row in (*Customer.objects.all(), *Location.objects.all()):
            numbers |= {row.phone, getattr(row, "mobile", "")}

        assert len(numbers) > 1000
        assert [number for number in numbers - {""} if not is_free(number)] == []

    def test_nobody_real_can_be_written_to(self):
        emails = {
            row.email for model in (User, Customer, Lead, Dealer) for row in model.objects.all()
        }

        domains = {email.rpartition("@")[2] for email in emails - {""}}
        assert domains == {"example.org", "example.com", "example.de"}

    def test_the_exports_tell_of_a_lock_a_refused_car_and_a_silent_source(self):
        """By the checks themselves, and about cars and a source that the dealer has."""
        found = {one.check_code: one for one in Finding.objects.open().order_by("-severity")}
        assert found["AM-01"].app.platform == "mobile.de"
        silent = Finding.objects.open().filter(check_code="AM-40")
        # On some evenings a rare source is silent as well.
        assert "AutoScout24" in {one.facts["source"] for one in silent}
        assert "Verbrauchsangabe" in sentence_of(found["AM-20"])
        for code in ("AM-01", "AM-20", "AM-40"):
            assert step_of(code)

        cars = Vehicle.objects.filter(dealer__name=COMPANIES[0].name)
        told = {one.vehicle_number: one.vin for one in StockCar.objects.all()}
        ours = cars.filter(internal_number__in=told).values_list("internal_number", "vin")
        assert dict(ours) == told
        assert ExportCheck.objects.latest("started_at").finished_at >= self.started_at
        assert set(ExportCheck.objects.values_list("state", flat=True)) == {ExportCheck.State.DONE}

    def test_the_checks_of_the_last_month_leave_a_trend_with_a_gap(self):
        connection = Connection.objects.get(partner="automanager")
        place = Location.objects.get(automanager_code=COMPANIES[0].places[0].automanager_code)
        today = timezone.localdate(self.started_at)
        days = days_of([connection.pk], str(place.pk), today=today)

        assert days[-1].counts["critical"]
        assert sum(day.counts is None for day in days) == 2
        assert len({tuple(day.cells) for day in days}) > 5

    def test_the_start_page_shows_them_each_with_what_to_do(self):
        self.client.force_login(User.objects.get(username="verkauf"))

        page = self.client.get(reverse("admin:index"), headers={"Accept-Language": "de"})

        found = {one["title"]: one for one in page.context["exports"]["findings"]}
        shown = page.content.decode()
        for title, about, step in (
            ("Schnittstelle gesperrt", "mobile.de 7240118", "„Übertragung aktivieren“ wählen."),
            ("Von der Plattform abgelehnt", "GB-10018", "Das genannte Feld berichtigen"),
            ("Quelle schweigt", COMPANIES[0].name, "noch bei der Plattform eingetragen?"),
        ):
            assert about in found[title]["about"]
            for words in (title, found[title]["sentence"], found[title]["step"]):
                assert escape(words) in shown
            assert step in found[title]["step"]

    def test_nothing_meets_the_leads_that_the_simulator_sends(self):
        leads = list(self.leads)
        items = [item for item in SAMPLE_PAGE["leads"] if isinstance(item, dict)]
        people = [item.get("customer") or {} for item in items]
        sent = {
            "ids": {item.get("leadId") for item in items},
            "cars": {(item.get("vehicle") or {}).get("internalNumber") for item in items},
            "emails": {person.get("email") for person in people},
            "phones": {phone_key(person.get(kind) or "") for person in people for kind in KINDS},
        }
        ours = {
            "ids": {lead.external_id for lead in leads},
            "cars": set(Vehicle.objects.values_list("internal_number", flat=True)),
            "emails": {lead.email for lead in leads},
            "phones": {lead.phone_key for lead in leads} | {lead.mobile_key for lead in leads},
        }

        for kind, values in ours.items():
            assert values & sent[kind] <= {""}


KINDS = ("phone", "mobile")
FEW = tuple(replace(company, leads=120, customers=90, cars=30) for company in COMPANIES)


@pytest.mark.django_db
def test_it_is_for_development_only():
    with pytest.raises(CommandError):
        call_command("load_demo", stdout=StringIO())

    assert not Dealer.objects.exists()


@pytest.mark.django_db
def test_if_empty_leaves_an_office_alone_that_has_a_dealer():
    builders.make_dealer()

    output = load_demo("--if-empty")

    assert Dealer.objects.count() == 1
    assert not Lead.objects.exists()
    assert "http://127.0.0.1:8000/" in output
    assert PASSWORD not in output


@pytest.mark.django_db
@pytest.mark.parametrize("port", ["none", "0", "65536", "80;81"])
def test_a_port_has_to_be_a_number(port):
    with pytest.raises(CommandError, match=port):
        load_demo(SIMULATOR_PORT=port)

    assert not Dealer.objects.exists()


def snapshot(now):
    """What a few of the demo's leads say, and how long before now they came; leaves no trace."""
    with transaction.atomic():
        load(now=now, simulator_port=8901, companies=FEW)
        told = [
            (
                lead.full_name,
                lead.subject,
                lead.message,
                lead.external_id[-6:],
                lead.status.name,
                # On which day something happened last depends on where the Sundays are.
                score_of(lead, weights={"idle": 0, "long_idle": 0}, now=now),
                lead.vehicle_price,
                (timezone.localtime(now).date() - timezone.localtime(lead.received_at).date()).days,
                [activity.kind for activity in lead.activities.all()],
            )
            for lead in Lead.objects.order_by("dealer", "received_at", "pk")
            .select_related("status")
            .prefetch_related("activities")
        ]
        transaction.set_rollback(True)
    return told


@pytest.mark.django_db
def test_the_same_things_happened_as_many_days_ago_whenever_it_is_loaded():
    morning = datetime(2026, 3, 2, 8, 3, tzinfo=UTC)  # a Monday in winter
    night = datetime(2027, 7, 25, 21, 58, tzinfo=UTC)  # a Sunday in summer
    midnight = datetime(2028, 2, 29, 23, 1, tzinfo=UTC)  # a Wednesday, one minute old

    assert snapshot(morning) == snapshot(night) == snapshot(midnight)


@pytest.mark.django_db
def test_the_number_of_queries_does_not_depend_on_the_number_of_leads():
    def count(companies):
        with transaction.atomic(), CaptureQueriesContext(connection) as queries:
            load(now=timezone.now(), simulator_port=8901, companies=companies)
            transaction.set_rollback(True)
        return len(queries)

    more = tuple(replace(company, leads=200) for company in FEW)

    assert count(more) <= count(FEW) + 4  # large inserts go in several parts
