"""What commands share that fetch from the connections of one partner."""

from __future__ import annotations

import logging
from argparse import ArgumentParser
from collections.abc import Callable, Iterable

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from tqdm import tqdm

from integrations.models import Connection, SyncRun
from integrations.patience import NotYet
from integrations.running import AlreadyRunning, Progress

logger = logging.getLogger(__name__)

SOME_QUARANTINED = 1
PARTNER_FAILED = 2


def add_common_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--connection", type=int, metavar="ID", help="only this connection")
    parser.add_argument(
        "--anyway",
        action="store_true",
        help="also what is paused or waits after failures; never before the partner wants it",
    )


class FetchCommand(BaseCommand):
    def fetch_all(
        self, connections: Iterable[Connection], fetch: Callable[[Connection], SyncRun | None]
    ) -> None:
        """One after the other. Raises CommandError, with the exit status, if not all is well."""
        quarantined, failed = 0, 0
        for one in connections:
            try:
                run = fetch(one)
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
                "%(n)d connection needs attention.", "%(n)d connections need attention.", failed
            )
            raise CommandError(words % {"n": failed}, returncode=PARTNER_FAILED)
        if quarantined:
            words = ngettext(
                "%(n)d message is in quarantine; the intake ledger says why.",
                "%(n)d messages are in quarantine; the intake ledger says why.",
                quarantined,
            )
            raise CommandError(words % {"n": quarantined}, returncode=SOME_QUARANTINED)

    def chosen(
        self, active: QuerySet[Connection], pk: int | None, *, none: str, unknown: str
    ) -> QuerySet[Connection]:
        """All of them, or the one that was named. The texts say that there is none, and that
        there is none with this %(id)d."""
        if pk is None:
            if not active.exists():
                self.stdout.write(none)
            return active.order_by("pk")
        if not active.filter(pk=pk).exists():
            raise CommandError(unknown % {"id": pk}, returncode=PARTNER_FAILED)
        return active.filter(pk=pk)

    def watched(
        self, connection: Connection, fetch: Callable[[Progress], SyncRun]
    ) -> SyncRun | None:
        """Fetch under a bar; None if somebody else is fetching from it, or it is not its time."""
        # disable=None: only where somebody is watching
        with tqdm(desc=str(connection), unit="", leave=False, disable=None) as bar:
            try:
                return fetch(bar.update)
            except NotYet as reason:
                self.stdout.write(str(reason))
            except AlreadyRunning:
                message = _("%(connection)s: is being fetched by somebody else at this moment.")
                self.stdout.write(message % {"connection": connection})
        return None

    def tell(self, run: SyncRun) -> None:
        """What it brought, unless nothing could be asked, and what went wrong."""
        if run.state != SyncRun.State.FAILED or run.received:
            self.stdout.write(run.summary())
        self.complain(run)

    def complain(self, run: SyncRun) -> None:
        for line in run.error.splitlines():
            self.stderr.write(f"{run.connection}: {line}")
