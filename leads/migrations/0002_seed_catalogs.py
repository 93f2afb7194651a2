"""Catalogue entries for all dealers: statuses, sources, close reasons and categories.

Sources have the keys of the channels in the table of BDK lead types (0003), so that a lead finds
its source by its type. Close reasons have the contract's reason codes in lower case.
"""

from django.db import migrations

# key (also the stage), name, other spellings
STATUSES = [
    ("new", "Neu", ["Eingegangen", "Offen", "Neue Anfrage"]),
    ("in_work", "In Bearbeitung", ["In Arbeit", "Zugewiesen", "Bearbeitung"]),
    ("contacted", "Kontaktiert", ["Kontakt hergestellt", "Erreicht"]),
    ("not_reached", "Nicht erreicht", ["Nicht angetroffen"]),
    ("appointment", "Termin", ["Termin vereinbart"]),
    ("test_drive", "Probefahrt", ["Probefahrt vereinbart"]),
    ("offer", "Angebot", ["Angebot erstellt", "Angebot abgegeben"]),
    ("won", "Gewonnen", ["Verkauft", "Erfolgreich", "Abgeschlossen"]),
    ("lost", "Verloren", ["Nicht verkauft", "Abgelehnt"]),
    ("invalid", "Ungültig", ["Unbrauchbar"]),
]

# key, name, other spellings
SOURCES = [
    ("juhu_auto", "juhu.auto", ["juhu", "juhu auto"]),
    ("digeo_kundenkalkulator", "DIGEO Kundenkalkulator", ["DIGEO", "Kundenkalkulator"]),
    ("bdk_direct", "BDK direkt", ["BDK", "BDK Anfrage", "BDK Leadservice"]),
    ("bdk_kampagne", "BDK Kampagne", ["BDK Kampagnenmanager", "Kampagnenmanager"]),
    ("neuwagenkonfigurator", "Neuwagenkonfigurator", ["Konfigurator", "BDK Konfigurator"]),
    ("ju_connect", "ju-connect", ["ju connect", "juconnect"]),
    ("autoscout24", "AutoScout24", ["AutoScout", "AutoScout 24", "AS24", "autoscout24.de"]),
    ("mobile_de", "mobile.de", ["mobile"]),
    ("website", "Website", ["Webseite", "Homepage", "Internetseite", "Kontaktformular"]),
    ("telefon", "Telefon", ["Tel.", "Anruf", "Telefonisch", "Phone"]),
    ("showroom", "Autohaus vor Ort", ["Vor Ort", "Ausstellung", "Laufkundschaft", "Autohaus"]),
    ("email", "E-Mail", ["Mail", "per E-Mail"]),
    ("google_ads", "Google Ads", ["Google", "AdWords", "Google Anzeigen"]),
    ("meta", "Facebook / Instagram", ["Facebook", "Instagram", "Meta Ads", "Facebook/Instagram"]),
    ("empfehlung", "Empfehlung", ["Weiterempfehlung", "Kunden werben Kunden"]),
    ("excel", "Excel-Import", ["Altbestand", "Alte Liste", "Liste"]),
]

# key, outcome, name, other spellings
CLOSE_REASONS = [
    ("vehicle_bought", "won", "Fahrzeug gekauft", ["Gekauft", "Kaufvertrag"]),
    ("vehicle_leased", "won", "Leasingvertrag abgeschlossen", ["Geleast"]),
    ("contract_renewed", "won", "Anschlussvertrag abgeschlossen", ["Vertrag verlängert"]),
    ("trade_in_bought", "won", "Fahrzeug angekauft", ["Ankauf abgeschlossen"]),
    ("price", "lost", "Preis", ["Zu teuer", "Preis zu hoch"]),
    ("bought_elsewhere", "lost", "Woanders gekauft", ["Anderer Händler", "Wettbewerb"]),
    ("no_interest", "lost", "Kein Interesse mehr", ["Kein Interesse", "Kein Bedarf"]),
    ("vehicle_sold", "lost", "Fahrzeug bereits verkauft", ["Fahrzeug nicht mehr verfügbar"]),
    ("finance_declined", "lost", "Finanzierung abgelehnt", ["Finanzierung nicht möglich"]),
    ("not_reachable", "lost", "Nicht erreichbar", ["Keine Rückmeldung"]),
    ("invalid_contact", "invalid", "Ungültige Kontaktdaten", ["Falsche Kontaktdaten"]),
    ("duplicate", "invalid", "Dublette", ["Doppelt", "Doppelte Anfrage"]),
    ("spam", "invalid", "Spam", ["Werbung"]),
]

# key, name, other spellings
CATEGORIES = [
    ("new_car", "Neuwagen", ["NW", "Neufahrzeug"]),
    ("used_car", "Gebrauchtwagen", ["GW", "Gebrauchtfahrzeug"]),
    ("demo_car", "Vorführwagen", ["VFW", "Vorführfahrzeug"]),
    ("purchase", "Ankauf", ["Fahrzeugankauf", "Inzahlungnahme"]),
    ("leasing", "Leasing", ["Leasinganfrage"]),
]


def rows():
    """(model name, fields) of every entry, in the order in which people see them."""
    for place, (key, name, aliases) in enumerate(STATUSES, start=1):
        yield "Status", place, {"key": key, "name": name, "aliases": aliases, "stage": key}
    for place, (key, name, aliases) in enumerate(SOURCES, start=1):
        yield "Source", place, {"key": key, "name": name, "aliases": aliases}
    for place, (key, outcome, name, aliases) in enumerate(CLOSE_REASONS, start=1):
        fields = {"key": key, "name": name, "aliases": aliases, "outcome": outcome}
        yield "CloseReason", place, fields
    for place, (key, name, aliases) in enumerate(CATEGORIES, start=1):
        yield "Category", place, {"key": key, "name": name, "aliases": aliases}


def add_entries(apps, schema_editor):
    database = schema_editor.connection.alias
    entries = {}
    for model, place, fields in rows():
        # What CatalogEntry.save does; the names here have no odd blanks or characters.
        name_key = fields["name"].casefold()
        entry = apps.get_model("leads", model)(position=10 * place, name_key=name_key, **fields)
        entries.setdefault(model, []).append(entry)
    for model, objects in entries.items():
        apps.get_model("leads", model).objects.using(database).bulk_create(objects)


def remove_entries(apps, schema_editor):
    """Stops with ProtectedError where a lead uses an entry."""
    database = schema_editor.connection.alias
    for model, _, fields in rows():
        shared = apps.get_model("leads", model).objects.using(database).filter(dealer=None)
        shared.filter(key=fields["key"]).delete()


class Migration(migrations.Migration):
    dependencies = [("leads", "0001_initial")]

    operations = [migrations.RunPython(add_entries, remove_entries)]
