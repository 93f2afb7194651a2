"""`manage.py check_connections`: how the connections are, for the operator and for monitoring."""

import json

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from integrations.health import Light
from integrations.health_report import report

STATUS = {Light.GREEN: 0, Light.AMBER: 1, Light.RED: 2}


class Command(BaseCommand):
    help = (
        "Tells how each connection is, the worst first. Exit status, as Nagios and its kind expect "
        "it: 0 all is well, 1 something needs a look, 2 a connection fails or no worker runs."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--json", action="store_true", dest="as_json", help="for programs: ids and codes only"
        )

    def handle(self, *, as_json, **options):
        with translation.override(settings.LANGUAGE_CODE):
            found = report(now=timezone.now())
            self.stdout.write(_as_json(found) if as_json else "\n".join(_lines(found)))
            if found.light != Light.GREEN:
                message = _("Connections need attention.")
                raise CommandError(message, returncode=STATUS[found.light])


def _as_json(found):
    return json.dumps(found.as_json(), cls=DjangoJSONEncoder)


def _lines(found):
    """ "3 BDK Müller: Gestört. Kein Erfolg bei … Bitte prüfen, …" """
    if not found.has_worker:
        yield _("No background process is alive: start a worker (manage.py worker).")
    for one in found.healths:
        words = [f"{one.connection.pk} {one.connection}: {one.word}"]
        words += [f"{trouble.text} {trouble.advice}".strip() for trouble in one.troubles]
        yield ". ".join(word.rstrip(".") for word in words if word)
    if not found.healths:
        yield _("There are no connections.")
