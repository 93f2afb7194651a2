"""Mails in the ledger: as people read them, as text to be corrected, and as a file."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.letters import TELLS_CREDITWORTHINESS
from integrations.mail.envelope import open_text
from integrations.mail.schema import Letter
from leads.admin.display import moment
from leads.models import Channel, IntakeEntry
from leads.services.intake import Unusable


def is_mail(entry: IntakeEntry) -> bool:
    return entry.channel == Channel.MAIL


def mail_as_text(entry: IntakeEntry) -> str:
    """Sender, subject, date, attachments and text. Text only: who shows it, escapes it."""
    try:
        letter = open_text(entry.raw).letter
    except Unusable as error:
        return str(error)
    head = "\n".join(f"{name}: {value}" for name, value in _head(letter).items() if value)
    return f"{head}\n\n{letter.text}"


def _head(letter: Letter) -> dict[str, str]:
    sender = letter.sender_name
    if letter.sender:
        sender = f"{letter.sender_name} <{letter.sender}>".strip()
    files = [f"{one.name} ({max(1, one.size // 1024)} KB)" for one in letter.attachments]
    return {
        _("From"): sender,
        _("Subject"): letter.subject,
        _("Sent"): moment(letter.sent_at, now=timezone.now()) if letter.sent_at else "",
        _("Attachments"): ", ".join(files),
    }


def mail_to_correct(entry: IntakeEntry) -> str:
    """The text of the mail, or what somebody made of it; what is written here is read instead."""
    if entry.corrected:
        return entry.corrected
    try:
        return open_text(entry.raw).letter.text
    except Unusable:
        return ""


def mail_tells_creditworthiness(entry: IntakeEntry) -> bool:
    """Also where the mail is encoded, so that its words do not stand in what is kept."""
    return is_mail(entry) and TELLS_CREDITWORTHINESS.search(mail_as_text(entry)) is not None


def mail_file(entry: IntakeEntry) -> HttpResponse:
    """The mail as it came, for a mail program; a browser only stores it. Raises Unusable."""
    answer = HttpResponse(open_text(entry.raw).raw, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="mail-{entry.pk}.eml"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "no-store"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer
