"""Automanager's side of the contract (integrations/automanager/README.md, §6): GET only, by token.

The demo answers beside this file are those of the demo's dealer; their times are counted from the
moment at which they are read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

from integrations.simulator.bdk import Reply, Request, problem

ACCESS_TOKEN = "demo-automanager-token"  # noqa: S105 (opens nothing but this simulator)
DEMO = Path(__file__).with_name("automanager_demo.json")

_PAGE = 20  # as Automanager shows by itself
_MOMENT = re.compile(r'"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d)"')
_WINDOWED = {"runs": "sent_at", "transmissions": "at"}


def answers_as_of(now: datetime, path: Path = DEMO) -> dict[str, Any]:
    """The answers of a file, path → page, as if they had been made at `now`."""
    text = path.read_text(encoding="utf-8")
    made_at = datetime.fromisoformat(json.loads(text)["/v1/export-apps"]["generated_at"])
    later = now - made_at

    def moved(match: re.Match[str]) -> str:
        moment = datetime.fromisoformat(match[1]) + later
        return f'"{moment.isoformat(timespec="seconds")}"'

    answers: dict[str, Any] = json.loads(_MOMENT.sub(moved, text))
    return answers


@dataclass
class SimulatedAutomanager:
    """Serves whole lists page by page. `goes_in_circles`: each page names itself as the next one;
    `repeats_itself`: each page begins with the last item of the one before."""

    answers: Mapping[str, Any]
    page_size: int = _PAGE
    token: str = ACCESS_TOKEN
    goes_in_circles: bool = False
    repeats_itself: bool = False
    # Paths whose token has been withdrawn after so many pages.
    withdrawn_after: dict[str, int] = field(default_factory=dict)

    def answer(self, request: Request) -> Reply:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return problem(HTTPStatus.UNAUTHORIZED, "UNAUTHORIZED")
        if request.method != "GET":
            return problem(HTTPStatus.METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED")
        whole = self.answers.get(request.path)
        if whole is None:
            return problem(HTTPStatus.NOT_FOUND, "NOT_FOUND")
        start = request.query("cursor").removeprefix("at:") or "0"
        if not start.isdecimal():
            return problem(HTTPStatus.BAD_REQUEST, "INVALID_CURSOR")
        if int(start) >= self.withdrawn_after.get(request.path, 10**9) * self.page_size:
            return problem(HTTPStatus.UNAUTHORIZED, "UNAUTHORIZED")
        return self._page(whole, _chosen(whole["items"], request), int(start))

    def _page(self, whole: Mapping[str, Any], items: list[Any], start: int) -> Reply:
        end = start + self.page_size
        first = start - 1 if self.repeats_itself and start else start
        following = start if self.goes_in_circles else end
        page = {
            **whole,
            "items": items[first:end],
            "next_cursor": f"at:{following}" if end < len(items) else None,
        }
        return Reply(200, page, noted={"items": len(page["items"])})


def _chosen(items: list[Any], request: Request) -> list[Any]:
    """Those in the window that was asked for; everything else has no default filter."""
    name = _WINDOWED.get(request.path.rsplit("/", 1)[-1])
    if name is None:
        return items
    since = _moment(request.query("from")) or datetime.fromisoformat("0001-01-02T00:00:00+00:00")
    until = _moment(request.query("to")) or since + timedelta(days=1_000_000)
    return [one for one in items if since <= (_moment(one.get(name)) or since) <= until]


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
