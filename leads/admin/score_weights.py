"""What the score counts: one form per dealer, with what is usual beside each number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.forms.models import ModelFormMetaclass
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from leads.admin.base import DealerAdmin
from leads.admin.display import score_badge
from leads.admin.forms import DealerForm
from leads.admin.wall import sees_creditworthiness, user_of
from leads.models import Lead, ScoreWeights
from leads.services.rescoring import weigh
from leads.services.score_parts import (
    DEDUCTIONS,
    INTENT_LIMIT,
    INTENT_LIMIT_DESCRIPTION,
    INTENT_LIMIT_LABEL,
    MAX_WEIGHT,
    PARTS,
    USUAL_WEIGHTS,
    ScoreGroup,
    weight_of,
)
from leads.services.scoring import breakdown

# The dealer has columns called "name" and "email".
_PREFIX = "points_"


def _rows() -> Iterator[tuple[str, ScoreGroup, Any, Any]]:
    """(key, group, label, description) of every number, as they stand in the form."""
    for part in (*PARTS, *DEDUCTIONS):
        yield part.key, part.group, part.label, part.description
    yield INTENT_LIMIT, ScoreGroup.INTENT, INTENT_LIMIT_LABEL, INTENT_LIMIT_DESCRIPTION


class _WeightsForm(DealerForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key in USUAL_WEIGHTS:
            self.initial[_PREFIX + key] = weight_of(key, self.instance.score_weights)

    def weights(self) -> dict[str, int]:
        """What was typed; a number that was deleted is the usual one."""
        typed = {key: self.cleaned_data.get(_PREFIX + key) for key in USUAL_WEIGHTS}
        return {key: points for key, points in typed.items() if points is not None}


def _field(key: str, label: Any, description: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        help_text=format_lazy("{} {}", description, format_lazy(_USUAL, points=USUAL_WEIGHTS[key])),
        min_value=0,
        max_value=MAX_WEIGHT,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget({"placeholder": USUAL_WEIGHTS[key]}),
    )


_USUAL = _("Usual: {points}.")
_FIELDS = {_PREFIX + key: _field(key, label, words) for key, _group, label, words in _rows()}
WeightsForm: Any = ModelFormMetaclass("WeightsForm", (_WeightsForm,), _FIELDS)


@admin.register(ScoreWeights)
class ScoreWeightsAdmin(DealerAdmin):
    form = WeightsForm
    list_display = ["name", "weights_cell"]
    list_display_links = ["name"]
    search_fields = ["name"]
    ordering = ["name"]
    actions_detail = ["reset"]
    change_form_outer_after_template = "admin/leads/score_weights/example.html"

    # What is shown

    @admin.display(description=_("weights"))
    def weights_cell(self, dealer: ScoreWeights) -> str:
        changed = sum(
            weight_of(key, dealer.score_weights) != usual for key, usual in USUAL_WEIGHTS.items()
        )
        if not changed:
            return str(_("as usual"))
        return ngettext("%(n)d differs", "%(n)d differ", changed) % {"n": changed}

    @admin.display(description=_("points"))
    def points(self, dealer: ScoreWeights) -> SafeString:
        """For those who only look."""
        shown = (
            (label, weight_of(key, dealer.score_weights)) for key, _group, label, _words in _rows()
        )
        rows = format_html_join("", "<div><dt>{}</dt><dd>{}</dd></div>", shown)
        return format_html('<dl class="lo-facts lo-score">{}</dl>', rows)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[tuple[Any, Any]]:
        if not self.has_change_permission(request, obj):
            return [(None, {"fields": ["points"]})]
        groups: dict[ScoreGroup, list[str]] = {group: [] for group in ScoreGroup}
        for key, group, _label, _words in _rows():
            groups[group].append(_PREFIX + key)
        return [
            (group.label, {"fields": _in_pairs(names), "description": _DESCRIPTIONS.get(group)})
            for group, names in groups.items()
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), "points"]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        dealer = kwargs.get("obj")
        context["example"] = _example(request, dealer) if dealer else None
        answer: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return answer

    # Rights

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    # Saving

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if weigh(obj, form.weights()):
            self._announce(request)

    def _announce(self, request: HttpRequest) -> None:
        words = _("All scores are now computed anew; that takes a few minutes.")
        self.message_user(request, words, messages.INFO)

    @action(
        description=_("Reset to usual"),
        permissions=["change"],
        url_path="reset",
        icon="restart_alt",
        dialog={
            "title": _("Reset all weights?"),
            "description": _(
                "Every part gets its usual points again, and all scores are computed anew."
            ),
            "form_class": None,
            "form_submit_text": _("Reset to usual"),
        },
    )
    def reset(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        dealer = self.get_object(request, unquote(object_id))
        if dealer is None:
            raise Http404
        if weigh(dealer, {}):
            self.log_change(request, dealer, [{"changed": {"fields": [str(_("weights"))]}}])
            self._announce(request)
        url = reverse(
            "admin:leads_scoreweights_change", args=[dealer.pk], current_app=self.admin_site.name
        )
        return HttpResponse(headers={"HX-Redirect": url})


_DESCRIPTIONS = {
    ScoreGroup.CREDIT: _(
        "Everybody sees the score. With points here, people who may not see creditworthiness can"
        " infer it from the score."
    ),
    ScoreGroup.DEDUCTION: _("These points are taken away."),
}


def _in_pairs(names: list[str]) -> list[Any]:
    return [tuple(names[place : place + 2]) for place in range(0, len(names), 2)]


def _example(request: HttpRequest, dealer: ScoreWeights) -> dict[str, Any] | None:
    """The newest lead that the user may see, with what its score is made of."""
    user, now = user_of(request), timezone.now()
    leads = Lead.objects.for_user(user).filter(dealer=dealer, is_test=False, is_spam=False)
    lead = leads.order_by("-received_at", "-pk").first()
    if lead is None or not user.has_perm("leads.view_lead", lead):
        return None
    return {
        "lead": lead,
        "badge": score_badge(lead),
        "lines": breakdown(
            lead,
            weights=dealer.score_weights,
            now=now,
            sees_creditworthiness=sees_creditworthiness(user, lead),
        ),
    }
