"""The pages of an import of customers or vehicles."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from leads.background import run_due_jobs
from leads.models import Customer, ImportState, ListKind, ListRow, Plan, Role, Vehicle
from tests import builders
from tests.leads.admin.conftest import messages_of, text_of
from tests.leads.admin.list_imports import (
    ADD,
    LIST,
    fields_of,
    map_columns,
    page,
    row_page,
    start,
    upload,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("lists")]

PEOPLE = "Nachname;E-Mail;Anrede;Ort\nGroß;gross@example.org;Hochwürden;Köln\n;;Frau;Bonn\n"
CARS = "Interne Nr.;Modell;Status\n4711;Golf;auf Halde\n;Polo;Bestand\n"
KINDS = {
    ListKind.CUSTOMERS: (Customer, PEOPLE, "1 Kunde wird angelegt.", "0", "Klein"),
    ListKind.VEHICLES: (Vehicle, CARS, "1 Fahrzeug wird angelegt.", "0", "4712"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_goes_in_step_by_step_and_out_again(client, manager, dealer, kind):
    model, text, summary, cell, corrected = KINDS[kind]
    name = model._meta.model_name
    listed = client.get(reverse(f"admin:leads_{name}_changelist"))
    address = f"{ADD}?kind={kind}"
    assert address in listed.content.decode()
    assert f'value="{kind}" checked' in client.get(address).content.decode()

    _response, found = upload(client, text, kind=kind)
    assert found.kind == kind
    values = map_columns(client, found)
    assert values.redirect_chain[-1][0] == page(found, "values")
    assert "unbekannt, auslassen" in text_of(values)
    preview = client.post(page(found, "values"), fields_of(values), follow=True)
    assert summary in text_of(preview)
    assert "1 Zeile mit Fehlern wird nicht importiert." in text_of(preview)

    client.post(row_page(found, 3), {f"cell-{cell}": corrected})
    assert ListRow.objects.get(number=3).plan == Plan.NEW
    found.refresh_from_db()
    start(client, found)
    run_due_jobs()

    found.refresh_from_db()
    assert found.state == ImportState.DONE
    result = text_of(client.get(page(found, "result")))
    assert model.objects.filter(dealer=dealer).count() == 2
    for row in model.objects.all():
        assert reverse(f"admin:leads_{name}_change", args=[row.pk]) in result
    assert LogEntry.objects.get(change_message__contains="gestartet").content_type.model == name
    assert str(ListKind(kind).label) in text_of(client.get(LIST))

    batch = reverse("admin:leads_changebatch_change", args=[found.change_batch_id])
    assert batch in result
    assert "2 neue" in text_of(client.get(batch))
    undone = client.post(batch, {"undo": "1"}, follow=True)
    assert "2 " in messages_of(undone)[0]
    assert not model.objects.for_dealer(dealer).exists()


@pytest.mark.parametrize("kind", KINDS)
def test_what_stays_is_shown_with_its_reason(client, manager, dealer, kind):
    model, text, _summary, _cell, _corrected = KINDS[kind]
    _response, found = upload(client, text, kind=kind)
    values = map_columns(client, found)
    client.post(page(found, "values"), fields_of(values))
    found.refresh_from_db()
    start(client, found)
    run_due_jobs()
    found.refresh_from_db()
    row = model.objects.get()
    field = "city" if kind == ListKind.CUSTOMERS else "model"
    setattr(row, field, "Anderes")
    row.save()
    if kind == ListKind.CUSTOMERS:
        row.refresh_from_db()

    shown = text_of(
        client.get(reverse("admin:leads_changebatch_change", args=[found.change_batch_id]))
    )

    label = str(model._meta.get_field(field).verbose_name)
    assert f"{label}: seitdem geändert" in shown
    assert reverse(f"admin:leads_{model._meta.model_name}_change", args=[row.pk]) in shown


@pytest.mark.parametrize("kind", KINDS)
def test_who_may_not_import_finds_no_way(client, manager, dealer, kind):
    _response, found = upload(client, KINDS[kind][1], kind=kind)
    name = KINDS[kind][0]._meta.model_name

    client.force_login(builders.make_user(dealer, role=Role.SELLER))
    assert client.get(f"{ADD}?kind={kind}").status_code == 403
    assert ADD not in client.get(reverse(f"admin:leads_{name}_changelist")).content.decode()
    client.force_login(builders.make_user(builders.make_dealer(), role=Role.MANAGER))
    assert client.get(page(found, "columns")).status_code == 404


def test_the_kind_is_asked_for(client, manager):
    answer = upload(client, kind="")[0]

    assert "Bitte auswählen, was die Liste enthält." in text_of(answer)
