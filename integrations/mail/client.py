"""A mailbox over IMAP (imap-tools): the only place that speaks to a mail server.

TLS with certificates checked, without it only on this machine; a limit in time for the whole
conversation (a server that drips must end too) and in size for each answer. Mails are read
without marking them. Neither the password nor anything of a mail gets into errors and logs.
"""

from __future__ import annotations

import imaplib
import logging
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from imap_tools import BaseMailBox, MailboxLoginError
from imap_tools.errors import ImapToolsError

from integrations.addresses import AddressRefused, check_host, resolve
from integrations.deadline import Deadline, Late
from integrations.http import (
    PartnerError,
    PartnerMisconfigured,
    PartnerRefused,
    PartnerUnavailable,
    is_this_machine,
)
from integrations.mail.steps import Step, Steps
from integrations.models.connection import Connection, MailEncryption
from integrations.troubles import words_for_error

logger = logging.getLogger(__name__)

MAX_MAIL = 10 * 1024**2  # bytes; of a larger one only the beginning is read
BEGINNING = 256 * 1024  # bytes

_USUAL_PORTS = {MailEncryption.TLS: 993, MailEncryption.STARTTLS: 143, MailEncryption.NONE: 143}
# A literal and the words around it.
_MAX_ANSWER = MAX_MAIL + 64 * 1024
_ERRORS = (OSError, imaplib.IMAP4.error, ImapToolsError, ValueError, Late)


class MailboxMisconfigured(PartnerMisconfigured):
    advice = gettext_lazy("Please check server, user, password and folders of the mailbox.")


class LoginRefused(MailboxMisconfigured):
    """Wrong user or password: a person must act before it is tried again."""


class Mailbox:
    """One conversation with a mail server, within its `with` block.

    All methods raise PartnerUnavailable, PartnerRefused or MailboxMisconfigured.
    """

    step_timeout: float = 30  # seconds without a sign from the server
    total_timeout: float = 5 * 60  # seconds for the whole conversation

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.host = connection.mail_host.strip()
        self._encryption = MailEncryption(connection.mail_encryption)
        self.port = connection.mail_port or _USUAL_PORTS[self._encryption]
        self._deadline = Deadline(self.total_timeout)
        scheme = "imaps" if self._encryption == MailEncryption.TLS else "imap"
        self._steps = Steps(f"{scheme}://{self.host}:{self.port}")
        self._folder = ""

    def __enter__(self) -> Self:
        if not self.host:
            raise MailboxMisconfigured(_("No mail server is entered."))
        if self._encryption == MailEncryption.NONE and not is_this_machine(self.host):
            message = _("%(host)s is not this machine: mails are fetched with TLS only.")
            raise MailboxMisconfigured(message % {"host": self.host})
        self._deadline.__enter__()
        try:
            with self._told("CONNECT"):
                self._box = _Box(
                    self.host, self.port, self._encryption, self._deadline, self.step_timeout
                )
            self._sign_in()
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._leave()

    def _leave(self) -> None:
        box = getattr(self, "_box", None)
        if box is not None:
            with suppress(*_ERRORS):
                if self._deadline.is_over:
                    box.client.shutdown()
                else:
                    box.client.sock.settimeout(2)  # nothing depends on a friendly good-bye
                    box.client.logout()
        self._deadline.__exit__()
        self._steps.tell()

    def _sign_in(self) -> None:
        user, password = self._connection.client_id, self._connection.client_secret
        try:
            with self._told("LOGIN"):
                if user.isascii() and password.isascii():
                    self._box.login(user, password, None)
                else:
                    self._box.login_utf8(user, password, None)
                # Some servers tell what they can only to those they know.
                answer: Any = self._box.client.capability()[1][0]
                self._box.client.capabilities = tuple(answer.decode("ascii").upper().split())
        except _SignInFailed as error:
            message = _("%(host)s refuses user or password.") % {"host": self.host}
            raise LoginRefused(message) from error

    # What is there

    def folders(self) -> list[str]:
        with self._told("LIST"):
            return [folder.name for folder in self._box.folder.list()]

    def prepare(self, *folders: str) -> None:
        """Make the folders that do not exist yet."""
        known = {name.casefold() if name.upper() == "INBOX" else name for name in self.folders()}
        for name in folders:
            if name not in known and name.casefold() not in known:
                try:
                    with self._told("CREATE", name):
                        self._box.folder.create(name)
                except PartnerRefused as error:
                    message = _(
                        "The folder “%(folder)s” cannot be made. Some servers want it below the"
                        " inbox: INBOX.%(folder)s"
                    )
                    raise MailboxMisconfigured(message % {"folder": name}) from error

    def open(self, folder: str) -> None:
        """Raises MailboxMisconfigured if there is no such folder."""
        try:
            with self._told("SELECT", folder):
                self._box.folder.set(folder)
        except PartnerRefused as error:
            message = _("The mailbox has no folder “%(folder)s”.") % {"folder": folder}
            raise MailboxMisconfigured(message) from error
        self._folder = folder

    def uids(self) -> list[str]:
        """All mails of the folder that are not marked as deleted, the oldest first."""
        with self._told("SEARCH", self._folder) as step:
            found = sorted(self._box.uids("UNDELETED", None), key=int)
            step.count(len(found))
        return found

    def fetch(self, uid: str) -> tuple[bytes, bool] | None:
        """(the mail, whether it is larger than MAX_MAIL and this is its beginning only); None if
        somebody has taken it away meanwhile."""
        with self._told("FETCH", self._folder) as step:
            is_large = self._size(uid) > MAX_MAIL
            part = f"<0.{BEGINNING}>" if is_large else ""
            answer = self._box.client.uid("FETCH", uid, f"(BODY.PEEK[]{part})")
            mail = _literal(answer)
            step.count(int(mail is not None), received=len(mail or b""))
        return None if mail is None else (mail, is_large)

    def _size(self, uid: str) -> int:
        """As the server says; 0 if it does not."""
        _state, data = self._box.client.uid("FETCH", uid, "(RFC822.SIZE)")
        words = b" ".join(part for part in data if isinstance(part, bytes))
        _before, _name, rest = words.partition(b"RFC822.SIZE ")
        digits = rest.split(b" ")[0].strip(b")")
        return int(digits) if digits.isdigit() else 0

    def move(self, uids: Sequence[str], folder: str) -> None:
        with self._told("MOVE", folder) as step:
            self._box.move(list(uids), folder)
            step.count(len(uids))

    # What goes wrong

    @contextmanager
    def _told(self, command: str, folder: str = "") -> Iterator[Step]:
        """What goes wrong, as one of the three errors. `from None`: the causes quote the server,
        and that quotes what it was told."""
        try:
            with self._steps.step(command, folder) as step:
                yield step
        except _SignInFailed:
            raise
        except AddressRefused as error:
            raise MailboxMisconfigured(str(error)) from None
        except _ERRORS as error:
            raise self._error(error) from None

    def _box_has_said_too_much(self) -> bool:
        box = getattr(self, "_box", None)
        return box is not None and bool(getattr(box.client, "is_too_long", False))

    def _error(self, error: Exception) -> PartnerError:
        values = {"host": self.host, "seconds": self.total_timeout}
        if self._deadline.is_over or isinstance(error, Late):
            text = _("%(host)s did not finish within %(seconds)d seconds.")
            return PartnerUnavailable(text % values)
        if isinstance(error, ssl.SSLCertVerificationError):
            text = _("%(host)s does not show a certificate that can be trusted.")
            return MailboxMisconfigured(text % values)
        if isinstance(error, _NoTls):
            return MailboxMisconfigured(_("%(host)s offers no TLS.") % values)
        if self._box_has_said_too_much():
            return PartnerUnavailable(_("An answer of %(host)s is too long.") % values)
        if isinstance(error, OSError | imaplib.IMAP4.abort):
            logger.warning("mailbox %s: %s", self._connection.pk, type(error).__name__)
            text = _("%(host)s cannot be reached (%(problem)s).")
            return PartnerUnavailable(text % {**values, "problem": words_for_error(error)})
        return PartnerRefused(_("%(host)s refuses a command.") % values)


def _literal(answer: Any) -> bytes | None:
    """The mail within the answer to a FETCH."""
    for part in answer[1]:
        if isinstance(part, tuple) and len(part) > 1 and b"BODY[" in part[0].upper():
            return bytes(part[1])
    return None


# --- the connection beneath -------------------------------------------------------------------


class _NoTls(imaplib.IMAP4.error):
    """STARTTLS was agreed on, and the server does not have it."""


class _SignInFailed(Exception):
    """The server said no; its words may quote the user's."""


class _Client(imaplib.IMAP4):
    """A connection that a deadline can cut, and that reads only so much for one answer."""

    def __init__(
        self,
        host: str,
        port: int,
        deadline: Deadline,
        timeout: float,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._deadline, self._context = deadline, context
        self._left, self.is_too_long = _MAX_ANSWER, False
        super().__init__(host, port, timeout)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        # Before anything is opened, or what happens would tell what runs in our own network.
        check_host(self.host, resolve(self.host, self.port))
        connected = socket.create_connection((self.host, self.port), timeout)
        try:
            # And then the one in use: the name may lead elsewhere a moment later.
            check_host(self.host, [str(connected.getpeername()[0])])
            self._deadline.watch(connected)
            if self._context is None:
                return connected
            return self._context.wrap_socket(connected, server_hostname=self.host)
        except BaseException:
            connected.close()
            raise

    def send(self, data: Any) -> None:
        self._left = _MAX_ANSWER
        super().send(data)

    def read(self, size: int) -> bytes:
        self._spend(size)
        return super().read(size)

    def readline(self) -> bytes:
        line = super().readline()
        self._spend(len(line))
        return line

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            self.is_too_long = True
            self.shutdown()  # whatever else it sends, nobody listens
            raise self.abort("too long")


class _Box(BaseMailBox):
    """imap-tools upon that connection."""

    def __init__(
        self,
        host: str,
        port: int,
        encryption: MailEncryption,
        deadline: Deadline,
        timeout: float,
    ) -> None:
        self._place = (host, port, deadline, timeout)
        self._encryption = encryption
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        if self._encryption == MailEncryption.TLS:
            return _Client(*self._place, ssl.create_default_context())
        client = _Client(*self._place)
        if self._encryption == MailEncryption.STARTTLS:
            if "STARTTLS" not in client.capabilities:
                raise _NoTls
            client.starttls(ssl.create_default_context())
        return client

    def login(self, username: str, password: str, initial_folder: str | None = None) -> Self:
        return self._signed_in(super().login, username, password)

    def login_utf8(self, username: str, password: str, initial_folder: str | None = None) -> Self:
        return self._signed_in(super().login_utf8, username, password)

    def _signed_in(self, sign_in: Any, username: str, password: str) -> Self:
        try:
            sign_in(username, password, None)
        except imaplib.IMAP4.abort:
            raise
        except (MailboxLoginError, imaplib.IMAP4.error):
            raise _SignInFailed from None
        return self
