"""Names of columns and values in lists, kept by hand."""

import pytest
from django.urls import reverse

from leads.models import ColumnName, ListValue, Role
from leads.resources.import_mapping import ListMapping
from tests import builders
from tests.leads.resources.importing import check, upload

pytestmark = pytest.mark.django_db

NEW_COLUMN = reverse("admin:leads_columnname_add")
NEW_VALUE = reverse("admin:leads_listvalue_add")


@pytest.fixture
def dealer():
    return builders.make_dealer()


@pytest.fixture
def manager(client, dealer):
    client.force_login(builders.make_user(dealer, role=Role.MANAGER))
    return client


def test_a_name_that_is_entered_is_known_to_the_next_list(manager, dealer):
    answer = manager.post(NEW_COLUMN, {"written": "Kd-Mailadr.", "column": "leads.email"})

    assert answer.status_code == 302
    found = upload(dealer, ("Nachname", "KD Mailadr"), ("Groß", "a@example.org"))
    assert ListMapping.of(found).columns == ("last_name", "email")


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("E-Mail", "Das wird schon verstanden, als „E-Mail“."),
        ("...", "mindestens einen Buchstaben"),
    ],
)
def test_what_needs_no_entry_is_refused(manager, written, says):
    answer = manager.post(NEW_COLUMN, {"written": written, "column": "leads.email"})

    assert says in answer.content.decode()
    assert not ColumnName.objects.exists()


def test_the_same_name_twice_is_refused_in_words(manager):
    manager.post(NEW_COLUMN, {"written": "Kd-Mailadr.", "column": "leads.email"})

    answer = manager.post(NEW_COLUMN, {"written": "kd mailadr", "column": "leads.city"})

    assert "Dafür gibt es schon einen Eintrag." in answer.content.decode()
    assert ColumnName.objects.count() == 1


def test_a_value_that_is_entered_is_known_to_the_next_list(manager, dealer):
    manager.post(NEW_VALUE, {"column": "leads.status", "written": "Seltsam", "meaning": "Angebot"})

    found = check(upload(dealer, ("Nachname", "Status"), ("Groß", "seltsam")))
    assert ListMapping.of(found).values == {"status": {"seltsam": "Angebot"}}


def test_values_decided_in_an_import_are_listed(manager, dealer):
    ListValue.objects.create(
        dealer=dealer, column="status", key="seltsam", written="Seltsam", meaning="Angebot"
    )
    ListValue.objects.create(
        dealer=builders.make_dealer(), column="status", key="x", written="Fremd", meaning="Neu"
    )

    page = manager.get(reverse("admin:leads_listvalue_changelist")).content.decode()

    assert "„Seltsam“" in page
    assert "Angebot" in page
    assert "Fremd" not in page
