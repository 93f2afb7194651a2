"""The catalogues: entries that all dealers share, kept by the operator, and each dealer's own."""

from __future__ import annotations

from copy import copy
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter

from leads.admin.catalog_merging import MergesEntries
from leads.admin.catalogue_exchange import ExchangesCatalogue
from leads.admin.deletion import KeepsUsedRows
from leads.admin.display import badge, tone_of
from leads.admin.filters import RelatedFilter
from leads.admin.forms import DealerForm, SpellingsField
from leads.models import (
    Category,
    CloseReason,
    LeadType,
    Source,
    Status,
    Tag,
)
from leads.models.catalog import CatalogEntry
from leads.models.keys import catalog_key, clean_text
from leads.services.catalogue_editing import (
    meanings_at,
    problem_of_stage,
)


class CatalogForm(DealerForm):
    aliases = SpellingsField()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        name = catalog_key(cleaned.get("name") or self.instance.name)
        aliases = [alias for alias in cleaned.get("aliases", []) if catalog_key(alias) != name]
        cleaned["aliases"] = aliases
        entry = copy(self.instance)
        entry.aliases = aliases
        dealer = cleaned.get("dealer") or self.instance.dealer
        meanings = meanings_at(type(entry), dealer.pk if dealer else None)
        for problem in meanings.taken(entry):
            self.add_error("aliases", ValidationError(problem, code="taken"))
        return cleaned


class StatusForm(CatalogForm):
    def clean_stage(self) -> str:
        status = copy(self.instance)
        status.stage = self.cleaned_data["stage"]
        if problem := problem_of_stage(status, before=self.initial.get("stage", "")):
            raise ValidationError(problem, code="in_use")
        return status.stage


class LeadTypeForm(DealerForm):
    def clean_key(self) -> str:
        """In the form in which the ids that partners send are looked up."""
        return clean_text(self.cleaned_data["key"]).lower()


class SharedOrOwnAdmin(KeepsUsedRows, ExchangesCatalogue):
    """Entries that all dealers share are read by all and changed by the operator."""

    list_filter_submit = True
    list_select_related = ["dealer"]

    @admin.display(description=_("state"))
    def state(self, obj: Any) -> str:
        """Only what is out of the ordinary."""
        if not obj.is_active:
            return badge(_("switched off"), "grey")
        return badge(_("to review"), "amber") if getattr(obj, "is_automatic", False) else ""

    @admin.display(description=_("valid for"), ordering="dealer")
    def valid_for(self, obj: Any) -> str:
        return str(obj.dealer) if obj.dealer_id else str(_("all dealers"))

    def get_list_display(self, request: HttpRequest) -> Any:
        return [name for name in super().get_list_display(request) if name != "dealer_cell"]

    def get_list_filter(self, request: HttpRequest) -> Any:
        filters = super().get_list_filter(request)
        return [*filters, ("dealer", RelatedFilter)] if self.chooses_dealer(request) else filters

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        form = super().get_form(request, obj, change=change, **kwargs)
        if "dealer" in form.base_fields:
            # Without a dealer an entry is everybody's.
            form.base_fields["dealer"].required = not request.user.is_superuser
        return form


@admin.action(description=_("Mark as reviewed"), permissions=["change"])
def mark_as_reviewed(modeladmin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> None:
    rows = modeladmin.permitted(request, queryset, modeladmin.permission("change"))
    if not request.user.is_superuser:
        rows = rows.exclude(dealer=None)
    count = rows.filter(is_automatic=True).update(is_automatic=False)
    message = ngettext("%(count)d entry reviewed.", "%(count)d entries reviewed.", count)
    modeladmin.message_user(request, message % {"count": count})


class CatalogAdmin(SharedOrOwnAdmin):
    form = CatalogForm
    list_display = ["name", "state", "spellings", "valid_for"]
    list_filter = [("is_automatic", BooleanRadioFilter), ("is_active", BooleanRadioFilter)]
    search_fields = ["name"]
    actions = [mark_as_reviewed]
    fieldsets = [(None, {"fields": ["name", "aliases", "position", "is_active", "key"]})]

    @admin.display(description=_("other spellings"))
    def spellings(self, obj: CatalogEntry) -> str:
        return Truncator(", ".join(obj.aliases)).chars(60)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        # The key is folded as names are compared; SQLite's own LIKE knows no umlauts.
        key = catalog_key(search_term)
        return queryset.filter(Q(name_key__contains=key) | Q(key__contains=key)), False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields = super().get_readonly_fields(request, obj)
        # Partners and outside systems name the entry by its key.
        return [*fields, "key"] if obj is not None and obj.key else fields

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.is_automatic = False  # somebody has looked at it
        super().save_model(request, obj, form, change)


@admin.register(Status)
class StatusAdmin(MergesEntries, CatalogAdmin):
    form = StatusForm
    actions = [mark_as_reviewed, "merge_selected"]
    list_display = ["name", "stage_label", "state", "spellings", "valid_for"]
    list_filter = [
        ("stage", ChoicesDropdownFilter),
        ("is_automatic", BooleanRadioFilter),
        ("is_active", BooleanRadioFilter),
    ]
    fieldsets = [
        (None, {"fields": ["name", "stage", "aliases", "position", "is_active", "key"]}),
    ]

    @admin.display(description=_("stage"), ordering="stage")
    def stage_label(self, obj: Status) -> str:
        return badge(obj.get_stage_display(), tone_of(obj))


@admin.register(Source)
class SourceAdmin(MergesEntries, CatalogAdmin):
    actions = [mark_as_reviewed, "merge_selected"]


@admin.register(Category)
class CategoryAdmin(CatalogAdmin):
    pass


@admin.register(Tag)
class TagAdmin(CatalogAdmin):
    fieldsets = [(None, {"fields": ["name", "aliases", "is_active"]})]


@admin.register(CloseReason)
class CloseReasonAdmin(CatalogAdmin):
    list_display = ["name", "outcome", "state", "spellings", "valid_for"]
    list_filter = [
        ("outcome", ChoicesDropdownFilter),
        ("is_automatic", BooleanRadioFilter),
        ("is_active", BooleanRadioFilter),
    ]
    fieldsets = [
        (None, {"fields": ["name", "outcome", "aliases", "position", "is_active", "key"]}),
    ]


@admin.register(LeadType)
class LeadTypeAdmin(SharedOrOwnAdmin):
    """What a type says about creditworthiness is absent for those who may not see it."""

    form = LeadTypeForm
    creditworthiness_fields = ["title", "description", "sender", "precheck", "note"]
    list_display = [
        "key",
        "title",
        "public_title",
        "suggested_urgency",
        "first_response_minutes",
        "state",
        "valid_for",
    ]
    list_display_links = ["key", "public_title"]
    list_filter = [
        ("suggested_urgency", ChoicesDropdownFilter),
        ("is_active", BooleanRadioFilter),
    ]
    search_fields = ["key", "public_title"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "key",
                    "title",
                    "public_title",
                    "description",
                    "suggested_urgency",
                    "first_response_minutes",
                    "is_active",
                ]
            },
        ),
        (
            _("What follows from it"),
            {
                "fields": [
                    "test_drive_wished",
                    "callback_wished",
                    "reservation_hint",
                    "contract_expiring",
                    "precheck",
                    "finance_kind",
                    "finance_interest",
                    "customer_kind",
                    "vehicle_kind",
                ]
            },
        ),
        (_("Where it comes from"), {"fields": ["sender", "family", "channel", "origin", "note"]}),
    ]

    def hidden_fields(self, request: HttpRequest, obj: Any = None) -> set[str]:
        hidden = super().hidden_fields(request, obj)
        # Codes for the mapping of partners; they mean something to the operator only.
        codes = {"vehicle_kind", "family", "channel", "origin"}
        return hidden if request.user.is_superuser else hidden | codes

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields = super().get_readonly_fields(request, obj)
        # Partners send the id with each lead.
        return [*fields, "key"] if obj is not None else fields

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if "title" not in form.fields and not obj.title:
            obj.title = obj.public_title
        super().save_model(request, obj, form, change)
