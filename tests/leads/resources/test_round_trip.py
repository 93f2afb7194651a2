"""A list exported here comes back unchanged, or with exactly the cells that somebody changed."""

import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from leads.models import ExportFormat, IntakeEntry, Lead, Outcome, Role, Status, Tag
from leads.models.list_import import OnExisting
from leads.resources.cells import is_empty
from leads.resources.columns import BY_NAME
from leads.resources.export import EXPORTED, exported_rows, headers
from leads.resources.list_writer import write_list
from leads.resources.parsing import RowParser
from leads.resources.rows import Conflict, Row
from leads.services.entry_merging import merge_entry
from leads.services.handling import record_change
from tests import builders
from tests.leads.resources.importing import check, run, upload
from tests.leads.resources.taking import Sheet, read, take
from tests.samples import make_alte_leads

pytestmark = pytest.mark.django_db

BOTH = pytest.mark.parametrize("file_format", [ExportFormat.XLSX, ExportFormat.CSV])
UNCHANGED = {"new": 0, "changed": 0, "bad": 0}


def exported(user, leads=None):
    dataset = Sheet(headers=headers())
    for cells in exported_rows(Lead.objects.for_user(user) if leads is None else leads):
        dataset.append(cells)
    return dataset


def written(dataset, file_format=ExportFormat.XLSX):
    """The dataset after a way through a file."""
    target = io.BytesIO()
    write_list(target, dataset, EXPORTED, file_format)
    data = target.getvalue()
    return read(data)


def edit(sheet, row, **cells):
    """The same list with other cells in one row, by the column's name."""
    for name, value in cells.items():
        position = sheet.headers.index(BY_NAME[name].header)
        values = list(sheet[row])
        values[position] = value
        sheet[row] = values
    return sheet


def full_lead(dealer, **values):
    """A lead with something in every column."""
    vehicle = builders.make_vehicle(dealer)
    lead = builders.make_lead(
        dealer,
        vehicle=vehicle,
        **{
            "external_id": "A-17",
            "sender": "api:website",
            "owner": builders.make_user(dealer),
            "location": builders.make_location(dealer),
            "lead_type": "1d",
            "precheck": "positive",
            "title": "Dr.",
            "company": "Müller & Söhne GmbH",
            "mobile": "0171 3920012",
            "urgency": "immediate",
            "expected_value": Decimal("21990.50"),
            "probability": 60,
            "budget_from": Decimal(18000),
            "budget_to": Decimal(23000),
            "expected_close_on": date(2026, 4, 15),
            "desired_start_on": date(2026, 5, 1),
            "follow_up_at": datetime(2026, 10, 25, 1, 30, 44, 123, tzinfo=UTC),  # 02:30 again
            "preferred_channel": "whatsapp",
            "preferred_time": "ab 17 Uhr",
            "test_drive_wished": True,
            "test_drive_on": date(2026, 3, 29),
            "test_drive_time": "14:30",
            "callback_wished": True,
            "callback_from": datetime(2026, 3, 29, 12, tzinfo=UTC),
            "callback_to": datetime(2026, 3, 29, 14, tzinfo=UTC),
            "trade_in_wished": True,
            "finance_kind": "finance",
            "finance_interest": False,
            "down_payment": Decimal("3000.00"),
            "term_months": 48,
            "annual_mileage_km": 15000,
            "final_payment": Decimal("8000.00"),
            "monthly_rate": Decimal("249.99"),
            "effective_rate": Decimal("4.99"),
            "contract_number": "007/2024",
            "contract_ends_on": date(2027, 1, 31),
            "offer_number": "00012345",
            "campaign": "Frühjahr",
            "custom_values": {"Farbe": "rot", "Liste": ["a", 1], "a: b": "c"},
            "close_reason": None,
            **values,
        },
    )
    for name in ("VIP", "Eilig"):
        tag = Tag.objects.filter(dealer=dealer, name=name).first()
        lead.tags.add(tag or Tag.objects.create(dealer=dealer, name=name))
    return lead


AWKWARD = [
    {"subject": "=1+1", "message": '=HYPERLINK("https://example.org")'},
    {"subject": "@SUMME(A1)", "phone": "+49 30 23125101", "mobile": ""},
    {"subject": "'=1+1", "message": "'Zitat' und \"Zitat\"; und mehr"},
    {"subject": "-5 Grad draußen", "message": "two\nlines\r\nand\ttabs"},
    {"subject": "  Blanks  ", "last_name": " Müller ", "city": "Übersee "},
    {"subject": "4711", "postal_code": "01067", "street": "7"},
    {"subject": "31.12.2026", "message": "1.234,56 €"},
    {"subject": "ja", "first_name": "nein", "salutation": ""},
    {"subject": "Wahr", "email": "not an address", "phone": "ruft an"},
    {"subject": "x" * 200, "message": "y" * 40_000},
    {"subject": "＝1+1", "message": "\u202eright to left"},
    {"subject": "_x0041_ 1E+5", "vehicle_name": "z" * 300, "postal_code": "SW1A 1AA"},
    {"subject": "Herr", "salutation": "diverse", "country": "AT", "custom_values": {}},
    {"enquired_at": datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "last_name": "", "company": "A, B"},
]


@BOTH
def test_an_export_comes_back_unchanged(dealer, manager, file_format):
    full_lead(dealer)
    for values in AWKWARD:
        builders.make_lead(dealer, **values)
    before = list(Lead.objects.order_by("pk").values())

    result = take(written(exported(manager), file_format), dealer, manager)

    assert result.counts == {**UNCHANGED, "unchanged": 1 + len(AWKWARD)}
    assert [row.remarks for row in result.rows if len(row.remarks) > 1] == []
    assert list(Lead.objects.order_by("pk").values()) == before


@BOTH
def test_the_exported_sample_comes_back_unchanged(dealer, manager, file_format):
    data = Path(make_alte_leads.TARGET).read_bytes()
    take(data, dealer, manager)

    result = take(written(exported(manager), file_format), dealer, manager)

    assert result.counts == {**UNCHANGED, "unchanged": 290}
    assert IntakeEntry.objects.filter(outcome=Outcome.REPEATED).count() == 290


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_an_export_in_one_language_comes_back_in_the_other(dealer, manager, language):
    full_lead(dealer)
    with override(language):
        sheet = written(exported(manager))
    with override("en" if language == "de" else "de"):
        result = take(sheet, dealer, manager)

    assert result.counts == {**UNCHANGED, "unchanged": 1}


@BOTH
def test_exactly_the_changed_cells_are_changed(dealer, manager, file_format):
    lead = full_lead(dealer)
    untouched = full_lead(dealer, external_id="A-18")
    before = Lead.objects.values().get(pk=lead.pk)
    sheet = written(exported(manager, Lead.objects.order_by("pk")), file_format)
    changes = {
        "city": "Neustadt",
        "vehicle_price": "19.990,00 €",
        "follow_up_at": "24.12.2026 10:00",
        "test_drive_wished": "nein",
        "finance_kind": "Leasing",
        "status": "Angebot",
        "custom_values": 'Farbe: blau\nListe: ["a", 1]\na: b: c\nNeu: 1',
    }

    [row] = take(edit(sheet, 0, **changes), dealer, manager).changed

    after = Lead.objects.values().get(pk=lead.pk)
    differing = {name for name in after if after[name] != before[name]}
    assert differing == {
        "version",
        "city",
        "vehicle_price",
        "follow_up_at",
        "test_drive_wished",
        "finance_kind",
        "status_id",
        "custom_values",
        "updated_at",
        "search_text",
        "score",
    } - ({"score"} if after["score"] == before["score"] else set())
    assert after["vehicle_price"] == Decimal(19990)
    assert after["follow_up_at"] == datetime(2026, 12, 24, 9, tzinfo=UTC)
    assert after["custom_values"] == {
        "Farbe": "blau",
        "Liste": ["a", 1],
        "a: b": "c",
        "Neu": "1",
    }
    assert len(row.changes) == len(changes)
    [further] = [one[1:] for one in row.changes if one[0] == BY_NAME["custom_values"].header]
    assert further == ["Farbe: rot", "Farbe: blau, Neu: 1"]
    assert untouched.history.count() == 1


def test_emptied_cells_empty_what_they_show(dealer, manager):
    lead = full_lead(dealer)
    sheet = written(exported(manager))
    edit(sheet, 0, city=None, follow_up_at="", owner=None, finance_interest="", tags=None)
    kept = said(lead, "postal_code", "location_id", "vehicle_id", "status_id", "custom_values")

    [row] = take(sheet, dealer, manager).changed

    names = ("city", "follow_up_at", "owner", "finance_interest")
    assert said(lead, *names) == ["", None, None, None]
    assert list(lead.tags.all()) == []
    assert [CITY, "Leipzig", ""] in row.changes
    names = ("postal_code", "location_id", "vehicle_id", "status_id", "custom_values")
    assert said(lead, *names) == kept


def test_what_no_list_can_empty_stays_and_is_named(dealer, manager):
    full_lead(dealer)
    sheet = edit(written(exported(manager)), 0, status="", country=None, vin=None, score=None)

    [row] = take(sheet, dealer, manager).unchanged

    [remark] = row.remarks
    assert remark.startswith("Lässt sich nicht leeren: ")
    assert all(BY_NAME[name].header in remark for name in ("status", "country", "vin"))
    assert row.reason == f"Nichts Neues darin. {remark}"


@pytest.mark.parametrize(("takes_conflicts", "city"), [(False, "Neustadt"), (True, "")])
def test_an_emptied_cell_that_has_changed_here_is_a_conflict(
    dealer, manager, takes_conflicts, city
):
    lead = full_lead(dealer, city="Altstadt")
    sheet = edit(written(exported(manager)), 0, city=None)
    colleague(lead, city="Neustadt")

    [row] = take(sheet, dealer, manager, takes_conflicts=takes_conflicts).rows

    assert row.notes["conflicts"] == [[CITY, "Altstadt", "", "Neustadt"]]
    assert said(lead, "city") == [city]


def test_where_nobody_knows_what_stood_there_an_empty_cell_says_nothing(dealer, manager):
    lead = full_lead(dealer)
    sheet = edit(written(exported(manager)), 0, city=None, version=None)

    assert take(sheet, dealer, manager).counts == {**UNCHANGED, "unchanged": 1}
    assert said(lead, "city") == ["Leipzig"]


def test_a_fixed_value_takes_the_place_of_an_emptied_cell(dealer, manager):
    lead = full_lead(dealer)
    sheet = edit(written(exported(manager)), 0, campaign=None)

    [row] = take(sheet, dealer, manager, fixed={"campaign": "Herbst"}).changed

    assert said(lead, "campaign") == ["Herbst"]
    assert [one[1:] for one in row.changes] == [["Frühjahr", "Herbst"]]


def test_a_cell_with_an_error_of_excel_empties_nothing(dealer, manager):
    lead = full_lead(dealer)
    target = io.BytesIO()
    write_list(target, exported(manager), EXPORTED, ExportFormat.XLSX)
    book = openpyxl.load_workbook(target)
    column = headers().index(CITY) + 1
    cell = book.active.cell(2, column)
    cell.value, cell.data_type = "#N/A", "e"
    book.save(target := io.BytesIO())

    assert take(target.getvalue(), dealer, manager).counts == {**UNCHANGED, "unchanged": 1}
    assert said(lead, "city") == ["Leipzig"]


def test_signs_that_windows_1252_lacks_are_no_change(dealer, manager):
    lead = full_lead(dealer, last_name="Şahin", message="Привет?", custom_values={"Ort": "Łódź"})
    sheet = edit(written(exported(manager), ExportFormat.CSV_WINDOWS), 0, city="Neustadt")

    [row] = take(sheet, dealer, manager).changed

    assert [label for label, *_values in row.changes] == [CITY]
    assert said(lead, "last_name", "message") == ["Şahin", "Привет?"]


def test_a_cell_that_cannot_be_read_changes_nothing_in_its_row(dealer, manager):
    lead = full_lead(dealer)
    sheet = edit(written(exported(manager)), 0, city="Neustadt", vehicle_price="teuer")

    [row] = take(sheet, dealer, manager).bad

    assert [one.value for one in row.problems] == ["teuer"]
    lead.refresh_from_db()
    assert lead.city != "Neustadt"


def test_columns_that_a_list_cannot_change_are_named(dealer, manager):
    full_lead(dealer)
    sheet = written(exported(manager))
    edit(sheet, 0, enquired_at="01.01.2020", lead_type="9z", score=99)

    [row] = take(sheet, dealer, manager).unchanged

    [remark] = [text for text in row.remarks if BY_NAME["enquired_at"].header in text]
    assert BY_NAME["lead_type"].header in remark
    assert BY_NAME["score"].header not in remark


def test_a_tag_may_be_added(dealer, manager):
    full_lead(dealer)
    sheet = edit(written(exported(manager)), 0, tags="Eilig, VIP, Messe")

    assert take(sheet, dealer, manager).counts["changed"] == 1
    assert {tag.name for tag in Lead.objects.get().tags.all()} == {"Eilig", "VIP", "Messe"}


def test_zeros_that_excel_dropped_from_a_csv_are_no_change(dealer, manager):
    builders.make_lead(dealer, postal_code="01067", phone="03023125101", mobile="")
    sheet = edit(written(exported(manager)), 0, postal_code=1067, phone=3023125101)

    assert take(sheet, dealer, manager).counts["unchanged"] == 1


def colleague(lead, **values):
    """Somebody changes the lead in the admin."""
    stored = Lead.objects.get(pk=lead.pk)
    for name, value in values.items():
        setattr(stored, name, value)
    record_change(stored, list(values), by=None, now=datetime.now(UTC))


def said(lead, *names):
    return list(Lead.objects.values_list(*names).get(pk=lead.pk))


CITY = "Ort"


@BOTH
def test_what_colleagues_changed_since_the_export_stays(dealer, manager, file_format):
    lead = full_lead(dealer, city="Altstadt", subject="Alt")
    sheet = edit(written(exported(manager), file_format), 0, subject="Neu")
    colleague(lead, city="Neustadt", probability=90, custom_values={"Farbe": "blau"})
    colleague(lead, status=builders.shared_status("contacted"), callback_wished=False)

    [row] = take(sheet, dealer, manager).changed

    assert [field for field, _before, _after in row.changes] == [BY_NAME["subject"].header]
    assert row.remarks == []
    names = ["subject", "city", "probability", "callback_wished", "custom_values", "status__key"]
    assert said(lead, *names) == ["Neu", "Neustadt", 90, False, {"Farbe": "blau"}, "contacted"]


@BOTH
def test_a_cell_that_both_have_changed_is_a_conflict(dealer, manager, file_format):
    lead = full_lead(dealer, city="Altstadt", company="")
    sheet = edit(
        written(exported(manager), file_format), 0, city="Kleinstadt", company="A", subject="Neu"
    )
    colleague(lead, city="Neustadt", company="B")

    [row] = take(sheet, dealer, manager).changed

    assert said(lead, "city", "company", "subject") == ["Neustadt", "B", "Neu"]
    empty = [text for text in row.remarks if BY_NAME["company"].header in text]
    assert [text for text in row.remarks if text not in empty] == [
        f"{CITY}: exportiert „Altstadt“, in der Liste „Kleinstadt“, jetzt „Neustadt“. "
        "Ihr Wert wurde nicht übernommen."
    ]
    assert "exportiert leer, in der Liste „A“, jetzt „B“" in empty[0]


def test_a_row_of_conflicts_changes_nothing(dealer, manager):
    lead = full_lead(dealer)
    sheet = edit(written(exported(manager)), 0, city="Kleinstadt")
    colleague(lead, city="Neustadt")

    [row] = take(sheet, dealer, manager).unchanged

    assert "Kleinstadt" in row.remarks[-1]
    assert lead.history.count() == 2


def test_where_both_say_the_same_there_is_nothing_to_do(dealer, manager):
    lead = full_lead(dealer, vehicle_price=Decimal(20000), received_at=datetime.now(UTC))
    sheet = edit(written(exported(manager)), 0, city="Neustadt", vehicle_price="19.990,00 €")
    colleague(lead, city="Neustadt", vehicle_price=Decimal(19990))

    [row] = take(sheet, dealer, manager).unchanged

    assert row.remarks == []
    assert row.reason == "Nichts Neues darin."


def parser(sheet, dealer, user, **options):
    rows = {}
    for number, cells in zip(sheet.row_numbers, sheet, strict=True):
        named = zip(sheet.headers, cells, strict=True)
        rows[number] = Row(number, {header: cell for header, cell in named if not is_empty(cell)})
    return RowParser(dealer, rows, now=datetime.now(UTC), user=user, **options)


@pytest.mark.parametrize("takes_conflicts", [True, False])
def test_whoever_wants_it_lets_the_list_win(dealer, manager, takes_conflicts):
    lead = full_lead(dealer, city="Altstadt", custom_values={"Farbe": "rot", "Felge": "16"})
    further = "Farbe: blau\nFelge: 16"
    sheet = edit(written(exported(manager)), 0, city="Kleinstadt", custom_values=further)
    colleague(lead, city="Neustadt", custom_values={"Farbe": "rot", "Felge": "17"})

    parse = parser(sheet, dealer, manager, takes_conflicts=takes_conflicts)
    draft = parse(2)

    assert parse.conflicts[2] == [
        Conflict(CITY, "Altstadt", "Kleinstadt", "Neustadt"),
        Conflict(
            BY_NAME["custom_values"].header,
            "Farbe: rot\nFelge: 16",
            further,
            "Farbe: rot\nFelge: 17",
        ),
    ]
    if takes_conflicts:
        assert draft.contact.city == "Kleinstadt"
        assert draft.custom_values == {"Farbe": "blau", "Felge": "17"}
    else:
        assert draft.contact.is_empty
        assert not draft.custom_values


@pytest.mark.parametrize(("takes_conflicts", "city"), [(False, "Neustadt"), (True, "Kleinstadt")])
def test_the_whole_way_through_excel(dealer, manager, takes_conflicts, city):
    lead = full_lead(dealer, city="Altstadt", subject="Alt", campaign="Frühjahr")
    target = io.BytesIO()
    write_list(target, exported(manager), EXPORTED, ExportFormat.XLSX)
    colleague(lead, city="Neustadt", campaign="Sommer")
    book = openpyxl.load_workbook(target)
    for name, text in {"city": "Kleinstadt", "subject": "Neu"}.items():
        book.active.cell(2, EXPORTED.index(BY_NAME[name]) + 1).value = text
    book.save(target)

    found = check(
        upload(dealer, data=target.getvalue(), user=manager), takes_conflicts=takes_conflicts
    )

    assert found.rows.get().notes["conflicts"] == [[CITY, "Altstadt", "Kleinstadt", "Neustadt"]]
    run(found)
    assert said(lead, "city", "subject", "campaign") == [city, "Neu", "Sommer"]


def test_each_row_is_compared_with_its_own_version(dealer, manager):
    """Two exports of different days, put together by hand."""
    lead = full_lead(dealer, city="A", subject="Betreff")
    first = written(exported(manager))
    colleague(lead, city="B")
    second = written(exported(manager))
    colleague(lead, city="C")
    edit(second, 0, subject="Neu")
    second.append(list(first[0]))
    second.row_numbers.append(3)

    result = take(second, dealer, manager)

    assert [len(row.changes) for row in result.rows] == [1, 0]
    assert said(lead, "city", "subject") == ["C", "Neu"]


def without(sheet, *names):
    for name in names:
        del sheet[BY_NAME[name].header]
    return sheet


def test_without_its_column_a_list_is_compared_with_what_is_here_now(dealer, manager):
    leads = [full_lead(dealer, external_id=f"A-{n}", city="Altstadt") for n in range(2)]
    sheet = without(written(exported(manager)), "version")
    for lead in leads:
        colleague(lead, city="Neustadt")

    result = take(sheet, dealer, manager)

    assert result.counts == {**UNCHANGED, "changed": 2, "unchanged": 0}
    [remark] = result.remarks
    assert "„Stand“" in remark
    assert not [row for row in result.rows if remark in row.remarks]


@pytest.mark.parametrize("version", [0, 7, 10**12, "1 oder 2", None])
def test_a_version_that_nobody_knows_is_as_good_as_none(dealer, manager, version):
    lead = full_lead(dealer, city="Altstadt")
    sheet = edit(written(exported(manager)), 0, version=version)
    colleague(lead, city="Neustadt")

    result = take(sheet, dealer, manager)

    assert [after for _field, _before, after in result.changed[0].changes] == ["Altstadt"]
    assert len(result.remarks) == 1


def test_a_version_that_the_history_has_lost_is_as_good_as_none(dealer, manager):
    lead = full_lead(dealer, city="Altstadt")
    sheet = written(exported(manager))
    colleague(lead, city="Neustadt")
    Lead.history.all().delete()

    assert len(take(sheet, dealer, manager).remarks) == 1


def test_lists_that_say_everything_get_no_remark(dealer, manager):
    lead = full_lead(dealer)
    sheet = written(exported(manager))
    colleague(lead, city="Neustadt")

    assert list(take(sheet, dealer, manager).remarks) == []
    assert list(take(written(exported(manager)), dealer, manager).remarks) == []


def test_a_status_that_is_gone_is_no_conflict(dealer, manager):
    """Its name was taken to mean the other one when the two became one."""
    own = Status.objects.create(dealer=dealer, name="Wartet auf Lager", stage="open")
    lead = full_lead(dealer, status=own, city="Altstadt")
    sheet = edit(written(exported(manager)), 0, city="Neustadt")
    merge_entry(own, builders.shared_status("contacted"), by=manager, now=datetime.now(UTC))

    [row] = take(sheet, dealer, manager).changed

    assert [field for field, _before, _after in row.changes] == [CITY]
    assert row.remarks == []
    assert said(lead, "status__key") == ["contacted"]


def test_a_tag_may_be_taken_away(dealer, manager):
    lead = full_lead(dealer)
    vip = Tag.objects.get(name="VIP")
    vip.aliases = ["Stammkunde"]
    vip.save()
    sheet = edit(written(exported(manager)), 0, tags="Stammkunde, Messe")

    [row] = take(sheet, dealer, manager).changed

    assert {field for field, _before, _after in row.changes} == {BY_NAME["tags"].header}
    assert row.remarks == []
    assert {tag.name for tag in lead.tags.all()} == {"VIP", "Messe"}


def test_of_a_lead_that_has_changed_since_no_tag_is_taken_away(dealer, manager):
    lead = full_lead(dealer)
    sheet = edit(written(exported(manager)), 0, tags="VIP")
    lead.tags.add(Tag.objects.create(dealer=dealer, name="Neu"))
    colleague(lead, city="Neustadt")

    [row] = take(sheet, dealer, manager).unchanged

    assert BY_NAME["tags"].header in " ".join(row.remarks)
    assert {tag.name for tag in lead.tags.all()} == {"Eilig", "Neu", "VIP"}


def test_tags_are_compared_with_those_of_now(dealer, manager):
    colleague(builders.make_lead(dealer), city="Neustadt")  # rows of the history count differently
    lead = full_lead(dealer)
    mine = Lead.objects.filter(pk=lead.pk)
    sheet = edit(written(exported(manager, mine)), 0, tags="Eilig, VIP, Messe")
    lead.tags.add(Tag.objects.create(dealer=dealer, name="Neu"))
    colleague(lead, city="Neustadt")

    [row] = take(sheet, dealer, manager).changed

    assert not [text for text in row.remarks if "exportiert" in text]
    assert {tag.name for tag in lead.tags.all()} == {"Eilig", "VIP", "Messe", "Neu"}


def test_a_column_of_ones_own_beside_an_export_is_compared_too(dealer, manager):
    lead = full_lead(dealer, custom_values={"Farbe": "rot"})
    sheet = written(exported(manager))
    sheet.append_col(["blau"], header="Farbe")
    colleague(lead, custom_values={"Farbe": "grün"})

    [row] = take(sheet, dealer, manager).unchanged

    assert "Farbe: exportiert „rot“, in der Liste „blau“, jetzt „grün“" in row.remarks[-1]


def test_filling_looks_at_what_is_here_now(dealer, manager):
    lead = full_lead(dealer, city="Altstadt", company="")
    sheet = edit(written(exported(manager)), 0, company="Neu", subject="Neu")
    colleague(lead, city="", subject="Anders")

    draft = parser(sheet, dealer, manager, decisions={2: OnExisting.FILL})(2)

    assert (draft.contact.city, draft.contact.company, draft.subject) == ("Altstadt", "Neu", "")


def test_the_last_column_of_an_export_says_its_version(dealer, manager):
    lead = full_lead(dealer)
    colleague(lead, city="Neustadt")
    with override("de"):
        dataset = exported(manager)

    assert dataset.headers[-1] == "Stand"
    assert dataset[0][-1] == 2


def test_another_list_may_call_its_own_column_so(dealer, manager):
    """What stands there is kept, unless it is a count of ours."""
    sheet = Sheet(headers=["Nachname", "E-Mail", "Stand"])
    sheet.append(["Groß", "gross@example.org", "wartet auf Rückruf"])
    sheet.append(["Klein", "klein@example.org", 3])

    take(sheet, dealer, manager)

    assert list(Lead.objects.order_by("pk").values_list("custom_values", flat=True)) == [
        {"Stand": "wartet auf Rückruf"},
        {},
    ]


def test_an_export_keeps_the_walls(dealer, manager):
    own, foreign = builders.make_lead(dealer), builders.make_lead()

    numbers = exported(manager)[BY_NAME["number"].header]

    assert numbers == [own.number]
    assert foreign.number not in numbers


def test_creditworthiness_does_not_leave_the_house(dealer):
    user = builders.make_user(dealer, role=Role.MANAGER, sees_creditworthiness=True)
    lead = full_lead(dealer)
    assert lead.lead_type.title != lead.lead_type.public_title

    dataset = exported(user)

    texts = {str(cell) for cell in dataset[0]}
    assert lead.lead_type.public_title in texts
    assert not texts & {lead.lead_type.title, lead.lead_type.key, lead.get_precheck_display()}
    assert not [column for column in EXPORTED if "precheck" in column.path]


def queries_of(action):
    with CaptureQueriesContext(connection) as queries:
        action()
    return len(queries)


def test_neither_way_costs_more_queries_with_more_leads(dealer, manager):
    costs = []
    for _ in range(3):  # the first time, it is new how such lists are to be understood
        for _ in range(15):
            builders.make_lead(dealer, owner=manager, received_at=datetime.now(UTC))
        dataset = exported(manager)
        sheet = written(dataset)
        amended, late = written(dataset), written(dataset)
        for row in range(len(amended)):
            edit(amended, row, city="Neustadt")
            edit(late, row, subject="Neu", city="Kleinstadt")
        costs.append(
            [
                queries_of(lambda: exported(manager)),
                queries_of(lambda sheet=sheet: take(sheet, dealer, manager)),
                queries_of(lambda sheet=amended: take(sheet, dealer, manager)),
                queries_of(lambda sheet=late: take(sheet, dealer, manager)),
            ]
        )
        Lead.objects.update(city="Altstadt", follow_up_at=datetime.now(UTC) + timedelta(days=1))

    assert costs[1] == costs[2]
    assert costs[1][0] == 2
