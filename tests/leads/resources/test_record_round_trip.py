"""Customers and vehicles exported here come back unchanged, or with exactly the cells that somebody
changed."""

import io
from decimal import Decimal

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from leads.models import (
    Customer,
    ExportFormat,
    ExportOrigin,
    ListKind,
    OnExisting,
    Plan,
    Role,
    RowOutcome,
    Vehicle,
)
from leads.resources.export_kinds import EXPORT_KINDS
from leads.resources.exporting import order_export, write_export
from leads.resources.import_mapping import ListMapping
from leads.resources.import_results import write_result
from leads.services.customers import change_customer, delete_customer
from leads.services.undoing import undo
from tests import builders
from tests.leads.resources.importing import check, outcomes, plans, run, upload

pytestmark = pytest.mark.django_db

KINDS = pytest.mark.parametrize("kind", [ListKind.CUSTOMERS, ListKind.VEHICLES])
AWKWARD_CUSTOMERS = (
    {"salutation": "", "title": "Dr.", "company": "=1+1", "note": "two\nlines; and 'more'"},
    {"phone": "+49 30 23125101 oder 0171 3920012", "mobile": "", "email": "keine Adresse"},
    {"country": "AT", "postal_code": "5020", "city": " Salzburg ", "street": "Übungsweg 7 a"},
    {"postal_code": "01067", "external_number": "00123", "last_name": "@Müller, Hans"},
    {"first_name": "", "last_name": "", "company": "Musterbau GmbH & Co. KG", "salutation": ""},
)
AWKWARD_VEHICLES = (
    {"internal_number": "00042", "variant": "=1+1", "price": Decimal("21990.50")},
    {"state": "gone", "condition": "", "first_registration": "", "mileage_km": None},
    {"state": "unknown", "vin": "", "price": None, "url": "https://example.org/auto?nr=1&x=2"},
    {"internal_number": "", "make": "-", "model": "+49", "power_kw": 0, "state": "sold"},
    {"condition": "pre_registered", "state": "reserved", "mileage_km": 0, "fuel": "Benzin/Gas"},
)


def make_records(kind, dealer):
    if kind == ListKind.CUSTOMERS:
        return [builders.make_customer(dealer, **one) for one in AWKWARD_CUSTOMERS]
    place = builders.make_location(dealer, name="Leipzig Süd")
    return [builders.make_vehicle(dealer, location=place, **one) for one in AWKWARD_VEHICLES]


def exported(dealer, manager, kind, file_format=ExportFormat.XLSX, columns=()):
    model = EXPORT_KINDS[kind].model
    target = io.BytesIO()
    export = order_export(
        dealer,
        model.objects.for_user(manager).order_by("pk"),
        user=manager,
        now=timezone.now(),
        origin=ExportOrigin.PAGE,
        format=file_format,
        columns=list(columns),
    )
    write_export(export, target)
    return target.getvalue()


def edited(data, kind, *edits):
    """The workbook after somebody has typed into it: (row, name of a column, text or None)."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book.active
    places = {cell.value: cell.column for cell in sheet[1]}
    for row, name, value in edits:
        header = EXPORT_KINDS[kind].table.by_name[name].header
        sheet.cell(row, places[header]).value = value
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def back(dealer, manager, kind, data, **options):
    return check(upload(dealer, data=data, user=manager, kind=kind), **options)


def said(kind):
    """All that is stored of the records, without how it is stored."""
    left_out = {"version", "updated_at"}
    rows = EXPORT_KINDS[kind].model._default_manager.order_by("pk").values()
    return [{name: one[name] for name in one.keys() - left_out} for one in rows]


def changes(found, number):
    return [tuple(one) for one in found.rows.get(number=number).notes.get("changes", ())]


def colleague(record, **values):
    if isinstance(record, Customer):
        change_customer(record, values, now=timezone.now(), by=None)
        return
    for name, value in values.items():
        setattr(record, name, value)
    record.save()


@KINDS
@pytest.mark.parametrize("file_format", list(ExportFormat))
def test_an_untouched_export_changes_nothing(dealer, manager, kind, file_format):
    records = make_records(kind, dealer)
    before = said(kind)

    found = back(dealer, manager, kind, exported(dealer, manager, kind, file_format))

    # Each header means its own column, without any help.
    names = tuple(column.name for column in EXPORT_KINDS[kind].columns)
    assert ListMapping.of(found).columns == names
    assert [plan for _row, plan in plans(found)] == [Plan.UNCHANGED] * len(records)
    assert {outcome for _row, outcome in outcomes(run(found))} == {RowOutcome.UNCHANGED}
    assert said(kind) == before


@KINDS
def test_an_export_in_english_comes_back_to_a_german(dealer, manager, kind):
    make_records(kind, dealer)
    with translation.override("en"):
        data = exported(dealer, manager, kind)

    found = back(dealer, manager, kind, data)

    assert {plan for _row, plan in plans(found)} == {Plan.UNCHANGED}


@pytest.mark.parametrize(
    ("kind", "edits", "expected"),
    [
        (
            ListKind.CUSTOMERS,
            {"last_name": "Neumann", "note": "only this", "mobile": "0151 12345678", "phone": None},
            {"last_name": "Neumann", "note": "only this", "mobile": "0151 12345678", "phone": ""},
        ),
        (
            ListKind.VEHICLES,
            {"internal_number": "N-1", "price": 19990.5, "mileage_km": None, "location": None},
            {
                "internal_number": "N-1",
                "price": Decimal("19990.50"),
                "mileage_km": None,
                "location_id": None,
            },
        ),
    ],
)
def test_exactly_the_touched_cells_are_changed(dealer, manager, kind, edits, expected):
    make_records(kind, dealer)
    builders.make_location(dealer)
    before = said(kind)
    data = edited(exported(dealer, manager, kind), kind, *((2, *one) for one in edits.items()))

    found = back(dealer, manager, kind, data)

    assert dict(plans(found))[2] == Plan.CHANGED
    assert len(changes(found, 2)) == len(edits)
    run(found)
    after = said(kind)
    assert after[1:] == before[1:]
    # What is computed of the changed ones changes with them.
    stored = {name for name in after[0] if not name.endswith(("_key", "_text"))}
    assert {n: after[0][n] for n in stored if after[0][n] != before[0][n]} == expected
    found.refresh_from_db()
    undo(found.change_batch, by=manager, now=timezone.now())
    assert said(kind) == before


@pytest.mark.parametrize(
    ("kind", "name", "identity"),
    [(ListKind.CUSTOMERS, "note", "company"), (ListKind.VEHICLES, "fuel", "internal_number")],
)
def test_a_few_columns_are_enough_and_a_row_without_a_number_is_new(
    dealer, manager, kind, name, identity
):
    make_records(kind, dealer)
    data = exported(dealer, manager, kind, columns=[name, "version", identity, "number"])
    count = EXPORT_KINDS[kind].model.objects.count()
    added = [(count + 2, name, "more"), (count + 2, identity, "Neu 1")]

    found = back(dealer, manager, kind, edited(data, kind, (2, name, "new"), *added))

    expected = [Plan.CHANGED, *[Plan.UNCHANGED] * (count - 1), Plan.NEW]
    assert [plan for _row, plan in plans(found)] == expected
    run(found)
    rows = EXPORT_KINDS[kind].model.objects.order_by("pk")
    assert (getattr(rows.first(), name), getattr(rows.last(), identity)) == ("new", "Neu 1")


@pytest.mark.parametrize("takes_conflicts", [False, True])
@pytest.mark.parametrize(
    ("kind", "name", "texts"),
    [
        (ListKind.CUSTOMERS, "city", ("Altstadt", "Dorf", "Neustadt")),
        (ListKind.CUSTOMERS, "note", ("Altstadt", None, "Neustadt")),
        (ListKind.VEHICLES, "model", ("Altstadt", "Dorf", "Neustadt")),
        (ListKind.VEHICLES, "variant", ("Altstadt", None, "Neustadt")),
    ],
)
def test_where_both_have_changed_a_cell_it_is_said(
    dealer, manager, kind, name, texts, takes_conflicts
):
    then, listed, now = texts
    make = builders.make_customer if kind == ListKind.CUSTOMERS else builders.make_vehicle
    record, other = make(dealer, **{name: then}), make(dealer, **{name: then})
    if kind == ListKind.CUSTOMERS:
        Customer.history.all().delete()  # it begins with the first change
    data = edited(exported(dealer, manager, kind), kind, (2, name, listed))
    colleague(record, **{name: now})
    colleague(other, **{name: now})  # which nobody touched in the list

    found = back(dealer, manager, kind, data, takes_conflicts=takes_conflicts)

    header = EXPORT_KINDS[kind].table.by_name[name].header
    row = found.rows.get(number=2)
    assert row.notes["conflicts"] == [[header, then, listed or "", now]]
    assert row.has_conflict
    assert dict(plans(found))[3] == Plan.UNCHANGED
    run(found)
    record.refresh_from_db()
    other.refresh_from_db()
    assert getattr(record, name) == ((listed or "") if takes_conflicts else now)
    assert getattr(other, name) == now
    reason = found.rows.get(number=2).reason
    assert ("nicht übernommen" in reason) is not takes_conflicts


@KINDS
def test_neither_way_costs_more_queries_with_more_rows(dealer, manager, kind):
    make = builders.make_customer if kind == ListKind.CUSTOMERS else builders.make_vehicle
    name = "note" if kind == ListKind.CUSTOMERS else "variant"
    costs = []
    for count in (2, 2, 5):  # what is read once per process is read by the first
        records = [make(dealer) for _ in range(count)]
        data = exported(dealer, manager, kind)
        rows = range(2, EXPORT_KINDS[kind].model.objects.for_dealer(dealer).count() + 2)
        data = edited(data, kind, *((row, name, f"new {count}") for row in rows))
        for record in records:
            colleague(record, **{name: "changed here"})
        with CaptureQueriesContext(connection) as queries:
            run(back(dealer, manager, kind, data))
        costs.append(len(queries))

    assert costs[1] == costs[2]


@KINDS
def test_without_its_version_a_list_is_compared_with_what_is_here_now(dealer, manager, kind):
    make_records(kind, dealer)
    names = [column.name for column in EXPORT_KINDS[kind].columns if column.name != "version"]
    data = exported(dealer, manager, kind, columns=names)

    found = back(dealer, manager, kind, data)

    assert {plan for _row, plan in plans(found)} == {Plan.UNCHANGED}
    assert any("„Stand“" in remark for remark in found.info["remarks"])


@KINDS
def test_filling_and_leaving_look_at_what_is_here_now(dealer, manager, kind):
    name, other = ("note", "city") if kind == ListKind.CUSTOMERS else ("variant", "model")
    make = builders.make_customer if kind == ListKind.CUSTOMERS else builders.make_vehicle
    record = make(dealer, **{name: "", other: "here"})
    data = edited(exported(dealer, manager, kind), kind, (2, name, "new"), (2, other, "listed"))

    for decision, expected in [(OnExisting.SKIP, ("", "here")), (OnExisting.FILL, ("new", "here"))]:
        run(back(dealer, manager, kind, data, on_existing=decision))
        record.refresh_from_db()
        assert (getattr(record, name), getattr(record, other)) == expected


def test_what_is_gone_or_another_dealers_is_refused(dealer, manager):
    gone = builders.make_customer(dealer)
    vehicle = builders.make_vehicle(dealer)
    customers = exported(dealer, manager, ListKind.CUSTOMERS)
    vehicles = exported(dealer, manager, ListKind.VEHICLES)
    delete_customer(gone, now=timezone.now(), by=manager)
    elsewhere = builders.make_dealer()
    stranger = builders.make_user(elsewhere, role=Role.MANAGER)

    refused = [
        back(dealer, manager, ListKind.CUSTOMERS, customers),
        back(elsewhere, stranger, ListKind.CUSTOMERS, customers),
        back(elsewhere, stranger, ListKind.VEHICLES, vehicles),
    ]

    assert [plans(found) for found in refused] == [[(2, Plan.BAD)]] * 3
    assert list(Vehicle.objects.all()) == [vehicle]


def test_nobody_is_left_without_a_name(dealer, manager):
    customer = builders.make_customer(dealer, mobile="", company="")
    emptied = ((2, name, None) for name in ("first_name", "last_name", "email", "phone"))
    data = edited(exported(dealer, manager, ListKind.CUSTOMERS), ListKind.CUSTOMERS, *emptied)

    found = back(dealer, manager, ListKind.CUSTOMERS, data)

    assert plans(found) == [(2, Plan.BAD)]
    run(found)
    customer.refresh_from_db()
    assert customer.last_name


def test_the_number_of_another_vehicle_is_refused(dealer, manager):
    builders.make_vehicle(dealer, internal_number="A-1")
    builders.make_vehicle(dealer, internal_number="A-2")
    data = exported(dealer, manager, ListKind.VEHICLES)

    found = back(
        dealer,
        manager,
        ListKind.VEHICLES,
        edited(data, ListKind.VEHICLES, (2, "internal_number", "A-2")),
    )

    assert plans(found) == [(2, Plan.BAD), (3, Plan.UNCHANGED)]


@KINDS
def test_the_result_of_such_an_import_finds_its_rows_again(dealer, manager, kind):
    make_records(kind, dealer)
    found = run(back(dealer, manager, kind, exported(dealer, manager, kind)))
    target = io.BytesIO()
    write_result(found, target)

    again = back(dealer, manager, kind, target.getvalue())

    assert {plan for _row, plan in plans(again)} == {Plan.UNCHANGED}
