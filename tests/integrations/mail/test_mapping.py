"""What mails say, without a server: titles of BDK, lines of forms, HTML."""

import pytest
from django.utils import timezone

from integrations import letters
from integrations.mail.bdk_mails import known_types, type_of
from integrations.mail.envelope import Settings, message_from
from integrations.mail.html_text import read_html
from integrations.mail.lines import fields_in
from integrations.mail.senders import Verdict, is_allowed, verdict
from leads.models import IntakeEntry, LeadType
from tests.integrations.mail.letters import mail


@pytest.mark.django_db
def test_the_titles_are_those_of_the_lead_types():
    rows = LeadType.objects.filter(dealer=None).exclude(sender="")

    assert known_types() == {
        row.key: (row.title, row.description, row.sender.lower()) for row in rows
    }
    assert len(known_types()) == 25


@pytest.mark.parametrize("key", known_types())
def test_each_type_is_told_by_its_title(key):
    title, _description, sender = known_types()[key]

    assert type_of(sender, f"Fwd: {title.upper()}", "") == key
    assert type_of(sender, "Neuer Lead", f"Guten Tag,\n{title}\n") == key
    assert type_of("leads@example.org", title, title) == ""


@pytest.mark.parametrize(
    ("sender", "subject", "key"),
    [
        ("leadservice@bdk-bank.de", "Neuer Interessent für eines Ihrer Fahrzeuge.", ""),
        ("info@ju-connect.org", "Neue Fahrzeugreservierung - Jetzt schnell reagieren!", "7e"),
        ("leadservice@bdk-bank.de", "Rechnung", ""),
    ],
)
def test_a_description_counts_where_it_is_the_only_one(sender, subject, key):
    assert type_of(sender, subject, "") == key


def test_lines_are_read_over_several_lines_and_without_quotes():
    fields = fields_in(
        "> Name: Zitat\n* Name : Ina Groß\n**Telefon:** 0171 3920019\nE-Mail:\nina@example.net\n"
        "Nachricht: Eins\n\nZwei: drei\nUhr 10:30\nFahrzeug: Golf\nsiehe https://example.org\n"
    )

    assert fields.is_form
    assert fields.known == {
        "name": "Ina Groß",
        "phone": "0171 3920019",
        "email": "ina@example.net",
        "message": "Eins\n\nZwei: drei\nUhr 10:30",
        "vehicle_name": "Golf",
    }
    assert not fields_in("Liebes Team,\nmein Name: egal.").is_form


def test_html_becomes_text_and_comments():
    text, comments = read_html(
        "<head><title>x</title></head><style>p{}</style><p>Gr&uuml;&szlig;e<br>Zeile</p>"
        "<table><tr><td>Name</td><td>Ina</td></tr></table><!-- <call/> --><script>alert(1)</script>"
    )

    assert text == "Grüße\nZeile\nName: Ina"
    assert comments.strip() == "<call/>"


@pytest.mark.parametrize(
    ("allowed", "is_it"),
    [
        ([], True),
        (["juhu.auto"], True),
        (["@juhu.auto"], True),
        (["NoReply@juhu.auto"], True),
        (["other@juhu.auto"], False),
        (["uhu.auto"], False),
    ],
)
def test_who_may_write(allowed, is_it):
    assert is_allowed("noreply@juhu.auto", allowed) is is_it


OURS = "mx.example.org"


@pytest.mark.parametrize(
    ("checks", "found"),
    [
        ([f"{OURS}; dkim=pass header.d=juhu.auto"], Verdict.PASSED),
        ([f"{OURS}; spf=pass smtp.mailfrom=bounce@mail.juhu.auto"], Verdict.PASSED),
        ([f"{OURS}; dmarc=pass header.from=juhu.auto"], Verdict.PASSED),
        ([f"{OURS}; dkim=pass header.d=evil.example"], Verdict.UNKNOWN),
        ([f"{OURS}; dmarc=fail header.from=juhu.auto"], Verdict.FAILED),
        (["evil.example; dkim=pass header.d=juhu.auto"], Verdict.UNKNOWN),
        ([f"{OURS}; spf=fail", f"{OURS}; dkim=pass header.d=juhu.auto"], Verdict.FAILED),
        ([], Verdict.UNKNOWN),
    ],
)
def test_whose_word_counts_about_the_sender(checks, found):
    assert verdict(checks, "noreply@juhu.auto", checked_by=OURS) == found


FORM = "Name: Ina Groß\nTelefon: 0171 3920019\n"
FAILED = {"Authentication_Results": "mx.example.org; dmarc=fail"}


@pytest.mark.parametrize(
    ("text", "headers", "mailbox", "source"),
    [
        (FORM, {"From": "noreply@team.mobile.de"}, {}, "mobile_de"),
        (FORM, {"From": "noreply@kleinanzeigen.de"}, {}, "Kleinanzeigen"),
        ("Eine Frage", {"From": "noreply@autoscout24.de"}, {}, "autoscout24"),
        (f"{FORM}Börse: Mobile.de", {}, {}, "mobile_de"),
        (FORM, {"From": "noreply@mobile.de"}, {"source": "Website"}, "mobile_de"),
        (FORM, {}, {"source": "juhu.auto"}, "juhu.auto"),
        # No evidence: another domain, a word in the message, an unknown name, a false sender.
        (FORM, {"From": "noreply@mobile.de.example.net"}, {}, "website"),
        (f"{FORM}Nachricht: Ihr Inserat bei mobile.de", {}, {}, "website"),
        (f"{FORM}Quelle: Nachbar", {}, {}, "website"),
        (FORM, {"From": "noreply@mobile.de", **FAILED}, {}, "website"),
        (FORM, {"From": "noreply@mobile.de"}, {"checked_by": OURS}, "website"),
    ],
)
def test_the_source_is_the_marketplace_that_the_mail_names(text, headers, mailbox, source):
    message = message_from(mail(text, **headers), Settings(**mailbox), is_cut=False)

    draft = letters.parse(IntakeEntry(raw=message.raw, received_at=timezone.now()))

    assert draft.source == source
