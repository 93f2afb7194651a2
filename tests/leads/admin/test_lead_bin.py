"""The bin of the lead list: in, out, and who may."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from leads.models import Activity, Event, Lead, Role
from leads.services.deleting import delete_leads
from tests import builders
from tests.leads.admin.conftest import messages_of, text_of

LIST = "/admin/leads/lead/"


def numbers(response):
    assert response.status_code == 200
    return {lead.number for lead in response.context["cl"].result_list}


def act(client, name, *leads, view=""):
    pks = [lead.pk for lead in leads]
    address = f"{LIST}?view={view}" if view else LIST
    return client.post(address, {"action": name, "_selected_action": pks}, follow=True)


def is_deleted(lead):
    return Lead.objects.get(pk=lead.pk).deleted_at is not None


@pytest.fixture
def admin(office, browse):
    user = builders.make_user(office.ours, role=Role.ADMINISTRATOR)
    client = browse(user)
    client.user = user
    return client


def test_deleting_puts_leads_into_the_bin_and_offers_to_undo(admin, office):
    lead, other, kept = (builders.make_lead(office.ours) for _n in range(3))

    response = act(admin, "bin_selected", lead, other)

    assert numbers(response) == {kept.number}
    [message] = messages_of(response)
    assert message.startswith("2 leads are in the bin.")
    assert is_deleted(lead)
    assert is_deleted(other)
    activity = Activity.objects.get(lead=lead)
    assert (activity.kind, activity.user) == ("deleted", admin.user)
    assert Event.objects.get(lead_id=lead.pk).kind == "lead.deleted"

    [undo] = re.findall(r'action="([^"]*undo[^"]*)"', message)
    response = admin.post(undo, {"next": LIST}, follow=True)

    assert messages_of(response) == ["2 leads are as before."]
    assert numbers(response) == {lead.number, other.number, kept.number}


def test_the_bin_is_a_chip_of_the_list(admin, office):
    lead, kept = builders.make_lead(office.ours), builders.make_lead(office.ours)
    act(admin, "bin_selected", lead)

    page = admin.get(LIST)
    binned = admin.get(f"{LIST}?view=deleted")

    assert "Bin" in {chip["display"] for chip in page.context["cl"].chips}
    assert numbers(page) == {kept.number}
    assert numbers(binned) == {lead.number}
    # Nothing in it can be opened or changed, only taken out.
    assert reverse("admin:leads_lead_change", args=[lead.pk]) not in text_of(binned)
    assert f'data-status-url="/admin/leads/lead/{lead.pk}/' not in text_of(binned)
    choices = dict(binned.context["action_form"].fields["action"].choices)
    assert set(choices) - {""} == {"restore_selected"}
    assert "restore_selected" not in dict(page.context["action_form"].fields["action"].choices)


def test_taking_out_of_the_bin(admin, office):
    lead, other = builders.make_lead(office.ours), builders.make_lead(office.ours)
    act(admin, "bin_selected", lead, other)

    response = act(admin, "restore_selected", lead, view="deleted")

    assert messages_of(response)[-1].startswith("1 lead was restored.")
    assert not is_deleted(lead)
    assert is_deleted(other)
    assert Lead.objects.get(pk=lead.pk).history.first().history_user == admin.user
    kinds = Event.objects.filter(lead_id=lead.pk).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["lead.deleted", "lead.restored"]


def test_the_page_of_a_lead_asks_and_then_deletes(admin, office):
    lead = builders.make_lead(office.ours)
    address = reverse("admin:leads_lead_delete", args=[lead.pk])

    asked = admin.get(address)
    assert asked.status_code == 200
    assert lead.number in text_of(asked)
    assert not is_deleted(lead)

    response = admin.post(address, follow=True)
    assert "1 lead is in the bin." in messages_of(response)[0]
    assert is_deleted(lead)
    assert admin.get(reverse("admin:leads_lead_change", args=[lead.pk])).status_code == 404


def test_nothing_is_deleted_for_good(admin, office):
    lead = builders.make_lead(office.ours)

    act(admin, "delete_selected", lead)

    assert Lead.objects.filter(pk=lead.pk).exists()


@pytest.mark.parametrize("role", [Role.SELLER, Role.MANAGER, Role.AUDITOR])
def test_who_may_not_delete_sees_no_bin(office, browse, role):
    lead, binned = builders.make_lead(office.ours), builders.make_lead(office.ours)
    delete_leads(Lead.objects.filter(pk=binned.pk), now=timezone.now())
    client = browse(builders.make_user(office.ours, role=role))

    page = client.get(LIST)

    assert "Bin" not in {chip["display"] for chip in page.context["cl"].chips}
    assert numbers(client.get(f"{LIST}?view=deleted")) == set()
    act(client, "bin_selected", lead)
    act(client, "restore_selected", binned, view="deleted")
    client.post(f"{reverse('admin:leads_lead_restore')}?pk={binned.pk}")
    assert client.post(reverse("admin:leads_lead_delete", args=[lead.pk])).status_code == 403
    assert not is_deleted(lead)
    assert is_deleted(binned)


def test_the_bin_of_another_dealer_is_not_there(admin, office):
    theirs, present = builders.make_lead(office.theirs), builders.make_lead(office.theirs)
    delete_leads(Lead.objects.filter(pk=theirs.pk), now=timezone.now())

    assert numbers(admin.get(f"{LIST}?view=deleted")) == set()
    act(admin, "restore_selected", theirs, view="deleted")
    admin.post(f"{reverse('admin:leads_lead_restore')}?pk={theirs.pk}&pk=x&pk=99999999999999999999")
    act(admin, "bin_selected", present)
    assert admin.post(reverse("admin:leads_lead_delete", args=[present.pk])).status_code == 404
    assert is_deleted(theirs)
    assert not is_deleted(present)


def test_rights_at_one_dealer_do_not_reach_the_other(office, browse):
    user = builders.make_user(office.ours, role=Role.ADMINISTRATOR)
    builders.make_membership(office.theirs, user, role=Role.SELLER)
    ours, theirs = builders.make_lead(office.ours), builders.make_lead(office.theirs)
    client = browse(user)

    act(client, "bin_selected", ours, theirs)

    assert is_deleted(ours)
    assert not is_deleted(theirs)
    delete_leads(Lead.objects.filter(pk=theirs.pk), now=timezone.now())
    assert numbers(client.get(f"{LIST}?view=deleted")) == {ours.number}


def test_undo_is_a_post(admin, office):
    assert admin.get(reverse("admin:leads_lead_restore")).status_code == 405
