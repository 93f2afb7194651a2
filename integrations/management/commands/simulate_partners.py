"""`manage.py simulate_partners`: stand-ins for the partners, for demo and development."""

import signal
from contextlib import ExitStack
from threading import Event

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.simulator.demo_mails import demo_mails
from integrations.simulator.imap import SimulatedMailbox
from integrations.simulator.server import PartnerSimulator
from integrations.simulator.sinks import MailSink


class Command(BaseCommand):
    help = "Answers on this machine as the partners would, until it is stopped. Needs DEBUG."

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, default=8901)
        parser.add_argument("--imap-port", type=int, help="of the mailbox; otherwise the next one")
        parser.add_argument("--smtp-port", type=int, help="of the mail sink; else the one after")

    def handle(self, *, port, imap_port, smtp_port, **options):
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
            raise taken(port, error) from error
        if imap_port is None:
            imap_port = port + 1 if port else 0
        if smtp_port is None:
            smtp_port = port + 2 if port else 0
        mailbox = SimulatedMailbox(
            port=imap_port,
            # Like those of the others: PUT /faults {"imap": [{"hang": "MOVE"}]}
            next_fault=lambda: (simulator.faults.get("imap") or [{}]).pop(0),
        )
        with simulator, ExitStack() as stack:
            try:
                stack.enter_context(mailbox)
            except OSError as error:
                raise taken(imap_port, error) from error
            mailbox.put(*demo_mails(now=timezone.now()))
            try:
                sink = stack.enter_context(MailSink(port=smtp_port))
            except OSError as error:
                raise taken(smtp_port, error) from error
            simulator.mailbox, simulator.mail_sink = mailbox, sink
            places = (
                f"BDK: {simulator.url}/bdk, Meta's Graph API: {simulator.url}/graph, "
                f"Dr. Klein: {simulator.url}/drklein, Automanager: {simulator.url}/automanager"
            )
            places += f", Marketplace: {simulator.url}/marketplace"
            places += f", mailbox: 127.0.0.1 port {mailbox.port} (IMAP)"
            places += f", mail sink: port {sink.port} (SMTP), webhook sink: {simulator.url}/hook"
            self.stdout.write(f"Simulated partners at {simulator.url} ({places})")
            self.stdout.flush()
            stopped.wait()


def taken(port, error):
    message = _("Port %(port)d cannot be used: %(reason)s.")
    return CommandError(message % {"port": port, "reason": error.strerror})
