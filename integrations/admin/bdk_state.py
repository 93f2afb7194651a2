"""What the page of a BDK connection tells besides its light: how far it has read, and what came."""

from __future__ import annotations

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from integrations.models import Connection, SyncRun
from integrations.models.sync_run import COUNTERS
from leads.admin.base import DealerAdmin
from leads.admin.display import moment

BDK_STATE = ("newest_text", "totals_text", "cursors_text", "retry_text")


class BdkState(DealerAdmin):
    """Part of the admin of connections."""

    @display(description=gettext_lazy("newest lead"))
    def newest_text(self, obj: Connection) -> str:
        at = obj.newest_lead_at
        return moment(at, now=timezone.now()) if at else "–"

    @display(description=gettext_lazy("fetched so far"))
    def totals_text(self, obj: Connection) -> str:
        """ "Empfangen 53 · Angelegt 46 · In Quarantäne 4" """
        words = [
            f"{capfirst(_label(name))} {number_format(obj.totals[name], force_grouping=True)}"
            for name in COUNTERS
            if obj.totals.get(name)
        ]
        return " · ".join(words) or "–"

    @display(description=gettext_lazy("read up to"))
    def cursors_text(self, obj: Connection) -> str:
        """The partner's own marks, for talks with it: "0012345: c2VxOjE1Mg==" """
        return ", ".join(f"{site}: {cursor}" for site, cursor in obj.cursors.items()) or "–"

    @display(description=gettext_lazy("next attempt"))
    def retry_text(self, obj: Connection) -> str:
        now = timezone.now()
        paused = [
            _("%(site)s paused since %(answer)s") % {"site": site, "answer": one["answer"]}
            for site, one in obj.paused_sites.items()
        ]
        waits = [moment(obj.retry_at, now=now)] if obj.retry_at and obj.retry_at > now else []
        return ", ".join([*waits, *paused]) or _("as scheduled")


def _label(column: str) -> str:
    return str(SyncRun._meta.get_field(column).verbose_name)  # type: ignore[union-attr]
