"""What the migrations put into every new office, and the rules they add on PostgreSQL."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from leads.models import (
    Category,
    CloseReason,
    Customer,
    Lead,
    LeadType,
    MatchSuggestion,
    Source,
    Stage,
    Status,
    Vehicle,
)
from leads.models.keys import catalog_key
from tests import builders

pytestmark = pytest.mark.django_db

CATALOGS = [Status, Source, CloseReason, Category]
FACTS = list(
    csv.DictReader(
        (Path(__file__).parents[1] / "samples" / "bdk_lead_types.csv").read_text().splitlines()
    )
)
URGENCIES = {"normal": "normal", "high": "high", "top": "immediate"}

on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has neither of these; see the migrations"
)


def said(fact):
    """A fact of the table as we store it: "" where the type says nothing."""
    return "" if fact == "not_stated" else fact


def yes_or_no(fact):
    return {"yes": True, "no": False, "not_stated": None}[fact]


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact["id"])
def test_a_lead_type_means_what_the_table_of_bdk_says(fact):
    lead_type = LeadType.objects.get(dealer=None, key=fact["id"])

    for name in ("title", "description", "sender", "family", "channel", "origin"):
        assert getattr(lead_type, name) == fact[name]
    for name in ("precheck", "finance_kind", "customer_kind", "vehicle_kind"):
        assert getattr(lead_type, name) == said(fact[name])
    for name in (
        "test_drive_wished",
        "callback_wished",
        "finance_interest",
        "contract_expiring",
        "reservation_hint",
    ):
        assert getattr(lead_type, name) is yes_or_no(fact[name])
    assert lead_type.suggested_urgency == URGENCIES[fact["suggest_priority"]]
    assert lead_type.first_response_minutes == int(fact["suggest_first_response_min"])


def test_there_are_25_lead_types_and_no_others():
    assert len(FACTS) == 25
    assert {fact["id"] for fact in FACTS} == set(LeadType.objects.values_list("key", flat=True))


def test_a_public_title_tells_nothing_about_a_credit_check():
    titles = dict(LeadType.objects.values_list("key", "public_title"))

    for key, title in titles.items():
        for word in ("kredit", "positiv", "negativ", "ohne", "einschätzung", "prüf"):
            assert word not in title.lower(), key
    assert titles["8a"] == titles["8b"] == titles["8c"] == "AutoScout24 Anfrage"
    assert titles["1c"] == titles["1d"] == "juhu.auto Finanzierungsanfrage"
    assert titles["7c"] == titles["7d"] == "ju-connect Finanzierungsanfrage"
    assert titles["1e"] == titles["1b"] == "juhu.auto Probefahrt"
    assert titles["7e"] == titles["7b"] == "ju-connect Probefahrt"


def test_a_title_is_public_unless_the_type_knows_of_a_credit_check():
    for lead_type in LeadType.objects.filter(precheck=""):
        assert lead_type.public_title == lead_type.title


@pytest.mark.parametrize("catalog", CATALOGS)
def test_entries_are_shared_reviewed_and_stored_with_their_matching_form(catalog):
    entries = catalog.objects.all()

    assert entries
    for entry in entries:
        assert entry.dealer is None
        assert not entry.is_automatic
        assert entry.name_key == catalog_key(entry.name)
        assert entry.key


@pytest.mark.parametrize("catalog", CATALOGS)
def test_no_spelling_means_two_entries(catalog):
    spellings = Counter(
        spelling for entry in catalog.objects.all() for spelling in set(entry.spellings())
    )

    assert [spelling for spelling, times in spellings.items() if times > 1] == []


def test_every_stage_has_one_status_in_the_order_of_a_sale():
    assert list(Status.objects.values_list("stage", flat=True)) == Stage.values


def test_every_channel_of_a_lead_type_has_its_source():
    assert {fact["channel"] for fact in FACTS} <= set(Source.objects.values_list("key", flat=True))


def test_close_reasons_cover_the_codes_that_are_reported_to_bdk():
    lost = CloseReason.objects.filter(outcome=CloseReason.Outcome.LOST)

    reported = {"price", "bought_elsewhere", "no_interest", "finance_declined", "not_reachable"}
    assert reported <= set(lost.values_list("key", flat=True))
    for outcome in CloseReason.Outcome:
        assert CloseReason.objects.filter(outcome=outcome).exists()


@pytest.mark.django_db(transaction=True)
def test_the_migrations_can_be_taken_back_and_applied_again():
    before = {catalog: catalog.objects.count() for catalog in [*CATALOGS, LeadType]}

    MigrationExecutor(connection).migrate([("leads", "0001_initial")])
    assert {catalog.objects.count() for catalog in before} == {0}

    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    assert {catalog: catalog.objects.count() for catalog in before} == before


@on_postgresql
@pytest.mark.parametrize("model", [Lead, Customer, Vehicle])
def test_a_search_for_part_of_a_word_uses_an_index(model):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

    plan = model.objects.order_by().filter(search_text__contains="groessl").explain()

    assert f"{model._meta.model_name}_search" in plan


def dealers_rows():
    """The models whose every row belongs to exactly one dealer."""
    for model in apps.get_models():
        fields = {field.name: field for field in model._meta.fields}
        if "dealer" in fields and not fields["dealer"].null:
            yield model


@on_postgresql
def test_every_pointer_from_one_dealers_row_to_another_row_is_walled():
    models = set(dealers_rows())
    open_ways = []
    for model in models:
        with connection.cursor() as cursor:
            constraints = connection.introspection.get_constraints(cursor, model._meta.db_table)
        walled = [one["columns"] for one in constraints.values() if one["foreign_key"]]
        for field in model._meta.fields:
            if field.related_model in models and [field.column, "dealer_id"] not in walled:
                open_ways.append(str(field))

    assert len(models) > 10
    assert open_ways == []


def commit(write):
    """Write and check at once what is checked at the commit; a failure leaves nothing behind."""
    with transaction.atomic():
        write()
        connection.check_constraints()


def crossings():
    """Rows that point from one dealer's row to another dealer's."""
    yield (
        "customer of a lead",
        lambda ours, theirs: builders.make_lead(ours, customer=builders.make_customer(theirs)),
    )
    yield (
        "vehicle of a lead",
        lambda ours, theirs: builders.make_lead(ours, vehicle=builders.make_vehicle(theirs)),
    )
    yield (
        "location of a lead",
        lambda ours, theirs: builders.make_lead(ours, location=builders.make_location(theirs)),
    )
    yield (
        "location of a vehicle",
        lambda ours, theirs: builders.make_vehicle(ours, location=builders.make_location(theirs)),
    )
    yield (
        "lead of an activity",
        lambda ours, theirs: builders.make_activity(builders.make_lead(theirs), dealer=ours),
    )
    yield (
        "lead of an intake entry",
        lambda ours, theirs: builders.make_entry(ours, lead=builders.make_lead(theirs)),
    )
    for name in ("customer", "candidate"):
        yield (
            f"{name} of a suggestion",
            lambda ours, theirs, name=name: MatchSuggestion.objects.create(
                **{
                    "dealer": ours,
                    "customer": builders.make_customer(ours),
                    "candidate": builders.make_customer(ours),
                    "reason": "same_name",
                    "created_at": timezone.now(),
                    name: builders.make_customer(theirs),
                }
            ),
        )


@on_postgresql
@pytest.mark.parametrize("cross", [pytest.param(cross, id=name) for name, cross in crossings()])
def test_the_database_refuses_to_cross_the_wall_between_dealers(cross):
    ours, theirs = builders.make_dealer(), builders.make_dealer()

    with pytest.raises(IntegrityError, match="same_dealer"):
        commit(lambda: cross(ours, theirs))


@on_postgresql
@pytest.mark.parametrize("cross", [pytest.param(cross, id=name) for name, cross in crossings()])
def test_the_wall_lets_a_dealers_own_rows_through(cross):
    dealer = builders.make_dealer()

    commit(lambda: cross(dealer, dealer))
