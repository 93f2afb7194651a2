"""Merges: who made what one, when, and taking it back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.views import ChangeList

from leads.admin.base import DealerChangeList
from leads.admin.display import ago, badge, moment, two_lines
from leads.admin.kept import KeptAdmin
from leads.admin.merge_filters import MergeKindFilter, UndoneFilter
from leads.admin.merge_pages import back_url, may_merge
from leads.admin.wall import user_of
from leads.models import Customer, Lead, Merge
from leads.services.merge_rows import MergeRefused
from leads.services.unmerging import undo_merge

_MODELS: dict[str, type[Model]] = {Merge.Kind.CUSTOMER: Customer, Merge.Kind.LEAD: Lead}


class MergeChangeList(DealerChangeList):
    """Loads the rows that the merges of this page name: two queries."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        merges: list[Any] = list(self.result_list)  # type: ignore[has-type]
        rows = {kind: _named(kind, merges) for kind in _MODELS}
        for merge in merges:
            merge.kept_row = rows[merge.kind].get(merge.kept_id)
            merge.merged_row = rows[merge.kind].get(merge.merged_id)
            merge.may_undo = may_merge(user_of(request), merge.kind, merge.dealer_id)
        self.result_list = merges


def _named(kind: str, merges: Iterable[Merge]) -> dict[int, Any]:
    wanted = {pk for one in merges if one.kind == kind for pk in (one.kept_id, one.merged_id)}
    return _MODELS[kind]._default_manager.in_bulk(wanted)


@admin.register(Merge)
class MergeAdmin(KeptAdmin):
    list_display = ["what_cell", "kept_cell", "at_cell", "undone_cell"]
    list_display_links = None
    list_select_related = ["by", "undone_by"]
    list_filter = [MergeKindFilter, UndoneFilter]
    list_filter_submit = True
    empty_text = gettext_lazy("What was merged is shown here, and can be separated again.")
    actions = None
    fields: ClassVar[Any] = []

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return MergeChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Merge]:
        """Merges of leads only where the user may see both."""
        user = user_of(request)
        rows = super().get_queryset(request).defer("before")
        if not user.dealer_ids_seen_in_part():
            return rows
        seen = Lead.objects.ever_of_user(user).order_by().values("pk")
        return rows.filter(Q(kind=Merge.Kind.CUSTOMER) | Q(kept_id__in=seen, merged_id__in=seen))

    # The list

    @display(description=gettext_lazy("merged"))
    def what_cell(self, merge: Any) -> SafeString:
        row = merge.merged_row
        kind = badge(_KINDS[merge.kind], "outline")
        return two_lines(_name(row), format_html("{} {}", kind, _sub(row)))

    @display(description=gettext_lazy("now part of"))
    def kept_cell(self, merge: Any) -> SafeString:
        row = merge.kept_row
        if row is None:
            return two_lines(_name(row))
        url = reverse(f"admin:leads_{merge.kind}_change", args=[row.pk])
        link = format_html('<a class="lo-link" href="{}">{}</a>', url, _name(row))
        return two_lines(link, _sub(row))

    @display(description=gettext_lazy("when and who"))
    def at_cell(self, merge: Merge) -> SafeString:
        return two_lines(ago(merge.at, now=timezone.now()), merge.by or "")

    @display(description=gettext_lazy("undone"))
    def undone_cell(self, merge: Any) -> SafeString | str:
        if merge.undone_at is not None:
            return two_lines(moment(merge.undone_at, now=timezone.now()), merge.undone_by or "")
        if not merge.may_undo:
            return "–"
        # The list is a form already, and none stands within another.
        return format_html(
            '<button class="lo-button" type="submit" formaction="{}">{}</button>',
            reverse("admin:leads_merge_undo", args=[merge.pk]),
            _("Undo"),
        )

    # Undoing

    def get_urls(self) -> list[Any]:
        own = self.row_addresses({"undo": require_POST(self.undo_view)})
        return [*own, *super().get_urls()]

    def undo_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        merge = self.get_object(request, str(pk))
        if merge is None:
            raise Http404
        if not may_merge(user_of(request), merge.kind, merge.dealer_id):
            raise PermissionDenied
        try:
            undo_merge(merge, by=user_of(request), now=timezone.now())
        except MergeRefused as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            self.message_user(request, _restored(merge), messages.SUCCESS)
        return HttpResponseRedirect(back_url(request, reverse("admin:leads_merge_changelist")))


_KINDS = {
    Merge.Kind.CUSTOMER: gettext_lazy("Customer"),
    Merge.Kind.LEAD: gettext_lazy("Lead"),
}


def _name(row: Any) -> str:
    if row is None:
        return _("deleted for good")
    return row.full_name or row.email or _("Without a name")


def _sub(row: Any) -> str:
    if isinstance(row, Lead):
        return row.number
    return " ".join(filter(None, [row.postal_code, row.city])) if row is not None else ""


def _restored(merge: Merge) -> SafeString:
    url = reverse(f"admin:leads_{merge.kind}_change", args=[merge.merged_id])
    is_lead = merge.kind == Merge.Kind.LEAD
    text = _("The merge is undone.")
    link = (
        _("Open the lead that is separate again")
        if is_lead
        else _("Open the customer who is separate again")
    )
    return format_html('{} <a class="lo-undo-button" href="{}">{}</a>', text, url, capfirst(link))
