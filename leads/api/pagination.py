"""Pages that cost the same wherever they lie and never skip or repeat a row."""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, NamedTuple

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from leads.api.errors import invalid


class _Order(NamedTuple):
    """A column that has a value in every row, and the direction in which it is walked."""

    column: str
    is_descending: bool

    def __str__(self) -> str:
        return f"-{self.column}" if self.is_descending else self.column

    def columns(self, *, is_backwards: bool) -> list[str]:
        """For `order_by`: the column and the id, both in the same direction."""
        sign = "-" if self.is_descending != is_backwards else ""
        return [f"{sign}{self.column}", f"{sign}pk"]


class _Place(NamedTuple):
    """The row next to the page asked for, and on which side of it the page lies."""

    is_before: bool
    order: _Order
    value: datetime | int
    pk: int


class NewestFirst(BasePagination):
    """Newest first, or by another of `orderings`; always by one column and the id together.

    Not the library's own: that one compares the column alone and counts rows where it is equal,
    up to 1,000; an imported list has more leads than that with one time.
    """

    # Columns without null: name on the wire → type of its values.
    orderings: ClassVar[Mapping[str, type[datetime] | type[int]]] = {"received_at": datetime}
    default_ordering = "-received_at"
    # A parameter of the address that asks for another ordering if none is named.
    implied_orderings: ClassVar[Mapping[str, str]] = {}
    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    cursor_query_param = "cursor"
    ordering_query_param = "ordering"

    @property
    def parameters(self) -> set[str]:
        """Names of query parameters that belong to the pages, not to a filter."""
        names = {self.cursor_query_param, self.page_size_query_param}
        return names | {self.ordering_query_param} if len(self.orderings) > 1 else names

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.base_url = request.build_absolute_uri()
        size = self.get_page_size(request)
        self.order = self._order(request)
        place = self._decode(request.query_params.get(self.cursor_query_param))
        is_backwards = place is not None and place.is_before
        if place:
            queryset = queryset.filter(_beyond(place))
        columns = self.order.columns(is_backwards=is_backwards)
        rows = list(queryset.order_by(*columns)[: size + 1])
        has_more, self.page = len(rows) > size, rows[:size]
        if is_backwards:
            self.page.reverse()
        self.has_previous = has_more if is_backwards else place is not None
        self.has_next = has_more if not is_backwards else True
        return self.page

    def get_page_size(self, request: Request) -> int:
        text = request.query_params.get(self.page_size_query_param)
        if text is None:
            return self.page_size
        if re.fullmatch("[0-9]{1,9}", text) and 1 <= int(text) <= self.max_page_size:
            return int(text)
        message = _("A number from 1 to %(n)d, please.") % {"n": self.max_page_size}
        raise invalid(self.page_size_query_param, message)

    def _order(self, request: Request) -> _Order:
        wanted = request.query_params.get(self.ordering_query_param)
        if wanted is None or self.ordering_query_param not in self.parameters:
            implied = (self.implied_orderings.get(name) for name in request.query_params)
            wanted = next(filter(None, implied), self.default_ordering)
        if wanted.removeprefix("-") not in self.orderings:
            names = ", ".join(self._choices())
            message = _("Use one of these: %(names)s.") % {"names": names}
            raise invalid(self.ordering_query_param, message, "unknown_value")
        return _Order(wanted.removeprefix("-"), wanted.startswith("-"))

    def _choices(self) -> list[str]:
        return [f"{sign}{name}" for name in self.orderings for sign in ("-", "")]

    def get_paginated_response(self, data: Any) -> Response:
        links = {"next": self._next_link(), "previous": self._previous_link()}
        return Response({**links, "results": data})

    def _next_link(self) -> str | None:
        return self._link(is_before=False) if self.has_next and self.page else None

    def _previous_link(self) -> str | None:
        return self._link(is_before=True) if self.has_previous and self.page else None

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        example = "https://leadoffice.example/api/v1/leads/?cursor=biAyMDI2LTAzLTAy"
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": {**link, "example": example},
                "previous": {**link, "example": example},
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        limits = {"minimum": 1, "maximum": self.max_page_size, "default": self.page_size}
        parameters = [
            {
                "name": self.cursor_query_param,
                "in": "query",
                "description": _("From the links `next` and `previous` of an answer."),
                "schema": {"type": "string"},
            },
            {
                "name": self.page_size_query_param,
                "in": "query",
                "description": _("Rows per page."),
                "schema": {"type": "integer", **limits},
            },
        ]
        if self.ordering_query_param in self.parameters:
            parameters.append(
                {
                    "name": self.ordering_query_param,
                    "in": "query",
                    "description": _("What comes first; “-” means the largest or latest."),
                    "schema": {"type": "string", "enum": self._choices()},
                }
            )
        return parameters

    def _link(self, *, is_before: bool) -> str:
        row = self.page[0 if is_before else -1]
        value = getattr(row, self.order.column)
        cursor = _encode(_Place(is_before, self.order, value, row.pk))
        return replace_query_param(self.base_url, self.cursor_query_param, cursor)

    def _decode(self, cursor: str | None) -> _Place | None:
        """A cursor belongs to the ordering that it was made in."""
        if cursor is None:
            return None
        try:
            padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
            side, order, value, pk = urlsafe_b64decode(padded).decode("ascii").split(" ")
            if side not in ("n", "p") or order != str(self.order) or len(pk) > 19:
                raise ValueError
            return _Place(side == "p", self.order, self._value(value), int(pk))
        except (ValueError, OverflowError, binascii.Error) as error:
            message = _("This is not a cursor of this list.")
            raise invalid("cursor", message, "invalid_cursor") from error

    def _value(self, text: str) -> datetime | int:
        if self.orderings[self.order.column] is int:
            if len(text) > 9:
                raise ValueError
            return int(text)
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError
        return moment.astimezone(UTC)  # OverflowError in the first and the last year


def _beyond(place: _Place) -> Q:
    """The rows on the far side of a place. The column is compared twice: alone, so that the index
    finds the beginning, and together with the id, so that no row is skipped."""
    column = place.order.column
    side = "lt" if place.order.is_descending != place.is_before else "gt"
    further = Q(**{f"{column}__{side}": place.value})
    same = Q(**{column: place.value, f"pk__{side}": place.pk})
    return Q(**{f"{column}__{side}e": place.value}) & (further | same)


def _encode(place: _Place) -> str:
    value = place.value.isoformat() if isinstance(place.value, datetime) else place.value
    text = f"{'p' if place.is_before else 'n'} {place.order} {value} {place.pk}"
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")
