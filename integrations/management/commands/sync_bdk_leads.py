"""`manage.py sync_bdk_leads`: fetch leads from the BDK Leadservice."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from integrations import inbox
from integrations.management.fetching import FetchCommand, add_common_arguments
from integrations.models import Connection, Partner, SyncRun
from integrations.running import Order


class Command(FetchCommand):
    help = (
        "Fetches new leads from the BDK Leadservice, acknowledges them and reports statuses. Exit "
        "status: 0 all is well, 1 some leads are in quarantine, 2 BDK cannot be reached or refuses "
        "something."
    )

    def add_arguments(self, parser):
        add_common_arguments(parser)
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--full", action="store_true", help="begin anew, without the cursor")
        what.add_argument(
            "--reconcile",
            action="store_true",
            help="look only for what BDK has no receipt of, beside the cursor; once a night",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="read and parse, but store nothing"
        )

    def handle(self, *, connection, full, reconcile, anyway, dry_run, **options):
        now = timezone.now()
        order = Order(full=full, reconcile=reconcile, anyway=anyway)
        active = Connection.objects.active().filter(partner=Partner.BDK)
        # Errors and summaries are read by the office, whatever language the terminal speaks.
        with translation.override(settings.LANGUAGE_CODE):
            chosen = self.chosen(
                active.select_related("dealer"),
                connection,
                none=_("No BDK connection is switched on."),
                unknown=_("There is no BDK connection %(id)d that is switched on."),
            )
            self.fetch_all(
                chosen, lambda one: self.fetch(one, now=now, order=order, dry_run=dry_run)
            )

    def fetch(self, connection, *, now, order, dry_run):
        run = self.watched(
            connection,
            lambda progress: inbox.pull(
                connection, now=now, order=order, dry_run=dry_run, progress=progress
            ),
        )
        if run is not None and dry_run:
            self.tell_rehearsed(run)
        elif run is not None:
            self.tell(run)
        return run

    def tell_rehearsed(self, run):
        if run.state != SyncRun.State.FAILED or run.received:
            message = _(
                "%(connection)s: %(received)d read, %(quarantined)d of them unusable;"
                " nothing stored."
            )
            values = {"received": run.received, "quarantined": run.quarantined}
            self.stdout.write(message % {"connection": run.connection, **values})
        self.complain(run)
