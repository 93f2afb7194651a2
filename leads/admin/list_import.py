"""Imports of lists: which there were, how far they are, and the steps of each.

Every step has an address of its own (list_import_*.py); an import's own address leads to where it
stands, so that it can be left and gone on with at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.views import ChangeList

from leads.admin.base import DealerAdmin, DealerChangeList
from leads.admin.display import ago, badge, two_lines
from leads.admin.filters import DaysFilter
from leads.admin.list_import_columns import show_columns
from leads.admin.list_import_download import hand_out
from leads.admin.list_import_page import ImportPage, grouped, importable_kinds, state_badge, url_of
from leads.admin.list_import_preview import show_preview, show_row
from leads.admin.list_import_progress import act, show_run, tell_progress
from leads.admin.list_import_result import counts_of, settle_rest, show_result
from leads.admin.list_import_texts import TEXTS
from leads.admin.list_import_upload import read_differently, show_file, show_upload
from leads.admin.list_import_values import show_values
from leads.admin.wall import user_of
from leads.models import ListImport

_View = Callable[..., HttpResponseBase]
_VIEWS: Mapping[str, _View] = {
    "file": show_file,
    "columns": show_columns,
    "values": show_values,
    "preview": show_preview,
    "run": show_run,
    "result": show_result,
    "progress": tell_progress,
}
_ACTIONS: Mapping[str, _View] = {
    "read": read_differently,
    "act": act,
    "settle": settle_rest,
}


class ImportChangeList(DealerChangeList):
    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> QuerySet:
        """Without what only the steps need: of a list with many columns that is a lot."""
        return super().get_queryset(request, *args, **kwargs).defer("info", "mapping", "headers")


@admin.register(ListImport)
class ListImportAdmin(DealerAdmin):
    list_display = ["file_cell", "when_cell", "rows_cell", "state_cell", "outcome_cell"]
    list_display_links = None
    list_select_related = ["user", "dealer"]
    list_filter: ClassVar[Any] = ["kind", "state", ("created_at", DaysFilter)]
    list_filter_submit = True
    search_fields = ["file_name"]
    search_help_text = gettext_lazy("Name of the file")
    empty_text = gettext_lazy(
        "Lists from Excel or other programs are imported here: upload, assign columns, look at the "
        "preview, import."
    )
    add_text = gettext_lazy("New import")
    actions = None
    fields: ClassVar[Any] = []

    class Media:
        css: ClassVar[Any] = {"all": ["leads/import.css"]}

    # Rights

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(importable_kinds(user_of(request)))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ListImport]:
        """Who sees some locations of a dealer only, sees their own imports there: a list may hold
        enquiries of all."""
        rows: QuerySet[ListImport] = super().get_queryset(request)
        user = user_of(request)
        in_part = user.dealer_ids_seen_in_part()
        return rows.filter(~Q(dealer__in=in_part) | Q(user=user)) if in_part else rows

    # The list

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ImportChangeList

    @display(description=gettext_lazy("file"))
    def file_cell(self, row: ListImport) -> SafeString:
        link = format_html('<a class="lo-open" href="{}">{}</a>', url_of(row), row.file_name)
        who = str(row.user or row.get_origin_display())
        return two_lines(link, f"{TEXTS[row.kind].title} · {who}")

    @display(description=gettext_lazy("uploaded"), ordering="created_at")
    def when_cell(self, row: ListImport) -> str:
        return ago(row.created_at, now=timezone.now())

    @display(description=gettext_lazy("rows"), ordering="row_count")
    def rows_cell(self, row: ListImport) -> str:
        return grouped(row.row_count) if row.row_count else "–"

    @display(description=gettext_lazy("state"))
    def state_cell(self, row: ListImport) -> SafeString:
        return state_badge(row)

    @display(description=gettext_lazy("outcome"))
    def outcome_cell(self, row: ListImport) -> SafeString | str:
        counts = counts_of(row)
        if not counts:
            return "–"
        badges = (
            (badge(f"{grouped(one['count'])} {one['words']}", one["tone"]),) for one in counts
        )
        return format_html('<span class="lo-badges">{}</span>', format_html_join(" ", "{}", badges))

    # The steps

    def get_urls(self) -> list[Any]:
        return [
            *(self._address(name, view) for name, view in _VIEWS.items()),
            *(self._address(name, view, by_post=True) for name, view in _ACTIONS.items()),
            self._address("row", show_row, end="rows/<int:number>/"),
            self._address("download", hand_out, end="download/<slug:kind>/"),
            *super().get_urls(),
        ]

    def _address(self, name: str, view: _View, *, end: str = "", by_post: bool = False) -> Any:
        def show(request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponseBase:
            return view(self._page(request, str(pk)), **kwargs)

        route = f"<int:pk>/{end or name + '/'}"
        return self.address(route, name, require_POST(show) if by_post else show)

    def _page(self, request: HttpRequest, pk: str) -> ImportPage:
        """One that this user cannot see does not exist."""
        found = self.get_object(request, pk)
        if not isinstance(found, ListImport) or not self.has_view_permission(request, found):
            raise Http404
        return ImportPage(self, request, found, timezone.now())

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return show_upload(self, request)

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Wherever it stands."""
        return HttpResponseRedirect(url_of(self._page(request, object_id).list_import))
