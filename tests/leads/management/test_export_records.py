"""`manage.py export_customers`, `manage.py export_vehicles`: what they do not share with leads."""

import io

import pytest
from django.core.management import CommandError, call_command
from python_calamine import CalamineWorkbook

from leads.models import Export, ExportTemplate, ListKind
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("kind", "make", "wanted", "said"),
    [
        (ListKind.CUSTOMERS, builders.make_customer, {"external_number": "K-7"}, "1 Kunde"),
        (ListKind.VEHICLES, builders.make_vehicle, {"state": "reserved"}, "1 Fahrzeug"),
    ],
)
def test_writes_what_fits_the_filters_in_the_columns_of_a_template(
    tmp_path, kind, make, wanted, said
):
    dealer, user = builders.make_dealer(), builders.make_user()
    record = make(dealer, **wanted)
    make(dealer)
    make(**wanted)  # of another dealer
    for one, columns in ((kind, ["number"]), (ListKind.LEADS, ["city"])):
        ExportTemplate.objects.create(
            dealer=dealer, user=user, kind=one, name="Bank", columns=columns
        )
    to, out = tmp_path / "liste.xlsx", io.StringIO()
    [(name, value)] = wanted.items()
    options = ("--dealer", str(dealer.pk), "--to", str(to), "--template", "Bank")

    call_command(f"export_{kind}", *options, "--filter", f"{name}={value}", stdout=out)

    rows = CalamineWorkbook.from_path(to).get_sheet_by_index(0).to_python()
    assert rows == [["LeadOffice-Nr."], [record.pk]]
    assert out.getvalue() == f"{said} in {to}.\n"
    export = Export.objects.get()
    assert (export.kind, export.written, export.filters) == (kind, 1, name)
    with pytest.raises(CommandError) as caught:
        call_command(f"export_{kind}", *options, "--filter", "search=nobody")
    assert caught.value.returncode == 1
