"""What a list of customers can be narrowed by, and in which orders it comes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters.rest_framework import FilterSet

from leads.api.errors import invalid
from leads.api.filters import MomentFilter, TextFilter, with_words
from leads.api.pagination import NewestFirst
from leads.models.customer import Customer
from leads.models.keys import email_key, phone_key


class CustomerOrder(NewestFirst):
    orderings: ClassVar = {"created_at": datetime, "updated_at": datetime}
    default_ordering = "-created_at"
    implied_orderings: ClassVar = {"updated_since": "updated_at"}


class CustomerFilter(FilterSet):
    external_number = TextFilter(method="by_number", help_text=_("The customer's number."))
    email = TextFilter(method="by_email", help_text=_("The whole address, in any case."))
    phone = TextFilter(
        method="by_phone", help_text=_("The whole number of phone or mobile, in any spelling.")
    )
    updated_since = MomentFilter(
        "updated_at",
        "gte",
        help_text=_("Changed then or later; the list then begins with the oldest change."),
    )
    search = TextFilter(
        method="by_words", help_text=_("Parts of words in name, contact data, place and number.")
    )

    # Saying "not empty" lets both databases use the partial indexes.

    def by_number(self, rows: QuerySet[Customer], name: str, value: str) -> QuerySet[Customer]:
        return rows.filter(~Q(external_number=""), external_number=value)

    def by_email(self, rows: QuerySet[Customer], name: str, value: str) -> QuerySet[Customer]:
        if key := email_key(value):
            return rows.filter(~Q(email_key=""), email_key=key)
        raise invalid(name, _("This is not an e-mail address."))

    def by_phone(self, rows: QuerySet[Customer], name: str, value: str) -> QuerySet[Customer]:
        if key := phone_key(value):
            by_phone = Q(phone_key=key) & ~Q(phone_key="")
            return rows.filter(by_phone | (Q(mobile_key=key) & ~Q(mobile_key="")))
        raise invalid(name, _("This is not one phone number."))

    def by_words(self, rows: QuerySet[Customer], name: str, value: str) -> Any:
        return with_words(rows, value)
