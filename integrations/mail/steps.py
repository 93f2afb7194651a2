"""What whoever listens (calls.py) hears of a conversation with a mail server: each command once,
with how many mails it was about. A thousand mails are one line, and none of them is quoted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from django.utils.translation import ngettext

from integrations import calls


@dataclass(slots=True)
class Step:
    """One command, carried out once or often. `mails` is None where it is not about mails."""

    mails: int | None = None
    received: int = 0  # bytes
    seconds: float = 0
    problem: str = ""  # the kind of error, never its words: they may quote the server
    ended_at: float = field(default_factory=time.monotonic)

    def count(self, mails: int, *, received: int = 0) -> None:
        self.mails = (self.mails or 0) + mails
        self.received += received


class Steps:
    """The commands of one conversation; `address` is where they went ("imaps://mail.example:993")."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._steps: dict[tuple[str, str], Step] = {}

    @contextmanager
    def step(self, command: str, folder: str = "") -> Iterator[Step]:
        step = self._steps.setdefault((command, folder), Step())
        began_at = time.monotonic()
        try:
            yield step
        except Exception as error:
            step.problem = type(error).__name__.lstrip("_")
            raise
        finally:
            step.ended_at = time.monotonic()
            step.seconds += step.ended_at - began_at

    def tell(self) -> None:
        for (command, folder), step in self._steps.items():
            calls.tell(partial(self._call, command, folder, step))

    def _call(self, command: str, folder: str, step: Step) -> calls.Call:
        return calls.Call(
            method=command,
            address=f"{self._address}/{folder}".rstrip("/"),
            seconds=step.seconds,
            problem=step.problem,
            received=step.received,
            found=_words(step.mails),
            ended_at=step.ended_at,
        )


def _words(mails: int | None) -> str:
    if mails is None:
        return ""
    return ngettext("%(n)d mail", "%(n)d mails", mails) % {"n": mails}
