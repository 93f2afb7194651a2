"""Findings of the export control: what is wrong, where, since when, and who has said that it may
stay. Nobody edits them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.views import ChangeList

from integrations.admin.export_control import CONTROL, ExportControl
from integrations.admin.export_places import Place
from integrations.admin.finding_acknowledging import Acknowledging, NoteForm
from integrations.admin.finding_filters import CheckFilter, SeverityFilter, StateFilter
from integrations.admin.finding_links import links_of
from integrations.admin.finding_words import severity_badge, shown
from integrations.automanager.instructions import title_of
from integrations.automanager.wording import sentence_of
from integrations.models import Finding
from leads.admin.chips import ChipChangeList
from leads.admin.deeds import deeds_of
from leads.admin.display import ago, badge, moment, two_lines
from leads.admin.filters import LocationFilter
from leads.admin.wall import user_of


@admin.register(Finding)
class FindingAdmin(Acknowledging, ExportControl):
    list_display = ["finding_cell", "sentence_cell", "where_cell", "time_cell", "state_cell"]
    list_display_links = None
    list_select_related = ["location", "app", "acknowledged_by"]
    list_filter = [StateFilter, SeverityFilter, CheckFilter, LocationFilter, "app"]
    list_filter_submit = True
    list_before_template = "admin/leads/chips.html"
    search_fields = ["vehicle_number"]
    search_help_text = gettext_lazy("Own number or VIN of a car, from its beginning")
    empty_text = gettext_lazy("What the checks of the exports find is shown here until it is gone.")
    change_form_outer_before_template = "admin/integrations/finding/page.html"
    change_form_outer_after_template = "admin/integrations/finding/log.html"
    fieldsets = [
        (
            gettext_lazy("Where"),
            {
                "fields": [
                    "location_text",
                    "app",
                    "dealer_number",
                    "vehicle_number",
                    "vin",
                    "connection",
                    "check_code",
                ]
            },
        ),
        (
            gettext_lazy("When"),
            {"fields": ["opened_text", "seen_text", "closed_text", "reopened_text"]},
        ),
    ]

    # Rows

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ChipChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        named = Q(vehicle_number__istartswith=term) | Q(vin__istartswith=term)
        return queryset.filter(named), False

    # The list

    @display(description=gettext_lazy("finding"), ordering="-severity")
    def finding_cell(self, finding: Finding) -> SafeString:
        url = reverse("admin:integrations_finding_change", args=[finding.pk])
        return format_html(
            '<span class="lo-stack">{}<a class="lo-open" href="{}">{}</a></span>',
            severity_badge(finding.severity),
            url,
            title_of(finding.check_code),
        )

    @display(description=gettext_lazy("what was found"))
    def sentence_cell(self, finding: Finding) -> SafeString:
        sentence = sentence_of(finding)
        return format_html('<span class="lo-two" title="{0}">{0}</span>', sentence)

    @display(description=gettext_lazy("where"))
    def where_cell(self, finding: Finding) -> SafeString:
        what = [str(finding.app or ""), finding.vehicle_number or finding.vin]
        place = finding.location or _("without a location")
        return two_lines(place, " · ".join(filter(None, what)))

    @display(description=gettext_lazy("Since"), ordering="-opened_at")
    def time_cell(self, finding: Finding) -> SafeString:
        now = timezone.now()
        seen = _("last seen %(when)s") % {"when": ago(finding.last_seen_at, now=now)}
        return two_lines(moment(finding.opened_at, now=now), seen)

    @display(description=gettext_lazy("state"))
    def state_cell(self, finding: Finding) -> SafeString:
        if finding.closed_at is not None:
            at = moment(finding.closed_at, now=timezone.now())
            return two_lines(state_badge(finding), at)
        by = finding.acknowledged_by if finding.is_quiet else ""
        return two_lines(state_badge(finding), str(by or ""))

    # The page

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        finding: Any = kwargs.get("obj")
        if finding is not None:
            may = self.has_acknowledge_permission(request, finding)
            is_open = finding.closed_at is None
            context |= {
                "title": title_of(finding.check_code),
                "show_history": False,  # it stands below
                "finding": shown(finding),
                "control_url": _control_url(finding),
                "badges": [severity_badge(finding.severity), state_badge(finding)],
                "links": links_of([finding], user_of(request))[finding.pk],
                "note_form": NoteForm() if may and is_open and not finding.is_quiet else None,
                "may_speak_again": may and is_open and finding.is_quiet,
                "acknowledged": acknowledged_words(finding),
                "deeds": deeds_of(finding),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description=gettext_lazy("location"))
    def location_text(self, finding: Finding) -> str:
        return str(finding.location or _("without a location"))

    @display(description=gettext_lazy("Since"))
    def opened_text(self, finding: Finding) -> str:
        return moment(finding.opened_at, now=timezone.now())

    @display(description=gettext_lazy("last seen"))
    def seen_text(self, finding: Finding) -> str:
        return moment(finding.last_seen_at, now=timezone.now())

    @display(description=gettext_lazy("gone"))
    def closed_text(self, finding: Finding) -> str:
        return moment(finding.closed_at, now=timezone.now()) if finding.closed_at else "–"

    @display(description=gettext_lazy("came back"))
    def reopened_text(self, finding: Finding) -> str:
        if not finding.reopened_count:
            return _("never")
        return _("%(n)s times") % {"n": number_format(finding.reopened_count)}


def _control_url(finding: Finding) -> str:
    """The page of the place where it is wrong."""
    query = Place(finding.dealer, finding.location, {}).query
    return f"{reverse(CONTROL)}{query}"


def state_badge(finding: Finding) -> SafeString:
    if finding.closed_at is not None:
        return badge(_("Done"), "green")
    if finding.is_quiet:
        return badge(_("Acknowledged"), "grey")
    return badge(_("Open"), "amber")


def acknowledged_words(finding: Finding) -> str:
    """ "Jana Beispiel, Di., 14.03., 15:20"; "" if nobody has."""
    if finding.acknowledged_at is None:
        return ""
    at = moment(finding.acknowledged_at, now=timezone.now())
    return ", ".join(filter(None, [str(finding.acknowledged_by or ""), at]))
