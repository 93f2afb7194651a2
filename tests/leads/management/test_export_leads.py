"""`manage.py export_leads`: what is written, what is said, how it ends."""

import io

import pytest
from django.core.management import CommandError, call_command
from python_calamine import CalamineWorkbook

from leads.models import Export, ExportOrigin, ExportState, ExportTemplate, Role
from leads.resources.export import headers
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def dealer():
    return builders.make_dealer()


@pytest.fixture
def to(tmp_path):
    return tmp_path / "anfragen.xlsx"


def export(dealer, to, *options):
    out = io.StringIO()
    call_command("export_leads", "--dealer", str(dealer), "--to", str(to), *options, stdout=out)
    return out.getvalue()


def refused(*args):
    with pytest.raises(CommandError) as caught:
        export(*args)
    return caught.value.returncode, str(caught.value)


def numbers(path):
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    return {row[rows[0].index("Nummer")] for row in rows[1:]}


def test_writes_all_leads_of_the_dealer_and_says_so(dealer, to):
    leads = {builders.make_lead(dealer).number for _ in range(2)}
    builders.make_lead()  # of another dealer

    said = export(dealer.pk, to)

    assert numbers(to) == leads
    assert said == f"2 Anfragen in {to}.\n"
    assert list(to.parent.iterdir()) == [to]
    assert to.stat().st_mode & 0o777 == 0o600


def test_the_dealer_may_be_named(dealer, to):
    lead = builders.make_lead(dealer)

    export(dealer.name, to)

    assert numbers(to) == {lead.number}


def test_filters_are_those_of_the_api(dealer, to):
    wanted = builders.make_lead(dealer, status="contacted", score=80)
    builders.make_lead(dealer, status="contacted", score=10)
    builders.make_lead(dealer, score=90)

    export(dealer.pk, to, "--filter", "status=contacted", "--filter", "score_min=50")

    assert numbers(to) == {wanted.number}


def test_every_export_is_on_record_without_values_of_filters(dealer, to):
    builders.make_lead(dealer, last_name="Größling")

    export(dealer.pk, to, "--filter", "search=größling")

    record = Export.objects.get()
    assert (record.dealer, record.user, record.origin) == (dealer, None, ExportOrigin.COMMAND)
    assert (record.state, record.total, record.written) == (ExportState.DONE, 1, 1)
    assert record.filters == "search"


def test_a_template_says_which_columns(dealer, to):
    builders.make_lead(dealer)
    user = builders.make_user(dealer, role=Role.MANAGER)
    ExportTemplate.objects.create(dealer=dealer, user=user, name="Bank", columns=["number", "city"])
    path = to.with_suffix(".csv")

    export(dealer.pk, path, "--template", "Bank")

    assert path.read_bytes().decode("utf-8-sig").splitlines()[0] == "Nummer;Ort"


def test_a_template_whose_columns_are_gone_does_not_mean_all(dealer, to):
    builders.make_lead(dealer)
    user = builders.make_user(dealer, role=Role.MANAGER)
    ExportTemplate.objects.create(dealer=dealer, user=user, name="Bank", columns=["colour"])

    status, said = refused(dealer.pk, to, "--template", "Bank")

    assert (status, said) == (2, "Keine der Spalten der Vorlage „Bank“ gibt es noch.")
    assert not to.exists()


def test_csv_for_old_programs(dealer, to):
    builders.make_lead(dealer, last_name="Größling")
    path = to.with_suffix(".CSV")

    export(dealer.pk, path, "--windows-1252")

    assert "Größling" in path.read_bytes().decode("cp1252")
    assert path.read_bytes().decode("cp1252").startswith(headers()[0])


def test_nothing_found_is_status_1_and_writes_nothing(dealer, to):
    status, said = refused(dealer.pk, to)

    assert status == 1
    assert said == "Zu diesen Filtern passt keine Anfrage."
    assert not to.exists()
    assert not Export.objects.exists()


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--filter", "colour=red"], "colour"),
        (["--filter", "status=nirgends"], "status"),
        (["--filter", "score_min=many"], "score_min"),
        (["--filter", "external_id=7"], "external_id"),
        (["--filter", "status"], "Filter ohne Wert: status"),
        (["--filter", "status="], "Filter ohne Wert: status"),
        (["--filter", "status=new", "--filter", "status=won"], "nur einmal"),
        (["--template", "Bank"], "Bank"),
        (["--windows-1252"], "1252"),
    ],
)
def test_a_wrong_call_is_status_2_and_says_what_is_wrong(dealer, to, options, word):
    builders.make_lead(dealer)

    status, said = refused(dealer.pk, to, *options)

    assert status == 2
    assert word in said
    assert not to.exists()


@pytest.mark.parametrize("name", ["4711", "Autohaus Nirgends", "²"])
def test_an_unknown_dealer_is_status_2(to, name):
    assert refused(name, to)[0] == 2


def test_a_file_of_another_kind_is_status_2(dealer, to):
    builders.make_lead(dealer)

    assert refused(dealer.pk, to.with_suffix(".pdf"))[0] == 2


def test_a_folder_that_is_not_there_is_status_3_and_leaves_no_record(dealer, to):
    builders.make_lead(dealer)

    status, said = refused(dealer.pk, to.parent / "nowhere" / "list.xlsx")

    assert status == 3
    assert "nowhere" in said
    assert not Export.objects.exists()


def test_an_older_file_stays_until_the_new_one_is_complete(dealer, to, monkeypatch):
    to.write_bytes(b"older")
    builders.make_lead(dealer)
    (to.parent / "folder.xlsx").mkdir()  # cannot be replaced by a file

    assert refused(dealer.pk, to.parent / "folder.xlsx")[0] == 3
    assert sorted(path.name for path in to.parent.iterdir()) == ["anfragen.xlsx", "folder.xlsx"]
    assert to.read_bytes() == b"older"
    export(dealer.pk, to)
    assert to.read_bytes() != b"older"
