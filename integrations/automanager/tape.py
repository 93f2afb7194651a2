"""All answers of a partner, taken down first and played afterwards: a rehearsal stores everything
in one transaction that is taken back, and no network call may happen within it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Self

from integrations.automanager.reading import MEMORY
from integrations.automanager.schema import Page
from integrations.automanager.source import Missing, NotAsAgreed, Source
from integrations.http import PartnerError, PartnerRefused

_Kept = tuple[list[int], Exception | None]


class Tape:
    """A source that has been asked everything already. Pages lie in a temporary file."""

    def __init__(self, source: Source, *, now: datetime) -> None:
        self._as_of = source.as_of(now)
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the tape)
        self._kept: dict[str, _Kept] = {}
        with suppress(_Stop):
            self._take_down(source)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    def as_of(self, now: datetime) -> datetime:
        return self._as_of

    def export_apps(self) -> Iterator[Page]:
        return self._play("apps")

    def runs(self, app: str, since: datetime, until: datetime) -> Iterator[Page]:
        return self._play(f"runs {app}")

    def transmissions(self, app: str, since: datetime, until: datetime) -> Iterator[Page]:
        return self._play(f"transmissions {app}")

    def listings(self, app: str) -> Iterator[Page]:
        return self._play(f"listings {app}")

    def stock(self) -> Iterator[Page]:
        return self._play("stock")

    def _take_down(self, source: Source) -> None:
        since, until = self._as_of - MEMORY, self._as_of
        self._record("apps", source.export_apps)
        self._record("stock", source.stock)
        for app in self._app_numbers():
            self._record(f"runs {app}", partial(source.runs, app, since, until))
            self._record(f"transmissions {app}", partial(source.transmissions, app, since, until))
            self._record(f"listings {app}", partial(source.listings, app))

    def _app_numbers(self) -> list[str]:
        items = [item for page in self._pages("apps") for item in page.items]
        objects = [item for item in items if isinstance(item, dict)]
        return [str(one["id"]) for one in objects if isinstance(one.get("id"), str | int)]

    def _record(self, name: str, ask: Callable[[], Iterator[Page]]) -> None:
        places: list[int] = []
        self._kept[name] = (places, None)
        try:
            for page in ask():
                self._file.seek(0, 2)
                places.append(self._file.tell())
                self._file.write(json.dumps(list(page.items)).encode() + b"\n")
        except (Missing, NotAsAgreed, PartnerRefused) as problem:
            self._kept[name] = (places, problem)
        except PartnerError as problem:  # concerns all that is still to come
            self._kept[name] = (places, problem)
            raise _Stop from problem

    def _play(self, name: str) -> Iterator[Page]:
        yield from self._pages(name)
        _places, problem = self._kept.get(name, ([], Missing()))
        if problem is not None:
            raise problem

    def _pages(self, name: str) -> Iterator[Page]:
        places, _problem = self._kept.get(name, ([], None))
        for place in places:
            self._file.seek(place)
            yield Page(items=json.loads(self._file.readline()))


class _Stop(Exception):
    """Nothing more is to be had."""
