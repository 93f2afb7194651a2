"""10,000 leads wait at BDK, three of ten of known customers: stored, matched, scored, acknowledged,
over HTTP, against the same people in an Excel list that is imported.

The list is the yardstick: its rows come from a file at once, while a sync asks for pages, writes
each into the ledger before it is a lead, and sends receipts. A sync of a fifth of the leads shows
whether memory grows with their number. Each round is a process of its own, so that its peak memory
is its own, with a BDK of its own, which has acknowledged nothing yet.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.listed_leads import write_list
from benchmarks.measuring import Case, Sample, conclude, is_quick, measure
from benchmarks.serving import ROOT

GOAL = 0.5
_LEADS = 10_000
_FLAT_MB = 40  # more than this between a fifth and all of them would not be flat


def main() -> None:
    leads = _LEADS // (10 if is_quick() else 1)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "list.xlsx")
        write_list(path, leads)
        sync = Case("sync", lambda: _synced(leads))
        few = Case("sync of a fifth", lambda: _synced(leads // 5))
        listed = Case(
            "Excel import", lambda: _measured("imported_leads", "LeadOffice", path, leads)
        )
        measure([sync, few, listed], unit="lead")
    more = _peak(sync) - _peak(few)
    print(f"bdk_sync: {more:.0f} MB more for five times the leads (goal ≤ {_FLAT_MB})")
    conclude("bdk_sync", sync.rate / listed.rate if more <= _FLAT_MB else 0, goal=GOAL)


def _peak(case: Case) -> float:
    return max(sample.peak_mb for sample in case.samples)


def _synced(leads: int) -> Sample:
    with _bdk(leads) as url:
        return _measured("synced_leads", url, leads)


def _listed(path: Path, leads: int) -> Sample:
    return _measured("imported_leads", "LeadOffice", path, leads)


@contextmanager
def _bdk(leads: int) -> Iterator[str]:
    """The address of a BDK at which so many leads wait."""
    command = [sys.executable, "-m", "benchmarks.waiting_leads", str(leads)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process.stdout.readline().strip() if process.stdout else ""
        finally:
            process.terminate()


def _measured(module: str, *arguments: object) -> Sample:
    command = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return Sample(**json.loads(done.stdout))


if __name__ == "__main__":
    main()
