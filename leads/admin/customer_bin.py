"""Customers are saved and deleted by the same services as everywhere; deleting means the bin, and
whoever may delete can see it and take customers out of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action

from leads.admin.base import DealerAdmin
from leads.admin.forms import DealerForm
from leads.admin.wall import dealers_where, has_right_at, rows_at, user_of
from leads.models import Customer, Lead
from leads.models.user import User
from leads.services.customers import (
    COLUMNS,
    IDENTIFYING,
    CustomerInUse,
    create_customer,
    delete_customer,
    lock_customer,
    lock_deleted_customer,
    record_customer_change,
    restore_customer,
)

_IN_BIN = "bin"


class CustomerForm(DealerForm):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not any(cleaned.get(name) for name in IDENTIFYING):
            message = _("Give a name, a company, an e-mail or a phone.")
            raise ValidationError(message, code="customer_unnamed")
        return cleaned


class BinFilter(admin.SimpleListFilter):
    """Shows the bin instead of the list."""

    title = gettext_lazy("bin")
    parameter_name = "show"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        if has_right_at(user_of(request), "leads.delete_customer", None):
            return [(_IN_BIN, _("In the bin"))]
        return []

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return customers_in_bin(user_of(request)) if self.value() == _IN_BIN else queryset


def customers_in_bin(user: User) -> QuerySet[Customer]:
    """Deleted customers, as far as the user may delete and so restore them."""
    binned = Customer.objects.ever_of_user(user).exclude(deleted_at=None).filter(merged_into=None)
    return rows_at(binned, dealers_where(user, "leads.delete_customer"))


class CustomerBin(DealerAdmin):
    form = CustomerForm

    def save_model(self, request: HttpRequest, obj: Customer, form: Any, change: bool) -> None:
        now = timezone.now()
        if change:
            record_customer_change(obj, form.changed_data, by=user_of(request), now=now)
            return
        values = {name: getattr(obj, name) for name in COLUMNS}
        made = create_customer(obj.dealer, values, by=user_of(request), now=now)
        obj.__dict__.update(made.__dict__)

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        in_bin = {"restore_selected"}
        wanted = in_bin if request.GET.get("show") == _IN_BIN else set(actions) - in_bin
        return {name: actions[name] for name in actions if name in wanted}

    def get_deleted_objects(
        self, objs: Iterable[Customer], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """What Django's page lists before it deletes: nothing else goes with a customer, and
        leads are in the way."""
        rows = list(objs)
        lacking = {
            str(self.opts.verbose_name)
            for row in rows
            if not self.has_delete_permission(request, row)
        }
        names = [row.full_name or str(row) for row in rows]
        in_the_way = []
        for row, name in zip(rows, names, strict=True):
            if leads := Lead.objects.for_dealer(row.dealer_id).filter(customer=row).count():
                in_the_way.append(_leads_of(name, leads))
        return names, {str(self.opts.verbose_name_plural): len(rows)}, lacking, in_the_way

    def delete_model(self, request: HttpRequest, obj: Customer) -> None:
        self._delete(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Customer]) -> None:
        for customer in queryset:
            self._delete(request, customer)

    def _delete(self, request: HttpRequest, customer: Customer) -> None:
        with transaction.atomic():
            try:
                locked = lock_customer(customer.dealer, customer.pk)
                delete_customer(locked, by=user_of(request), now=timezone.now())
            except Customer.DoesNotExist:
                return  # somebody else was faster
            except CustomerInUse as error:  # a lead came in while the page was looked at
                message = _leads_of(customer.full_name or str(customer), error.leads)
                self.message_user(request, message, messages.WARNING)

    @action(description=gettext_lazy("Restore"), permissions=["delete"])
    def restore_selected(self, request: HttpRequest, queryset: QuerySet[Customer]) -> None:
        pks = list(queryset.values_list("pk", flat=True))
        restored = 0
        for customer in customers_in_bin(user_of(request)).filter(pk__in=pks):
            with transaction.atomic():
                locked = lock_deleted_customer(customer.dealer, customer.pk)
                if locked is not None:
                    restore_customer(locked, by=user_of(request), now=timezone.now())
                    restored += 1
        text = ngettext("%(n)d customer was restored.", "%(n)d customers were restored.", restored)
        self.message_user(request, text % {"n": restored}, messages.SUCCESS)


def _leads_of(name: str, leads: int) -> str:
    text = ngettext("%(name)s: %(n)d lead", "%(name)s: %(n)d leads", leads)
    return text % {"name": name, "n": leads}
