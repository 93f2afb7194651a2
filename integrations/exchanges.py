"""A record of the calls of a partner, for those who look for what is wrong between us.

Within `recording(connection)` the calls of its client, HTTP or IMAP, are listened to (calls.py)
and kept as rows at the end: the newest of each connection, those that went wrong for longer. What
was said is never kept, only its shape, for example
{"leads": [{"leadId": "text", "version": "number"}, "× 50"]}.

Who opens a client opens the record around it, outside of any transaction: what is kept must
outlive what fails, and only the caller knows the run.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.utils import timezone

from integrations.calls import Call, listening
from integrations.models import Connection, Exchange, SyncRun

KEPT = 50  # exchanges of a connection that went well
KEPT_BAD = 200
_OF_ONE_RUN = 50  # the last ones

_MAX_SHAPE = 4000  # characters
_MAX_BODY = 1024 * 1024  # bytes; of larger answers only the size is told
_MAX_DEPTH = 8
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_$:-]{0,60}")


@contextmanager
def recording(connection: Connection, *, run: SyncRun | None = None) -> Iterator[None]:
    """Keep what is called within, however it ends. Not inside a transaction that may fail."""
    # A check of exports reads hundreds of pages.
    calls: deque[Call] = deque(maxlen=_OF_ONE_RUN)
    try:
        with listening(calls.append):
            yield
    finally:
        _keep(list(calls), connection, run)


def _keep(calls: list[Call], connection: Connection, run: SyncRun | None) -> None:
    if not calls:
        return
    now = timezone.now()
    Exchange.objects.bulk_create(
        Exchange(
            dealer_id=connection.dealer_id,
            connection_id=connection.pk,
            run_id=run.pk if run else None,
            at=now - timedelta(seconds=call.ended_ago()),
            method=call.method[:10],
            address=call.address[:400],
            status=call.status,
            problem=call.problem[:100],
            milliseconds=round(call.seconds * 1000),
            sent=call.sent,
            received=call.received,
            shape=call.found or shape_of(call.body),
            is_good=call.is_good,
        )
        for call in calls
    )
    for is_good, kept in ((True, KEPT), (False, KEPT_BAD)):
        rows = Exchange.objects.filter(connection=connection, is_good=is_good).order_by("-pk")
        last = rows.values_list("pk", flat=True)[kept : kept + 1]
        for pk in last:
            rows.filter(pk__lte=pk).delete()


def shape_of(body: bytes) -> str:
    """The shape of a JSON text; "" for nothing, "–" for what is no JSON or too large."""
    if not body.strip():
        return ""
    if len(body) > _MAX_BODY:
        return "–"
    try:
        shape = _shape(json.loads(body), _MAX_DEPTH)
    except (ValueError, RecursionError):
        return "–"
    return json.dumps(shape, ensure_ascii=False, indent=1)[:_MAX_SHAPE]


def _shape(value: Any, depth: int) -> Any:
    if depth == 0:
        return "…"
    if isinstance(value, dict):
        return {_name(name): _shape(inner, depth - 1) for name, inner in value.items()}
    if isinstance(value, list):
        shapes: list[Any] = []
        for one in value:
            shape = _shape(one, depth - 1)
            if shape not in shapes[:3]:
                shapes.append(shape)
        return [*shapes[:3], f"× {len(value)}"] if value else []
    if isinstance(value, bool):
        return "true/false"
    if isinstance(value, int | float):
        return "number"
    return "null" if value is None else "text"


def _name(name: str) -> str:
    """A property's name, unless it is a value in disguise."""
    return name if _NAME.fullmatch(name) else "…"
