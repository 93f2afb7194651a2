"""The 25 lead types of the BDK Leadservice.

Titles, descriptions and senders are BDK's own; what follows from each was derived from them.
Urgency and time for the first response are our proposal and may be changed in the office.
"""

from django.db import migrations

# What the types of one family have in common.
FAMILIES = {
    "1": {
        "sender": "noreply@juhu.auto",
        "channel": "juhu_auto",
        "origin": "marketplace",
        "vehicle_kind": "stock",
    },
    # 2a does not exist.
    "2": {
        "sender": "Kundenkalkulator@bdk-bank.de",
        "channel": "digeo_kundenkalkulator",
        "origin": "dealer_website",
        "vehicle_kind": "stock",
    },
    "3": {
        "sender": "leadservice@bdk-bank.de",
        "channel": "bdk_direct",
        "origin": "bank",
        "vehicle_kind": "stock",
    },
    # Family 4 does not exist.
    "5": {
        "sender": "leadservice@bdk-bank.de",
        "channel": "bdk_kampagne",
        "origin": "campaign",
        "vehicle_kind": "stock",
    },
    "6": {
        "sender": "Neuwagenkonfigurator@bdk-bank.de",
        "channel": "neuwagenkonfigurator",
        "origin": "dealer_website",
        "vehicle_kind": "new_configured",
    },
    "7": {
        "sender": "info@ju-connect.org",
        "channel": "ju_connect",
        "origin": "marketplace",
    },
    "8": {
        "sender": "leadservice@bdk-bank.de",
        "channel": "autoscout24",
        "origin": "marketplace",
        "vehicle_kind": "stock",
    },
}

# A column that is not named says nothing: "" or None, never "no".
TYPES = [
    {
        "key": "1a",
        "title": "juhu.auto Standard",
        "description": "Neuer Interessent für eines Ihrer Fahrzeuge.",
    },
    {
        "key": "1b",
        "title": "juhu.auto Probefahrt",
        "description": "Neuer Interessent für eines Ihrer Fahrzeuge mit Probefahrtwunsch.",
        "test_drive_wished": True,
        "suggested_urgency": "high",
        "first_response_minutes": 60,
    },
    {
        "key": "1c",
        "title": "juhu.auto Kreditvoreinschätzung durchgeführt",
        "public_title": "juhu.auto Finanzierungsanfrage",
        "description": "Neuer Interessent für eines Ihrer Fahrzeuge. Eine Kreditvoreinschätzung wurde bereits durchgeführt.",
        "precheck": "performed",
        "finance_interest": True,
        "first_response_minutes": 60,
        "note": "Das Ergebnis der Kreditvoreinschätzung gehört nicht zur Leadart.",
    },
    {
        "key": "1d",
        "title": "juhu.auto positive Kreditvoreinschätzung",
        "public_title": "juhu.auto Finanzierungsanfrage",
        "description": "Neuer Interessent für eines Ihrer Fahrzeuge. Eine Kreditvoreinschätzung wurde bereits durchgeführt, eine Kreditzusage ist sehr wahrscheinlich.",
        "precheck": "positive",
        "finance_interest": True,
        "suggested_urgency": "high",
        "first_response_minutes": 60,
        "note": "Sehr wahrscheinlich ist noch keine Zusage.",
    },
    {
        "key": "1e",
        "title": "juhu.auto Probefahrt und positive Kreditvoreinschätzung",
        "public_title": "juhu.auto Probefahrt",
        "description": "Neuer Interessent für eines Ihrer Fahrzeuge mit Probefahrtwunsch. Eine Kreditvoreinschätzung wurde bereits durchgeführt, eine Kreditzusage ist sehr wahrscheinlich.",
        "test_drive_wished": True,
        "precheck": "positive",
        "finance_interest": True,
        "suggested_urgency": "immediate",
        "first_response_minutes": 30,
    },
    {
        "key": "1f",
        "title": "juhu.auto Rückrufbitte",
        "description": "Neuer Interessent für eines Ihrer Fahrzeuge mit Rückrufwunsch.",
        "callback_wished": True,
        "suggested_urgency": "high",
        "first_response_minutes": 30,
    },
    {
        "key": "2b",
        "title": "DIGEO Kundenkalkulator Finanzierung",
        "description": "Ein neuer Interessent hat ein Fahrzeug über Ihre Website für Finanzierung kalkuliert.",
        "finance_kind": "finance",
        "finance_interest": True,
    },
    {
        "key": "2c",
        "title": "DIGEO Kundenkalkulator Leasing",
        "description": "Ein neuer Interessent hat ein Fahrzeug über Ihre Website für Leasing kalkuliert.",
        "finance_kind": "leasing",
        "finance_interest": True,
    },
    {
        "key": "3a",
        "title": "BDK Anfrage Neukunde",
        "description": "Neuer Interessent für eines Ihrer Fahrzeuge.",
        "customer_kind": "new",
    },
    {
        "key": "3b",
        "title": "BDK Anfrage Bestandskunde",
        "description": "Neuer Interessent für eines Ihrer Fahrzeuge.",
        "customer_kind": "existing",
        "suggested_urgency": "high",
        "first_response_minutes": 60,
    },
    {
        "key": "3c",
        "title": "BDK Vertragsauslauf Finanzierung",
        "description": "Einer Ihrer Finanzierungsverträge läuft demnächst aus.",
        "finance_kind": "finance",
        "customer_kind": "existing",
        "contract_expiring": True,
        "vehicle_kind": "contract",
        "first_response_minutes": 1440,
        "note": "Bestandspflege: Der Kunde hat nichts angefragt.",
    },
    {
        "key": "3d",
        "title": "BDK Vertragsauslauf Leasing",
        "description": "Einer Ihrer Leasingverträge läuft demnächst aus.",
        "finance_kind": "leasing",
        "customer_kind": "existing",
        "contract_expiring": True,
        "vehicle_kind": "contract",
        "first_response_minutes": 1440,
        "note": "Bestandspflege: Der Kunde hat nichts angefragt.",
    },
    {
        "key": "5a",
        "title": "BDK Kampagnenmanager",
        "description": "Neuer Interessent für eines Ihrer Fahrzeuge.",
    },
    {
        "key": "6a",
        "title": "Neuwagenkonfigurator Barkauf",
        "description": "Ein neuer Interessent hat ein Fahrzeug über Ihre Website für Barzahlung konfiguriert.",
        "finance_kind": "cash",
        "finance_interest": False,
    },
    {
        "key": "6b",
        "title": "Neuwagenkonfigurator Finanzierung",
        "description": "Ein neuer Interessent hat ein Fahrzeug über Ihre Website für Finanzierung konfiguriert.",
        "finance_kind": "finance",
        "finance_interest": True,
    },
    {
        "key": "6c",
        "title": "Neuwagenkonfigurator Leasing",
        "description": "Ein neuer Interessent hat ein Fahrzeug über Ihre Website für Leasing konfiguriert.",
        "finance_kind": "leasing",
        "finance_interest": True,
    },
    {
        "key": "7a",
        "title": "ju-connect Standard",
        "description": "Neue Kontaktanfrage: Jetzt reagieren!",
    },
    {
        "key": "7b",
        "title": "ju-connect Probefahrt",
        "description": "Neue Anfrage: Jetzt reagieren!",
        "test_drive_wished": True,
        "suggested_urgency": "high",
        "first_response_minutes": 60,
    },
    {
        "key": "7c",
        "title": "ju-connect Kreditvoreinschätzung durchgeführt",
        "public_title": "ju-connect Finanzierungsanfrage",
        "description": "Neue Anfrage mit Finanzierungsprüfung - jetzt reagieren!",
        "precheck": "performed",
        "finance_interest": True,
        "first_response_minutes": 60,
    },
    {
        "key": "7d",
        "title": "ju-connect positive Kreditvoreinschätzung",
        "public_title": "ju-connect Finanzierungsanfrage",
        "description": "Neue Anfrage mit Finanzierungswunsch - Nehmen Sie Kontakt auf!",
        "precheck": "positive",
        "finance_kind": "finance",
        "finance_interest": True,
        "suggested_urgency": "high",
        "first_response_minutes": 60,
    },
    {
        "key": "7e",
        "title": "ju-connect Probefahrt und positive Kreditvoreinschätzung",
        "public_title": "ju-connect Probefahrt",
        "description": "Neue Fahrzeugreservierung - Jetzt schnell reagieren!",
        "test_drive_wished": True,
        "reservation_hint": True,
        "precheck": "positive",
        "finance_interest": True,
        "suggested_urgency": "immediate",
        "first_response_minutes": 30,
        "note": "Titel und Beschreibung sind uneins: Probefahrt oder Reservierung.",
    },
    {
        "key": "7f",
        "title": "ju-connect Rückrufbitte",
        "description": "Neue Anfrage mit Finanzierungswunsch - Jetzt schnell reagieren!",
        "callback_wished": True,
        "finance_kind": "finance",
        "finance_interest": True,
        "suggested_urgency": "high",
        "first_response_minutes": 30,
        "note": "Titel und Beschreibung sind uneins: Rückruf und Finanzierungswunsch gelten beide.",
    },
    {
        "key": "8a",
        "title": "Autoscout24 Positive Kreditvoreinschätzung",
        "public_title": "AutoScout24 Anfrage",
        "description": "Neuer Interessent für eines Ihrer Fahrzeuge mit positiver Kreditvoreinschätzung.",
        "precheck": "positive",
        "finance_interest": True,
        "suggested_urgency": "high",
        "first_response_minutes": 60,
    },
    {
        "key": "8b",
        "title": "Autoscout24 Negative Kreditvoreinschätzung",
        "public_title": "AutoScout24 Anfrage",
        "description": "Neuer Interessent für eines Ihrer Fahrzeuge mit negativer Kreditvoreinschätzung.",
        "precheck": "negative",
        "finance_interest": True,
        "note": "Bleibt eine Verkaufschance: Barzahlung, kleineres Fahrzeug, zweiter Antragsteller.",
    },
    {
        "key": "8c",
        "title": "Autoscout24 Ohne Kreditvoreinschätzung",
        "public_title": "AutoScout24 Anfrage",
        "description": "Neuer Interessent für eines Ihrer Fahrzeuge ohne Kreditvoreinschätzung.",
        "precheck": "none",
    },
]


def add_lead_types(apps, schema_editor):
    lead_type = apps.get_model("leads", "LeadType")
    lead_types = []
    for facts in TYPES:
        family = facts["key"][0]
        values = {"family": family, "public_title": facts["title"], **FAMILIES[family], **facts}
        lead_types.append(lead_type(**values))
    lead_type.objects.using(schema_editor.connection.alias).bulk_create(lead_types)


def remove_lead_types(apps, schema_editor):
    """Stops with ProtectedError where a lead has one of these types."""
    shared = apps.get_model("leads", "LeadType").objects.using(schema_editor.connection.alias)
    shared.filter(dealer=None, key__in=[facts["key"] for facts in TYPES]).delete()


class Migration(migrations.Migration):
    dependencies = [("leads", "0002_seed_catalogs")]

    operations = [migrations.RunPython(add_lead_types, remove_lead_types)]
