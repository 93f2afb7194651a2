"""Reading, correcting and replaying messages in the ledger's pages."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone, translation

from integrations.models import Delivery
from leads.background import run_due_jobs
from leads.models import Channel, Enquiry, IntakeEntry, Lead, Outcome, Role, UnmappedName
from leads.services.by_hand import receive_by_hand
from leads.services.replaying import Deed, NotReplayable, correct_entry
from tests import builders
from tests.leads.admin.conftest import messages_of, text_of

LIST = "/admin/leads/intakeentry/"

BDK_ITEM = {
    "leadId": "DLC-2026-000777",
    "version": 1,
    "partnernummer": "0012345",
    "bdkLeadTypeId": "1a",
    "customer": {"lastName": "Grünwald", "email": "gruenwald@example.org"},
}


def page_of(entry, page="change"):
    return reverse(f"admin:leads_intakeentry_{page}", args=[entry.pk])


def bad_entry(dealer, raw=None, **values):
    defaults = {"outcome": Outcome.QUARANTINED, "reason": "Der Kunde fehlt."}
    raw = {"subject": "Octavia gesucht", "farbe": "blau"} if raw is None else raw
    return builders.make_entry(dealer, raw=raw, **{**defaults, **values})


def good(**values):
    return json.dumps({"subject": "Octavia gesucht", **values})


def correct(client, entry, text):
    form = client.get(page_of(entry, "correct")).context["form"]
    said = {"text": text, "seen": form.initial["seen"]}
    return client.post(page_of(entry, "correct"), said, follow=True)


@pytest.fixture
def chief(office):
    return builders.make_user(office.ours, role=Role.ADMINISTRATOR)


# Reading


@pytest.mark.parametrize(("role", "status"), [("administrator", 200), ("manager", 403)])
def test_the_message_itself_needs_a_right_of_its_own(office, browse, role, status):
    entry = builders.make_entry(office.ours, raw={"nachname": "Geheim <b>", "zahl": 1})
    user = builders.make_user(office.ours, role=role)

    response = browse(user).get(page_of(entry, "message"))

    assert response.status_code == status
    shown = text_of(response)
    assert ("&quot;nachname&quot;: &quot;Geheim &lt;b&gt;&quot;,\n" in shown) is (status == 200)
    link = page_of(entry, "message")
    assert (link in text_of(browse(user).get(page_of(entry)))) is (status == 200)


@pytest.mark.parametrize("may_see", [True, False])
@pytest.mark.parametrize(
    "raw",
    [
        {"bdkLeadTypeId": "8B", "customer": 5},
        {"bdkLeadTypeId": "9z", "finance": {"precheck": {"result": "NEGATIVE"}}},
        {"betreff": "Autoscout24 Negative Kreditvoreinschätzung"},
    ],
)
def test_a_message_about_creditworthiness_needs_the_right_to_see_that(office, browse, raw, may_see):
    user = builders.make_user(office.ours, role=Role.ADMINISTRATOR, sees_creditworthiness=may_see)
    entry = bad_entry(office.ours, channel=Channel.BDK, raw=raw)
    lead = builders.make_lead(office.ours, lead_type="8b")
    entry_of_lead = builders.make_entry(office.ours, lead=lead, outcome="created")

    for one in (entry, entry_of_lead):
        assert (browse(user).get(page_of(one, "message")).status_code == 200) is may_see
        assert (page_of(one, "message") in text_of(browse(user).get(page_of(one)))) is may_see
    assert (browse(user).get(page_of(entry, "correct")).status_code == 200) is may_see


def test_who_opened_a_message_stands_in_the_log_and_on_the_page(office, browse, chief):
    entry = builders.make_entry(office.ours)
    browse(chief).get(page_of(entry, "message"))

    [one] = LogEntry.objects.all()
    assert (one.user, one.object_id) == (chief, str(entry.pk))
    page = text_of(browse(chief).get(page_of(entry)))
    assert one.change_message in page
    assert str(chief) in page


def test_the_right_to_read_messages_is_that_of_the_entrys_dealer(office, browse, chief):
    builders.make_membership(office.theirs, chief, role=Role.MANAGER)
    entry = bad_entry(office.theirs)

    assert browse(chief).get(page_of(entry, "message")).status_code == 403
    assert browse(chief).get(page_of(entry, "correct")).status_code == 403


@pytest.mark.parametrize("page", ["message", "correct", "replay", "set-aside"])
def test_a_foreign_entry_does_not_exist(office, browse, chief, page):
    entry = bad_entry(office.theirs)

    for ask in (browse(chief).get, browse(chief).post):
        assert ask(page_of(entry, page)).status_code in (404, 405)
    assert browse(chief).post(page_of(entry, page)).status_code == 404
    assert IntakeEntry.objects.get().outcome == "quarantined"


# Correcting


def test_a_corrected_message_becomes_a_lead(office, browse, chief):
    entry = bad_entry(office.ours)

    response = correct(browse(chief), entry, good(message="Noch da?"))

    lead = Lead.objects.get()
    entry.refresh_from_db()
    assert (entry.lead, entry.outcome, lead.message) == (lead, "created", "Noch da?")
    assert (lead.sender, lead.external_id) == (entry.sender, entry.outside_id)
    assert lead.number in messages_of(response)[0]
    assert json.loads(entry.raw)["farbe"] == "blau"
    assert json.loads(entry.corrected)["message"] == "Noch da?"
    deeds = list(LogEntry.objects.order_by("pk").values_list("change_message", flat=True))
    assert len(deeds) == 3  # opened, corrected, processed


def test_the_form_shows_the_text_and_what_is_wrong(office, browse, chief):
    entry = bad_entry(office.ours)

    page = text_of(browse(chief).get(page_of(entry, "correct")))

    assert "Der Kunde fehlt." in page
    assert "  &quot;farbe&quot;: &quot;blau&quot;" in page


def test_what_is_still_wrong_stands_above_the_text_that_was_typed(office, browse, chief):
    entry = bad_entry(office.ours)

    response = correct(browse(chief), entry, good(preis=1))

    assert response.status_code == 200
    assert "preis" in response.context["problem"]
    assert "&quot;preis&quot;: 1" in text_of(response)
    assert not Lead.objects.exists()
    entry.refresh_from_db()
    assert entry.outcome == "quarantined"
    # And once more from there.
    said = {"text": good(), "seen": response.context["form"].initial["seen"]}
    browse(chief).post(page_of(entry, "correct"), said)
    assert Lead.objects.count() == 1


def test_broken_json_is_told_with_its_place_and_not_kept(office, browse, chief):
    entry = bad_entry(office.ours)

    response = correct(browse(chief), entry, '{"subject": "x",\n}')

    assert "Line 2, column 1" in text_of(response)
    assert IntakeEntry.objects.get().corrected == ""


def test_what_somebody_else_wrote_meanwhile_is_not_lost_unnoticed(office, browse, chief):
    entry = bad_entry(office.ours)
    client = browse(chief)
    seen = client.get(page_of(entry, "correct")).context["form"].initial["seen"]
    correct(client, entry, good(preis=1))

    response = client.post(page_of(entry, "correct"), {"text": good(), "seen": seen})

    assert "Somebody else" in text_of(response)
    assert not Lead.objects.exists()
    again = response.context["form"]["seen"].value()
    client.post(page_of(entry, "correct"), {"text": good(), "seen": again})
    assert Lead.objects.count() == 1


def test_what_became_a_lead_is_not_corrected_any_more(office, browse, chief):
    lead = builders.make_lead(office.ours)
    entry = bad_entry(office.ours, outcome=Outcome.CREATED, lead=lead)

    response = browse(chief).get(page_of(entry, "correct"), follow=True)

    assert "change the lead instead" in messages_of(response)[0]


def test_a_row_of_a_list_is_corrected_in_the_list(office, browse, chief):
    entry = bad_entry(office.ours, channel=Channel.EXCEL)

    page = text_of(browse(chief).get(page_of(entry)))

    assert "corrected in the list" in page
    assert page_of(entry, "correct") not in page
    assert page_of(entry, "replay") not in page


# Processing again


def test_a_manager_processes_again_without_reading(office, browse):
    entry = bad_entry(office.ours, json.loads(good()))
    client = browse(builders.make_user(office.ours, role=Role.MANAGER))
    page = text_of(client.get(page_of(entry)))
    assert page_of(entry, "replay") in page
    assert page_of(entry, "correct") not in page

    client.post(page_of(entry, "replay"))

    assert IntakeEntry.objects.get().lead == Lead.objects.get()


@pytest.mark.parametrize("role", ["seller", "auditor"])
def test_others_do_not(office, browse, role):
    entry = bad_entry(office.ours, json.loads(good()))
    client = browse(builders.make_user(office.ours, role=role))

    assert client.post(page_of(entry, "replay")).status_code in (403, 404)
    assert client.post(page_of(entry, "set-aside")).status_code in (403, 404)
    assert not Lead.objects.exists()


def test_the_reason_is_in_the_language_of_the_office(office, browse, chief):
    entry = bad_entry(office.ours)

    browse(chief).post(page_of(entry, "replay"))

    assert IntakeEntry.objects.get().reason == "farbe: Unbekanntes Feld."


def test_bdk_hears_that_its_lead_is_stored_after_all(office, browse, chief):
    connection = builders.make_connection(office.ours)
    builders.make_location(office.ours, bdk_partner_number="0012345")
    entry = bad_entry(
        office.ours,
        BDK_ITEM | {"version": "zwei"},
        channel=Channel.BDK,
        sender="bdk:0012345",
        outside_id="DLC-2026-000777",
    )
    receipt = Delivery.objects.create(
        dealer=office.ours,
        connection=connection,
        entry=entry,
        recipient="0012345",
        state=Delivery.State.SENT,
        attempts=1,
        next_attempt_at=timezone.now(),
    )

    correct(browse(chief), entry, json.dumps(BDK_ITEM))

    receipt.refresh_from_db()
    assert (receipt.state, receipt.attempts) == ("pending", 0)
    lead = Lead.objects.get()
    assert (lead.external_id, lead.location.bdk_partner_number) == ("DLC-2026-000777", "0012345")
    assert Delivery.objects.due_receipts(timezone.now()).count() == 1


def test_what_was_typed_by_hand_is_read_again(office, browse, chief):
    draft = builders.make_draft(
        external_id="",
        expected_value=Decimal("21990.00"),
        follow_up_at=timezone.now().replace(microsecond=0) + timedelta(days=1),
        tags=("Messe",),
        vehicle={"make": "Kia", "price": Decimal("9000")},
    )
    typed = receive_by_hand(office.ours, draft, token="t", by=chief, now=timezone.now())
    Enquiry.objects.all().delete()
    first = Lead.objects.get()
    IntakeEntry.objects.filter(pk=typed.pk).update(outcome=Outcome.QUARANTINED, lead=None)

    browse(chief).post(page_of(typed, "replay"))

    lead = Lead.objects.exclude(pk=first.pk).get()
    for name in ("last_name", "expected_value", "follow_up_at", "vehicle_name", "subject"):
        assert getattr(lead, name) == getattr(first, name)
    assert [tag.name for tag in lead.tags.all()] == ["Messe"]


def test_what_a_key_may_not_create_is_not_created_by_a_replay(office, browse, chief):
    builders.make_api_key(office.ours, creates_entries=False)
    entry = bad_entry(office.ours, {"subject": "Octavia", "source": "LinkedIn"})

    browse(chief).post(page_of(entry, "replay"))

    assert Lead.objects.get().source.key == "website"


def test_a_refused_change_is_not_offered_again_and_makes_no_lead(office, browse, chief):
    entry = bad_entry(office.ours, json.loads(good()), outcome=Outcome.REJECTED, is_change=True)
    client = browse(chief)

    page = text_of(client.get(page_of(entry)))
    assert "API · change of a lead" in page
    assert "please change the lead instead" in page
    assert page_of(entry, "replay") not in page
    assert page_of(entry, "correct") not in page
    client.post(page_of(entry, "replay"))
    action = {"action": "replay_selected", "_selected_action": [entry.pk]}
    client.post(LIST, action, follow=True)
    with pytest.raises(NotReplayable):
        correct_entry(entry, good(), by=chief, now=timezone.now())

    entry.refresh_from_db()
    assert (entry.outcome, entry.lead, entry.corrected) == ("rejected", None, "")
    assert not Lead.objects.exists()


@pytest.mark.parametrize(
    ("channel", "raw"),
    [
        (
            Channel.ADF,
            "<prospect><customer><contact><name>Erika Weiß</name></contact></customer>"
            "<provider><name>LinkedIn</name></provider></prospect>",
        ),
        (
            Channel.DRKLEIN,
            '{"leadquelle": "LinkedIn", "antragsteller1": {"personendaten": {"nachname": "Weiß"}}}',
        ),
    ],
)
def test_nor_by_one_of_the_partners_formats(office, browse, chief, channel, raw):
    builders.make_api_key(office.ours, system="portal", creates_entries=False)
    entry = bad_entry(office.ours, raw, channel=channel, sender=f"{channel}:portal")

    browse(chief).post(page_of(entry, "replay"))

    assert Lead.objects.get().source.key == "website"
    assert UnmappedName.objects.get(kind="source").name == "LinkedIn"


def test_many_at_once_say_how_many(office, browse):
    client = browse(builders.make_user(office.ours, role=Role.MANAGER))
    entries = [
        bad_entry(office.ours, json.loads(good())),
        bad_entry(office.ours, json.loads(good()), outcome=Outcome.REJECTED),
        bad_entry(office.ours),
        bad_entry(office.ours, channel=Channel.EXCEL),
    ]
    action = {"action": "replay_selected", "_selected_action": [one.pk for one in entries]}

    response = client.post(LIST, action, follow=True)

    assert messages_of(response) == [
        "2 messages are leads now. 1 still waits. 1 was left as it is: done already, deleted,"
        " or from a list."
    ]
    assert Lead.objects.count() == 2
    assert LogEntry.objects.count() == 3


def test_very_many_are_left_to_a_worker(office, browse, monkeypatch):
    monkeypatch.setattr("leads.admin.intake_replaying.AT_ONCE", 2)
    user = builders.make_user(office.ours, role=Role.MANAGER)
    entries = [bad_entry(office.ours, json.loads(good())) for _number in range(5)]
    action = {"action": "replay_selected", "_selected_action": [one.pk for one in entries]}

    response = browse(user).post(LIST, action, follow=True)
    assert "5 messages will be processed again" in messages_of(response)[0]
    assert not Lead.objects.exists()
    jobs = run_due_jobs()

    assert [job.state for job in jobs] == ["done"] * 3
    assert Lead.objects.count() == 5
    assert set(LogEntry.objects.values_list("user", flat=True)) == {user.pk}


def test_only_where_one_has_the_right(office, browse):
    user = builders.make_user(office.ours, role=Role.MANAGER)
    builders.make_membership(office.theirs, user, role=Role.AUDITOR)
    ours, theirs = (bad_entry(one, json.loads(good())) for one in (office.ours, office.theirs))
    action = {"_selected_action": [ours.pk, theirs.pk]}

    browse(user).post(LIST, {"action": "replay_selected", **action})
    browse(user).post(LIST, {"action": "set_aside_selected", **action})

    outcomes = dict(IntakeEntry.objects.values_list("pk", "outcome"))
    assert outcomes == {ours.pk: "created", theirs.pk: "quarantined"}


def test_set_aside_it_leaves_the_quarantine(office, browse):
    entry = bad_entry(office.ours)
    client = browse(builders.make_user(office.ours, role=Role.MANAGER))

    client.post(page_of(entry, "set-aside"))

    entry.refresh_from_db()
    assert entry.outcome == "set_aside"
    with translation.override("de"):  # the log is kept in the language of the office
        assert LogEntry.objects.get().change_message == str(Deed.SET_ASIDE.label) == "Aussortiert"
    assert page_of(entry, "replay") in text_of(client.get(page_of(entry)))
