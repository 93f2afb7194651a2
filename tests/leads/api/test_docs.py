"""docs/api.md says what is true: its commands run, its tables are complete."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from leads.api.field_names import FIELD_NAMES
from leads.api.filters import LeadFilter
from leads.models import IntakeEntry, Lead
from tests.builders import make_api_key

TEXT = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")


def blocks(language):
    """The code blocks of one language, without their indentation."""
    pattern = rf"^( *)```{language}\n(.*?)^ *```$"
    for indent, code in re.findall(pattern, TEXT, re.MULTILINE | re.DOTALL):
        yield re.sub(rf"^{indent}", "", code, flags=re.MULTILINE)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.django_db(transaction=True)
def test_its_commands_run_in_a_shell(live_server):
    _key, secret = make_api_key()

    def run(code):
        environment = {"LEADOFFICE": live_server.url, "KEY": secret, "PATH": "/usr/bin:/bin"}
        done = subprocess.run(
            ["bash", "-euc", code], env=environment, capture_output=True, text=True, check=True
        )
        assert done.stderr == ""
        return done.stdout

    setup, create, repeat, read, german, search, broken = blocks("sh")

    assert run(setup) == ""
    created = json.loads(run(create))
    assert created["outcome"] == "created"
    replayed = run(repeat)
    assert replayed.startswith("HTTP/1.1 201")
    assert "Idempotent-Replayed: true" in replayed
    assert Lead.objects.count() == 1
    assert [lead["id"] for lead in json.loads(run(read))["results"]] == [created["id"]]
    assert json.loads(run(german))["expected_value"] == "21990.00"
    assert len(json.loads(run(search))["results"]) == 2
    *_others, shown = blocks("json")
    assert json.loads(run(broken)) == json.loads(shown)
    assert IntakeEntry.objects.filter(outcome="rejected").count() == 1


def test_its_table_of_names_is_complete():
    found = {}
    for line in TEXT.partition("## Field names")[2].splitlines():
        cells = [cell.strip(" `") for cell in line.strip("|").split("|")]
        if cells[-1] == "German":
            found["" if cells[0] == "lead" else cells[0]] = table = {}
        elif len(cells) == 2 and set(cells[0]) != {"-"}:
            table[cells[0]] = cells[1]

    assert found == FIELD_NAMES


def test_its_table_of_filters_is_complete():
    section = TEXT.partition("## Reading leads")[2].partition("## Errors")[0]
    rows = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)

    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == set(
        LeadFilter.base_filters
    )
