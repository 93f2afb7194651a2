"""Possible duplicates: two customers who may be the same, with the evidence, to be decided."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.views import ChangeList

from leads.admin.base import DealerChangeList
from leads.admin.display import ago, badge, phone_link, two_lines
from leads.admin.filters import MatchReasonFilter
from leads.admin.kept import KeptAdmin
from leads.admin.merge_filters import DecisionFilter
from leads.admin.merge_pages import back_url, may_merge, merge_url
from leads.admin.wall import user_of
from leads.models import Customer, MatchSuggestion, Merge
from leads.services.duplicates import DecisionRefused, reopen_suggestion

_TONES = {"different": "grey", "merged": "green"}


class SuggestionChangeList(DealerChangeList):
    """The chips above the list, and what the user may do with each row."""

    chips: list[dict[str, Any]]

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)  # type: ignore[has-type]
        here = urlencode({"next": request.get_full_path()})
        for row in rows:
            row.may_decide = may_merge(user_of(request), "customer", row.dealer_id)
            row.here = here
        self.result_list = rows
        specs = [spec for spec in self.filter_specs if isinstance(spec, DecisionFilter)]
        self.chips = [chip for spec in specs for chip in spec.choices(self)]
        merges = admin.site.get_model_admin(Merge)
        if merges.has_view_or_change_permission(request):
            url = reverse("admin:leads_merge_changelist")
            self.chips.append({"display": _("All merges"), "query_string": url})


@admin.register(MatchSuggestion)
class MatchSuggestionAdmin(KeptAdmin):
    list_display = ["customer_cell", "candidate_cell", "reason_cell", "decide_cell"]
    list_display_links = None
    list_select_related = ["customer", "candidate", "decided_by"]
    list_filter = [DecisionFilter, MatchReasonFilter]
    list_filter_submit = True
    list_before_template = "admin/leads/chips.html"
    empty_text = gettext_lazy("Two customers who may be the same person are shown here.")
    actions = None
    fields: ClassVar[Any] = ["customer_cell", "candidate_cell", "reason_cell"]
    readonly_fields: ClassVar[Any] = fields

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return SuggestionChangeList

    @display(description=gettext_lazy("customer"))
    def customer_cell(self, suggestion: MatchSuggestion) -> SafeString:
        return _person(suggestion.customer)

    @display(description=gettext_lazy("may be the same as"))
    def candidate_cell(self, suggestion: MatchSuggestion) -> SafeString:
        return _person(suggestion.candidate)

    @display(description=gettext_lazy("reason"))
    def reason_cell(self, suggestion: MatchSuggestion) -> SafeString:
        found = ago(suggestion.created_at, now=timezone.now())
        return two_lines(capfirst(suggestion.get_reason_display()), found)

    @display(description=gettext_lazy("decision"))
    def decide_cell(self, suggestion: Any) -> SafeString:
        if suggestion.decision:
            return _decided(suggestion)
        # The older one is kept, unless somebody swaps them.
        pair = (suggestion.candidate_id, suggestion.customer_id)
        compare = format_html(
            '<a class="lo-button" href="{}?{}">{}</a>',
            merge_url("customer", *pair),
            suggestion.here,
            _("Compare"),
        )
        if not suggestion.may_decide:
            return _buttons(compare)
        url = reverse("admin:leads_customer_different", args=pair)
        return _buttons(compare, _button(url, suggestion.here, _("Are different")))

    # Taking a decision back

    def get_urls(self) -> list[Any]:
        own = self.row_addresses({"reopen": require_POST(self.reopen_view)})
        return [*own, *super().get_urls()]

    def reopen_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        suggestion = self.get_object(request, str(pk))
        if suggestion is None:
            raise Http404
        if not may_merge(user_of(request), "customer", suggestion.dealer_id):
            raise PermissionDenied
        try:
            reopen_suggestion(suggestion)
        except DecisionRefused as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            self.message_user(request, _("The decision is open again."), messages.SUCCESS)
        url = reverse("admin:leads_matchsuggestion_changelist")
        return HttpResponseRedirect(back_url(request, url))


def possible_twins(customer_id: int, dealer_id: int, *, limit: int) -> list[dict[str, Any]]:
    """Who may be the same person as a customer, with the evidence and the page to compare them;
    what somebody has decided is left out."""
    rows = MatchSuggestion.objects.for_dealer(dealer_id).open().naming(customer_id)
    return [
        {
            "customer": one.candidate if one.customer_id == customer_id else one.customer,
            "reason": capfirst(str(one.get_reason_display())),
            "compare_url": merge_url("customer", one.candidate_id, one.customer_id),
        }
        for one in rows.select_related("customer", "candidate")[:limit]
    ]


def _decided(suggestion: Any) -> SafeString:
    words = capfirst(suggestion.get_decision_display())
    who = [ago(suggestion.decided_at, now=timezone.now()), suggestion.decided_by]
    below = " · ".join(str(one) for one in who if one)
    cell = two_lines(badge(words, _TONES[suggestion.decision]), below)
    if suggestion.decision != MatchSuggestion.Decision.DIFFERENT or not suggestion.may_decide:
        return cell
    url = reverse("admin:leads_matchsuggestion_reopen", args=[suggestion.pk])
    return format_html(
        '<span class="lo-stack">{}{}</span>',
        cell,
        _buttons(_button(url, suggestion.here, _("Decide again"))),
    )


def _button(url: str, query: str, label: str) -> SafeString:
    # The list is a form already, and none stands within another.
    return format_html(
        '<button class="lo-button" type="submit" formaction="{}?{}">{}</button>', url, query, label
    )


def _buttons(*buttons: SafeString) -> SafeString:
    inside = format_html_join("", "{}", ((button,) for button in buttons))
    return format_html('<span class="lo-buttons lo-decide">{}</span>', inside)


def _person(customer: Customer) -> SafeString:
    name = customer.full_name or customer.email or _("Without a name")
    url = reverse("admin:leads_customer_change", args=[customer.pk])
    link = format_html('<a class="lo-link" href="{}">{}</a>', url, name)
    place = " ".join(filter(None, [customer.postal_code, customer.city]))
    contact = [phone_link(customer.phone or customer.mobile) or customer.email, place]
    below = format_html("{}", contact[0]) if not place else format_html("{} · {}", *contact)
    return two_lines(link, below if contact[0] else place)
