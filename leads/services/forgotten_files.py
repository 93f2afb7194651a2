"""Stored files that no row names: a process was killed after it stored one."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime

from django.core.files.storage import Storage


def delete_forgotten(
    storage: Storage, *, known: Collection[str] = (), stored_before: datetime
) -> int:
    """How many. A younger one may get its row yet; one that somebody else deletes meanwhile is
    gone as it should be."""
    try:
        _folders, names = storage.listdir("")
    except FileNotFoundError:  # nothing was ever stored
        return 0
    deleted = 0
    for name in set(names).difference(known):
        with suppress(FileNotFoundError):
            if storage.get_modified_time(name) < stored_before:
                storage.delete(name)
                deleted += 1
    return deleted
