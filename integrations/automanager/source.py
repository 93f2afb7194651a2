"""Where the objects of the export control come from: Automanager itself, or a file like it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.automanager.client import AutomanagerClient
from integrations.automanager.fields import Broken
from integrations.automanager.schema import Page, page_from
from integrations.http import PartnerMisconfigured, PartnerRefused
from integrations.models import Connection

# Pages of one list in one check; 2,000 pages of 100 transmissions are far more than five days.
MAX_PAGES = 2_000
# A file is read as a whole; some 50,000 transmissions.
MAX_FILE_BYTES = 40 * 1024 * 1024


class Missing(Exception):
    """This list is not to be had: Automanager has no such address, or the file leaves it out."""


class NotAsAgreed(Exception):
    """An answer breaks the contract as a whole; the text says how, in words for people."""


class Source(Protocol):
    """Each method yields the pages of one list; raises Missing, NotAsAgreed or PartnerError."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def as_of(self, now: datetime) -> datetime:
        """When what it says was true."""

    def export_apps(self) -> Iterator[Page]: ...

    def runs(self, app: str, since: datetime, until: datetime) -> Iterator[Page]: ...

    def transmissions(self, app: str, since: datetime, until: datetime) -> Iterator[Page]: ...

    def listings(self, app: str) -> Iterator[Page]: ...

    def stock(self) -> Iterator[Page]: ...


# --- Automanager -----------------------------------------------------------------------------


class Automanager:
    """The lists of one connection, over HTTP."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if "_client" in self.__dict__:
            self._client.__exit__(None, None, None)

    @cached_property
    def _client(self) -> AutomanagerClient:
        """Made when it is needed: an address that cannot be used is told like any other trouble."""
        return AutomanagerClient(self._connection.base_url, self._connection.access_token)

    def as_of(self, now: datetime) -> datetime:
        return now

    def export_apps(self) -> Iterator[Page]:
        return _pages(lambda cursor: self._client.export_apps(cursor=cursor))

    def runs(self, app: str, since: datetime, until: datetime) -> Iterator[Page]:
        return _pages(
            lambda cursor: self._client.runs(app, since=since, until=until, cursor=cursor)
        )

    def transmissions(self, app: str, since: datetime, until: datetime) -> Iterator[Page]:
        return _pages(
            lambda cursor: self._client.transmissions(app, since=since, until=until, cursor=cursor)
        )

    def listings(self, app: str) -> Iterator[Page]:
        return _pages(lambda cursor: self._client.listings(app, cursor=cursor))

    def stock(self) -> Iterator[Page]:
        return _pages(lambda cursor: self._client.stock(cursor=cursor))


def try_out(connection: Connection) -> str:
    """Read the list of exports and say what is in it. Raises PartnerError."""
    with Automanager(connection) as source:
        try:
            items = [item for page in source.export_apps() for item in page.items]
        except Missing as error:
            message = _("There is no list of exports at this address.")
            raise PartnerMisconfigured(message) from error
        except NotAsAgreed as error:
            raise PartnerRefused(str(error)) from error
    message = ngettext("%(n)d export can be read.", "%(n)d exports can be read.", len(items))
    return message % {"n": len(items)}


def _pages(ask: Callable[[str], Any]) -> Iterator[Page]:
    """To the end, each page fetched when it is asked for. A partner that sends us in circles
    breaks the contract: then nobody knows whether that was all."""
    cursor, seen = "", {""}
    names: set[str] = set()
    for _number in range(MAX_PAGES):
        try:
            page = page_from(ask(cursor))
        except PartnerRefused as error:
            if error.status in (404, 405, 410, 501) and not cursor:
                raise Missing from error
            raise
        except Broken as broken:
            message = _("The answer is not a page: %(what)s.")
            raise NotAsAgreed(message % {"what": broken}) from broken
        yield page
        cursor, new = page.next_cursor, _names(page)
        if not cursor:
            return
        if cursor in seen or (new and new <= names):
            raise NotAsAgreed(_("The pages go in circles; reading was stopped."))
        seen.add(cursor)
        names |= new
    raise NotAsAgreed(_("There is no end to the pages; reading was stopped."))


def _names(page: Page) -> set[str]:
    """The numbers of its items, as far as they have any."""
    objects = [item for item in page.items if isinstance(item, dict)]
    return {str(name) for one in objects if (name := one.get("id") or one.get("listing_id"))}


# --- a file ----------------------------------------------------------------------------------


class UnreadableFile(Exception):
    """The text is a sentence for people."""


class AnswerFile:
    """Automanager's answers in one JSON object: path → page (README.md). It is true as of its own
    `generated_at`, so that an old file can be looked at as if it were that day."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self._answers = answers

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises UnreadableFile."""
        try:
            if path.stat().st_size > MAX_FILE_BYTES:
                message = _("The file is larger than %(megabytes)d MB.")
                raise UnreadableFile(message % {"megabytes": MAX_FILE_BYTES // 1024**2})
            answers = json.loads(path.read_text(encoding="utf-8-sig"), parse_constant=str)
        except OSError as error:
            message = _("The file cannot be read: %(reason)s.")
            raise UnreadableFile(message % {"reason": error.strerror}) from error
        except (ValueError, RecursionError) as error:
            raise UnreadableFile(_("The file is not JSON.")) from error
        if not isinstance(answers, dict):
            raise UnreadableFile(_("The file holds no answers: an object of paths is expected."))
        return cls(answers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def as_of(self, now: datetime) -> datetime:
        """When it was made, at most `now`."""
        with suppress(Missing, NotAsAgreed):
            for page in self.export_apps():
                if page.generated_at:
                    return min(page.generated_at, now)
        return now

    def export_apps(self) -> Iterator[Page]:
        return self._page("/v1/export-apps")

    def runs(self, app: str, since: datetime, until: datetime) -> Iterator[Page]:
        return self._page(f"/v1/export-apps/{app}/runs")

    def transmissions(self, app: str, since: datetime, until: datetime) -> Iterator[Page]:
        return self._page(f"/v1/export-apps/{app}/transmissions")

    def listings(self, app: str) -> Iterator[Page]:
        return self._page(f"/v1/export-apps/{app}/listings")

    def stock(self) -> Iterator[Page]:
        return self._page("/v1/stock")

    def _page(self, path: str) -> Iterator[Page]:
        if path not in self._answers:
            raise Missing
        try:
            page = page_from(self._answers[path])
        except Broken as broken:
            message = _("The answer is not a page: %(what)s.")
            raise NotAsAgreed(message % {"what": broken}) from broken
        if page.next_cursor:
            raise NotAsAgreed(_("A file holds whole lists; next_cursor must be empty."))
        yield page
