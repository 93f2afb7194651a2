"""The leads of a customer or about a vehicle: counted in the list, the newest on the page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Model, Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from leads.admin.display import moment, status_badge
from leads.admin.findings import lead_chips
from leads.admin.histories import DealerHistoryAdmin
from leads.admin.wall import user_of
from leads.models import Lead

SHOWN = 20  # leads on a page; the rest is behind a link
_NONE = {"total": 0, "open": 0, "last": None}


class LeadsOfAdmin(DealerHistoryAdmin):
    """Base for models that leads point to."""

    lead_column: str  # the lead's foreign key: "customer", "vehicle"

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """`counts` of the leads of each row of this page: one query, whatever the table."""
        changelist = super().get_changelist_instance(request)
        rows = list(changelist.result_list)
        column = self.lead_column
        leads = Lead.objects.for_user(user_of(request)).filter(**{f"{column}__in": rows})
        found = (
            leads.order_by()
            .values(column)
            .annotate(
                total=Count("pk"),
                open=Count("pk", filter=Q(closed_at=None)),
                last=Max("received_at"),
            )
        )
        counts = {one[column]: one for one in found}
        for row in rows:
            row.counts = counts.get(row.pk, _NONE)
        changelist.result_list = rows
        return changelist

    @display(description=gettext_lazy("leads"))
    def leads_cell(self, row: Any) -> str:
        if not row.counts["total"]:
            return "–"
        return _("%(total)d (%(open)d open)") % {
            "total": row.counts["total"],
            "open": row.counts["open"],
        }

    def newest_leads(self, request: HttpRequest, row: Model, *, now: datetime) -> dict[str, Any]:
        """What leads_table.html shows: `leads`, and whether there are more."""
        leads = Lead.objects.for_user(user_of(request)).filter(**{self.lead_column: row})
        leads = leads.select_related("status", "owner").order_by("-received_at", "-pk")
        rows = list(leads[: SHOWN + 1])
        chips = lead_chips(rows[:SHOWN], user=user_of(request))
        return {
            "leads": [
                {
                    "lead": lead,
                    "badge": status_badge(lead.status),
                    "finding": chips.get(lead.pk, ""),
                    "at": moment(lead.received_at, now=now),
                    "owner": lead.owner or "",
                }
                for lead in rows[:SHOWN]
            ],
            "has_more": len(rows) > SHOWN,
        }
