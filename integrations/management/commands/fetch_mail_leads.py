"""`manage.py fetch_mail_leads`: take in the mails that lie in the mailboxes of the locations."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from integrations import mail_inbox
from integrations.http import PartnerError
from integrations.management.fetching import FetchCommand, add_common_arguments
from integrations.models import Connection, Partner, SyncRun
from integrations.trials import TRIALS


class Command(FetchCommand):
    help = (
        "Fetches leads from mailboxes (IMAP). Exit status: 0 all is well, 1 some mails are in"
        " quarantine, 2 a mailbox cannot be reached or refuses something."
    )

    def add_arguments(self, parser):
        add_common_arguments(parser)
        parser.add_argument(
            "--check", action="store_true", help="sign in and look for the folders, fetch nothing"
        )

    def handle(self, *, connection, anyway, check, **options):
        active = Connection.objects.active().filter(partner=Partner.MAIL)
        # Errors and summaries are read by the office, whatever language the terminal speaks.
        with translation.override(settings.LANGUAGE_CODE):
            chosen = self.chosen(
                active.select_related("dealer", "location"),
                connection,
                none=_("No mailbox is switched on."),
                unknown=_("There is no mailbox %(id)d that is switched on."),
            )
            self.fetch_all(
                chosen, self.try_out if check else lambda one: self.fetch(one, anyway=anyway)
            )

    def try_out(self, connection):
        try:
            self.stdout.write(f"{connection}: {TRIALS[connection.partner](connection)}")
        except PartnerError as error:
            run = SyncRun(connection=connection, error=f"{error} {error.advice}")
            self.complain(run)
            return run
        return None

    def fetch(self, connection, *, anyway):
        run = self.watched(
            connection,
            lambda progress: mail_inbox.fetch(
                connection, now=timezone.now(), anyway=anyway, progress=progress
            ),
        )
        if run is not None:
            self.tell(run)
        return run
