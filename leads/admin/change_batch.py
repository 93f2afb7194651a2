"""Bulk changes: what was changed together, by whom, and taking it back."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display
from unfold.views import ChangeList

from leads.admin.change_batch_page import chosen_in, is_clean, page_of
from leads.admin.change_batch_undo import UNDO_OWN, may_undo
from leads.admin.chips import ChipChangeList, ChipFilter
from leads.admin.display import ago, badge, moment, two_lines
from leads.admin.filters import DaysFilter
from leads.admin.kept import KeptAdmin
from leads.admin.list_import_page import grouped
from leads.admin.list_import_texts import BATCH_TEXTS
from leads.admin.merge_pages import back_url
from leads.admin.wall import dealers_where, has_right_at, user_of
from leads.models import ChangeBatch, ListImport, ListKind, User
from leads.services.merge_rows import MergeRefused
from leads.services.undoing import UndoRefused, carry_out, undo

_TONES = {
    ChangeBatch.Kind.IMPORT: "green",
    ChangeBatch.Kind.MERGE: "violet",
    ChangeBatch.Kind.BIN: "grey",
}


class BatchViewFilter(ChipFilter):
    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("", _("All")), ("mine", _("Mine")), ("open", _("Can be undone"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case "mine":
                return queryset.filter(by=user_of(request))
            case "open":
                in_time = Q(undo_until=None) | Q(undo_until__gte=timezone.now())
                return queryset.filter(in_time, undone_at=None, is_open=False)
        return queryset


class BatchKindFilter(DropdownFilter):
    title = gettext_lazy("what")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(value, capfirst(str(label))) for value, label in ChangeBatch.Kind.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        is_known = self.value() in ChangeBatch.Kind.values
        return queryset.filter(kind=self.value()) if is_known else queryset


@admin.register(ChangeBatch)
class ChangeBatchAdmin(KeptAdmin):
    list_display = ["what_cell", "count_cell", "at_cell", "state_cell"]
    list_display_links = None
    list_select_related = ["by", "undone_by", "merge"]
    list_filter = [BatchViewFilter, BatchKindFilter, ("at", DaysFilter)]
    list_filter_submit = True
    list_before_template = "admin/leads/chips.html"
    empty_text = gettext_lazy(
        "What an import or an edit of several leads changes is shown here, and can be undone."
    )
    actions = None

    # Rights

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if super().has_view_permission(request, obj):
            return True
        if obj is None:
            return has_right_at(user_of(request), UNDO_OWN, None)
        batch = self.get_object(request, str(obj)) if not isinstance(obj, ChangeBatch) else obj
        is_own = batch is not None and batch.by_id == user_of(request).pk
        return is_own and has_right_at(user_of(request), UNDO_OWN, batch.dealer_id)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChangeBatch]:
        """All of the dealers where one may see them; elsewhere one's own. Who sees some locations
        of a dealer only, sees merges there only of their own making."""
        user = user_of(request)
        rows = ChangeBatch.objects.for_user(user).order_by("-at", "-pk").defer("undo_left")
        if user.is_superuser:
            return rows
        seen = Q(dealer__in=dealers_where(user, "leads.view_changebatch") or ())
        if in_part := user.dealer_ids_seen_in_part():
            seen &= ~Q(kind=ChangeBatch.Kind.MERGE, dealer__in=in_part)
        own = Q(dealer__in=dealers_where(user, UNDO_OWN) or (), by=user)
        return rows.filter(seen | own)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ChipChangeList

    # The list

    @display(description=gettext_lazy("bulk change"))
    def what_cell(self, batch: ChangeBatch) -> SafeString:
        url = reverse("admin:leads_changebatch_change", args=[batch.pk])
        kind = ChangeBatch.Kind(batch.kind)
        words = badge(capfirst(str(kind.label)), _TONES.get(kind, "blue"))
        link = format_html('<a class="lo-link lo-strong" href="{}">{}</a>', url, words)
        return two_lines(link, batch.what)

    @display(description=gettext_lazy("how many"))
    def count_cell(self, batch: ChangeBatch) -> SafeString:
        return two_lines(*counts_of(batch))

    @display(description=gettext_lazy("when and who"), ordering="at")
    def at_cell(self, batch: ChangeBatch) -> SafeString:
        return two_lines(ago(batch.at, now=timezone.now()), batch.by or "")

    @display(description=gettext_lazy("state"))
    def state_cell(self, batch: ChangeBatch) -> SafeString:
        now = timezone.now()
        if batch.is_undoing:
            return two_lines(badge(_("Being undone"), "amber"), batch.undone_by or "")
        if batch.undone_at is not None:
            when = moment(batch.undone_at, now=now)
            who = " · ".join(filter(None, [when, str(batch.undone_by or "")]))
            return two_lines(badge(_("Undone"), "grey"), who)
        if batch.is_open:
            return two_lines(badge(_("Still running"), "violet"))
        if batch.is_expired(now):
            return two_lines(badge(_("Final"), "grey"), _("The time to undo it is over."))
        return two_lines(badge(_("Can be undone"), "blue"), until_text(batch))

    # The page

    def get_urls(self) -> list[Any]:
        own = self.row_addresses({"undo": require_POST(self.undo_view)})
        return [*own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """What undoing would do, and the choice of what to take back although it was changed. The
        pages of that list are asked for by POST, so that the choice goes with them."""
        batch = self._batch(request, object_id)
        user, now = user_of(request), timezone.now()
        chosen = chosen_in(request.POST)
        if "undo" in request.POST or "continue" in request.POST:
            if not may_undo(user, batch):
                raise PermissionDenied
            self._undo(request, batch, user, chosen)
            return HttpResponseRedirect(request.path)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": capfirst(str(batch)),
            "batch": batch,
            "counts": ", ".join(counts_of(batch)),
            "brings_more": batch.kind == ChangeBatch.Kind.IMPORT
            and batch.list_kind == ListKind.LEADS,
            "at": moment(batch.at, now=now),
            "until": until_text(batch),
            "undone_at": moment(batch.undone_at, now=now) if batch.undone_at else "",
            "is_expired": batch.is_expired(now),
            "may_undo": may_undo(user, batch) and not batch.is_open,
            "back": reverse("admin:leads_changebatch_changelist"),
            "list_import": import_of(request, batch),
            **page_of(batch, user=user, number=request.POST.get("page", "1"), chosen=chosen),
        }
        context["effects"] = _effects(batch, context)
        return TemplateResponse(request, "admin/leads/changebatch/page.html", context)

    def undo_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The button in messages: at once where nothing speaks against it, otherwise the page."""
        batch, user = self._batch(request, str(pk)), user_of(request)
        if not may_undo(user, batch):
            raise PermissionDenied
        page = reverse("admin:leads_changebatch_change", args=[batch.pk])
        if not is_clean(batch, user=user):
            return HttpResponseRedirect(page)
        self._undo(request, batch, user, set())
        return HttpResponseRedirect(back_url(request, page))

    def _batch(self, request: HttpRequest, pk: str) -> ChangeBatch:
        batch = self.get_object(request, pk)
        if not isinstance(batch, ChangeBatch):
            raise Http404
        return batch

    def _undo(self, request: HttpRequest, batch: ChangeBatch, user: User, chosen: set[int]) -> None:
        now = timezone.now()
        try:
            if batch.is_undoing:
                batch = carry_out(batch, now=now)
            else:
                batch = undo(batch, by=user, now=now, chosen=chosen)
        except (UndoRefused, MergeRefused) as error:
            self.message_user(request, str(error), messages.ERROR)
            return
        if batch.is_undoing:
            text = _("It is being undone in the background.")
        elif batch.merge_id:
            text = _("The merge is undone.")
        else:
            text = _done(batch)
        self.message_user(request, text, messages.SUCCESS)


def import_of(request: HttpRequest, batch: ChangeBatch) -> dict[str, str]:
    """The import that made it, if it was one through the wizard and this user may see it."""
    page = admin.site.get_model_admin(ListImport)
    found = page.get_queryset(request).filter(change_batch=batch).first()
    if found is None or not page.has_view_permission(request, found):
        return {}
    url = reverse("admin:leads_listimport_change", args=[found.pk])
    return {"name": found.file_name, "url": url}


def counts_of(batch: ChangeBatch) -> list[str]:
    """["290 new leads", "4 changed"]"""
    if batch.kind == ChangeBatch.Kind.MERGE:
        return [_("two into one")]
    texts, words = BATCH_TEXTS[batch.list_kind], []
    if batch.created_count:
        words.append(texts.sentence("new", batch.created_count, grouped(batch.created_count)))
    if batch.changed_count or not words:
        words.append(texts.sentence("edited", batch.changed_count, grouped(batch.changed_count)))
    return words


def _effects(batch: ChangeBatch, counts: dict[str, Any]) -> list[str]:
    """What undoing will do, as sentences."""
    texts = BATCH_TEXTS[batch.list_kind]
    pairs = [("goes", "created"), ("back", "changed"), ("partly", "partly")]
    return [
        texts.sentence(text, counts[name], grouped(counts[name]))
        for text, name in pairs
        if counts.get(name)
    ]


def until_text(batch: ChangeBatch) -> str:
    if batch.undo_until is None:
        return _("at any time")
    return _("until %(when)s") % {"when": moment(batch.undo_until, now=timezone.now())}


def _done(batch: ChangeBatch) -> str:
    taken = batch.taken_back_count
    words = [BATCH_TEXTS[batch.list_kind].sentence("as_before", taken, grouped(taken))]
    if batch.left_count:
        text = ngettext("%(n)d stays.", "%(n)d stay.", batch.left_count)
        words.append(text % {"n": batch.left_count})
    return " ".join(words)
