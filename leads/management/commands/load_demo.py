"""Fill a fresh office with made-up data and say how to sign in."""

import os

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from leads.management.demo.connections import connect
from leads.management.demo.loading import load
from leads.management.demo.office import COMPANIES, PASSWORD, PEOPLE, Person
from leads.models import Dealer


class Command(BaseCommand):
    help = "Loads the demo data once and prints address and logins. For development only."
    # Started with every `make run`, right behind a command that has checked everything.
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument(
            "--if-empty", action="store_true", help="load only if there is no dealer yet"
        )

    def handle(self, *, if_empty, **options):
        if not settings.DEBUG:
            raise CommandError(_("Demo data are for development only: DEBUG is off."))
        simulator_port = port_from("SIMULATOR_PORT", 8901)
        demo_dealer = Dealer.objects.filter(name=COMPANIES[0].name).first()
        if demo_dealer:
            connect(demo_dealer, simulator_port=simulator_port)
        elif if_empty and Dealer.objects.exists():
            self.stdout.write(_("There are dealers already, so no demo data were loaded."))
        else:
            # Timelines and reasons are in the language of the office, whoever starts this.
            with translation.override(settings.LANGUAGE_CODE):
                load(now=timezone.now(), simulator_port=simulator_port)
            self.stdout.write(_("Demo data loaded."))
        self.stdout.write(f"\nhttp://127.0.0.1:{port_from('PORT', 8000)}/\n\n")
        if Dealer.objects.filter(name=COMPANIES[0].name).exists():
            self.stdout.write(aligned(logins()) + "\n")


def port_from(name, default):
    text = os.environ.get(name) or str(default)
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise CommandError(
            _("%(name)s is not a port number: %(text)s") % {"name": name, "text": text}
        )
    return int(text)


def logins():
    """Rows of the table, with a head."""
    head = [_("Role"), _("User name"), _("Password"), _("Dealer")]
    return [head, *([role(one), one.username, PASSWORD, employers(one)] for one in PEOPLE)]


def role(person: Person) -> str:
    if not person.works:
        return _("operator")
    words = [str(role.label) for _company, role, _place in person.works]
    words += [
        _("only %(location)s") % {"location": place} for *_rest, place in person.works if place
    ]
    if person.sees_creditworthiness:
        words.append(_("sees creditworthiness"))
    return ", ".join(words)


def employers(person: Person) -> str:
    if not person.works:
        return _("all")
    return ", ".join(COMPANIES[company].name for company, _role, _place in person.works)


def aligned(rows):
    """Columns as wide as their widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
