"""Who may see what: the questions every page of the admin asks.

Rights are asked per dealer: someone may be administrator at one dealer and seller at another,
and must not carry rights across.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, cast

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from leads.access import permissions_of
from leads.models import Dealer, Membership, User
from leads.models.keys import search_terms


def dealers_where(user: User, *permissions: str) -> list[int] | None:
    """Dealers in which the user has one of the permissions; None: in all (the operator)."""
    if user.is_superuser:
        return None
    return [
        membership.dealer_id
        for membership in user.active_memberships
        if not permissions_of(membership).isdisjoint(permissions)
    ]


def user_of(request: HttpRequest) -> User:
    """Who asks; behind a sign-in it is always one of our users."""
    return cast(User, request.user)


def has_right_at(user: User, permission: str, dealer_id: int | None) -> bool:
    """Whether the user has the permission at this dealer; None: at any dealer."""
    allowed = dealers_where(user, permission)
    if allowed is None:
        return user.is_active
    return bool(allowed) if dealer_id is None else dealer_id in allowed


def visible_rows(model: type[models.Model], user: User) -> QuerySet[Any]:
    """The rows of any model that this user may meet in lists, choices and links."""
    rows = model._default_manager.all()
    if hasattr(rows, "for_user"):
        return rows.for_user(user)
    if user.is_superuser:
        return rows
    if issubclass(model, Dealer):
        return rows.filter(pk__in=user.dealer_ids())
    if model is User:
        return rows.filter(pk__in=_members(user.dealer_ids()))
    return rows.none()


def rows_of_dealer(rows: QuerySet[Any], dealer_id: int | None) -> QuerySet[Any]:
    """Of these rows, those that a row of this dealer may point to; None: shared ones only."""
    if issubclass(rows.model, Dealer):
        return rows.filter(pk=dealer_id)
    if rows.model is User:
        return rows.filter(pk__in=_members([dealer_id]))
    if not has_field(rows.model, "dealer"):
        return rows
    if dealer_id is None:
        return rows.filter(dealer=None)
    return rows.for_dealer(dealer_id)  # type: ignore[attr-defined]


def rows_at(rows: QuerySet[Any], dealer_ids: list[int] | None) -> QuerySet[Any]:
    """Of these rows, those of the given dealers (None: of all) and those that all share."""
    if dealer_ids is None:
        return rows
    if issubclass(rows.model, Dealer):
        return rows.filter(pk__in=dealer_ids)
    if not has_field(rows.model, "dealer"):
        return rows
    here = Q(dealer__in=dealer_ids)
    return rows.filter(here | Q(dealer=None) if rows.model._meta.get_field("dealer").null else here)


def dealer_of(obj: models.Model | None) -> int | None:
    """The number of the dealer behind whose wall a row stands."""
    return obj.pk if isinstance(obj, Dealer) else getattr(obj, "dealer_id", None)


def sees_creditworthiness(user: User, obj: models.Model | None = None) -> bool:
    """About one row: the right in its dealer; about a list: the right in every dealer in it."""
    if obj is not None and dealer_of(obj) is not None:
        return has_right_at(user, "leads.view_creditworthiness", dealer_of(obj))
    allowed = dealers_where(user, "leads.view_creditworthiness")
    return allowed is None or set(allowed) == set(user.dealer_ids())


def matching_text(query: str) -> Q:
    """Rows whose search text has every word of the query, or the phone number it spells.

    Search texts hold phone numbers in E.164, people type "0170 / 123 45 67".
    """
    words = Q(*[("search_text__contains", term) for term in search_terms(query)])
    digits = re.sub(r"[\s/().-]", "", query).lstrip("+0")
    if len(digits) >= 4 and digits.isascii() and digits.isdecimal():
        return words | Q(search_text__contains=digits)
    return words


def has_field(model: type[models.Model], name: str) -> bool:
    try:
        model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True


def _members(dealer_ids: Iterable[int | None]) -> QuerySet[Any, Any]:
    return Membership.objects.filter(dealer__in=dealer_ids, is_active=True).values("user")
