"""`manage.py sync_bdk_leads`: fetch leads from the BDK Leadservice."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from tqdm import tqdm

from integrations import inbox, patience
from integrations.models import Connection, Partner, SyncRun
from integrations.running import Order

logger = logging.getLogger(__name__)

SOME_QUARANTINED = 1
PARTNER_FAILED = 2


class Command(BaseCommand):
    help = (
        "Fetches new leads from the BDK Leadservice, acknowledges them and reports statuses. Exit "
        "status: 0 all is well, 1 some leads are in quarantine, 2 BDK cannot be reached or refuses "
        "something."
    )

    def add_arguments(self, parser):
        parser.add_argument("--connection", type=int, metavar="ID", help="only this connection")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--full", action="store_true", help="begin anew, without the cursor")
        what.add_argument(
            "--reconcile",
            action="store_true",
            help="look only for what BDK has no receipt of, beside the cursor; once a night",
        )
        parser.add_argument(
            "--anyway",
            action="store_true",
            help="also what is paused or waits after failures; never before BDK wants it",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="read and parse, but store nothing"
        )

    def handle(self, *, connection, full, reconcile, anyway, dry_run, **options):
        now = timezone.now()
        order = Order(full=full, reconcile=reconcile, anyway=anyway)
        # Errors and summaries are read by the office, whatever language the terminal speaks.
        with translation.override(settings.LANGUAGE_CODE):
            quarantined, failed = 0, 0
            for one in self.chosen(connection):
                try:
                    run = self.fetch(one, now=now, order=order, dry_run=dry_run)
                except Exception:
                    # One dealer's trouble must not keep the others waiting.
                    logger.exception("connection %s", one.pk)
                    failed += 1
                    continue
                if run is not None:
                    quarantined += run.quarantined
                    failed += bool(run.error)
            if failed:
                raise CommandError(
                    ngettext(
                        "%(n)d connection needs attention.",
                        "%(n)d connections need attention.",
                        failed,
                    )
                    % {"n": failed},
                    returncode=PARTNER_FAILED,
                )
            if quarantined:
                raise CommandError(
                    ngettext(
                        "%(n)d message is in quarantine; the intake ledger says why.",
                        "%(n)d messages are in quarantine; the intake ledger says why.",
                        quarantined,
                    )
                    % {"n": quarantined},
                    returncode=SOME_QUARANTINED,
                )

    def chosen(self, pk):
        """The active BDK connections, or the one that was named."""
        active = Connection.objects.active().filter(partner=Partner.BDK).select_related("dealer")
        if pk is None:
            if not active.exists():
                self.stdout.write(_("No BDK connection is switched on."))
            return active.order_by("pk")
        if not active.filter(pk=pk).exists():
            message = _("There is no BDK connection %(id)d that is switched on.")
            raise CommandError(message % {"id": pk}, returncode=PARTNER_FAILED)
        return active.filter(pk=pk)

    def fetch(self, connection, *, now, order, dry_run):
        """One connection; None if somebody else is fetching from it, or it is not its time."""
        # disable=None: only where somebody is watching
        with tqdm(desc=str(connection), unit="", leave=False, disable=None) as bar:
            try:
                run = inbox.pull(
                    connection, now=now, order=order, dry_run=dry_run, progress=bar.update
                )
            except patience.NotYet as reason:
                self.stdout.write(str(reason))
                return None
            except inbox.AlreadyRunning:
                message = _("%(connection)s: is being fetched by somebody else at this moment.")
                self.stdout.write(message % {"connection": connection})
                return None
        if run.state != SyncRun.State.FAILED or run.received:
            self.stdout.write(self.rehearsed(run) if dry_run else run.summary())
        for line in run.error.splitlines():
            self.stderr.write(f"{connection}: {line}")
        return run

    def rehearsed(self, run):
        message = _(
            "%(connection)s: %(received)d read, %(quarantined)d of them unusable; nothing stored."
        )
        return message % {
            "connection": run.connection,
            "received": run.received,
            "quarantined": run.quarantined,
        }
