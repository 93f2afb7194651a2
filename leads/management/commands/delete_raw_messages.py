"""`manage.py delete_raw_messages`: delete messages as received whose period is over."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from leads.models import Dealer
from leads.services.retention import delete_raw_messages


class Command(BaseCommand):
    help = (
        "Deletes messages as received that are older than their dealer keeps them; a worker does"
        " this each night by itself. Safe to run at any time and twice."
    )

    def add_arguments(self, parser):
        parser.add_argument("--dealer", type=int, metavar="ID", help="only this dealer")

    def handle(self, *, dealer, **options):
        now = timezone.now()
        dealers = Dealer.objects.all()
        if dealer is not None:
            dealers = dealers.filter(pk=dealer)
            if not dealers:
                raise CommandError(_("There is no dealer %(id)d.") % {"id": dealer})
        for one in dealers:
            deleted = delete_raw_messages(one, now=now)
            self.stdout.write(
                _("%(dealer)s: %(n)d messages were deleted.") % {"dealer": one, "n": deleted}
            )
