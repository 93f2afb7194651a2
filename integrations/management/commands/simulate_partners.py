"""`manage.py simulate_partners`: stand-ins for the partners, for demo and development."""

import signal
from threading import Event

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from integrations.simulator.server import PartnerSimulator


class Command(BaseCommand):
    help = "Answers on this machine as the partners would, until it is stopped. Needs DEBUG."

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, default=8901)

    def handle(self, *, port, **options):
        if not settings.DEBUG:
            raise CommandError(
                _("The simulator takes a secret that everybody knows: set DEBUG=True.")
            )
        leads = settings.BASE_DIR / "tests" / "samples" / "bdk_leads_page.json"
        stopped = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_call: stopped.set())
        try:
            simulator = PartnerSimulator(leads, port=port)
        except OSError as error:
            message = _("Port %(port)d cannot be used: %(reason)s.")
            raise CommandError(message % {"port": port, "reason": error.strerror}) from error
        with simulator:
            places = f"BDK: {simulator.url}/bdk, Meta's Graph API: {simulator.url}/graph"
            self.stdout.write(f"Simulated partners at {simulator.url} ({places})")
            self.stdout.flush()
            stopped.wait()
