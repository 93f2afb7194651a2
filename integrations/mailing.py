"""Mails of the office to the dealers' own people: rows of the outbox, sent by any worker.

At least once: who sends a mail first moves its next attempt to the end of a lease, which one
UPDATE decides; if that worker dies, the mail goes out again under the same Message-ID. What the
mail server does not take now waits longer and longer, for three days; every attempt is counted.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils import translation
from django.utils.translation import gettext as _

from integrations.models import Connection, Delivery
from integrations.patience import back_off
from leads.models.user import User

logger = logging.getLogger(__name__)

# Longer than one mail may take: EMAIL_TIMEOUT for each of a dozen answers of the server.
LEASE = timedelta(minutes=5)
GIVE_UP_AFTER = timedelta(days=3)
_AT_ONCE = 50
_NEVER = 500  # from this code on the server says that trying again is in vain
_MAX_SUBJECT = 200  # characters

State = Delivery.State
# The last: an address or a subject that no mail can have.
Trouble = (OSError, SMTPException, ValueError)


def new_mail(
    connection: Connection, user: User, *, subject: str, text: str, now: datetime
) -> Delivery:
    """A mail that is due at once, not stored yet: that belongs into the transaction of its cause.
    `text` holds no data of customers. The address is that of the user when it is sent."""
    return Delivery(
        dealer_id=connection.dealer_id,
        connection=connection,
        kind=Delivery.Kind.MAIL,
        user=user,
        subject=" ".join(subject.split())[:_MAX_SUBJECT],
        text=text,
        occurred_at=now,
        next_attempt_at=now,
    )


def send_due(*, now: datetime) -> int:
    """Send the mails that are due, some at most; how many there were. A round of the workers.

    Nothing is raised that the mail server does: it stands on the mails.
    """
    began_at = time.monotonic()

    def clock() -> datetime:
        return now + timedelta(seconds=time.monotonic() - began_at)

    # Most looks find nothing; they do not call the mail server.
    due = list(Delivery.objects.due_mails(now).order_by("next_attempt_at", "pk")[:_AT_ONCE])
    if not due:
        return 0
    server = get_connection()
    try:
        server.open()
    except Trouble as error:
        for mail in due:
            if _claim(mail, now=clock()):
                _put_off(mail, error, now=clock())
        return 0
    try:
        for mail in due:
            if _claim(mail, now=clock()) and not _send(mail, server, clock()):
                return 0  # the line is dead; the next round opens another
    finally:
        server.close()
    return len(due)


def _claim(mail: Delivery, *, now: datetime) -> bool:
    """Whether this worker is the one that sends the mail now."""
    seen = Delivery.objects.due_mails(now).filter(pk=mail.pk, next_attempt_at=mail.next_attempt_at)
    mail.attempts = min(mail.attempts + 1, 1000)
    mail.next_attempt_at = now + LEASE
    return seen.update(attempts=mail.attempts, next_attempt_at=mail.next_attempt_at) == 1


def _send(mail: Delivery, server: Any, now: datetime) -> bool:
    """Send a claimed mail and note what came of it; whether the server can still be talked to."""
    address = _address(mail)
    if not address:
        with translation.override(settings.LANGUAGE_CODE):  # staff will read it
            answer = _("The recipient is not to be told any more.")
        _note(mail, state=State.DROPPED, answer=answer)
        return True
    message = EmailMessage(
        mail.subject,
        mail.text,
        to=[address],
        connection=server,
        headers={"Message-ID": message_id(mail), "Auto-Submitted": "auto-generated"},
    )
    try:
        message.send()
    except SMTPRecipientsRefused as error:
        codes = [code for code, _words in error.recipients.values()]
        if min(codes, default=0) >= _NEVER:
            logger.warning("mail %s refused: %s", mail.pk, codes[0])
            _note(mail, state=State.REFUSED, answer=str(codes[0]))
        else:
            _put_off(mail, error, now=now)
    except Trouble as error:
        _put_off(mail, error, now=now)
        # After an answer the conversation goes on, after anything else it does not.
        return isinstance(error, SMTPResponseException)
    else:
        _note(mail, state=State.SENT, answer="", sent_at=now)
    return True


def _address(mail: Delivery) -> str:
    """Empty for who does not work here any more, or has no address."""
    user = mail.user
    if user is None or not user.is_active:
        return ""
    return user.email if user.is_superuser or mail.dealer_id in user.dealer_ids() else ""


def message_id(mail: Delivery) -> str:
    """The same whenever it is sent."""
    return f"<{mail.message_id}@{urlsplit(settings.OFFICE_URL).hostname}>"


def _put_off(mail: Delivery, error: Exception, *, now: datetime) -> None:
    answer = type(error).__name__
    if isinstance(error, SMTPResponseException):
        answer = f"{answer} {error.smtp_code}"
    logger.warning("mail %s not sent: %s", mail.pk, answer)
    if mail.occurred_at and now - mail.occurred_at > GIVE_UP_AFTER:
        _note(mail, state=State.REFUSED, answer=answer)
    else:
        _note(mail, answer=answer, next_attempt_at=now + back_off(mail.attempts))


def _note(mail: Delivery, **values: Any) -> None:
    """Unless the lease is over and somebody else is at it; but what was sent was sent."""
    rows = Delivery.objects.filter(pk=mail.pk)
    if values.get("state") != State.SENT:
        rows = rows.pending().filter(next_attempt_at=mail.next_attempt_at)
    rows.update(**values)
