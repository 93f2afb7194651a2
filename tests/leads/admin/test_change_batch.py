"""Bulk changes in the admin: the list, the page that says what undoing would do, and who may."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leads.models import ChangeBatch, ImportState, Job, Lead, ListImport, Role
from leads.services.change_batches import close_batch, edit_together, open_batch
from leads.services.drafts import ContactDraft
from leads.services.handling import record_change, set_status
from leads.services.merging import merge_leads
from leads.services.noting import add_activity
from leads.services.receiving import receive
from leads.tasks import carry_on_undoing
from tests import builders
from tests.leads.admin.conftest import messages_of, text_of

LIST = reverse("admin:leads_changebatch_changelist")
LEADS = reverse("admin:leads_lead_changelist")


@pytest.fixture
def manager(office):
    return builders.make_user(office.ours, role=Role.MANAGER)


@pytest.fixture
def seller(office):
    return builders.make_user(office.ours)


def page_of(batch):
    return reverse("admin:leads_changebatch_change", args=[batch.pk])


def undo_url(batch):
    return reverse("admin:leads_changebatch_undo", args=[batch.pk])


def act(client, name, *leads, **answer):
    data = {"action": name, "_selected_action": [lead.pk for lead in leads], **answer}
    return client.post(LEADS, data, follow=True)


def change_status(leads, *, by, key="contacted"):
    status, now = builders.shared_status(key), timezone.now()
    [batch] = edit_together(
        Lead.objects.filter(pk__in=[lead.pk for lead in leads]),
        lambda rows, one: set_status(rows, status, by=by, now=now, change_batch=one),
        kind=ChangeBatch.Kind.STATUS,
        what=status.name,
        by=by,
        now=now,
    )
    return batch


def imported(dealer, number, *, by):
    now = timezone.now()
    batch = open_batch(dealer.pk, ChangeBatch.Kind.IMPORT, by=by, now=now)
    drafts = [builders.make_draft(sender="excel", external_id="") for _ in range(number)]
    receipts = receive(dealer, drafts, now=now, actor=by, change_batch=batch)
    close_batch(batch)
    return batch, [receipt.lead for receipt in receipts]


def key_of(lead):
    return Lead.objects.get(pk=lead.pk).status.key


# --- after a bulk action --------------------------------------------------------------------------


def undo_in(message):
    [url] = re.findall(r'action="([^"]*changebatch[^"]*)"', message)
    return url


@pytest.mark.parametrize(
    ("action", "answer"),
    [
        ("take_selected", {}),
        ("set_status_of_selected", {"status": "contacted"}),
        ("assign_selected", {"owner": "me"}),
    ],
)
def test_the_message_of_a_bulk_action_undoes_it(office, browse, manager, action, answer):
    leads = [builders.make_lead(office.ours) for _ in range(2)]
    before = [(lead.status_id, lead.owner_id) for lead in leads]
    values = {"me": manager.pk, "contacted": builders.shared_status("contacted").pk}
    answer = {name: values[value] for name, value in answer.items()}
    client = browse(manager)

    [message] = messages_of(act(client, action, *leads, answer="1", **answer))
    assert message.startswith("2 leads changed.")
    rows = Lead.objects.filter(pk__in=[lead.pk for lead in leads])
    assert [(one.status_id, one.owner_id) for one in rows.order_by("pk")] != before
    response = client.post(undo_in(message), {"next": LEADS}, follow=True)

    assert response.redirect_chain[-1][0] == LEADS
    assert messages_of(response) == ["2 leads are as before."]
    assert [(one.status_id, one.owner_id) for one in rows.order_by("pk")] == before


def test_the_button_shows_the_page_if_somebody_was_faster(office, browse, manager, seller):
    lead = builders.make_lead(office.ours)
    batch = change_status([lead], by=manager)
    change_status([lead], by=seller, key="offer")

    response = browse(manager).post(undo_url(batch), {"next": LEADS}, follow=True)

    assert response.redirect_chain[-1][0] == page_of(batch)
    assert key_of(lead) == "offer"
    assert f"{seller}" in text_of(response)


def test_undoing_is_a_post(office, browse, manager):
    batch = change_status([builders.make_lead(office.ours)], by=manager)

    assert browse(manager).get(undo_url(batch)).status_code == 405


# --- the list -------------------------------------------------------------------------------------


def test_the_list_says_what_who_how_many_and_until_when(office, browse, manager):
    change_status([builders.make_lead(office.ours) for _ in range(3)], by=manager)

    text = text_of(browse(manager).get(LIST))

    status = builders.shared_status("contacted").name
    for words in ("Status changed", status, "3 leads changed", str(manager), "Can be undone"):
        assert words in text, words


def test_the_list_has_the_same_cost_for_any_number(office, browse, manager):
    client = browse(manager)

    def cost(number):
        for _ in range(number):
            change_status([builders.make_lead(office.ours)], by=manager)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(LIST).status_code == 200
        return len(queries)

    cost(1)
    assert cost(1) == cost(8)


def test_chips_narrow_it_down(office, browse, manager, seller):
    mine = change_status([builders.make_lead(office.ours)], by=manager)
    theirs = change_status([builders.make_lead(office.ours)], by=seller)
    old = change_status([builders.make_lead(office.ours)], by=seller)
    ChangeBatch.objects.filter(pk=old.pk).update(undo_until=timezone.now() - timedelta(days=1))
    client = browse(manager)

    def shown(query):
        return {one.pk for one in client.get(LIST + query).context["cl"].result_list}

    assert shown("") == {mine.pk, theirs.pk, old.pk}
    assert shown("?view=mine") == {mine.pk}
    assert shown("?view=open") == {mine.pk, theirs.pk}
    assert shown("?kind=import") == set()


def test_merges_stand_in_the_same_list_behind_the_same_button(office, browse, manager):
    customer = builders.make_customer(office.ours)
    kept, merged = (builders.make_lead(office.ours, customer=customer) for _ in range(2))
    merge = merge_leads(kept, merged, values={}, by=manager, now=timezone.now())
    batch = ChangeBatch.objects.get(merge=merge)
    client = browse(manager)
    assert "at any time" in text_of(client.get(LIST))

    response = client.post(page_of(batch), {"undo": "1"}, follow=True)

    assert messages_of(response) == ["The merge is undone."]
    assert Lead.objects.get(pk=merged.pk).merged_into is None
    response = client.post(page_of(batch), {"undo": "1"}, follow=True)
    assert messages_of(response) == ["This merge has been undone already."]


# --- the page -------------------------------------------------------------------------------------


def test_the_page_says_what_undoing_would_do_and_does_it(office, browse, manager, seller):
    batch, leads = imported(office.ours, 5, by=manager)
    for lead in leads[:3]:
        add_activity(lead, "note", "Ruft zurück.", by=seller, now=timezone.now())
    client = browse(manager)

    page = client.get(page_of(batch))

    assert (page.context["taken"], page.context["stays"]) == (2, 3)
    text = text_of(page)
    assert "2 new leads go into the bin" in text
    assert text.count("A colleague has been active since.") == 3
    assert all(lead.number in text for lead in leads[:3])

    response = client.post(page_of(batch), {"undo": "1", "chosen": leads[0].pk}, follow=True)

    assert messages_of(response) == ["3 leads are as before. 2 stay."]
    present = set(Lead.objects.present().values_list("pk", flat=True))
    assert present == {lead.pk for lead in leads[1:3]}
    # Afterwards it still says which stayed, and why.
    text = text_of(response)
    assert text.count("A colleague has been active since.") == 2
    assert leads[1].number in text
    assert f"by {manager}" in text
    assert 'name="undo"' not in text


def test_a_choice_goes_along_to_the_next_page(office, browse, manager, seller):
    batch, leads = imported(office.ours, 30, by=manager)
    for lead in leads:
        add_activity(lead, "note", "Ruft zurück.", by=seller, now=timezone.now())
    client = browse(manager)

    page = client.post(page_of(batch), {"page": "2", "chosen": [leads[0].pk, "x", "9" * 30]})

    assert len(page.context["rows"]) == 5
    assert f'<input type="hidden" name="chosen" value="{leads[0].pk}">' in text_of(page)
    assert ChangeBatch.objects.get(pk=batch.pk).undone_at is None


def test_the_page_has_the_same_cost_for_any_number(office, browse, manager, seller):
    client = browse(manager)

    def cost(number):
        batch, leads = imported(office.ours, number, by=manager)
        change_status(leads, by=seller)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page_of(batch)).context["stays"] == number
        return len(queries)

    cost(1)
    assert cost(2) == cost(60)


def test_what_is_over_cannot_be_undone(office, browse, manager):
    lead = builders.make_lead(office.ours)
    batch = change_status([lead], by=manager)
    ChangeBatch.objects.update(undo_until=timezone.now() - timedelta(seconds=1))
    client = browse(manager)

    assert 'name="undo"' not in text_of(client.get(page_of(batch)))
    response = client.post(page_of(batch), {"undo": "1"}, follow=True)

    assert messages_of(response) == ["The time in which this bulk change could be undone is over."]
    assert key_of(lead) == "contacted"


def test_many_leads_are_left_to_a_worker(office, browse, manager, settings):
    settings.UNDO_AT_ONCE = 2
    leads = [builders.make_lead(office.ours) for _ in range(3)]
    batch = change_status(leads, by=manager)
    client = browse(manager)

    response = client.post(page_of(batch), {"undo": "1"}, follow=True)

    assert messages_of(response) == ["It is being undone in the background."]
    assert Job.objects.filter(task_path="leads.tasks.carry_on_undoing").count() == 1
    assert {key_of(lead) for lead in leads} == {"contacted"}
    assert "Being undone" in text_of(client.get(LIST))
    assert carry_on_undoing.call(batch.pk) == 3
    assert {key_of(lead) for lead in leads} == {"new"}
    assert "Undone on" in text_of(client.get(page_of(batch)))


# --- who may --------------------------------------------------------------------------------------


def test_sellers_see_and_undo_their_own_edits_only(office, browse, manager, seller):
    lead, other = builders.make_lead(office.ours), builders.make_lead(office.ours)
    mine = change_status([lead], by=seller)
    theirs = change_status([other], by=manager)
    client = browse(seller)

    assert {one.pk for one in client.get(LIST).context["cl"].result_list} == {mine.pk}
    assert client.get(page_of(theirs)).status_code == 404
    assert client.post(undo_url(theirs)).status_code == 404
    client.post(undo_url(mine))

    assert (key_of(lead), key_of(other)) == ("new", "contacted")


def test_an_import_is_not_for_sellers_to_undo(office, browse, seller):
    batch, leads = imported(office.ours, 1, by=seller)
    client = browse(seller)

    assert 'name="undo"' not in text_of(client.get(page_of(batch)))
    assert client.post(page_of(batch), {"undo": "1"}).status_code == 403
    assert client.post(undo_url(batch)).status_code == 403
    assert Lead.objects.present().count() == len(leads)


def test_auditors_look_and_do_nothing(office, browse, manager):
    batch = change_status([builders.make_lead(office.ours)], by=manager)
    client = browse(builders.make_user(office.ours, role=Role.AUDITOR))

    assert client.get(page_of(batch)).status_code == 200
    assert client.post(page_of(batch), {"undo": "1"}).status_code == 403


@pytest.mark.parametrize("role", [Role.SELLER, Role.MANAGER, Role.ADMINISTRATOR])
def test_another_dealers_batches_are_not_there(office, browse, role):
    stranger = builders.make_user(office.theirs, role=Role.MANAGER)
    lead = builders.make_lead(office.theirs)
    batch = change_status([lead], by=stranger)
    client = browse(builders.make_user(office.ours, role=role))

    assert list(client.get(LIST).context["cl"].result_list) == []
    assert client.get(page_of(batch)).status_code == 404
    assert client.post(page_of(batch), {"undo": "1"}).status_code == 404
    assert client.post(undo_url(batch)).status_code == 404
    assert key_of(lead) == "contacted"


def test_leads_of_other_locations_are_not_named(office, browse, manager):
    here, there = builders.make_location(office.ours), builders.make_location(office.ours)
    batch, [lead] = imported(office.ours, 1, by=manager)
    Lead.objects.filter(pk=lead.pk).update(location=there)
    user = builders.make_user(office.ours, role=Role.MANAGER, locations=[here])

    text = text_of(browse(user).get(page_of(batch)))

    assert "You cannot see this lead." in text
    assert lead.number not in text
    assert lead.last_name not in text


# --- an import through the wizard -----------------------------------------------------------------


def list_import_of(batch, *, user):
    return ListImport.objects.create(
        dealer=batch.dealer,
        user=user,
        language="de",
        created_at=batch.at,
        touched_at=batch.at,
        file_name="Altbestand.xlsx",
        state=ImportState.DONE,
        change_batch=batch,
    )


def test_the_page_of_an_import_leads_to_its_list(office, browse, manager):
    batch, _leads = imported(office.ours, 1, by=manager)
    found = list_import_of(batch, user=manager)

    text = text_of(browse(manager).get(page_of(batch)))

    url = reverse("admin:leads_listimport_change", args=[found.pk])
    assert re.search(rf'<a class="lo-link" href="{url}">\s*Altbestand.xlsx', text)
    assert "vehicles, new sources" in text


def test_but_only_those_who_may_see_it(office, browse, manager, seller):
    """Who sees some locations only, does not see the lists of others."""
    batch, _leads = imported(office.ours, 1, by=manager)
    found = list_import_of(batch, user=manager)
    here = builders.make_location(office.ours)
    user = builders.make_user(office.ours, role=Role.MANAGER, locations=[here])

    text = text_of(browse(user).get(page_of(batch)))

    assert "Altbestand.xlsx" not in text
    assert reverse("admin:leads_listimport_change", args=[found.pk]) not in text


def test_what_was_changed_since_is_shown_with_both_values(office, browse, manager, seller):
    """Whoever has to decide sees what would come back."""
    lead = builders.make_lead(office.ours, city="Köln", precheck="positive")
    batch, now = change_status([lead], by=manager), timezone.now()
    other = open_batch(office.ours.pk, ChangeBatch.Kind.IMPORT, by=manager, now=now)
    draft = builders.make_draft(
        number=lead.number,
        contact=ContactDraft(city="Essen"),
        subject="",
        message="",
        precheck="negative",
    )
    receive(office.ours, [draft], now=now, actor=manager, change_batch=other)
    close_batch(other)
    change_status([lead], by=seller, key="offer")
    edited = Lead.objects.get(pk=lead.pk)
    edited.city, edited.precheck = "", "open"
    record_change(edited, ["city", "precheck"], by=seller, now=timezone.now())
    client = browse(manager)

    of_edit, of_import = (text_of(client.get(page_of(one))) for one in (batch, other))

    names = [builders.shared_status(key).name for key in ("offer", "new")]
    assert "Status: now “{}”, before “{}”.".format(*names) in of_edit
    assert "City: now empty, before “Köln”." in of_import
    assert "Credit pre-check: changed since" in of_import
    assert "Credit pre-check: now" not in of_import
