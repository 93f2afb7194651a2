"""One lead per request through the whole pipeline, against a bare DRF create with token look-up.

Key check, idempotency, ledger, matching, score, events and all, on the same PostgreSQL and the
same server. Goal: half the rate of the yardstick, which does none of this.
"""

from __future__ import annotations

from benchmarks import office, yardstick
from benchmarks.measuring import Case, conclude, is_quick, measure
from benchmarks.serving import serving

GOAL = 0.5


def main() -> None:
    number = 60 if is_quick() else 600
    keys = office.open_offices()
    with (
        yardstick.yardstick() as (stock, prepared),
        serving("leadoffice.wsgi", settings="leadoffice.settings") as leadoffice,
    ):
        bare = Case(
            "bare DRF",
            lambda: stock.answer(yardstick.posts(prepared, number), expected=201),
        )
        ours = Case(
            "LeadOffice",
            lambda: leadoffice.answer(office.posts(keys, number), expected=201),
        )
        measure([bare, ours], unit="request", after_first=office.know_tables)
    conclude("api_create", ours.rate / bare.rate, goal=GOAL)


if __name__ == "__main__":
    main()
