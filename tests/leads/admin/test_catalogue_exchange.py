"""Catalogues as lists: what one says is shown first, then imported as a whole or not at all."""

import csv
import io
import os

import openpyxl
import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leads.admin.catalogue_exchange import CarriedUpload
from leads.models import (
    Category,
    ChangeBatch,
    CloseReason,
    EntryChange,
    LeadType,
    Role,
    Source,
    Stage,
    Status,
    Tag,
)
from leads.models.keys import catalog_key
from leads.resources.catalogue_files import MAX_BYTES
from tests import builders
from tests.leads.admin.conftest import messages_of, text_of
from tests.leads.resources import making_lists

CATALOGUES = [Status, Source, LeadType, CloseReason, Category, Tag]
EXCEL, CSV, WINDOWS = "0", "1", "2"


def url(model, page):
    return reverse(f"admin:leads_{model._meta.model_name}_{page}")


@pytest.fixture
def administrator(office, browse):
    """Signed in at our dealer; reads German, as the lists are."""
    user = builders.make_user(office.ours, role=Role.ADMINISTRATOR, sees_creditworthiness=True)
    client = browse(user)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    return client


@pytest.fixture
def operator(db, browse):
    client = browse(builders.make_user(is_superuser=True))
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    return client


def upload(client, rows, *, model=Source, owner=None, name="liste.xlsx"):
    """`rows`: of cells, or the file's bytes; `owner`: a dealer, "all", or None: there is one."""
    data = rows if isinstance(rows, bytes) else making_lists.table(*rows)
    form = client.get(url(model, "import")).context["form"]
    if owner is None:
        owner = form.initial.get("owner", "")
    said = {"format": "0", "resource": "0", "owner": getattr(owner, "pk", owner)}
    return client.post(
        url(model, "import"), {**said, "import_file": SimpleUploadedFile(name, data)}
    )


def confirm(client, response, *, model=Source, **values):
    form = response.context["confirm_form"]
    said = {one.name: one.value() for one in form}
    return client.post(url(model, "process_import"), {**said, **values}, follow=True)


def bring(client, rows, *, model=Source, owner=None):
    return confirm(client, upload(client, rows, model=model, owner=owner), model=model)


def lines_of(response):
    return {line.number: line for line in response.context["preview"].lines}


def problems_of(response):
    """{row: {header: sentence}}; nothing can be confirmed."""
    assert "confirm_form" not in response.context
    found = lines_of(response).values()
    return {one.number: {name: text for name, _cell, text in one.problems} for one in found}


def export(client, *, model=Source, file_format=EXCEL, query=""):
    said = {"format": file_format, "resource": "0"}
    return client.post(f"{url(model, 'export')}{query}", said)


def table_of(response):
    book = openpyxl.load_workbook(io.BytesIO(response.content))
    return [list(row) for row in book.active.iter_rows(values_only=True)]


def make_source(dealer, name="Messe", **values):
    return Source.objects.create(dealer=dealer, name=name, **values)


# --- a list comes in ------------------------------------------------------------------------------


def test_a_list_is_shown_and_then_imported(administrator, office):
    messe = make_source(office.ours, aliases=["Autoschau"], position=10, is_automatic=True)
    shown = upload(
        administrator,
        [
            ("Bezeichnung", "Weitere Schreibweisen", "Reihenfolge", "Aktiv"),
            ("Messe", "Autoschau; Messestand", 20, "ja"),
            ("Plakat", '"Plakat; groß"; Poster', None, "nein"),
        ],
    )

    page = text_of(shown)
    assert "1 neu. 1 geändert." in page
    assert "<del>10</del> → <ins>20</ins>" in page
    assert not Source.objects.filter(name="Plakat").exists()
    done = confirm(administrator, shown)

    assert messages_of(done)[0].startswith("1 neu. 1 geändert. ")
    messe.refresh_from_db()
    assert (messe.aliases, messe.position) == (["Autoschau", "Messestand"], 20)
    assert not messe.is_automatic  # somebody has looked at it
    poster = Source.objects.get(dealer=office.ours, name="Plakat")
    assert (poster.name_key, poster.aliases) == (catalog_key("Plakat"), ["Plakat; groß", "Poster"])
    assert (poster.position, poster.is_active) == (100, False)


def test_the_history_of_each_entry_says_so(administrator, office):
    messe = make_source(office.ours)

    bring(administrator, [("Name", "Reihenfolge"), ("Messe", 5), ("Plakat", 7)])

    changed, added = LogEntry.objects.order_by("action_flag", "pk").reverse()
    assert (changed.object_id, added.object_repr) == (str(messe.pk), "Plakat")
    page = administrator.get(reverse("admin:leads_source_history", args=[messe.pk]))
    assert "Reihenfolge geändert" in text_of(page)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_csv_is_read_in_every_encoding(administrator, office, encoding):
    bring(administrator, "Name;Aktiv\r\nMüller & Söhne;nein\r\n".encode(encoding))

    assert not Source.objects.get(name="Müller & Söhne").is_active


@pytest.mark.parametrize("name", ["Autoschau", "MESSE"])
def test_an_entry_is_found_by_its_name_and_its_other_spellings(administrator, office, name):
    messe = make_source(office.ours, aliases=["Autoschau"])

    bring(administrator, [("Name", "Position", "Other spellings"), (name, 3, "Messestand")])

    messe.refresh_from_db()
    assert messe.position == 3
    assert {"Messestand", "Autoschau"} - set(messe.aliases) == ({"Autoschau"} - {name})
    assert catalog_key(messe.name) == "messe"


def test_an_entry_is_found_by_its_id_and_renamed(administrator, office):
    messe = make_source(office.ours, key="fair")

    bring(administrator, [("Kennung", "Name"), ("fair", "Automesse")])

    messe.refresh_from_db()
    assert (messe.name, messe.name_key) == ("Automesse", "automesse")


def test_what_the_list_does_not_mention_stays(administrator, office):
    messe = make_source(office.ours, aliases=["Autoschau"], position=10, key="fair")

    bring(administrator, [("Name", "Aktiv", "Kosten"), ("Messe", "nein", "3.000 €")])

    messe.refresh_from_db()
    assert not messe.is_active
    assert (messe.aliases, messe.position, messe.key) == (["Autoschau"], 10, "fair")


def test_columns_that_mean_nothing_here_are_named(administrator):
    shown = upload(administrator, [("Name", "Kosten"), ("Messe", "3.000 €")])

    assert list(shown.context["preview"].left_out) == ["Kosten"]
    assert "Kosten" in text_of(shown)


def test_spellings_move_from_one_entry_to_another(administrator, office):
    make_source(office.ours, aliases=["Autoschau"])
    salon = make_source(office.ours, "Salon")

    bring(administrator, [("Name", "Synonyme"), ("Salon", "Autoschau"), ("Messe", None)])

    salon.refresh_from_db()
    assert salon.aliases == ["Autoschau"]


# --- mistakes -------------------------------------------------------------------------------------


def test_every_mistake_is_named_with_its_row_and_nothing_is_imported(administrator, office):
    make_source(office.ours, key="fair")
    make_source(office.ours, "Salon", aliases=["Autoschau"])

    shown = upload(
        administrator,
        [
            ("Name", "Synonyme", "Position", "Aktiv", "Kennung"),
            ("Gut", None, 1, "ja", None),
            (None, "Poster", 1, "ja", None),
            ("Plakat", None, "vorn", "vielleicht", "zwei Wörter"),
            ("x" * 81, None, -1, "ja", None),
            ("Messe", None, 1, "ja", "other"),
            ("Salon", None, 1, "ja", "fair"),
            ("gut", None, 2, "ja", None),
            ("Radio", 'x; "offen', 1, "ja", None),
        ],
    )

    assert problems_of(shown) == {
        3: {"Name": "Das ist leer. Bitte ausfüllen oder die Zeile löschen."},
        4: {
            "Reihenfolge": "Das ist keine ganze Zahl.",
            "Aktiv": "Das ist weder ja noch nein.",
            "Kennung": (
                "Bitte ein gültiges Kürzel, bestehend aus Buchstaben, Ziffern, Unterstrichen und "
                "Bindestrichen, eingeben."
            ),
        },
        5: {
            "Name": "Das ist länger als 80 Zeichen.",
            "Reihenfolge": "Das darf nicht negativ sein.",
        },
        6: {"Kennung": "Die Kennung von „Messe“ ist „fair“ und lässt sich nicht ändern."},
        7: {"Kennung": "Das ist die Kennung von „Messe“."},
        8: {"": "Zeile 2 nennt denselben Eintrag schon. Bitte nur eine davon behalten."},
        9: {"Andere Schreibweisen": "Ein Anführungszeichen fehlt oder steht am falschen Ort."},
    }
    assert "Es wird nichts importiert." in text_of(shown)
    assert not Source.objects.filter(name="Gut").exists()


def test_a_spelling_has_one_meaning(administrator, office):
    make_source(office.ours, "Salon", aliases=["Autoschau"])

    shown = upload(administrator, [("Name", "Synonyme"), ("Messe", "Autoschau; Website")])

    assert set(problems_of(shown)[2]) == {"Andere Schreibweisen"}
    page = text_of(shown)
    assert "„Autoschau“ steht schon für den Eintrag „Salon“." in page
    assert "„Website“ steht schon für den Eintrag „Website“." in page


def test_a_list_without_names_says_which_column_is_missing(administrator):
    shown = upload(administrator, [("Farbe", "Aktiv"), ("rot", "ja")])

    assert "Die Spalte „Name“ fehlt" in text_of(shown)
    assert "confirm_form" not in shown.context


def test_a_status_in_use_does_not_change_sides(administrator, office):
    status = Status.objects.create(dealer=office.ours, name="Angerufen", stage=Stage.CONTACTED)
    builders.make_lead(office.ours, status=status)
    rows = [("Name", "Phase"), ("Angerufen", "Verloren")]

    shown = upload(administrator, rows, model=Status)
    assert "Phase" in problems_of(shown)[2]

    bring(administrator, [*rows[:1], ("Angerufen", "Termin")], model=Status)
    status.refresh_from_db()
    assert status.stage == Stage.APPOINTMENT


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "Die Datei ist leer."),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "weder eine Excel-Arbeitsmappe"),
        (making_lists.far_corner(), "in Zelle XFD1048576"),
        (b"Name;Aktiv\n", "Unter den Überschriften stehen keine Zeilen"),
        (b"Name\n" + b"x\n" * 1001, "mehr als 1000 Zeilen"),
        (b"Name\n" + b"x" * 600_000, "0,6 MB, erlaubt sind 0,5 MB"),
    ],
    ids=["empty", "PDF", "far corner", "no rows", "many rows", "large"],
)
def test_a_bad_file_is_refused_with_a_sentence(administrator, data, sentence):
    shown = upload(administrator, data)

    assert shown.status_code == 200
    assert sentence in " ".join(shown.context["form"].errors["import_file"])


def test_awkward_cells_stay_texts(administrator, office):
    bring(administrator, 'Name;Synonyme\n\'=1+1;"<b>x</b>; A\u200bB\u202e"\n'.encode())

    source = Source.objects.get(dealer=office.ours)
    assert (source.name, source.aliases) == ("=1+1", ["<b>x</b>", "AB"])


# --- whose entries --------------------------------------------------------------------------------


def test_shared_entries_are_left_alone(administrator, office):
    shared = builders.shared_source()

    shown = upload(administrator, [("Name", "Position"), (shared.name, 1), ("Messe", 2)])

    assert lines_of(shown)[2].remark == "Gilt für alle Händler und bleibt, wie es ist."
    confirm(administrator, shown)
    shared.refresh_from_db()
    assert shared.position != 1
    assert Source.objects.filter(dealer=office.ours).count() == 1


def test_another_dealers_entries_do_not_exist(administrator, office):
    foreign = make_source(office.theirs, key="fair")

    bring(
        administrator,
        [
            ("Name", "Position", "Kennung", "Gilt für"),
            ("Messe", 1, "fair", office.theirs.name),
            ("Messe", 2, "fair", office.ours.name),
        ],
    )

    foreign.refresh_from_db()
    assert foreign.position == 100
    assert Source.objects.get(dealer=office.ours).position == 2


@pytest.mark.parametrize("owner", ["all", "theirs"])
def test_nobody_chooses_a_dealer_without_the_right(browse, office, owner):
    user = builders.make_user(office.ours, role=Role.ADMINISTRATOR)
    builders.make_membership(office.theirs, user, role=Role.SELLER)
    client = browse(user)
    target = "all" if owner == "all" else office.theirs

    shown = upload(client, [("Name",), ("Messe",)], owner=target)
    assert "owner" in shown.context["form"].errors

    shown = upload(client, [("Name",), ("Messe",)])
    confirm(client, shown, owner=getattr(target, "pk", target))
    assert not Source.objects.filter(name="Messe").exists()


def test_the_operator_chooses_a_dealer_or_all(operator, office):
    rows = [("Name",), ("Messe",)]
    assert "owner" in upload(operator, rows, owner="").context["form"].errors

    bring(operator, rows, owner=office.theirs)
    bring(operator, rows, owner="all")

    assert {one.dealer for one in Source.objects.filter(name="Messe")} == {None, office.theirs}


@pytest.mark.parametrize("role", [Role.SELLER, Role.MANAGER, Role.AUDITOR])
@pytest.mark.parametrize("page", ["import", "process_import", "export"])
def test_only_administrators_exchange_lists(browse, office, role, page):
    client = browse(builders.make_user(office.ours, role=role))

    assert client.post(url(Source, page)).status_code == 403
    assert url(Source, "import") not in text_of(client.get(url(Source, "changelist")))


def test_managers_exchange_tags(browse, office):
    client = browse(builders.make_user(office.ours, role=Role.MANAGER))

    bring(client, [("Name",), ("Stammkunde",)], model=Tag)

    assert Tag.objects.get().dealer == office.ours
    assert table_of(export(client, model=Tag))[1][0] == "Stammkunde"


# --- between preview and import -------------------------------------------------------------------


def test_what_was_shown_may_no_longer_be_possible(administrator, office):
    shown = upload(administrator, [("Name", "Synonyme"), ("Messe", "Autoschau"), ("Radio", None)])
    make_source(office.ours, "Salon", aliases=["Autoschau"])

    done = confirm(administrator, shown)

    assert "haben sich inzwischen geändert" in messages_of(done)[0]
    assert [one.name for one in Source.objects.filter(dealer=office.ours)] == ["Salon"]


@pytest.mark.parametrize("token", ["", "/etc/passwd", "eyJ:x:y"])
def test_only_an_uploaded_list_is_confirmed(administrator, token):
    shown = upload(administrator, [("Name",), ("Messe",)])

    done = confirm(administrator, shown, import_file_name=token)

    assert "noch einmal hochladen" in messages_of(done)[0]
    assert not Source.objects.filter(name="Messe").exists()


def test_the_largest_file_fits_into_the_form_of_the_confirmation(settings):
    upload = CarriedUpload()
    upload.save(data := os.urandom(MAX_BYTES))  # nothing can be compressed in it

    assert upload.read() == data
    assert len(upload.name) < 0.9 * settings.DATA_UPLOAD_MAX_MEMORY_SIZE


# --- a list goes out ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "file_format"),
    [*((model, EXCEL) for model in CATALOGUES), (Source, CSV), (LeadType, WINDOWS)],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_an_exported_catalogue_imported_again_changes_nothing(
    administrator, office, model, file_format
):
    if model is LeadType:
        LeadType.objects.create(
            dealer=office.ours, key="x1", title="+49", public_title="=1", aliases=["a;b", '"']
        )
    else:
        model.objects.create(dealer=office.ours, name="Website", aliases=["a;b", '"q"', "@x"])
        model.objects.create(dealer=office.ours, name="=1+1", is_automatic=True, is_active=False)
    before = list(model.objects.order_by("pk").values())
    exported = export(administrator, model=model, file_format=file_format)

    shown = upload(administrator, exported.content, model=model)
    assert not [line for line in lines_of(shown).values() if line.changes]
    confirm(administrator, shown, model=model)

    assert list(model.objects.order_by("pk").values()) == before


def test_exactly_the_touched_cell_is_changed(administrator, office):
    make_source(office.ours, "Website", key="web", aliases=["Homepage"])
    table = table_of(export(administrator))
    [row] = [row for row in table if row[-1] == office.ours.name]
    row[table[0].index("Reihenfolge")] = 1

    shown = upload(administrator, table)

    [line] = [line for line in lines_of(shown).values() if line.changes]
    assert line.changes == [("Reihenfolge", "100", "1")]


def test_an_export_has_german_headers_and_runs_nothing(administrator, office):
    make_source(office.ours, "=HYPERLINK(1)", position=-0)

    table = table_of(export(administrator))
    assert table[0] == [
        *("Name", "Andere Schreibweisen", "Reihenfolge", "Aktiv", "Kennung", "Gilt für"),
    ]
    assert ["=HYPERLINK(1)", None, 0, "ja", None, office.ours.name] in table
    text = export(administrator, file_format=CSV).content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert ["'=HYPERLINK(1)", "", "0", "ja", "", office.ours.name] in rows


def test_an_export_is_what_the_list_shows(administrator, operator, office):
    make_source(office.ours)
    make_source(office.theirs, "Fremdling")

    def names(client, query=""):
        return {row[0] for row in table_of(export(client, query=query))[1:]}

    administrator.force_login(builders.make_user(office.ours, role=Role.ADMINISTRATOR))
    assert names(administrator, "?q=mess") == {"Messe"}
    assert "Website" in names(administrator)
    assert "Fremdling" not in names(administrator)


def test_results_of_credit_checks_leave_only_with_those_who_see_them(browse, office):
    client = browse(builders.make_user(office.ours, role=Role.ADMINISTRATOR))
    own = LeadType.objects.create(dealer=office.ours, key="x1", title="geprüft", public_title="x")

    assert "Credit pre-check" not in table_of(export(client, model=LeadType))[0]
    rows = [("Id", "Title", "Title without creditworthiness"), ("x1", "y", "z"), ("x2", "y", "z")]
    bring(client, rows, model=LeadType)

    own.refresh_from_db()
    assert (own.title, own.public_title) == ("geprüft", "z")
    assert LeadType.objects.get(key="x2").title == "z"


def test_an_export_is_on_record(administrator, office):
    export(administrator)

    assert "Einträge exportiert" in LogEntry.objects.get().change_message


def test_reading_costs_the_same_for_many_rows(administrator, office):
    def queries(count):
        rows = [("Name", "Position"), *((f"Quelle {n}", 100) for n in range(count))]
        for row in rows[1:]:
            Source.objects.get_or_create(dealer=office.ours, name=row[0])
        with CaptureQueriesContext(connection) as found:
            upload(administrator, rows)
        return len([one for one in found if "SAVEPOINT" not in one["sql"]])

    assert queries(2) == queries(30)


# --- and is undone --------------------------------------------------------------------------------


def undo_page(batch):
    return reverse("admin:leads_changebatch_change", args=[batch.pk])


def test_an_import_is_undone_from_its_message(administrator, office):
    fair = make_source(office.ours, aliases=["Autoschau"], position=10, is_automatic=True)

    done = bring(
        administrator,
        [
            ("Name", "Weitere Schreibweisen", "Reihenfolge"),
            ("Messe", "Stand", 20),
            ("Plakat", "", 5),
        ],
    )
    batch = ChangeBatch.objects.get()
    assert reverse("admin:leads_changebatch_undo", args=[batch.pk]) in messages_of(done)[0]
    page = text_of(administrator.get(undo_page(batch)))
    assert "1 neuer Eintrag wird gelöscht." in page
    assert "1 Eintrag bekommt seine früheren Werte zurück." in page
    administrator.post(undo_page(batch), {"undo": "1"})

    fair.refresh_from_db()
    assert (fair.aliases, fair.position, fair.is_automatic) == (["Autoschau"], 10, True)
    assert not Source.objects.filter(name="Plakat").exists()
    history = administrator.get(reverse("admin:leads_source_history", args=[fair.pk]))
    assert "Der Import einer Liste wurde rückgängig gemacht." in text_of(history)


def test_what_is_needed_or_edited_since_stays_with_its_reason(administrator, office):
    fair = make_source(office.ours, position=10)
    bring(administrator, [("Name", "Reihenfolge"), ("Messe", 20), ("Plakat", 5), ("Radio", 6)])
    builders.make_lead(office.ours, source=Source.objects.get(name="Plakat"))
    Source.objects.filter(pk=fair.pk).update(position=30)
    batch = ChangeBatch.objects.get()

    page = text_of(administrator.get(undo_page(batch)))
    assert "Inzwischen gehören Anfragen dazu." in page
    assert "Reihenfolge: jetzt „30“, davor „10“." in page
    administrator.post(undo_page(batch), {"undo": "1"})

    assert Source.objects.get(pk=fair.pk).position == 30
    assert set(own(office)) == {"Messe", "Plakat"}  # the radio is gone


def own(office):
    return Source.objects.filter(dealer=office.ours).values_list("name", flat=True)


def test_what_was_edited_since_goes_back_if_somebody_says_so(administrator, office):
    fair = make_source(office.ours, position=10)
    bring(administrator, [("Name", "Reihenfolge"), ("Messe", 20)])
    Source.objects.filter(pk=fair.pk).update(position=30)
    batch = ChangeBatch.objects.get()
    [change] = EntryChange.objects.all()

    administrator.post(undo_page(batch), {"undo": "1", "chosen": str(change.pk)})

    assert Source.objects.get(pk=fair.pk).position == 10


def test_spellings_move_back_unless_they_mean_another_entry(administrator, office):
    make_source(office.ours, "Messe", aliases=["Autoschau"])
    make_source(office.ours, "Plakat", aliases=["Poster"])
    rows = [("Name", "Weitere Schreibweisen"), ("Messe", "Poster"), ("Plakat", "Autoschau")]
    bring(administrator, rows)
    batch = ChangeBatch.objects.get()
    Source.objects.filter(name="Messe").update(aliases=[])
    make_source(office.ours, "Kino", aliases=["Poster"])

    administrator.post(undo_page(batch), {"undo": "1"})

    said = dict(Source.objects.filter(dealer=office.ours).values_list("name", "aliases"))
    assert said == {"Messe": [], "Plakat": ["Autoschau"], "Kino": ["Poster"]}


def test_a_status_with_leads_stays_on_its_side(administrator, office):
    status = Status.objects.create(dealer=office.ours, name="Ruht", stage=Stage.LOST)
    bring(administrator, [("Name", "Phase"), ("Ruht", "In Bearbeitung")], model=Status)
    builders.make_lead(office.ours, status=status)

    administrator.post(undo_page(ChangeBatch.objects.get()), {"undo": "1"})

    status.refresh_from_db()
    assert status.stage == Stage.IN_WORK


@pytest.mark.parametrize("model", CATALOGUES)
def test_every_catalogue_is_as_before(administrator, office, model):
    word = "key" if model is LeadType else "name"
    heads = ("ID", "Titel", "Name") if model is LeadType else ("Name", "Aktiv")
    bring(administrator, [heads, ("x9", "ja", "Neu")], model=model)

    administrator.post(undo_page(ChangeBatch.objects.get()), {"undo": "1"})

    assert not model.objects.filter(**{word: "x9"}).exists()


def test_lists_for_all_dealers_are_no_dealers_bulk_change(operator, office):
    bring(operator, [("Name",), ("Plakat",)], owner="all")

    assert Source.objects.filter(dealer=None, name="Plakat").exists()
    assert not ChangeBatch.objects.exists()


@pytest.mark.parametrize(("model", "may"), [(Status, False), (LeadType, False), (Tag, True)])
def test_only_who_may_import_a_catalogue_undoes_its_import(
    administrator, office, browse, model, may
):
    """A manager may undo what happened to leads, and has only tags to look after."""
    heads = ("ID", "Titel", "Name") if model is LeadType else ("Name", "Aktiv")
    bring(administrator, [heads, ("x9", "ja", "Neu")], model=model)
    batch = ChangeBatch.objects.get()
    manager = browse(builders.make_user(office.ours, role=Role.MANAGER))

    by_page = manager.post(undo_page(batch), {"undo": "1"})
    at_once = manager.post(reverse("admin:leads_changebatch_undo", args=[batch.pk]))

    batch.refresh_from_db()
    assert (batch.undone_at is not None) == may
    assert {by_page.status_code, at_once.status_code} == ({302} if may else {403})
