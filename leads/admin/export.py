"""Exports on record: who took which list out of the house, how far it is, and fetching it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from leads.admin.display import ago, badge, moment, two_lines
from leads.admin.kept import KeptAdmin
from leads.admin.list_export import hand_out, list_of
from leads.admin.wall import has_right_at, user_of
from leads.models import Export, ExportState
from leads.resources.export_kinds import EXPORT_KINDS

_TONES = {
    ExportState.WAITING: "grey",
    ExportState.RUNNING: "blue",
    ExportState.DONE: "green",
    ExportState.FAILED: "red",
}


@admin.register(Export)
class ExportAdmin(KeptAdmin):
    list_display = ["who_cell", "what_cell", "filters_cell", "state_cell", "file_cell"]
    list_display_links = None
    list_select_related = ["user", "dealer"]
    list_filter: ClassVar[Any] = ["kind", "state", "origin"]
    list_filter_submit = True
    empty_text = gettext_lazy("Every list that somebody exports is on record here.")
    actions = None
    fields: ClassVar[Any] = []

    class Media:
        css: ClassVar[Any] = {"all": ["leads/exchange.css"]}

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("row_ids")

    # The list

    @display(description=gettext_lazy("exported"))
    def who_cell(self, export: Export) -> SafeString:
        url = reverse("admin:leads_export_change", args=[export.pk])
        when = ago(export.created_at, now=timezone.now())
        link = format_html('<a class="lo-open" href="{}">{}</a>', url, when)
        return two_lines(link, export.user or capfirst(export.get_origin_display()))

    @display(description=gettext_lazy("what"))
    def what_cell(self, export: Export) -> SafeString:
        return two_lines(counted_text(export), export.get_format_display())

    @display(description=gettext_lazy("filtered by"))
    def filters_cell(self, export: Export) -> str:
        return export.filters or "–"

    @display(description=gettext_lazy("state"))
    def state_cell(self, export: Export) -> SafeString:
        return badge(state_text(export), _TONES[ExportState(export.state)])

    @display(description=gettext_lazy("file"))
    def file_cell(self, export: Any) -> SafeString:
        """Only its owner sees the list; this column says whether it is still there at all."""
        if not export.file:
            is_direct = export.state == ExportState.DONE and export.size is None
            return two_lines(_("handed out at once") if is_direct else "–")
        now = timezone.now()
        until = _("until %(time)s") % {"time": moment(export.expires_at, now=now)}
        if export.downloaded_at is None:
            return two_lines(until, _("not downloaded yet"))
        return two_lines(
            until, _("downloaded %(when)s") % {"when": ago(export.downloaded_at, now=now)}
        )

    # One export

    def get_urls(self) -> list[Any]:
        views = {"progress": self.progress_view, "download": self.download_view}
        return [*self.row_addresses(views), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """How far it is, and the button that fetches it."""
        export = self.get_object(request, object_id)
        if export is None or not self.has_view_permission(request, export):
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Export"),
            "export": export,
            "counted": counted_text(export),
            "state": self.state_cell(export),
            "words": progress_text(export),
            "may_fetch": self._may_fetch(request, export),
            "is_own": export.user_id == request.user.pk,
            "until": moment(export.expires_at, now=timezone.now()),
            "when": moment(export.created_at, now=timezone.now()),
            "list": reverse(list_of(EXPORT_KINDS[export.kind])),
        }
        return TemplateResponse(request, "admin/leads/export/page.html", context)

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """For the script of the page: {"percent": 41, "words": "…", "is_over": false}"""
        export = self.get_object(request, str(pk))
        if export is None:
            raise Http404
        return JsonResponse(
            {
                "percent": export.percent,
                "words": progress_text(export),
                "is_over": export.is_over,
            }
        )

    def download_view(self, request: HttpRequest, pk: int) -> FileResponse:
        """For its owner alone, as long as they may export. For others it does not exist."""
        export = self.get_object(request, str(pk))
        if export is None or not self._may_fetch(request, export):
            raise Http404
        try:
            file = export.open_file()
        except FileNotFoundError as error:  # deleted at this moment
            raise Http404 from error
        Export.objects.filter(pk=export.pk).update(downloaded_at=timezone.now())
        return hand_out(file, export)

    def _may_fetch(self, request: HttpRequest, export: Export) -> bool:
        user = user_of(request)
        return export.waits_for(user, now=timezone.now()) and has_right_at(
            user, EXPORT_KINDS[export.kind].right, export.dealer_id
        )


def counted_text(export: Export) -> str:
    return EXPORT_KINDS[export.kind].counted(export.total)


def state_text(export: Export) -> str:
    if export.state == ExportState.RUNNING:
        return _("%(percent)d %% written") % {"percent": export.percent}
    return capfirst(export.get_state_display())


def progress_text(export: Export) -> str:
    """A sentence for whoever waits."""
    match export.state:
        case ExportState.WAITING:
            return _("The list waits for a free worker.")
        case ExportState.FAILED:
            return _("The list could not be written. Please export it again.")
        case ExportState.DONE:
            return _("The list is written.")
    return _("%(written)s of %(rows)s written.") % {
        "written": number_format(export.written),
        "rows": counted_text(export),
    }
