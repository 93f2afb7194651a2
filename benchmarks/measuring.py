"""Cases measured in turn, the table of what they took, and the ratio that is the result."""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

# Each case is measured so often, all of them in turn, so that a noisy minute hits every one.
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Sample:
    """One round of one case."""

    units: int  # leads, requests …
    seconds: float
    cpu_seconds: float  # of the processes that did the work
    peak_mb: float

    @property
    def rate(self) -> float:
        return self.units / self.seconds


@dataclass
class Case:
    name: str
    run: Callable[[], Sample]
    samples: list[Sample] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Units per second: the median of the rounds."""
        return statistics.median(sample.rate for sample in self.samples)


def is_quick() -> bool:
    """Whether a tenth of the work is enough; reads the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a tenth of the work")
    return bool(parser.parse_args().quick)


def measure(
    cases: Sequence[Case], *, unit: str, after_first: Callable[[], object] = lambda: None
) -> None:
    """Run all cases in turn and print what each took. One round before the first is not counted:
    processes start, caches fill, and then `after_first` is called."""
    for case in cases:
        case.run()
    after_first()
    for _round in range(ROUNDS):
        for case in cases:
            case.samples.append(case.run())
    print(f"| case | {unit}/s: median (min–max) | CPU ms per {unit} | peak MB |")
    print("|---|---|---|---|")
    for case in cases:
        print(_row(case))


def _row(case: Case) -> str:
    rates = [sample.rate for sample in case.samples]
    cpu = statistics.median(1000 * one.cpu_seconds / one.units for one in case.samples)
    peak = max(sample.peak_mb for sample in case.samples)
    spread = f"{case.rate:,.1f} ({min(rates):,.1f}–{max(rates):,.1f})"
    return f"| {case.name} | {spread} | {cpu:.2f} | {peak:,.0f} |"


def conclude(name: str, ratio: float, *, goal: float) -> None:
    """Print the last line and end the process: 0 if the goal is reached."""
    print(f"{name}: ratio {ratio:.2f} (goal ≥ {goal:g})")
    sys.exit(0 if ratio >= goal else 1)
