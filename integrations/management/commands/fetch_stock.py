"""`manage.py fetch_stock`: take over the cars of a Marketplace."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from integrations import stock_inbox
from integrations.management.fetching import FetchCommand, add_common_arguments
from integrations.models import Connection, Partner


class Command(FetchCommand):
    help = (
        "Takes over the stock from Marketplace connections (published vehicles only); that of "
        "Automanager itself comes with check_automanager_exports. Exit status: 0 all is well, 2 "
        "the Marketplace cannot be reached or something about the stock needs a look."
    )

    def add_arguments(self, parser):
        add_common_arguments(parser)
        parser.add_argument(
            "--accept-vanishing",
            action="store_true",
            help="mark what is missing as no longer in stock, however many cars that are",
        )

    def handle(self, *, connection, **options):
        active = Connection.objects.active().filter(partner=Partner.MARKETPLACE)
        # Errors and summaries are read by the office, whatever language the terminal speaks.
        with translation.override(settings.LANGUAGE_CODE):
            chosen = self.chosen(
                active.select_related("dealer", "location"),
                connection,
                none=_("No Marketplace connection is switched on."),
                unknown=_("There is no Marketplace connection %(id)d that is switched on."),
            )
            self.fetch_all(chosen, lambda one: self.fetch(one, options))

    def fetch(self, connection, options):
        run = self.watched(
            connection,
            lambda progress: stock_inbox.fetch(
                connection,
                now=timezone.now(),
                anyway=options["anyway"],
                accept_vanishing=options["accept_vanishing"],
                progress=progress,
            ),
        )
        if run is not None:
            self.tell(run)
        return run
