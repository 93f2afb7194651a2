"""`manage.py catch_up_meta_leads`: look for leads at Meta that were never announced."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.management.fetching import add_common_arguments
from integrations.meta.sync import look_for_missed
from integrations.models import Connection, Partner

PARTNER_FAILED = 2


class Command(BaseCommand):
    help = (
        "Fetches leads of Meta's forms that were not announced or could not be fetched. Exit "
        "status: 0 all is well, 2 Meta cannot be reached or refuses something."
    )

    def add_arguments(self, parser):
        add_common_arguments(parser)

    def handle(self, *, connection, anyway, **options):
        chosen = Connection.objects.active().filter(partner=Partner.META).order_by("pk")
        if connection is not None:
            chosen = chosen.filter(pk=connection)
            if not chosen.exists():
                message = _("There is no Meta connection %(id)d that is switched on.")
                raise CommandError(message % {"id": connection}, returncode=PARTNER_FAILED)
        came = look_for_missed(
            chosen.select_related("dealer", "location"), now=timezone.now(), anyway=anyway
        )
        for reason in came.left_alone:
            self.stdout.write(reason)
        found = ngettext("%(n)d missed lead found.", "%(n)d missed leads found.", came.found)
        self.stdout.write(found % {"n": came.found})
        if came.failed:
            message = ngettext(
                "%(n)d connection needs attention.",
                "%(n)d connections need attention.",
                came.failed,
            )
            raise CommandError(message % {"n": came.failed}, returncode=PARTNER_FAILED)
