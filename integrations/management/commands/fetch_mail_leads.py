"""`manage.py fetch_mail_leads`: take in the mails that lie in the mailboxes of the locations."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from tqdm import tqdm

from integrations import mail_inbox
from integrations.http import PartnerError
from integrations.inbox import AlreadyRunning
from integrations.models import Connection, Partner, SyncRun
from integrations.patience import NotYet
from integrations.trials import TRIALS

logger = logging.getLogger(__name__)

SOME_QUARANTINED = 1
MAILBOX_FAILED = 2


class Command(BaseCommand):
    help = (
        "Fetches leads from mailboxes (IMAP). Exit status: 0 all is well, 1 some mails are in"
        " quarantine, 2 a mailbox cannot be reached or refuses something."
    )

    def add_arguments(self, parser):
        parser.add_argument("--connection", type=int, metavar="ID", help="only this mailbox")
        parser.add_argument(
            "--check", action="store_true", help="sign in and look for the folders, fetch nothing"
        )

    def handle(self, *, connection, check, **options):
        # Errors and summaries are read by the office, whatever language the terminal speaks.
        with translation.override(settings.LANGUAGE_CODE):
            quarantined, failed = 0, 0
            for one in self.chosen(connection):
                try:
                    run = self.try_out(one) if check else self.fetch(one)
                except Exception:
                    # One dealer's trouble must not keep the others waiting.
                    logger.exception("connection %s", one.pk)
                    failed += 1
                    continue
                if run is not None:
                    quarantined += run.quarantined
                    failed += bool(run.error)
            if failed:
                words = ngettext(
                    "%(n)d connection needs attention.",
                    "%(n)d connections need attention.",
                    failed,
                )
                raise CommandError(words % {"n": failed}, returncode=MAILBOX_FAILED)
            if quarantined:
                words = ngettext(
                    "%(n)d message is in quarantine; the intake ledger says why.",
                    "%(n)d messages are in quarantine; the intake ledger says why.",
                    quarantined,
                )
                raise CommandError(words % {"n": quarantined}, returncode=SOME_QUARANTINED)

    def chosen(self, pk):
        """The mailboxes that are switched on, or the one that was named."""
        active = Connection.objects.active().filter(partner=Partner.MAIL)
        active = active.select_related("dealer", "location")
        if pk is None:
            if not active.exists():
                self.stdout.write(_("No mailbox is switched on."))
            return active.order_by("pk")
        if not active.filter(pk=pk).exists():
            message = _("There is no mailbox %(id)d that is switched on.")
            raise CommandError(message % {"id": pk}, returncode=MAILBOX_FAILED)
        return active.filter(pk=pk)

    def try_out(self, connection):
        try:
            self.stdout.write(f"{connection}: {TRIALS[connection.partner](connection)}")
        except PartnerError as error:
            return SyncRun(error=self.tell(connection, f"{error} {error.advice}"))
        return None

    def fetch(self, connection):
        """One mailbox; None if somebody else is fetching from it."""
        # disable=None: only where somebody is watching
        with tqdm(desc=str(connection), unit="", leave=False, disable=None) as bar:
            try:
                run = mail_inbox.fetch(connection, now=timezone.now(), progress=bar.update)
            except NotYet as reason:
                self.stdout.write(str(reason))
                return None
            except AlreadyRunning:
                message = _("%(connection)s: is being fetched by somebody else at this moment.")
                self.stdout.write(message % {"connection": connection})
                return None
        if run.state != SyncRun.State.FAILED or run.received:
            self.stdout.write(run.summary())
        if run.error:
            self.tell(connection, run.error)
        return run

    def tell(self, connection, problem):
        self.stderr.write(f"{connection}: {problem}")
        return problem
