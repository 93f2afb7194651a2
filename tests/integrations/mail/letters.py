"""Mails as the partners and people send them; all of it made up."""

from email.message import EmailMessage

CALL_XML = (
    "<call><callId>C-77</callId><callerNumber>0171 3920017</callerNumber><make>Opel</make>"
    "<model>Corsa</model><offerReference>A-1001</offerReference><duration>0</duration></call>"
)
ADF = (
    '<adf><prospect><id sequence="1" source="portal.example.org">P-1</id>'
    "<vehicle><make>Seat</make><model>Ateca</model></vehicle><customer><contact>"
    '<name part="full">Jörg Müßig</name><email>joerg.muessig@example.net</email>'
    "</contact></customer></prospect></adf>"
)
BDK_BODY = """Guten Tag,

juhu.auto Probefahrt
Neuer Interessent für eines Ihrer Fahrzeuge mit Probefahrtwunsch.

Anrede: Frau
Vorname: Erika
Nachname: Größing
E-Mail: erika.groessing@example.net
Telefon: 0171 3920018
Marke: Škoda
Modell: Octavia Combi
Fahrzeugnummer: A-2002
Nachricht: Ist der Wagen noch da?
Gerne am Samstag.
"""


def mail(text="Guten Tag, ist der Wagen noch da?", *, html="", **headers):
    """A mail; header names with "_" for "-"."""
    message = EmailMessage()
    defaults = {
        "From": "Jana Testmann <jana.testmann@example.net>",
        "To": "leads@autohaus.example.org",
        "Subject": "Frage zum Kombi",
        "Date": "Mon, 02 Mar 2026 10:15:00 +0100",
        "Message_ID": "<1@example.net>",
    }
    for name, value in {**defaults, **headers}.items():
        if value is not None:
            message[name.replace("_", "-")] = value
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message.as_bytes()


def bdk(text=BDK_BODY, **headers):
    given = {"From": "juhu.auto <noreply@juhu.auto>", "Subject": "juhu.auto Probefahrt"}
    return mail(text, **{**given, "Message_ID": "<bdk-1@juhu.auto>", **headers})


def call(subject="4711: Verpasster Anruf 02.03.2026 10:15 Opel Corsa", comment=CALL_XML, **headers):
    given = {"From": "no-reply@rtm.autoscout24.com", "Subject": subject}
    html = f"<html><body><p>Sie haben einen Anruf.</p><!-- {comment} --></body></html>"
    given["Message_ID"] = "<call-1@rtm.autoscout24.com>"
    return mail("Sie haben einen Anruf.", html=html, **{**given, **headers})
