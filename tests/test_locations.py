"""Who sees some locations of a dealer only: whatever asks for that, asks in the same way."""

import pytest
from django.contrib import admin
from django.utils import timezone

from leads.models import ChangeBatch, Lead, ListImport, Role
from leads.resources.known import unseen_numbers
from leads.services.change_batches import edit_together
from leads.services.handling import set_status
from leads.services.merging import merge_leads
from leads.services.undo_plan import Reason, plan
from tests import builders


@pytest.fixture
def dealer(db):
    return builders.make_dealer()


@pytest.fixture
def here(dealer):
    return builders.make_location(dealer)


@pytest.fixture
def hidden(dealer):
    """A lead at another location of the dealer."""
    return builders.make_lead(dealer, location=builders.make_location(dealer))


def works_at(*places, **values):
    """A manager: at the dealers given, or at the locations given only."""
    user = builders.make_user(**values)
    for place in places:
        dealer = getattr(place, "dealer", place)
        locations = [] if dealer is place else [place]
        builders.make_membership(dealer, user, role=Role.MANAGER, locations=locations)
    return user


def sees_one_location(dealer, here, elsewhere):
    return works_at(here), False


def works_elsewhere(dealer, here, elsewhere):
    return works_at(elsewhere), False


def sees_all_here(dealer, here, elsewhere):
    return works_at(dealer, elsewhere), True


def is_operator(dealer, here, elsewhere):
    return works_at(here, is_superuser=True), True


@pytest.fixture(params=[sees_one_location, works_elsewhere, sees_all_here, is_operator])
def user_and_sees(request, dealer, here):
    """Somebody, and whether they see all locations of the dealer."""
    return request.param(dealer, here, builders.make_location())


def is_listed(row, user, rf):
    request = rf.get("/")
    request.user = user
    return admin.site.get_model_admin(type(row)).get_queryset(request).contains(row)


def test_rows_at_a_location(user_and_sees, hidden):
    user, sees = user_and_sees

    assert Lead.objects.for_user(user).contains(hidden) == sees


def test_lists_of_others_which_may_hold_any_location(user_and_sees, dealer, rf):
    user, sees = user_and_sees
    now = timezone.now()
    found = ListImport.objects.create(dealer=dealer, created_at=now, touched_at=now)

    assert is_listed(found, user, rf) == sees


def test_numbers_in_a_list(user_and_sees, dealer, hidden):
    user, sees = user_and_sees

    assert unseen_numbers(dealer, user, {hidden.number}) == (set() if sees else {hidden.number})


def test_merges(user_and_sees, dealer, hidden, rf):
    user, sees = user_and_sees
    merge = merge_leads(
        builders.make_lead(dealer, customer=hidden.customer, location=hidden.location),
        hidden,
        values={},
        by=None,
        now=timezone.now(),
    )

    assert is_listed(merge, user, rf) == sees
    assert is_listed(ChangeBatch.objects.get(merge=merge), user, rf) == sees


def test_what_an_undo_tells_of_a_lead(user_and_sees, dealer, hidden):
    user, sees = user_and_sees
    now = timezone.now()
    status = builders.shared_status("contacted")
    [batch] = edit_together(
        Lead.objects.filter(pk=hidden.pk),
        lambda rows, one: set_status(rows, status, by=None, now=now, change_batch=one),
        kind=ChangeBatch.Kind.STATUS,
        what=status.name,
        by=None,
        now=now,
    )

    [verdict] = plan(batch, by=user)

    assert (Reason.UNSEEN not in verdict.reasons) == sees
