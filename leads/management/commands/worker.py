"""Do the work of the background: jobs, schedules, rounds. What these are: leads/background."""

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.background.worker import WorkerProcess

JOBS_FAILED = 1
NO_DATABASE = 2


class Command(BaseCommand):
    help = (
        "Does background jobs until it is asked to end (SIGTERM, Ctrl-C). Any number may run, on "
        "any machine. Exit status 0: ended as asked, 1: jobs were given up in a burst, 2: no "
        "database in a burst, 3: a job did not let itself be interrupted and was cut off; it will "
        "be done again."
    )
    # Addresses and pages are the web server's to check; a worker does without them.
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument(
            "--burst", action="store_true", help="do what is due, then end (for cron)"
        )

    def handle(self, *, burst, **options):
        worker = WorkerProcess(is_burst=burst)
        try:
            worker.run()
        except (OperationalError, InterfaceError) as error:
            message = _("The database does not answer.")
            raise CommandError(message, returncode=NO_DATABASE) from error
        if burst and worker.failed:
            message = ngettext(
                "%(n)d job failed for good.", "%(n)d jobs failed for good.", worker.failed
            )
            raise CommandError(message % {"n": worker.failed}, returncode=JOBS_FAILED)
