"""What holds for every template of the house."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEMPLATES = sorted([*ROOT.glob("templates/**/*.html"), *ROOT.glob("*/templates/**/*.html")])
# {{ pk }}, {{ lead.pk }}, {{ page.customer.id }}, with or without filters
PRIMARY_KEY = re.compile(r"\{\{\s*(?:[\w.]+\.)?(?:pk|id)\s*(\|[^}]*)?\}\}")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_numbers_of_rows_are_not_written_for_people(path):
    """Row 4715 would become "4.715" in addresses and forms, which names nothing."""
    found = PRIMARY_KEY.finditer(path.read_text(encoding="utf-8"))

    assert [match[0] for match in found if "unlocalize" not in (match[1] or "")] == []
