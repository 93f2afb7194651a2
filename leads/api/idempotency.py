"""The same POST twice has one effect: Idempotency-Key and the stored first answer."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from leads.api.errors import invalid
from leads.models.api_key import ApiKey, IdempotencyRecord

HEADER = "Idempotency-Key"
LIFETIME = timedelta(days=30)
_KEY = re.compile(r"[\x21-\x7e]{1,200}")


class IdempotencyKeyReused(APIException):
    status_code = 422
    default_code = "idempotency_key_reused"
    default_detail = _("This Idempotency-Key was used before with another body.")


class StillRunning(APIException):
    status_code = 409
    default_code = "request_in_progress"
    default_detail = _("The first request with this Idempotency-Key is still running.")
    wait = 1  # seconds, as Retry-After


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the client; `body` holds only what JSON knows."""

    status_code: int
    body: dict[str, Any]
    is_replayed: bool = False


def key_of(request: Request) -> str:
    """The request's key, "" if it has none."""
    key = request.headers.get(HEADER)
    if key is None:
        return ""
    if not _KEY.fullmatch(key):
        message = _("1 to 200 printable ASCII characters without blanks.")
        raise invalid(HEADER, message, "invalid_idempotency_key")
    return key


def hash_of(body: dict[str, Any]) -> str:
    """The same for two spellings of one JSON object, whatever its blanks and order of names."""
    canonical = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def answer_once(
    caller: ApiKey, key: str, request_hash: str, act: Callable[[], Answer], *, now: datetime
) -> Answer:
    """Run `act` and keep its answer, or give back the answer kept before; one transaction.

    Only successes are kept: after an error the key is free again. Raises IdempotencyKeyReused
    and StillRunning. Without a key `act` just runs.
    """
    with transaction.atomic():
        if not key:
            return act()
        _lock(caller, key)
        same = IdempotencyRecord.objects.for_dealer(caller.dealer)
        record = same.filter(sender=caller.sender, key=key).first()
        if record and record.created_at > now - LIFETIME:
            if record.request_hash != request_hash:
                raise IdempotencyKeyReused
            return Answer(record.status_code, json.loads(record.body), is_replayed=True)
        if record:
            record.delete()
        answer = act()
        if answer.status_code < 300:
            IdempotencyRecord.objects.create(
                dealer=caller.dealer,
                sender=caller.sender,
                key=key,
                request_hash=request_hash,
                status_code=answer.status_code,
                body=json.dumps(answer.body, ensure_ascii=False),
                created_at=now,
            )
        return answer


def _lock(caller: ApiKey, key: str) -> None:
    """Nobody else works on this key until the transaction ends. SQLite needs nothing: there a
    transaction begins only when the one before has ended."""
    if connection.vendor != "postgresql":
        return
    name = f"{caller.dealer_id}\n{caller.sender}\n{key}"
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            raise StillRunning
