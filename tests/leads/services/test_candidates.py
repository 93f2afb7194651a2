"""Looking people up: the newest of each key, straight from an index, in a table of any size."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.models import Customer
from leads.services.candidates import MAX_PER_KEY, find_candidates, keys_of
from tests import builders

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
EVERYTHING = {
    "first_name": "Max",
    "last_name": "Müller",
    "company": "Müller Bau GmbH",
    "email": "max@example.org",
    "phone": "030 23125 101",
    "mobile": "0171 1234567",
    "street": "Weg 1",
    "postal_code": "04109",
    "external_number": "K-1",
}


def seen(dealer, **values):
    """Somebody who is asking and not stored yet."""
    one = Customer(dealer=dealer, **values)
    one.set_keys()
    return one


def rows(candidates, one):
    return [found.row for found in candidates.sharing(*keys_of(one))]


def multiply(customer, number, *, alike=()):
    """So many copies of a customer. Each has keys of its own, but for those in `alike`."""
    keys = {"email_key", "phone_key", "mobile_key", "name_key", "person_key", "company_key"}
    keys |= {"address_key", "phonetic_key", "external_number"}
    columns = [field.column for field in Customer._meta.concrete_fields if not field.primary_key]
    values = [f"{name} || i" if name in keys - {*alike} else name for name in columns]
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s)"
            f" INSERT INTO leads_customer ({', '.join(columns)})"
            f" SELECT {', '.join(values)} FROM leads_customer, n WHERE id = %s",
            [number, customer.pk],
        )
        cursor.execute("ANALYZE leads_customer")


def look_up(dealer, *customers):
    """The statement that looks all of them up."""
    with CaptureQueriesContext(connection) as queries:
        find_candidates(dealer, customers)
    [query] = queries
    return query["sql"]


# --- who is found ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "asking"),
    [
        ({"external_number": "K-1"}, {"external_number": "K-1"}),
        ({"email": "Max@example.org"}, {"email": "max@EXAMPLE.org"}),
        ({"phone": "0171/1234567"}, {"mobile": "+49 171 1234567"}),
        ({"mobile": "0171/1234567"}, {"phone": "+49 171 1234567"}),
        ({"first_name": "Max", "last_name": "Müller"}, {"last_name": "max mueller"}),
        ({"first_name": "Max", "last_name": "Müller"}, {"last_name": "Müller, Max"}),
        ({"company": "Bau GmbH"}, {"company": "BAU AG"}),
        (
            {"street": "Hauptstr. 7 a", "postal_code": "04109"},
            {"street": "Hauptstraße 7a", "postal_code": "04109"},
        ),
        (
            {"last_name": "Meier", "postal_code": "04109"},
            {"last_name": "Mayr", "postal_code": "04109"},
        ),
    ],
)
def test_a_shared_key_finds_the_customer(dealer, known, asking):
    empty = {"first_name": "", "last_name": "", "email": "", "phone": "", "street": ""}
    customer = builders.make_customer(dealer, **{**empty, "postal_code": "", **known})
    somebody = seen(dealer, **asking)

    assert rows(find_candidates(dealer, [somebody]), somebody) == [customer]


def test_nothing_in_common_finds_nobody_and_asks_nothing_without_keys(
    dealer, django_assert_num_queries
):
    builders.make_customer(dealer, **EVERYTHING)
    stranger, nobody = seen(dealer, last_name="Weber", email="eva@example.org"), seen(dealer)

    assert rows(find_candidates(dealer, [stranger]), stranger) == []
    with django_assert_num_queries(0):
        find_candidates(dealer, [nobody])


def test_another_dealers_customers_are_not_there(dealer):
    builders.make_customer(builders.make_dealer(), **EVERYTHING)
    somebody = seen(dealer, **EVERYTHING)

    assert rows(find_candidates(dealer, [somebody]), somebody) == []


def test_the_bin_is_left_out(dealer):
    builders.make_customer(dealer, **EVERYTHING, deleted_at=NOW)
    somebody = seen(dealer, **EVERYTHING)

    assert rows(find_candidates(dealer, [somebody]), somebody) == []


# --- merged ---------------------------------------------------------------------------------------


def test_number_e_mail_and_phone_of_a_merged_customer_lead_to_the_one_it_became(
    dealer, django_assert_num_queries
):
    last = builders.make_customer(dealer)
    between = builders.make_customer(dealer, deleted_at=NOW, merged_into=last)
    builders.make_customer(dealer, **EVERYTHING, deleted_at=NOW, merged_into=between)

    for asking in (
        {"external_number": "K-1"},
        {"email": "max@example.org"},
        {"phone": "0171 1234567"},
    ):
        somebody = seen(dealer, **asking)
        with django_assert_num_queries(3):  # the look-up, and one for each merge in a row
            found = find_candidates(dealer, [somebody])
        assert [one.customer for one in found.sharing(*keys_of(somebody))] == [last]


def test_the_name_of_a_merged_customer_is_not_looked_for(dealer):
    kept = builders.make_customer(dealer)
    builders.make_customer(dealer, **EVERYTHING, deleted_at=NOW, merged_into=kept)
    somebody = seen(dealer, first_name="Max", last_name="Müller")

    assert rows(find_candidates(dealer, [somebody]), somebody) == []


def test_what_was_merged_into_the_bin_is_not_found(dealer):
    deleted = builders.make_customer(dealer, deleted_at=NOW)
    builders.make_customer(dealer, **EVERYTHING, deleted_at=NOW, merged_into=deleted)
    somebody = seen(dealer, **EVERYTHING)

    assert rows(find_candidates(dealer, [somebody]), somebody) == []


def test_a_circle_of_merges_ends(dealer):
    one = builders.make_customer(dealer, **EVERYTHING, deleted_at=NOW)
    other = builders.make_customer(dealer, deleted_at=NOW, merged_into=one)
    Customer.objects.filter(pk=one.pk).update(merged_into=other)
    somebody = seen(dealer, **EVERYTHING)

    assert rows(find_candidates(dealer, [somebody]), somebody) == []


# --- cost -----------------------------------------------------------------------------------------


def test_of_ten_thousand_with_one_name_the_newest_few_are_loaded(dealer):
    first = builders.make_customer(dealer, first_name="Max", last_name="Müller", postal_code="")
    multiply(first, 10_000, alike=("name_key", "person_key", "address_key", "phonetic_key"))
    rare = builders.make_customer(dealer, first_name="Eva", last_name="Adam", email="e@example.org")
    both = seen(dealer, first_name="Max", last_name="Müller"), seen(dealer, email="e@example.org")

    found = find_candidates(dealer, both)

    newest = Customer.objects.filter(name_key=first.name_key).order_by("-pk")[:MAX_PER_KEY]
    assert rows(found, both[0]) == list(newest)
    assert rows(found, both[1]) == [rare]  # no one is crowded out


INDEXES = ("email", "phone", "mobile", "name", "person", "company", "address", "phonetic")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="the plan is PostgreSQL's")
def test_postgresql_reads_indexes_only(dealer):
    multiply(builders.make_customer(dealer, **EVERYTHING), 50_000)
    multiply(builders.make_customer(dealer), 10_000, alike=("name_key", "phonetic_key"))
    asking = [
        seen(dealer, **EVERYTHING | {"email": f"m{one}@example.org", "external_number": f"X{one}"})
        for one in range(500)
    ]

    for drafts in (asking[:1], asking):
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {look_up(dealer, *drafts)}")
            plan = "\n".join(row[0] for row in cursor.fetchall())

        assert "Seq Scan on leads_customer" not in plan, plan
        assert plan.count("Sort Key") == 1, plan  # of one row: the bank's number is unique
        for index in (*INDEXES, "once_per_external_number"):
            assert f"customer_{index}" in plan, plan


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plan is SQLite's")
def test_sqlite_reads_indexes_only(dealer):
    multiply(builders.make_customer(dealer, **EVERYTHING), 5_000)
    statement = look_up(dealer, seen(dealer, **EVERYTHING))

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}")
        plan = "\n".join(row[3] for row in cursor.fetchall())

    assert "SCAN found" not in plan
    assert "SCAN one" not in plan
    assert plan.count("TEMP B-TREE FOR ORDER BY") <= 1  # of one customer: the bank's number
    for index in (*INDEXES, "once_per_external_number"):
        assert f"customer_{index}" in plan, plan
