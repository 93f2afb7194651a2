"""100,000 leads × 20 columns as xlsx: an export by the worker, the stock way, and the floor.

Stock: a plain ModelResource of django-import-export with the same columns over the same rows, with
select_related, as its admin exports them. Floor: values_list and the Rust writer, nothing else.
Each round is a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks import exported_leads
from benchmarks.measuring import Case, Sample, conclude, is_quick, measure
from benchmarks.serving import ROOT

GOAL = 12
GOAL_OF_PROGRESS = 2  # seconds, at most


def main() -> None:
    dealer = exported_leads.prepare(10_000 if is_quick() else 100_000)
    cases = {name: Case(name, lambda name=name: _measured(name, dealer)) for name in _WAYS}
    measure(list(cases.values()), unit="lead")
    ordered, begun = exported_leads.seconds_until_progress(dealer)
    print(
        f"excel_export: its page shows progress after {ordered:.2f} s (goal ≤ {GOAL_OF_PROGRESS}),"
        f" the first rows are written after {begun:.2f} s"
    )
    conclude("excel_export", cases["LeadOffice"].rate / cases["stock"].rate, goal=GOAL)


_WAYS = ("LeadOffice", "stock", "floor")


def _measured(name: str, dealer: int) -> Sample:
    command = [sys.executable, "-m", "benchmarks.exported_leads", name, str(dealer)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return Sample(**json.loads(done.stdout))


if __name__ == "__main__":
    main()
