"""Pages that cost the same wherever they lie and never skip or repeat a row."""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from leads.api.errors import invalid


class _Place(NamedTuple):
    """The row next to the page asked for, and on which side of it the page lies."""

    is_before: bool
    received_at: datetime
    pk: int


class NewestFirst(BasePagination):
    """Newest first, by time and id together.

    Not the library's own: that one compares the time alone and counts rows where it is equal,
    up to 1,000; an imported list has more leads than that with one time.
    """

    ordering = ("-received_at", "-pk")
    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    cursor_query_param = "cursor"

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.base_url = request.build_absolute_uri()
        size = self.get_page_size(request)
        place = _decode(request.query_params.get(self.cursor_query_param))
        is_backwards = place is not None and place.is_before
        if place:
            queryset = queryset.filter(_beyond(place))
        ordering = ("received_at", "pk") if is_backwards else self.ordering
        rows = list(queryset.order_by(*ordering)[: size + 1])
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
        return [
            {
                "name": self.cursor_query_param,
                "in": "query",
                "description": _("From the links `next` and `previous` of an answer."),
                "schema": {"type": "string"},
            },
            {
                "name": self.page_size_query_param,
                "in": "query",
                "description": _("Leads per page."),
                "schema": {"type": "integer", **limits},
            },
        ]

    def _link(self, *, is_before: bool) -> str:
        row = self.page[0 if is_before else -1]
        cursor = _encode(_Place(is_before, row.received_at, row.pk))
        return replace_query_param(self.base_url, self.cursor_query_param, cursor)


def _beyond(place: _Place) -> Q:
    """The rows on the far side of a place. The time is compared twice: alone, so that the index
    finds the beginning, and together with the id, so that no row is skipped."""
    order = "gt" if place.is_before else "lt"
    further = Q(**{f"received_at__{order}": place.received_at})
    same_time = Q(received_at=place.received_at, **{f"pk__{order}": place.pk})
    return Q(**{f"received_at__{order}e": place.received_at}) & (further | same_time)


def _encode(place: _Place) -> str:
    text = f"{'p' if place.is_before else 'n'} {place.received_at.isoformat()} {place.pk}"
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str | None) -> _Place | None:
    if cursor is None:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        side, moment, pk = urlsafe_b64decode(padded).decode("ascii").split(" ")
        received_at = datetime.fromisoformat(moment)
        if side not in ("n", "p") or received_at.tzinfo is None or len(pk) > 19:
            raise ValueError
        return _Place(side == "p", received_at, int(pk))
    except (ValueError, binascii.Error) as error:
        message = _("This is not a cursor of this list.")
        raise invalid("cursor", message, "invalid_cursor") from error
