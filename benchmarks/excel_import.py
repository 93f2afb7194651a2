"""50,000 rows × 20 columns of xlsx, three of ten about known customers: from the file to the last
lead, against the stock way and the floor.

Stock: a ModelResource of django-import-export with foreign-key widgets, doing its admin's dry run
and import. It gets a tenth of the rows, since it needs many minutes for all of them; its rate does
not rise with their number. Floor: calamine, COPY into a staging table and two upserts; no history,
events, ledger or matching. Rates are compared. Each round is a process of its own, so that its
peak memory is its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.listed_leads import write_list
from benchmarks.measuring import Case, Sample, conclude, is_quick, measure
from benchmarks.serving import ROOT

GOAL = 25
GOAL_OF_FLOOR = 5  # times its time, at most
_ROWS = {"LeadOffice": 50_000, "stock": 5_000, "floor": 50_000}


def main() -> None:
    share = 10 if is_quick() else 1
    with tempfile.TemporaryDirectory() as directory:
        cases = {}
        for name, rows in _ROWS.items():
            path, number = Path(directory, f"{name}.xlsx"), rows // share
            write_list(path, number)
            cases[name] = Case(name, lambda given=(name, path, number): _measured(*given))
        measure(list(cases.values()), unit="lead")
    ours = cases["LeadOffice"].rate
    times = cases["floor"].rate / ours
    print(f"excel_import: {times:.1f} times the floor's time (goal ≤ {GOAL_OF_FLOOR})")
    conclude("excel_import", ours / cases["stock"].rate, goal=GOAL)


def _measured(name: str, path: Path, number: int) -> Sample:
    command = [sys.executable, "-m", "benchmarks.imported_leads", name, str(path), str(number)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return Sample(**json.loads(done.stdout))


if __name__ == "__main__":
    main()
