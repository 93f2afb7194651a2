"""Dealers, their locations, and who works for them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import ForeignKey, ManyToManyField, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from leads.admin.base import DealerAdmin
from leads.admin.deletion import KeepsUsedRows
from leads.admin.display import badge
from leads.admin.forms import DealerForm, SpellingsField
from leads.admin.opening import ClosedDayInline, OpeningHoursInline, opening_now
from leads.models import Dealer, Location, Membership, User


class SwitchedOffColumn(DealerAdmin):
    @admin.display(description=_("state"))
    def state_badge(self, obj: Any) -> str:
        """Only what is out of the ordinary."""
        return "" if obj.is_active else badge(_("switched off"), "grey")


@admin.register(Dealer)
class DealersAdmin(SwitchedOffColumn):
    """New dealers come from the operator; none is ever deleted, only switched off."""

    list_display = ["name", "state_badge", "email"]
    search_fields = ["name"]
    fieldsets = [
        (None, {"fields": ["name", "email", "is_active"]}),
        (_("Intake"), {"fields": ["reopen_days", "raw_days"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else [*fields, "is_active"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LocationForm(DealerForm):
    aliases = SpellingsField()


@admin.register(Location)
class LocationAdmin(KeepsUsedRows, SwitchedOffColumn):
    form = LocationForm
    list_display = ["name", "state_badge", "place", "federal_state", "phone", "bdk_partner_number"]
    list_filter = [("is_active", BooleanRadioFilter), ("state", ChoicesDropdownFilter)]
    list_filter_submit = True
    search_fields = ["name", "city", "bdk_partner_number"]
    fieldsets = [
        (
            None,
            {"fields": ["name", "aliases", "is_active", "bdk_partner_number", "automanager_code"]},
        ),
        (_("Address"), {"fields": ["street", ("postal_code", "city"), "state", "phone"]}),
        (
            _("Opening"),
            {
                "fields": ["opening_text", "closed_on_eves"],
                "description": _(
                    "Holidays are those of the federal state. As long as no opening hours are "
                    "stored, Monday to Friday 8 to 18 and Saturday 9 to 13 o'clock count."
                ),
            },
        ),
    ]
    inlines = [OpeningHoursInline, ClosedDayInline]

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return [] if obj is None else super().get_inlines(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), "opening_text"]

    @admin.display(description=_("now"))
    def opening_text(self, obj: Location) -> str:
        return opening_now(obj) if obj.pk else "–"

    @admin.display(description=_("federal state"), ordering="state")
    def federal_state(self, obj: Location) -> str:
        return obj.get_state_display()

    @admin.display(description=_("place"), ordering="city")
    def place(self, obj: Location) -> str:
        return " ".join(filter(None, [obj.postal_code, obj.city]))


# What nobody gives to themselves, or takes from themselves and is locked out.
_RIGHTS = ("role", "locations", "sees_creditworthiness", "is_active")


@admin.register(Membership)
class MembershipAdmin(KeepsUsedRows, SwitchedOffColumn):
    """Administrators say what their people may do; who works here at all, the operator says."""

    list_display = ["user", "state_badge", "role", "places", "creditworthiness"]
    list_select_related = ["user", "dealer"]
    list_filter = [("role", ChoicesDropdownFilter), ("is_active", BooleanRadioFilter)]
    list_filter_submit = True
    search_fields = ["user__first_name", "user__last_name", "user__username", "user__email"]
    ordering = ["dealer", "user__last_name", "user__first_name"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "person",
                    "role",
                    "locations",
                    "sees_creditworthiness",
                    "told_of_findings_from",
                    "is_active",
                ]
            },
        ),
        (_("As partners are told"), {"fields": ["salutation", "staff_number", "phone"]}),
    ]

    @admin.display(description=_("sees creditworthiness"), ordering="sees_creditworthiness")
    def creditworthiness(self, obj: Membership) -> str:
        return str(_("yes")) if obj.sees_creditworthiness else ""

    @admin.display(description=_("locations"))
    def places(self, obj: Membership) -> str:
        return ", ".join(map(str, obj.locations.all())) or str(_("all"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("locations")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # The user would be out of reach for the administrator; switching off is enough.
        return request.user.is_superuser

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields = super().get_readonly_fields(request, obj)
        if obj is None:
            return fields
        is_own = obj.user_id == request.user.pk and not request.user.is_superuser
        return [*fields, "person", *(_RIGHTS if is_own else ())]

    @admin.display(description=_("user"))
    def person(self, obj: Membership) -> str:
        # As text: a link would lead to a page that only the operator may open.
        return str(obj.user)

    def choices_of(self, db_field: ForeignKey, request: HttpRequest) -> QuerySet[Any]:
        if db_field.name == "user":
            return User.objects.filter(is_active=True)  # only the operator adds members
        return super().choices_of(db_field, request)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        if obj is None:
            # Who is let in does not work here yet.
            kwargs["form"] = forms.ModelForm
        return super().get_form(request, obj, change=change, **kwargs)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> Any:
        kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "locations":
            field.widget = field.widget.widget  # without the button that adds a location
        return field

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[tuple[Any, Any]]:
        if obj is None:
            # Which locations there are is known once the dealer is.
            fields = ["dealer", "user", "role", "sees_creditworthiness", "is_active"]
            return [(None, {"fields": fields})]
        return super().get_fieldsets(request, obj)
