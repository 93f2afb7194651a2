"""The people who sign in; kept by the operator. What they may do stands in their memberships."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from leads.admin.dealer import SwitchedOffColumn
from leads.models import Membership, User

# Rights come from memberships alone (leads/access.py); groups would promise what they do not keep.
admin.site.unregister(Group)


class NewUserForm(UserCreationForm):
    # Everybody has a password of their own; there is no other way to sign in yet.
    usable_password = None

    class Meta:
        model = User
        fields = ["username", "first_name", "last_name", "email"]


class UserForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"
        labels = {"is_superuser": _("Operator")}
        help_texts = {"is_superuser": _("Sees and changes everything of every dealer.")}


class MembershipInline(TabularInline):
    """Only the operator meets it, so its choices are all dealers."""

    model = Membership
    fields = ["dealer", "role", "sees_creditworthiness", "is_active"]
    extra = 0


@admin.register(User)
class UserAdmin(DjangoUserAdmin, SwitchedOffColumn):  # type: ignore[misc]
    form = UserForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "state_badge", "full_name", "email", "operator", "last_login"]
    list_filter = [("is_active", BooleanRadioFilter), ("is_superuser", BooleanRadioFilter)]
    list_filter_submit = True
    search_fields = ["username", "first_name", "last_name", "email"]
    ordering = ["last_name", "first_name", "username"]
    filter_horizontal = []
    readonly_fields = ["last_login", "date_joined"]
    inlines = [MembershipInline]
    fieldsets = [
        (None, {"fields": ["username", "password", ("first_name", "last_name"), "email"]}),
        (_("Access"), {"fields": ["is_active", "is_superuser", "last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (
            None,
            {
                "fields": [
                    "username",
                    ("first_name", "last_name"),
                    "email",
                    "password1",
                    "password2",
                ]
            },
        ),
    ]

    @admin.display(description=_("name"), ordering="last_name")
    def full_name(self, obj: User) -> str:
        return obj.get_full_name()

    @admin.display(description=_("operator"), ordering="is_superuser")
    def operator(self, obj: User) -> str:
        return str(_("yes")) if obj.is_superuser else ""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Where an owner is chosen, colleagues are found by name; the list is the operator's.
        user: User = request.user  # type: ignore[assignment]
        chooses = getattr(request.resolver_match, "url_name", "") == "leads_user_choices"
        return user.is_superuser or (chooses and bool(user.dealer_ids()))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Timeline and history name who did what; people who leave are switched off.
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields = super().get_readonly_fields(request, obj)
        # Nobody locks themselves out.
        return [*fields, "is_active", "is_superuser"] if obj == request.user else fields

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return [] if obj is None else super().get_inlines(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.is_staff = True  # everybody here works in the admin
        super().save_model(request, obj, form, change)
