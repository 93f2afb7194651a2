"""Leads in batches of 500, against the same leads one by one; in leads per second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from benchmarks import office
from benchmarks.measuring import Case, Sample, conclude, is_quick, measure
from benchmarks.serving import Server, serving

GOAL = 15
SIZE = 500


def main() -> None:
    # Enough batches that no process of the server is idle for long at the end of a round.
    singles, batches = (50, 2) if is_quick() else (500, 12)
    keys = office.open_offices()
    with serving("leadoffice.wsgi", settings="leadoffice.settings") as server:
        one_by_one = Case(
            "single", lambda: server.answer(office.posts(keys, singles), expected=201)
        )
        together = Case(f"batches of {SIZE}", lambda: _in_batches(server, keys, batches))
        measure([one_by_one, together], unit="lead", after_first=office.know_tables)
    conclude("api_batch", together.rate / one_by_one.rate, goal=GOAL)


def _in_batches(server: Server, keys: Sequence[str], number: int) -> Sample:
    answered = server.answer(office.batches(keys, number, size=SIZE), expected=200)
    return replace(answered, units=answered.units * SIZE)


if __name__ == "__main__":
    main()
