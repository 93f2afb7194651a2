"""An account at Dr. Klein: profile, operation and address are one choice, and its test."""

import pytest
from django.urls import reverse

from integrations.models import Connection
from leads.models import Role
from tests.builders import make_drklein_connection, make_user
from tests.leads.admin.conftest import messages_of, text_of

ADD = reverse("admin:integrations_connection_add") + "?partner=drklein"

B = {
    "name": "Dr. Klein",
    "is_active": "on",
    "operation": "b-test",
    "client_id": "autohaus",
    "new_secret": "geheim",
    "case_source": "AUTOHAUS_BEISPIEL",
    "further_values": "vertriebsschluessel = 0001\nneukunde = true\nfiliale = 12",
}
A = {
    "name": "Dr. Klein",
    "is_active": "on",
    "operation": "a-test",
    "new_secret": "eyJhbGciOi.J9.x",
    "adviser_number": "abc12",
}


def page_of(connection):
    return reverse("admin:integrations_connection_change", args=[connection.pk])


@pytest.fixture
def administrator(office):
    return make_user(office.ours, role=Role.ADMINISTRATOR)


def errors_of(answer):
    return answer.context["adminform"].form.errors


def test_the_default_is_a_test(browse, administrator):
    shown = browse(administrator).get(ADD).context["adminform"].form

    assert shown["operation"].value() == "b-test"


@pytest.mark.parametrize(
    ("operation", "profile", "mode", "address"),
    [
        ("b-test", "b", "test", "https://testapi.drkleinservice.de/vorgang"),
        ("b-live", "b", "live", "https://api.drkleinservice.de/vorgang"),
        ("a-test", "a", "test", "https://api.drkleinservice.de/vorgang"),
        ("a-live", "a", "live", "https://api.drkleinservice.de/vorgang?environment=PRODUCTION"),
    ],
)
def test_one_choice_says_profile_operation_and_address(
    browse, administrator, operation, profile, mode, address
):
    """The bare address is a test in one profile and real business in the other."""
    client = browse(administrator)
    answer = client.post(ADD, {**(A if profile == "a" else B), "operation": operation}, follow=True)

    connection = Connection.objects.get()
    assert (connection.profile, connection.mode) == (profile, mode), errors_of(answer)
    shown = text_of(client.get(page_of(connection)))
    assert f": {address}<" in shown.replace("\n", "")
    assert 'name="operation"' not in shown  # chosen once


def test_what_was_entered_is_kept(browse, administrator):
    browse(administrator).post(ADD, B)
    connection = Connection.objects.get()

    assert connection.client_secret == "geheim"
    assert connection.case_values == {
        "vertriebsschluessel": "0001",
        "neukunde": True,
        "filiale": 12,
    }
    browse(administrator).post(ADD, {**A, "name": "Profil A"})
    assert Connection.objects.get(profile="a").adviser_number == "ABC12"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({**B, "client_id": ""}, "client_id"),
        ({**B, "new_secret": ""}, "new_secret"),
        ({**B, "case_source": ""}, "case_source"),
        ({**B, "operation": "b"}, "operation"),
        ({**B, "base_url": "https://api.drkleinservice.de"}, "base_url"),
        ({**B, "base_url": "https://testapi.drkleinservice.de/"}, "base_url"),
        ({**B, "base_url": "http://example.org"}, "base_url"),
        ({**B, "further_values": "ohne Gleichheitszeichen"}, "further_values"),
        ({**B, "further_values": "einwilligungUnterschrieben = false"}, "further_values"),
        ({**A, "adviser_number": ""}, "adviser_number"),
        ({**A, "adviser_number": "12345"}, "adviser_number"),
        ({**A, "new_secret": "mit Leerzeichen"}, "new_secret"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(browse, administrator, values, field):
    answer = browse(administrator).post(ADD, values)

    assert list(errors_of(answer)) == [field]
    assert not Connection.objects.exists()


def test_operation_and_secret_cannot_be_moved_elsewhere(browse, administrator, office):
    connection = make_drklein_connection(office.ours)
    client = browse(administrator)
    form = {
        "name": connection.name,
        "is_active": "on",
        "operation": "b-live",
        "mode": "live",
        "profile": "a",
        "client_id": connection.client_id,
        "case_source": "ANDERS",
        "base_url": connection.base_url,
        "token_url": connection.token_url,
    }
    client.post(page_of(connection), form)
    stored = Connection.objects.get()
    assert (stored.profile, stored.mode, stored.case_source) == ("b", "test", "ANDERS")

    answer = client.post(page_of(connection), {**form, "base_url": "https://example.org"})
    assert "new_secret" in errors_of(answer)


def test_profile_b_signs_in_without_making_a_case(browse, administrator, office, partner):
    connection = make_drklein_connection(office.ours, base=f"{partner.url}/drklein")
    client = browse(administrator)
    url = reverse("admin:integrations_connection_try", args=[connection.pk])
    assert url in text_of(client.get(page_of(connection)))

    assert messages_of(client.post(url, follow=True)) == ["Signing in works. No case was made."]
    assert partner.drklein.cases == []
    assert [one["path"] for one in partner.log] == ["/drklein/oauth2/token"]

    Connection.objects.update(client_secret="falsch")
    [problem] = messages_of(client.post(url, follow=True))
    assert "invalid_client" in problem


def test_profile_a_says_that_it_cannot_be_tried(browse, administrator, office, partner):
    connection = make_drklein_connection(office.ours, base=f"{partner.url}/drklein", profile="a")
    url = reverse("admin:integrations_connection_try", args=[connection.pk])

    [words] = messages_of(browse(administrator).post(url, follow=True))
    assert "can only be tried with a case" in words
    assert partner.log == []


def test_only_administrators_try(browse, office):
    connection = make_drklein_connection(office.ours)
    url = reverse("admin:integrations_connection_try", args=[connection.pk])

    assert browse(make_user(office.ours)).post(url).status_code == 403
    assert browse(make_user(office.theirs, role=Role.ADMINISTRATOR)).post(url).status_code == 404
