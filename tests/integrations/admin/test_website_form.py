"""Where website forms are set up, and what goes into the dealer's website."""

import pytest
from django.urls import reverse
from django.utils import timezone

from integrations.models import FormDay, WebsiteForm
from leads.models import Role
from tests.builders import make_location, make_membership, make_user, make_website_form
from tests.leads.admin.conftest import text_of

LIST = reverse("admin:integrations_websiteform_changelist")
ADD = reverse("admin:integrations_websiteform_add")


def page_of(form):
    return reverse("admin:integrations_websiteform_change", args=[form.pk])


@pytest.fixture
def form(office):
    return make_website_form(office.ours, name="Kontaktseite", consents=[("privacy", "Gelesen.")])


@pytest.fixture
def administrator(office):
    return make_user(office.ours, role=Role.ADMINISTRATOR)


def values(**changed):
    return {
        "name": "Kontaktseite",
        "is_active": "on",
        "location": "",
        "source": "Website",
        "campaign": "",
        "title": "",
        "greeting": "",
        "thank_you_text": "",
        "thank_you_url": "",
        "shown_fields": ["message"],
        "required_fields": [],
        "wording_privacy": "Gelesen.",
        "privacy_url": "",
        "imprint_url": "",
        "allowed_origins": "https://autohaus.example.org",
        "min_seconds": "3",
        **changed,
    }


def test_an_administrator_sets_up_a_form(browse, office, administrator):
    place = make_location(office.ours)
    client = browse(administrator)
    assert client.get(ADD).status_code == 200

    answer = client.post(
        ADD,
        values(
            location=place.pk,
            allowed_origins="https://WWW.autohaus.de/\n\nhttps://autohaus.de",
            required_fields=["phone"],
            wording_contact_phone="Rufen Sie mich an.",
            required_contact_phone="on",
        ),
    )

    assert answer.status_code == 302
    form = WebsiteForm.objects.for_dealer(office.ours).get()
    assert form.location == place
    assert form.allowed_origins == ["https://www.autohaus.de", "https://autohaus.de"]
    assert (form.shown_fields, form.required_fields) == (["message"], ["phone"])
    assert form.consents == [
        {
            "purpose": "contact_phone",
            "text": "Rufen Sie mich an.",
            "required": True,
            "version": 1,
        },
        {"purpose": "privacy", "text": "Gelesen.", "required": False, "version": 1},
    ]


def test_another_wording_gets_another_number(browse, form, administrator):
    client = browse(administrator)
    assert "Gelesen." in text_of(client.get(page_of(form)))
    client.post(page_of(form), values())
    form.refresh_from_db()
    assert form.consents[0]["version"] == 1

    client.post(page_of(form), values(wording_privacy="Gelesen und verstanden."))

    form.refresh_from_db()
    assert form.consents[0]["version"] == 2
    assert form.wording("privacy", "1") == ("Gelesen.", "1")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("allowed_origins", "autohaus.de"),
        ("privacy_url", "javascript:alert(1)"),
        ("thank_you_url", "http://autohaus.de"),
        ("shown_fields", ["password"]),
        ("min_seconds", "61"),
    ],
)
def test_what_cannot_be_right_is_told_at_its_field(browse, form, administrator, name, value):
    answer = browse(administrator).post(page_of(form), values(**{name: value}))

    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors.keys() == {name}


def test_the_page_shows_what_goes_into_the_website(browse, form, administrator):
    shown = text_of(browse(administrator).get(page_of(form)))

    assert f"http://testserver/forms/{form.key}/" in shown
    assert f"&lt;iframe src=&quot;http://testserver/forms/{form.key}/&quot;" in shown
    assert f"fetch(&quot;http://testserver/api/v1/forms/{form.key}/&quot;" in shown
    assert f'href="http://testserver/forms/{form.key}/"' in shown


def test_the_list_shows_what_came_in_a_month(browse, office, form, administrator):
    today = timezone.localdate()
    for days, received, spam in ((0, 6, 1), (29, 2, 1), (30, 100, 100)):
        FormDay.objects.create(
            dealer=office.ours,
            form=form,
            day=today - timezone.timedelta(days=days),
            received=received,
            spam=spam,
        )
    shown = text_of(browse(administrator).get(LIST))

    assert "Kontaktseite" in shown
    assert ">8<" in shown
    assert "25" in shown
    assert ">108<" not in shown


def test_roles(browse, office, form):
    for role, list_status, post_status in (
        (Role.SELLER, 403, 403),
        (Role.MANAGER, 200, 403),
        (Role.AUDITOR, 200, 403),
        (Role.ADMINISTRATOR, 200, 302),
    ):
        client = browse(make_user(office.ours, role=role))
        assert client.get(LIST).status_code == list_status
        assert client.get(page_of(form)).status_code == list_status
        assert client.post(page_of(form), values()).status_code == post_status
    shown = text_of(browse(make_user(office.ours, role=Role.AUDITOR)).get(page_of(form)))
    assert "Gelesen." in shown
    assert "https://autohaus.example.org" in shown


def test_nobody_deletes_what_proves_consents(browse, form, administrator):
    address = reverse("admin:integrations_websiteform_delete", args=[form.pk])

    assert browse(administrator).post(address, {"post": "yes"}).status_code == 403


def test_a_foreign_form_does_not_exist(browse, office, form):
    stranger = make_user(office.theirs, role=Role.ADMINISTRATOR)
    client = browse(stranger)

    assert "Kontaktseite" not in text_of(client.get(LIST))
    assert client.get(page_of(form)).status_code == 404
    assert client.post(page_of(form), values(name="Meins")).status_code == 404
    theirs = make_location(office.ours)
    answer = client.post(ADD, values(location=theirs.pk))
    assert "location" in answer.context["adminform"].form.errors
    make_membership(office.ours, stranger, role=Role.MANAGER)
    assert browse(stranger).post(page_of(form), values(name="Meins")).status_code == 403


def test_the_list_takes_the_same_number_of_queries_for_any_number_of_rows(
    browse, office, administrator, django_assert_num_queries, django_assert_max_num_queries
):
    client = browse(administrator)
    make_website_form(office.ours)
    client.get(LIST)
    with django_assert_max_num_queries(30) as first:
        client.get(LIST)
    for _n in range(8):
        make_website_form(office.ours, location=make_location(office.ours))
    with django_assert_num_queries(len(first)):
        client.get(LIST)
