"""The partner of these tests is a small real server on loopback; nothing is mocked."""

import csv
import json
from pathlib import Path

import pytest

from integrations.simulator.server import PartnerSimulator

SAMPLES = Path(__file__).parents[1] / "samples"


@pytest.fixture(scope="session")
def items():
    """The items of the sample page: one per lead type, then the awkward ones."""
    return json.loads((SAMPLES / "bdk_leads_page.json").read_text())["leads"]


@pytest.fixture
def partner():
    with PartnerSimulator(SAMPLES / "bdk_leads_page.json") as simulator:
        yield simulator


def expected_rows():
    """{index in the page: (leadId, case, expected outcome in words)}"""
    with (SAMPLES / "bdk_leads_expected.csv").open(encoding="utf-8", newline="") as file:
        return {
            int(row["index"]): (row["lead_id"], row["case"], row["expected"])
            for row in csv.DictReader(file)
        }
