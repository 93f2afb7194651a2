"""The pages of an import with a stock list in the format of mobile.de."""

import pytest
from django.urls import reverse

from leads.background import run_due_jobs
from leads.models import ImportState, ListKind, Vehicle
from tests.leads.admin.conftest import text_of
from tests.leads.admin.list_imports import fields_of, map_columns, page, start, upload
from tests.leads.resources.stock_files import HEADER, cars, line, named_line, stock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("lists")]


def previewed(client, *lines):
    """The preview's text and the import, all columns and values as they were found."""
    _response, found = upload(client, stock(*lines), name="bestand.csv", kind=ListKind.VEHICLES)
    response = map_columns(client, found)
    if response.redirect_chain[-1][0] == page(found, "values"):
        response = client.post(page(found, "values"), fields_of(response), follow=True)
    found.refresh_from_db()
    assert found.state == ImportState.READY
    return text_of(response), found


def imported(client, found, **decisions):
    start(client, found, **decisions)
    run_due_jobs()
    found.refresh_from_db()
    assert found.state == ImportState.DONE
    return text_of(client.get(page(found, "result")))


def gone():
    return Vehicle.objects.filter(state=Vehicle.State.GONE).count()


def test_the_format_is_recognised_and_what_is_missing_is_marked_and_can_be_taken_back(
    client, manager, dealer
):
    preview, found = previewed(client, *cars(*range(20)))
    assert "Als Bestandsliste im Format von mobile.de erkannt" in preview
    assert "der ganze Bestand der Kundennummer 471100" in preview
    imported(client, found)
    assert Vehicle.objects.for_dealer(dealer).count() == 20

    preview, found = previewed(client, *cars(*range(18)))
    assert "2 Fahrzeuge stehen nicht mehr in der Liste" in preview
    result = imported(client, found)
    assert "2 Fahrzeuge standen nicht mehr in der Liste" in result
    assert gone() == 2

    batch = reverse("admin:leads_changebatch_change", args=[found.change_batch_id])
    client.post(batch, {"undo": "1"}, follow=True)
    assert gone() == 0


def test_half_a_list_marks_nothing_without_the_tick(client, manager, dealer):
    _preview, found = previewed(client, *cars(*range(10)))
    imported(client, found)

    preview, found = previewed(client, *cars(*range(5)))
    assert "5 von 10 Fahrzeugen stehen nicht mehr in der Liste" in preview
    assert "5 von 10 Fahrzeugen" in imported(client, found)
    assert gone() == 0

    _preview, found = previewed(client, *cars(*range(5)))
    assert "5 Fahrzeuge standen" in imported(client, found, accepts_vanishing="on")
    assert gone() == 5


def test_an_ordinary_list_and_one_that_is_said_to_be_one_mark_nothing(client, manager, dealer):
    _preview, found = previewed(client, *cars(1, 2))
    imported(client, found)
    ordinary = "Interne Nr.;Marke;Modell;Preis\nA-1;Škoda;Octavia;17.500 €\n"
    _response, found = upload(client, ordinary, kind=ListKind.VEHICLES)
    map_columns(client, found)
    found.refresh_from_db()
    imported(client, found)

    _response, found = upload(
        client, stock(HEADER, named_line()), name="x.csv", kind=ListKind.VEHICLES
    )
    assert found.info["layout"] == "mobile.de"
    client.post(page(found, "read"), {"layout": "plain"})
    found.refresh_from_db()

    assert (found.info["layout"], found.headers[1]) == ("plain", "interne_nummer")
    assert gone() == 0


@pytest.mark.parametrize("data", [b"", b";;;\r\n", f"{HEADER}\r\n".encode()])
def test_an_empty_list_is_refused_and_changes_nothing(client, manager, dealer, data):
    _preview, found = previewed(client, line())
    imported(client, found)

    response, _found = upload(client, data, name="bestand.csv", kind=ListKind.VEHICLES)

    said = text_of(response)
    assert "Die Datei ist leer" in said or "Die Datei nennt keine Fahrzeuge" in said
    assert gone() == 0
