"""The page „Bewertung“: who may weigh the score, within which bounds, and what follows from it."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from leads.background import run_due_jobs
from leads.models import Job, Lead, Role
from leads.services.score_parts import USUAL_WEIGHTS
from tests import builders
from tests.leads.admin.conftest import messages_of, text_of

USUAL = {f"points_{key}": str(points) for key, points in USUAL_WEIGHTS.items()}


def page_of(dealer, page="change"):
    return reverse(f"admin:leads_scoreweights_{page}", args=[dealer.pk])


@pytest.fixture
def administrator(office):
    return builders.make_user(office.ours, role=Role.ADMINISTRATOR)


def weights(dealer):
    dealer.refresh_from_db()
    return dealer.score_weights


def test_the_form_has_every_part_with_what_is_usual_beside_it(browse, office, administrator):
    office.ours.score_weights = {"phone": 20}
    office.ours.save()

    page = text_of(browse(administrator).get(page_of(office.ours)))

    for key in USUAL_WEIGHTS:
        assert f'name="points_{key}"' in page, key
    assert "A valid phone or mobile number. Usual: 8." in page
    assert 'value="20"' in page
    assert 'max="100"' in page
    assert "Everybody sees the score." in page


def test_only_what_differs_from_the_usual_is_kept(browse, office, administrator):
    values = USUAL | {"points_phone": "20", "points_email": "", "points_precheck": "15"}

    browse(administrator).post(page_of(office.ours), values)

    assert weights(office.ours) == {"phone": 20, "precheck": 15}
    assert office.ours.email == "verkauf@example.de"  # a column of the dealer, and a part
    assert office.ours.name


def test_new_weights_change_every_score(browse, office, administrator):
    lead = builders.make_lead(office.ours)
    theirs = builders.make_lead(office.theirs)

    answer = browse(administrator).post(
        page_of(office.ours), USUAL | {"points_phone": "20"}, follow=True
    )

    assert "All scores are now computed anew; that takes a few minutes." in messages_of(answer)
    run_due_jobs()
    # phone 20, e-mail 5, name 3, address 2, normal urgency 5
    assert Lead.objects.get(pk=lead.pk).score == 35
    assert Lead.objects.get(pk=theirs.pk).score == 0


def test_saving_the_same_again_computes_nothing(browse, office, administrator):
    browse(administrator).post(page_of(office.ours), USUAL)

    assert weights(office.ours) == {}
    assert not Job.objects.exists()


@pytest.mark.parametrize("value", ["-1", "101", "viel", "1.5"])
def test_points_lie_between_0_and_100(browse, office, administrator, value):
    answer = browse(administrator).post(page_of(office.ours), USUAL | {"points_phone": value})

    assert list(answer.context["adminform"].form.errors) == ["points_phone"]
    assert weights(office.ours) == {}


def test_everything_can_be_as_usual_again(browse, office, administrator):
    office.ours.score_weights = {"phone": 20}
    office.ours.save()
    client, reset = browse(administrator), page_of(office.ours, "reset")

    assert "Reset all weights?" in text_of(client.get(reset))
    assert weights(office.ours) == {"phone": 20}

    answer = client.post(reset, {"_form_submitted": "on"})
    assert answer["HX-Redirect"] == page_of(office.ours)
    assert weights(office.ours) == {}
    assert Job.objects.count() == 1
    assert "weights" in LogEntry.objects.get().get_change_message()


def test_the_list_says_who_weighs_otherwise(browse, office):
    office.ours.score_weights = {"phone": 20, "email": 0}
    office.ours.save()
    url = reverse("admin:leads_scoreweights_changelist")

    page = text_of(browse(builders.make_user(is_superuser=True)).get(url))

    assert "2 differ" in page
    assert "as usual" in page


# --- rights ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.MANAGER, Role.AUDITOR])
def test_those_who_only_look_see_the_numbers(browse, office, role):
    office.ours.score_weights = {"phone": 77}
    office.ours.save()
    client = browse(builders.make_user(office.ours, role=role))

    page = text_of(client.get(page_of(office.ours)))

    assert "Phone number known" in page
    assert "77" in page
    assert "points_phone" not in page
    assert "Reset to usual" not in page
    assert client.post(page_of(office.ours), USUAL).status_code == 403
    reset = client.post(page_of(office.ours, "reset"), {"_form_submitted": "on"})
    assert reset.status_code in (302, 403)
    assert weights(office.ours) == {"phone": 77}


def test_a_seller_has_no_such_page(browse, office):
    client = browse(builders.make_user(office.ours, role=Role.SELLER))

    assert client.get(page_of(office.ours)).status_code == 403
    assert client.get(reverse("admin:leads_scoreweights_changelist")).status_code == 403


def test_another_dealers_weights_do_not_exist(browse, office, administrator):
    client = browse(administrator)

    assert client.get(page_of(office.theirs)).status_code == 404
    assert client.post(page_of(office.theirs), USUAL).status_code == 404
    reset = page_of(office.theirs, "reset")
    assert client.post(reset, {"_form_submitted": "on"}).status_code in (403, 404)
    listed = text_of(client.get(reverse("admin:leads_scoreweights_changelist")))
    assert office.theirs.name not in listed


def test_rights_are_those_at_the_dealer(browse, office):
    """An administrator here is a seller there."""
    user = builders.make_user(office.ours, role=Role.ADMINISTRATOR)
    builders.make_membership(office.theirs, user, role=Role.SELLER)
    client = browse(user)

    listed = text_of(client.get(reverse("admin:leads_scoreweights_changelist")))

    assert page_of(office.ours) in listed
    assert page_of(office.theirs) not in listed
    assert client.get(page_of(office.theirs)).status_code in (403, 404)


# --- an example -----------------------------------------------------------------------------------


def test_the_newest_lead_shows_what_the_weights_mean(browse, office, administrator):
    lead = builders.make_lead(office.ours)
    builders.make_lead(office.ours, is_test=True)

    page = text_of(browse(administrator).get(page_of(office.ours)))

    assert lead.number in page
    assert "8 of 8" in page


def test_the_example_hides_the_credit_check_from_those_who_may_not_see_it(browse, office):
    office.ours.score_weights = {"precheck": 15}
    office.ours.save()
    builders.make_lead(office.ours, precheck="performed")
    pages = [
        text_of(
            browse(
                builders.make_user(office.ours, role=Role.ADMINISTRATOR, sees_creditworthiness=sees)
            ).get(page_of(office.ours))
        )
        for sees in (True, False)
    ]

    assert ["8 of 15" in page for page in pages] == [True, False]
