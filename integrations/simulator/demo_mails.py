"""What lies in the simulated mailbox when it starts: a handful of mails, one of each kind."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

_ADF = """<?xml version="1.0" encoding="UTF-8"?>
<?adf version="1.0"?>
<adf><prospect><id sequence="1" source="portal.example.org">P-2026-000901</id>
<vehicle status="used"><year>2021</year><make>Seat</make><model>Ateca</model></vehicle>
<customer><contact><name part="full">Jörg Müßiggang</name>
<email>joerg.muessiggang@example.net</email>
<phone type="cellphone">0171 3920021</phone></contact><comments>Ist Finanzierung möglich?</comments>
</customer><provider><name>Beispielportal</name></provider></prospect></adf>"""
_CALL = (
    "<call><callId>C-9001</callId><callerNumber>0171 3920022</callerNumber><make>Opel</make>"
    "<model>Corsa</model><duration>0</duration></call>"
)
_JUHU = """Guten Tag,

neuer Lead: juhu.auto Probefahrt
Neuer Interessent für eines Ihrer Fahrzeuge mit Probefahrtwunsch.

Anrede: Frau
Vorname: Swantje
Nachname: Grönwold
E-Mail: swantje.groenwold@example.net
Telefon: 0171 3920023
Fahrzeug: Škoda Octavia Combi
Nachricht: Gern am Samstagvormittag.
"""
_FORM = """Über das Kontaktformular Ihrer Website:

Name: Herr Dr. Till Weßling
E-Mail: till.wessling@example.net
Telefon: 0221 4710 902
PLZ/Ort: 50667 Köln
Inzahlungnahme: ja
Nachricht: Ich suche einen Kombi mit Anhängerkupplung bis 25.000 Euro.
"""
_MARKETPLACE = """Neue Anfrage zu Ihrem Inserat:

Name: Henrike Voßkuhl
E-Mail: henrike.vosskuhl@example.net
Telefon: 0221 4710 903
Fahrzeug: Opel Corsa
Nachricht: Ist der Preis noch verhandelbar?
"""
_LETTER = """Sehr geehrte Damen und Herren,

steht der blaue Golf noch bei Ihnen auf dem Hof? Ich würde ihn mir gern ansehen.

Mit freundlichen Grüßen
Anke Löffelholz
"""

# From, subject, text, part of HTML, header of its own
_MAILS: tuple[tuple[str, str, str, str, tuple[str, str] | None], ...] = (
    ("Anke Löffelholz <anke.loeffelholz@example.net>", "Blauer Golf", _LETTER, "", None),
    ("juhu.auto <noreply@juhu.auto>", "juhu.auto Probefahrt", _JUHU, "", None),
    (
        "AutoScout24 <no-reply@rtm.autoscout24.com>",
        "4711: Verpasster Anruf, Opel Corsa",
        "Sie haben einen Anruf verpasst.",
        f"<p>Sie haben einen Anruf verpasst.</p><!-- {_CALL} -->",
        None,
    ),
    ("Beispielportal <leads@portal.example.org>", "Neuer Lead", _ADF, "", None),
    ("Website <website@autohaus.example.org>", "Kontaktformular", _FORM, "", None),
    ("mobile.de <noreply@mobile.de>", "Anfrage zu Ihrem Inserat", _MARKETPLACE, "", None),
    (
        "AutoScout24 <no-reply@rtm.autoscout24.com>",
        "Neue Fahrzeuge für Ihren Suchauftrag",
        "Drei neue Angebote passen zu Ihrer Suche.",
        "",
        None,
    ),
    (
        "Till Weßling <till.wessling@example.net>",
        "Automatische Antwort: Ihre Anfrage",
        "Ich bin bis Montag nicht erreichbar.",
        "",
        ("Auto-Submitted", "auto-replied"),
    ),
)


def demo_mails(*, now: datetime) -> list[bytes]:
    """As if they had come within the last hours."""
    return [_mail(number, one, now=now) for number, one in enumerate(_MAILS, start=1)]


def _mail(
    number: int, said: tuple[str, str, str, str, tuple[str, str] | None], *, now: datetime
) -> bytes:
    sender, subject, text, html, header = said
    message = EmailMessage()
    message["From"], message["Subject"] = sender, subject
    message["To"] = "leads@autohaus.example.org"
    message["Date"] = format_datetime(now - timedelta(minutes=20 * (len(_MAILS) - number + 1)))
    message["Message-ID"] = f"<demo-{number}@example.org>"
    if header:
        message[header[0]] = header[1]
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message.as_bytes()
