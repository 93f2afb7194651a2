"""Leads side by side: two enquiries about the same thing become one case."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from leads.admin.display import badge, moment, status_badge, test_badge
from leads.admin.merge_pages import MergePages, merge_url
from leads.admin.wall import user_of
from leads.models import Enquiry, Lead

_SHOWN_ENQUIRIES = 5  # of each side


class LeadMerging(MergePages):
    merge_kind = "lead"
    merge_title = gettext_lazy("Merge leads")
    compared_related = (
        "status",
        "close_reason",
        "owner",
        "location",
        "lead_type",
        "source",
        "category",
        "vehicle",
        "customer",
    )

    def side(self, request: HttpRequest, row: Lead, *, now: datetime) -> dict[str, Any]:
        enquiries = Enquiry.objects.for_dealer(row.dealer_id).filter(lead=row)
        newest = enquiries.select_related("source").order_by("-received_at", "-pk")
        activities, tasks = row.activities.count(), row.tasks.count()
        counts = [
            ngettext("%(n)d entry in the timeline", "%(n)d entries in the timeline", activities)
            % {"n": activities},
            ngettext("%(n)d task", "%(n)d tasks", tasks) % {"n": tasks},
        ]
        return {
            "name": self.name_of(row),
            "badges": [status_badge(row.status), *([test_badge()] if row.is_test else [])],
            "url": reverse("admin:leads_lead_change", args=[row.pk]),
            "lines": [
                f"{row.number} · {moment(row.received_at, now=now)}",
                " · ".join(counts),
            ],
            "list_title": _("Enquiries"),
            "list_empty": _("No enquiries yet."),
            "list": [
                {
                    "badge": badge(one.source, "outline"),
                    "text": one.subject or one.vehicle_name,
                    "at": moment(one.received_at, now=now),
                }
                for one in newest[:_SHOWN_ENQUIRIES]
            ],
            "more": max(0, enquiries.count() - _SHOWN_ENQUIRIES),
        }

    def compared(self, request: HttpRequest, kept: Lead, merged: Lead) -> dict[str, Any]:
        """What is in the way is said before somebody has chosen."""
        if kept.is_test != merged.is_test:
            return {"obstacle": _("A test lead can only be merged with another test lead.")}
        if None in (kept.customer_id, merged.customer_id) or kept.customer_id == merged.customer_id:
            return {}
        return {
            "obstacle": _("These leads belong to different customers. Merge the customers first."),
            "obstacle_url": merge_url("customer", kept.customer_id, merged.customer_id)  # type: ignore[arg-type]
            + "?"
            + urlencode({"next": request.get_full_path()}),
            "obstacle_link": _("Compare the customers"),
        }

    def name_of(self, row: Lead) -> str:
        return row.full_name or row.number

    def merged_text(self, kept: Lead, merged: Lead) -> str:
        return _("%(merged)s is now part of %(kept)s.") % {
            "merged": merged.number,
            "kept": kept.number,
        }

    def forwarded_text(self, pk: int) -> str:
        return _("The lead you asked for was merged with this one.")

    def rows_ever(self, request: HttpRequest) -> QuerySet[Any]:
        """Of the locations that the user may see."""
        return Lead.objects.ever_of_user(user_of(request))
