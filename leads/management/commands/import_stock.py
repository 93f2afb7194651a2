"""`manage.py import_stock`: the whole stock of a dealer from a file in the format of mobile.de."""

from __future__ import annotations

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import translation
from django.utils.translation import gettext as _

from leads.management.dealers import WRONG_CALL, dealer_named
from leads.management.importing import ROWS_LEFT, UNREADABLE, ListCommand
from leads.models import ListKind, OnExisting
from leads.models.keys import catalog_key
from leads.resources.list_info import Choice, Layout
from leads.resources.stock_lists import GONE, look_ahead
from leads.services.catalogue import locations_by_name


class Command(ListCommand):
    kind = ListKind.VEHICLES
    usually = OnExisting.UPDATE

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.help = (
            "Imports the whole stock from a file in the format of mobile.de (semicolons, "
            "ISO-8859-15): new cars are created, changed ones updated, those of the same customer "
            "number (or location) that it no longer names are marked as no longer in stock. An "
            "empty file changes nothing. Exit status: 0 all is well, 1 some rows have errors, or "
            "so many cars are missing that none was marked, 2 something in the call is wrong, 3 "
            "the file is empty or cannot be read."
        )

    def add_reading_arguments(self, parser):
        parser.add_argument("--location", metavar="L", help="where all of these cars stand")
        parser.add_argument(
            "--accept-vanishing",
            action="store_true",
            help="mark what is missing as no longer in stock, however many cars that are",
        )

    def choice(self, options):
        return Choice(layout=Layout.MOBILE_DE)

    def handle(self, *, file, dealer, dry_run, on_existing, **options):
        self.location = options["location"]
        self.accepts_vanishing = options["accept_vanishing"]
        self.warning = ""
        with translation.override(settings.LANGUAGE_CODE):
            if self.location:
                self.check_location(dealer_named(dealer))
            try:
                super().handle(
                    file=file,
                    dealer=dealer,
                    dry_run=dry_run,
                    on_existing=on_existing or self.usually,
                    **options,
                )
            except CommandError as error:
                if error.returncode != UNREADABLE:
                    raise
                unchanged = _("Nothing was changed in the stock.")
                raise CommandError(f"{error} {unchanged}", returncode=UNREADABLE) from error
        if self.warning:
            raise CommandError(self.warning, returncode=ROWS_LEFT)

    def check_location(self, dealer):
        if catalog_key(self.location) not in locations_by_name(dealer):
            message = _("This dealer has no location “%(name)s”.") % {"name": self.location}
            raise CommandError(message, returncode=WRONG_CALL)

    def fixed_values(self, mapping):
        """Only what was said: a file of another location must not be taken for the last one's."""
        return {"location": self.location} if self.location else {}

    def say_plan(self, found):
        super().say_plan(found)
        outlook = look_ahead(found)
        if outlook.needs_order and not self.accepts_vanishing:
            self.warning = outlook.warning
            self.stderr.write(self.warning)
        elif outlook.sentence:
            self.stdout.write(outlook.sentence)

    def carry_out(self, found):
        super().carry_out(found)
        message = _("No longer in stock: %(n)d.") % {"n": found.outcomes[GONE]}
        self.stdout.write(message)
