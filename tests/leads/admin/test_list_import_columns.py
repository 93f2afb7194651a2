"""What the columns and values of a list mean: the pages on which people say it."""

import re

import pytest
from django.utils import timezone

from leads.background import run_due_jobs
from leads.models import (
    ImportState,
    ImportTemplate,
    Lead,
    ListKind,
    ListValue,
    Status,
)
from leads.resources.columns import LEADS
from leads.resources.import_mapping import FURTHER, LEFT_OUT
from tests import builders
from tests.leads.admin.conftest import messages_of, text_of
from tests.leads.admin.list_imports import (
    VALUES,
    fields_of,
    map_columns,
    page,
    previewed,
    row_page,
    start,
    upload,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("lists")]


# --- columns --------------------------------------------------------------------------------------


def test_every_field_is_offered_once(client, manager):
    response, _found = upload(client)

    [select] = re.findall(r'<select[^>]* name="column-0"[^>]*>(.*?)</select>', text_of(response))
    offered = re.findall(r'<option value="([^"]*)"', select)
    assert sorted(offered) == sorted([*LEADS.assignable, FURTHER, LEFT_OUT])


def test_a_guess_is_marked_and_says_why(client, manager):
    rows = "\n".join(f"Kunde{n};kunde{n}@example.org" for n in range(5))
    response, _found = upload(client, f"Nachname;Feld 7\n{rows}\n")

    text = text_of(response)
    assert "Bitte prüfen" in text
    assert "1 Spalte wurde erraten" in text
    assert "E-Mail-Adressen" in text


def test_columns_with_the_same_meaning_are_joined_and_say_so(client, manager):
    text = "Nachname;Wunsch;Noch etwas\nGroß;Probefahrt;am Samstag\n"
    _response, found = upload(client, text)

    preview = map_columns(client, found, **{"column-1": "message", "column-2": "message"})
    assert preview.redirect_chain[-1][0] == page(found, "preview")
    assert "Wird zusammengefügt mit: Noch etwas." in text_of(client.get(page(found, "columns")))
    start(client, found)
    run_due_jobs()

    assert Lead.objects.get().message == "Probefahrt\nam Samstag"


def test_further_values_and_columns_left_out_are_visible(client, manager):
    _response, found = upload(client, "Nachname;Farbe;Alt\nGroß;rot;ja\n")
    map_columns(client, found, **{"column-1": FURTHER, "column-2": LEFT_OUT})

    text = text_of(client.get(page(found, "columns")))
    assert "Weiterer Wert" in text
    assert "Weggelassen" in text
    start(client, found)
    run_due_jobs()
    assert Lead.objects.get().custom_values == {"Farbe": "rot"}


def test_what_is_the_same_in_every_row_is_said_once(client, manager):
    found = previewed(client, **{"fixed-campaign": "Frühjahr", "fixed-source": "Messe"})
    start(client, found)
    run_due_jobs()

    assert {(lead.campaign, lead.source.name) for lead in Lead.objects.all()} == {
        ("Frühjahr", "Messe")
    }


def test_a_list_without_anything_known_is_refused_and_the_choices_stay(client, manager):
    _response, found = upload(client, "foo;bar\n1;2\n")

    response = map_columns(client, found, **{"column-0": LEFT_OUT, "column-1": "campaign"})

    assert any("Nachname" in message for message in messages_of(response))
    sent = fields_of(response)
    assert (sent["column-0"], sent["column-1"]) == (LEFT_OUT, "campaign")
    found.refresh_from_db()
    assert found.state == ImportState.MAPPING


@pytest.mark.parametrize("said", [{"column-0": "dealer_id"}, {"stamp": "0"}])
def test_a_form_that_does_not_fit_changes_nothing(client, manager, said):
    _response, found = upload(client)
    before = found.mapping

    response = map_columns(client, found, **said)

    assert messages_of(response)
    found.refresh_from_db()
    assert (found.state, found.mapping) == (ImportState.MAPPING, before)


def test_a_list_with_very_many_columns_can_be_mapped(client, manager):
    headers = ";".join(["Nachname", *(f"Feld {n}" for n in range(199))])
    cells = ";".join(["Groß", *(str(n) for n in range(199))])

    found = previewed(client, f"{headers}\n{cells}\n")

    assert len(found.headers) == 200
    assert client.get(row_page(found, 2)).status_code == 200


def test_templates_are_saved_applied_and_deleted(client, manager):
    _response, found = upload(client, "A;B\nGroß;Köln\n")
    names = {"column-0": "last_name", "column-1": "city"}
    map_columns(client, found, **names, template_name="Altsystem", save_template="1")
    template = ImportTemplate.objects.named(ListKind.LEADS).get()
    other = upload(client, "A;B;C\nKlein;Bonn;x\n")[1]

    unnamed = map_columns(client, other, save_template="1")
    assert any("Namen" in message for message in messages_of(unnamed))
    client.post(page(other, "columns"), {"template": template.pk, "use_template": "1"})
    other.refresh_from_db()
    assert other.mapping["columns"][:2] == ["last_name", "city"]

    client.post(page(other, "columns"), {"template": template.pk, "delete_template": "1"})
    assert not ImportTemplate.objects.named(ListKind.LEADS).exists()
    gone = client.post(page(other, "columns"), {"template": template.pk, "use_template": "1"})
    assert gone.status_code == 302


def test_templates_of_another_dealer_are_not_offered(client, manager):
    theirs = ImportTemplate.objects.create(
        dealer=builders.make_dealer(), name="Fremd", columns={"a": "vin"}, changed_at=timezone.now()
    )
    response, found = upload(client)
    assert "Fremd" not in text_of(response)

    client.post(page(found, "columns"), {"template": theirs.pk, "delete_template": "1"})

    assert ImportTemplate.objects.filter(pk=theirs.pk).exists()


# --- values ---------------------------------------------------------------------------------------


def test_values_are_assigned_and_remembered(client, manager, dealer):
    _response, found = upload(client, VALUES)
    response = map_columns(client, found)
    assert response.redirect_chain[-1][0] == page(found, "values")
    text = text_of(response)
    assert "auf Halde" in text
    assert "2 Werte sind hier nicht bekannt." in text
    assert text.index("auf Halde") < text.index('scope="row">offen')  # unknown ones first

    status = Status.objects.for_dealer(dealer).get(key="lost")
    sent = fields_of(response)
    written = [one[0] for one in found_values(found, "status")]
    sent |= {f"status-{written.index('auf Halde')}": f":{status}", "owner-0": "-"}
    client.post(page(found, "values"), sent)
    start(client, found)
    run_due_jobs()

    by_name = {lead.last_name: lead for lead in Lead.objects.select_related("status")}
    assert by_name["Klein"].status == status
    assert by_name["Groß"].status.key == "new"
    assert by_name["Groß"].custom_values == {}
    remembered = ListValue.objects.for_dealer(dealer).values_list("written", "meaning")
    assert set(remembered) == {("auf Halde", str(status)), ("Weg", "")}


def found_values(found, column):
    found.refresh_from_db()
    return found.found_values[column]


def test_an_unknown_status_can_be_added_as_new(client, manager, dealer):
    found = previewed(client, VALUES)
    start(client, found)
    run_due_jobs()

    assert Status.objects.filter(dealer=dealer, name="auf Halde").exists()


def test_values_of_columns_that_have_changed_are_asked_anew(client, manager):
    _response, found = upload(client, VALUES)
    old = fields_of(map_columns(client, found))
    map_columns(client, found, **{"column-2": LEFT_OUT})

    response = client.post(page(found, "values"), old, follow=True)

    assert response.redirect_chain[-1][0] == page(found, "values")
    assert any("inzwischen" in message for message in messages_of(response))
