"""`manage.py rescore_leads`: compute the scores of all leads anew."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from leads.models import Dealer
from leads.services.rescoring import rescore


class Command(BaseCommand):
    help = (
        "Computes the scores of open leads anew; a worker does this each night by itself. Safe to"
        " run at any time and twice."
    )

    def add_arguments(self, parser):
        parser.add_argument("--dealer", type=int, metavar="ID", help="only this dealer")
        parser.add_argument("--with-closed", action="store_true", help="closed leads as well")

    def handle(self, *, dealer, with_closed, **options):
        now = timezone.now()
        dealers = Dealer.objects.filter(is_active=True)
        if dealer is not None:
            dealers = Dealer.objects.filter(pk=dealer)
            if not dealers:
                raise CommandError(_("There is no dealer %(id)d.") % {"id": dealer})
        for one in dealers:
            changed = rescore(one, now=now, with_closed=with_closed)
            self.stdout.write(
                _("%(dealer)s: %(n)d scores have changed.") % {"dealer": one, "n": changed}
            )
