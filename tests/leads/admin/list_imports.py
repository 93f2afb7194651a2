"""The steps of an import in the admin, for tests."""

import re

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from leads.background import run_due_jobs
from leads.models import (
    ImportState,
    ListImport,
    ListKind,
)
from tests.leads.admin.conftest import text_of

LIST = "/admin/leads/listimport/"
ADD = "/admin/leads/listimport/add/"
TWO = "Nachname;E-Mail;Ort\nGroß;gross@example.org;Köln\nKlein;klein@example.org;Bonn\n"
BAD_DAY = "Nachname;E-Mail;Datum\nGroß;gross@example.org;gestern\nKlein;klein@example.org;\n"
VALUES = "Nachname;Status;Verkäufer\nGroß;offen;Weg\nKlein;auf Halde;Weg\n"


def page(found, step):
    return reverse(f"admin:leads_listimport_{step}", args=[found.pk])


def row_page(found, number):
    return reverse("admin:leads_listimport_row", args=[found.pk, number])


def upload(client, text=TWO, name="liste.csv", **fields):
    """The answer that the upload leads to, and the import."""
    data = text if isinstance(text, bytes) else text.encode()
    file = SimpleUploadedFile(name, data)
    response = client.post(ADD, {"file": file, "kind": ListKind.LEADS, **fields}, follow=True)
    return response, ListImport.objects.order_by("pk").last()


def fields_of(response):
    """What a browser would send for the last form of the page that has a stamp."""
    text = text_of(response)
    stamp = re.search(r'name="stamp" value="(\w+)"', text)
    sent = {"stamp": stamp[1]} if stamp else {}
    for select in re.finditer(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', text, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected>', select[2])
        first = re.search(r'<option value="([^"]*)">', select[2])
        sent[select[1]] = (chosen or first)[1]
    return sent


def map_columns(client, found, **changes):
    """The answer after the step of the columns."""
    sent = fields_of(client.get(page(found, "columns")))
    return client.post(page(found, "columns"), {**sent, **changes}, follow=True)


def previewed(client, text=TWO, **changes):
    """An import at its preview, all values left as they were proposed."""
    _response, found = upload(client, text)
    map_columns(client, found, **changes)
    found.refresh_from_db()
    if found.state == ImportState.MAPPING:
        sent = fields_of(client.get(page(found, "values")))
        client.post(page(found, "values"), sent)
        found.refresh_from_db()
    assert found.state == ImportState.READY
    return found


def start(client, found, **changes):
    sent = {"on_existing": found.on_existing, "start": "1", **changes}
    return client.post(page(found, "preview"), sent, follow=True)


def imported(client, text=TWO):
    found = previewed(client, text)
    start(client, found)
    run_due_jobs()
    found.refresh_from_db()
    assert found.state == ImportState.DONE
    return found
