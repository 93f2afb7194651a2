"""Encrypting stored secrets and messages anew, so that an old key can be thrown away."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model

from leads.models.encrypted import EncryptedTextField, cipher

BATCH = 500  # rows in one transaction

Progress = Callable[[str, int], object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rotated:
    """Values, not rows: a row may hold several."""

    renewed: int
    unreadable: int  # with none of the keys


def rotate(*, dry_run: bool = False, progress: Progress | None = None) -> Rotated:
    """Encrypt with the first of FIELD_ENCRYPTION_KEYS whatever one of the others has encrypted.

    While the office runs: a value that somebody changes meanwhile is left to them. Stopped at any
    time it goes on where it was. `dry_run` counts only. `progress` hears the column and how many
    of its values were looked at. A value that no key opens is counted and stays as it is.
    """
    renewed = unreadable = 0
    for model, field in encrypted_columns():
        label = f"{model._meta.db_table}.{field.column}"
        for batch in _batches(model, field):
            changes, failed = _renewals(batch)
            if not dry_run:
                renewed += _write(model, field, changes)
            else:
                renewed += len(changes)
            unreadable += failed
            if progress is not None:
                progress(label, len(batch))
    return Rotated(renewed=renewed, unreadable=unreadable)


def encrypted_columns() -> Iterator[tuple[type[Model], EncryptedTextField[Any, Any]]]:
    """Every column that is encrypted, of every installed app."""
    for model in apps.get_models():
        if model._meta.proxy:
            continue
        for field in model._meta.local_concrete_fields:
            if isinstance(field, EncryptedTextField):
                yield model, field


def _batches(
    model: type[Model], field: EncryptedTextField[Any, Any]
) -> Iterator[list[tuple[Any, str]]]:
    """(primary key, value as stored), in portions; the field itself would decrypt it."""
    table, column, key = _names(model, field)
    last: Any = None
    while True:
        beyond = f" AND {key} > %s" if last is not None else ""
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {key}, {column} FROM {table}"  # noqa: S608 (names of our own models)
                f" WHERE {column} <> ''{beyond} ORDER BY {key} LIMIT {BATCH}",
                [last] if last is not None else [],
            )
            rows = cursor.fetchall()
        if not rows:
            return
        yield rows
        last = rows[-1][0]


def _renewals(
    rows: Sequence[tuple[Any, str]],
) -> tuple[list[tuple[Any, str, str]], int]:
    """(primary key, old value, new value) of those with an old key; how many no key opens."""
    newest = Fernet(settings.FIELD_ENCRYPTION_KEYS[0])
    changes, unreadable = [], 0
    for pk, stored in rows:
        try:
            newest.decrypt(stored.encode())
        except InvalidToken:
            try:
                changes.append((pk, stored, cipher().rotate(stored.encode()).decode()))
            except InvalidToken:
                unreadable += 1
    return changes, unreadable


@transaction.atomic
def _write(
    model: type[Model], field: EncryptedTextField[Any, Any], changes: Sequence[tuple[Any, str, str]]
) -> int:
    """Each only if it is still what it was; how many were written."""
    table, column, key = _names(model, field)
    written = 0
    with connection.cursor() as cursor:
        for pk, before, after in changes:
            cursor.execute(
                f"UPDATE {table} SET {column} = %s WHERE {key} = %s AND {column} = %s",  # noqa: S608
                [after, pk, before],
            )
            written += cursor.rowcount
    return written


def _names(model: type[Model], field: EncryptedTextField[Any, Any]) -> tuple[str, str, str]:
    """Table, column and primary key, quoted."""
    quoted = connection.ops.quote_name
    key: Any = model._meta.pk
    return quoted(model._meta.db_table), quoted(str(field.column)), quoted(key.column)
