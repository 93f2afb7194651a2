"""The mapping tray: unknown names, and what a person says that they mean."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.views import ChangeList
from unfold.widgets import UnfoldAdminSelectWidget

from leads.admin.base import DealerAdmin
from leads.admin.chips import ChipChangeList, ChipFilter
from leads.admin.display import ago, badge, two_lines
from leads.admin.filters import UnmappedKindFilter
from leads.admin.merge_pages import back_url
from leads.admin.wall import has_right_at, rows_of_dealer, user_of
from leads.models import UnmappedName
from leads.services.assigning import (
    CREATABLE,
    assign_name,
    create_entry,
    leave_name,
    reopen_name,
)

_PREFIX = "target-"


class DecidedFilter(ChipFilter):
    """What waits comes by itself."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("", _("To assign")), ("decided", _("Decided"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(decided_at__isnull=self.value() != "decided")


class UnmappedChangeList(ChipChangeList):
    """Each row with the entries that its name may mean; read once per dealer and kind."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)  # type: ignore[has-type]
        known: dict[tuple[int, str], list[Any]] = {}
        for row in rows:
            row.may_decide = self.model_admin.has_change_permission(request, row)
            row.may_create = may_create(request, row)
            if row.may_decide and row.decided_at is None:
                place = (row.dealer_id, row.kind)
                if place not in known:
                    known[place] = list(entries_for(row))
                row.choices = known[place]
        self.result_list = rows


class AssignForm(forms.Form):
    target = forms.ModelChoiceField(
        UnmappedName.objects.none(),
        label=gettext_lazy("means"),
        empty_label=gettext_lazy("Please choose"),
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, row: UnmappedName, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["target"].queryset = entries_for(row)  # type: ignore[attr-defined]


def entries_for(row: UnmappedName) -> QuerySet[Any]:
    """The active entries of its kind: the dealer's own and those that all share."""
    model = UnmappedName.MODEL_OF_KIND[row.kind]
    return rows_of_dealer(model._default_manager.filter(is_active=True), row.dealer_id)


def may_create(request: HttpRequest, row: UnmappedName) -> bool:
    """Sources and statuses, by those who keep that catalogue."""
    right = f"leads.add_{row.kind}"
    return row.kind in CREATABLE and has_right_at(user_of(request), right, row.dealer_id)


@admin.register(UnmappedName)
class UnmappedNameAdmin(DealerAdmin):
    list_display = ["name_cell", "seen_cell", "waiting_cell", "decide_cell"]
    list_display_links = None
    list_select_related = [*UnmappedName.Kind.values, "decided_by"]
    list_filter = [DecidedFilter, UnmappedKindFilter]
    list_filter_submit = True
    list_before_template = "admin/leads/chips.html"
    rows_name = gettext_lazy("names")
    empty_text = gettext_lazy(
        "Names of sources, statuses, lead types and locations that nobody here knows are shown"
        " here, with the leads that came with them."
    )
    search_fields = ["name_key"]
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows: Any = super().get_queryset(request)
        return rows.needed().annotate(waiting_leads=Count("leads"))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return UnmappedChangeList

    # The list

    @display(description=gettext_lazy("name as received"))
    def name_cell(self, row: UnmappedName) -> SafeString:
        kind = capfirst(str(row.get_kind_display()))
        url = reverse("admin:leads_unmappedname_change", args=[row.pk])
        link = format_html('<a class="lo-link lo-strong" href="{}">{}</a>', url, row.name)
        return two_lines(link, " · ".join(filter(None, [kind, row.sender])))

    @display(description=gettext_lazy("received"), ordering="-last_seen_at")
    def seen_cell(self, row: UnmappedName) -> SafeString:
        times = ngettext("%(n)d time", "%(n)d times", row.times) % {"n": row.times}
        last = ago(row.last_seen_at, now=timezone.now())
        return two_lines(times, _("last %(when)s") % {"when": last})

    @display(description=gettext_lazy("leads"), ordering="waiting_leads")
    def waiting_cell(self, row: Any) -> str:
        words = ngettext("%(n)d lead", "%(n)d leads", row.waiting_leads)
        return words % {"n": row.waiting_leads}

    @display(description=gettext_lazy("means"))
    def decide_cell(self, row: Any) -> SafeString:
        if row.decided_at is not None:
            return self._decided(row)
        if not row.may_decide:
            return badge(_("To assign"), "amber")
        return format_html(
            '<span class="lo-assign"><select class="lo-input" name="{}{}" aria-label="{}">'
            '<option value="">{}</option>{}</select>{}</span>',
            _PREFIX,
            row.pk,
            _("Meaning of “%(name)s”") % {"name": row.name},
            _("Please choose"),
            format_html_join(
                "", '<option value="{}">{}</option>', ((str(one.pk), one) for one in row.choices)
            ),
            self._buttons(row),
        )

    def _buttons(self, row: Any) -> SafeString:
        named = [("assign", _("Always assign like this"))]
        if row.may_create:
            named.append(("create", _("Add as new")))
        named.append(("leave", _("Leave as it is")))
        return format_html_join(
            "",
            # The list is a form already, and none stands within another.
            '<button class="lo-button" type="submit" formaction="{}">{}</button>',
            ((_url(name, row), label) for name, label in named),
        )

    def _decided(self, row: Any) -> SafeString:
        meaning: Any = row.target
        words = badge(meaning, "green") if meaning else badge(_("Left as it is"), "grey")
        who = [ago(row.decided_at, now=timezone.now()), str(row.decided_by or "")]
        cell = two_lines(words, " · ".join(filter(None, who)))
        if not row.may_decide:
            return cell
        return format_html(
            '<span class="lo-stack">{}<button class="lo-button" type="submit" formaction="{}">'
            "{}</button></span>",
            cell,
            _url("reopen", row),
            _("Decide again"),
        )

    # The page of one name

    def get_urls(self) -> list[Any]:
        own = self.row_addresses(
            {
                "assign": require_POST(self.assign_view),
                "create": require_POST(self.create_view),
                "leave": require_POST(self.leave_view),
                "reopen": require_POST(self.reopen_view),
            }
        )
        return [*own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return self._page(request, row, AssignForm(row=row, initial={"target": row.target}))

    def _page(self, request: HttpRequest, row: Any, form: AssignForm) -> HttpResponse:
        now = timezone.now()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": row.name,
            "row": row,
            "kind": capfirst(str(row.get_kind_display())),
            "form": form,
            "may_decide": self.has_change_permission(request, row),
            "may_create": may_create(request, row),
            "first_seen": ago(row.first_seen_at, now=now),
            "last_seen": ago(row.last_seen_at, now=now),
            "back": _list_url(),
        }
        return TemplateResponse(request, "admin/leads/unmappedname/page.html", context)

    # Deciding

    def _row(self, request: HttpRequest, pk: int) -> UnmappedName:
        row = self.get_object(request, str(pk))
        if not isinstance(row, UnmappedName):
            raise Http404
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        return row

    def assign_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """From the page, or from a row of the list, where every row has its choice."""
        row = self._row(request, pk)
        said = request.POST.get("target", request.POST.get(f"{_PREFIX}{pk}", ""))
        form = AssignForm({"target": said}, row=row)
        if not form.is_valid():
            return self._page(request, row, form)
        target = form.cleaned_data["target"]
        changed = assign_name(row, target, by=user_of(request), now=timezone.now())
        return self._assigned(request, row, target, changed)

    def create_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._row(request, pk)
        if not may_create(request, row):
            raise PermissionDenied
        entry, changed = create_entry(row, by=user_of(request), now=timezone.now())
        return self._assigned(request, row, entry, changed)

    def leave_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._row(request, pk)
        leave_name(row, by=user_of(request), now=timezone.now())
        words = _("“%(name)s” stays as it is and is not asked about again.") % {"name": row.name}
        return self._done(request, words)

    def reopen_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._row(request, pk)
        reopen_name(row)
        return self._done(request, _("“%(name)s” is to be assigned again.") % {"name": row.name})

    def _assigned(
        self, request: HttpRequest, row: UnmappedName, target: Any, changed: int
    ) -> HttpResponse:
        words = _("“%(name)s” now always means “%(entry)s”.")
        leads = ngettext("%(n)d lead was put right.", "%(n)d leads were put right.", changed)
        sentences = [words % {"name": row.name, "entry": target}, leads % {"n": changed}]
        return self._done(request, " ".join(sentences))

    def _done(self, request: HttpRequest, words: str) -> HttpResponse:
        self.message_user(request, words, messages.SUCCESS)
        return HttpResponseRedirect(back_url(request, _list_url()))


def _url(name: str, row: UnmappedName) -> str:
    return reverse(f"admin:leads_unmappedname_{name}", args=[row.pk])


def _list_url() -> str:
    return reverse("admin:leads_unmappedname_changelist")
