"""The lead list: two lines per row, a colour only where it means something."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from leads.admin.base import DealerChangeList
from leads.admin.display import (
    money,
    phone_link,
    score_badge,
    status_badge,
    test_badge,
    tone_of,
    two_lines,
    urgency_of,
)
from leads.admin.findings import lead_chips
from leads.admin.lead_filters import CustomerFilter, QuickFilter, VehicleFilter
from leads.admin.wall import has_right_at, sees_creditworthiness, user_of, visible_rows
from leads.models import Lead, Status, User
from leads.models.keys import phone_key
from leads.services.next_step import next_step

# Symbols of the theme's font by family of lead types (the leading digit of BDK's ids).
_FAMILY_ICONS = {
    "1": "storefront",
    "2": "calculate",
    "3": "account_balance",
    "5": "campaign",
    "6": "tune",
    "7": "hub",
    "8": "travel_explore",
}


@dataclass(frozen=True)
class Viewer:
    """Who looks at the list, when, and what they may change; read once per page."""

    user: User
    now: datetime

    @cached_property
    def statuses(self) -> dict[int | None, list[Status]]:
        """Active open statuses per dealer; None: those that all share."""
        found: dict[int | None, list[Status]] = defaultdict(list)
        for status in visible_rows(Status, self.user).active().open():  # type: ignore[attr-defined]
            found[status.dealer_id].append(status)
        return found

    def statuses_for(self, lead: Lead) -> list[Status]:
        """What the lead's status may be changed to at one click, the present one included."""
        offered = [*self.statuses[None], *self.statuses[lead.dealer_id]]
        offered.sort(key=lambda status: (status.position, status.name))
        if lead.status not in offered:
            return [lead.status, *offered]
        return offered

    def may_change(self, lead: Lead) -> bool:
        if lead.deleted_at:
            return False
        return has_right_at(self.user, "leads.change_lead", lead.dealer_id)


@dataclass(frozen=True)
class Row:
    """One lead as the list shows it."""

    lead: Lead
    viewer: Viewer
    url: str
    finding: SafeString | str = ""  # what the export control found about it

    def customer(self) -> SafeString:
        lead = self.lead
        name = lead.full_name or lead.email or _("Without a name")
        link = format_html('<a class="lo-open" href="{}">{}</a>', self.url, name)
        if lead.deleted_at:  # has no page while it lies in the bin
            link = format_html("{}", name)
        place = " ".join(filter(None, [lead.postal_code, lead.city]))
        below = [part for part in (phone_link(lead.phone or lead.mobile), place) if part]
        dot = SafeString(" · ")
        return format_html(
            "{}{}",
            two_lines(link, format_html_join(dot, "{}", ((part,) for part in below))),
            self._call_button(),
        )

    def _call_button(self) -> SafeString | str:
        """For thumbs: shown on small screens only."""
        key = phone_key(self.lead.phone) or phone_key(self.lead.mobile)
        if not key:
            return ""
        return format_html(
            '<a class="lo-call" href="tel:{}"><span class="material-symbols-outlined" '
            'aria-hidden="true">call</span>{}</a>',
            key,
            pgettext("what to do", "Call"),
        )

    def enquiry(self) -> SafeString:
        lead = self.lead
        about = [part for part in (lead.vehicle_name, money(lead.vehicle_price)) if part]
        test = test_badge() if lead.is_test else ""
        below = " · ".join(about)
        if self.finding:
            below = format_html("{} {}", self.finding, below)
        return two_lines(format_html("{} {}", test, lead.subject), below)

    def origin(self) -> SafeString:
        lead = self.lead
        if lead.lead_type is None:
            return two_lines(_("Unknown type") if lead.lead_type_raw else "–", lead.source.name)
        sees = sees_creditworthiness(self.viewer.user, lead)
        title = lead.lead_type.title_for(sees_creditworthiness=sees)
        icon = _FAMILY_ICONS.get(lead.lead_type.family, "mail")
        shown = format_html(
            '<span title="{}"><span class="material-symbols-outlined lo-icon" aria-hidden="true">'
            "{}</span>{}</span>",
            title,
            icon,
            title,
        )
        return two_lines(shown, lead.source.name)

    def status(self) -> SafeString:
        return format_html(
            '<span class="lo-stack">{}{}</span>', self._status_choice(), score_badge(self.lead)
        )

    def _status_choice(self) -> SafeString:
        """The status badge; for those who may change it, it is a select."""
        lead = self.lead
        if not self.viewer.may_change(lead):
            return status_badge(lead.status)
        options = format_html_join(
            "",
            '<option value="{}" data-tone="{}"{}>{}</option>',
            (
                (
                    status.pk,
                    tone_of(status),
                    SafeString(" selected") if status == lead.status else "",
                    status.name,
                )
                for status in self.viewer.statuses_for(lead)
            ),
        )
        close = ""
        if lead.status.is_open:
            close = format_html('<option value="close">{}</option>', _("Close …"))
        return format_html(
            '<select class="lo-badge lo-status lo-{}" aria-label="{}" data-status-url="{}" '
            'data-close-url="{}" data-before="{}" data-failed="{}" autocomplete="off">'
            "{}{}</select>",
            tone_of(lead.status),
            _("Status of %(number)s") % {"number": lead.number},
            reverse("admin:leads_lead_status", args=[lead.pk]),
            reverse("admin:leads_lead_close", args=[lead.pk]),
            lead.status_id,
            _("The status could not be changed. Please try again."),
            options,
            close,
        )

    def owner(self) -> SafeString:
        lead = self.lead
        owner = lead.owner or format_html('<span class="lo-missing">{}</span>', _("Unassigned"))
        return two_lines(owner, lead.location or "")

    def due(self) -> SafeString:
        urgency = urgency_of(self.lead, now=self.viewer.now)
        step = next_step(self.lead)
        return two_lines(urgency or "–", step)


class LeadChangeList(DealerChangeList):
    """Prepares each row for who is looking, and the chips above the list."""

    chips: list[dict[str, Any]]

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        viewer = Viewer(user_of(request), timezone.now())
        rows: list[Any] = list(self.result_list)  # type: ignore[has-type]
        chips = lead_chips(rows, user=viewer.user)
        for lead in rows:
            lead.row = Row(lead, viewer, self._url(lead), chips.get(lead.pk, ""))
        self.result_list = rows
        kept = (QuickFilter, CustomerFilter, VehicleFilter)
        specs = [spec for spec in self.filter_specs if isinstance(spec, kept)]
        self.chips = [chip for spec in specs for chip in spec.choices(self)]

    def _url(self, lead: Model) -> str:
        filters = {"preserved_filters": self.preserved_filters, "opts": self.opts}
        return add_preserved_filters(filters, reverse("admin:leads_lead_change", args=[lead.pk]))


def short_list(leads: Iterable[Lead]) -> SafeString:
    """Numbers and names of some leads, for pages that ask what to do with them."""
    return format_html_join(
        "",
        '<li>{} · {} <span class="lo-sub">{}</span></li>',
        ((lead.number, lead.full_name or _("Without a name"), lead.subject) for lead in leads),
    )
