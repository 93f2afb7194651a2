"""The same POST twice has one effect: Idempotency-Key and the stored first answer."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from leads.api.errors import invalid
from leads.models.api_key import ApiKey, IdempotencyRecord
from leads.models.columns import columns_of, read_rows
from leads.services.inserting import append

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
        record = _claim(caller, key)
        if record and record.created_at > now - LIFETIME:
            if record.request_hash != request_hash:
                raise IdempotencyKeyReused
            return Answer(record.status_code, json.loads(record.body), is_replayed=True)
        if record:
            record.delete()
        answer = act()
        if answer.status_code < 300:
            _keep(caller, key, request_hash, answer, now=now)
        return answer


def _claim(caller: ApiKey, key: str) -> IdempotencyRecord | None:
    """The record of the key, if there is one; from now on nobody else works on this key until the
    transaction ends. Raises StillRunning. SQLite needs no lock: there a transaction begins only
    when the one before has ended."""
    if connection.vendor != "postgresql":
        same = IdempotencyRecord.objects.for_dealer(caller.dealer_id)
        return same.filter(sender=caller.sender, key=key).first()
    name = f"{caller.dealer_id}\n{caller.sender}\n{key}"
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    values = [number, caller.dealer_id, caller.sender, key]
    [(found, (is_free,))] = read_rows(IdempotencyRecord, _claim_statement(), values)
    if not is_free:
        raise StillRunning
    return found if found.pk else None


@cache
def _claim_statement() -> str:
    """Lock and look in one. A record that came between both is not seen here; `_keep` is stopped
    then by the constraint."""
    return (
        f"SELECT {columns_of(IdempotencyRecord, 'record')},"  # noqa: S608 - our tables
        " pg_try_advisory_xact_lock(%s)"
        f" FROM (VALUES (1)) AS once LEFT JOIN {IdempotencyRecord._meta.db_table} AS record"
        " ON record.dealer_id = %s AND record.sender = %s AND record.key = %s"
    )


def _keep(caller: ApiKey, key: str, request_hash: str, answer: Answer, *, now: datetime) -> None:
    """Raises StillRunning if somebody else has kept an answer since: this one did not happen, and
    its repeat gets the other."""
    record = IdempotencyRecord(
        dealer_id=caller.dealer_id,
        sender=caller.sender,
        key=key,
        request_hash=request_hash,
        status_code=answer.status_code,
        body=json.dumps(answer.body, ensure_ascii=False),
        created_at=now,
    )
    try:
        append(IdempotencyRecord, [record])
    except IntegrityError as error:
        raise StillRunning from error
