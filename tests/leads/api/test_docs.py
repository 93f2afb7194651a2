"""docs/api.md says what is true: its commands run, its tables are complete."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from leads.api.customer_fields import CUSTOMER_NAMES
from leads.api.field_names import FIELD_NAMES
from leads.api.filters import LeadFilter
from leads.models import IntakeEntry, Lead, Scope
from tests.builders import make_api_key
from tests.conftest import count_on_from_the_rows

TEXT = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
ABOUT_LEADS, _heading, ABOUT_THE_REST = TEXT.partition("\n## Customers\n")


def blocks(language, text=ABOUT_LEADS):
    """The code blocks of one language, without their indentation."""
    pattern = rf"^( *)```{language}\n(.*?)^ *```$"
    for indent, code in re.findall(pattern, text, re.MULTILINE | re.DOTALL):
        yield re.sub(rf"^{indent}", "", code, flags=re.MULTILINE)


@pytest.fixture
def run(live_server):
    """`run(code)` in a shell, `run(code, "node", "-")` …: what it prints; it must not complain."""
    count_on_from_the_rows()
    _key, secret = make_api_key(scopes=Scope.values)
    environment = {
        "LEADOFFICE": live_server.url,
        "KEY": secret,
        "PATH": os.environ["PATH"],
        "PYTHONIOENCODING": "utf-8",
    }

    def run(code, *command):
        command = command or ("bash", "-eu", "-")
        done = subprocess.run(
            command, input=code, env=environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    return run


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.django_db(transaction=True, reset_sequences=True)
def test_its_commands_run_in_a_shell(run):
    setup, create, repeat, read, german, upsert, batch, change, search, select, broken = blocks(
        "sh"
    )
    shown_batch, shown_error = list(blocks("json"))[-2:]

    assert run(setup) == ""
    created = json.loads(run(create))
    assert (created["id"], created["outcome"]) == (1, "created")
    replayed = run(repeat)
    assert replayed.startswith("HTTP/1.1 201")
    assert "Idempotent-Replayed: true" in replayed
    assert Lead.objects.count() == 1
    assert [lead["id"] for lead in json.loads(run(read))["results"]] == [created["id"]]
    assert json.loads(run(german))["expected_value"] == "21990.00"
    assert json.loads(run(upsert))["external_id"] == "Köln/2026-17"
    assert outline(json.loads(run(batch))) == outline(json.loads(shown_batch))
    changed = json.loads(run(change))
    assert (changed["urgency"], changed["message"], changed["tags"]) == ("high", None, ["golf"])
    assert len(json.loads(run(search))["results"]) == 2
    selected = json.loads(run(select))
    assert set(selected) == {"number", "status", "expanded"}
    assert len(selected["expanded"]["enquiries"]) == 1
    assert json.loads(run(broken)) == json.loads(shown_error)
    assert IntakeEntry.objects.filter(outcome="rejected").count() == 2


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.django_db(transaction=True, reset_sequences=True)
def test_its_commands_about_the_rest_run_in_a_shell(run):
    me, put, change, lead, call, task, statuses, feed = blocks("sh", ABOUT_THE_REST)
    [shown_feed] = blocks("json", ABOUT_THE_REST)

    assert json.loads(run(me))["scopes"] == Scope.values
    customer = json.loads(run(put))
    assert (customer["id"], customer["external_number"]) == (1, "K-10815")
    changed = json.loads(run(change))
    assert (changed["mobile"], changed["version"]) == ("0171 3920012", 2)
    assert json.loads(run(lead))["id"] == 1
    assert json.loads(run(call))["kind"] == "call"
    made, done = (json.loads(line) for line in run(task).replace("}{", "}\n{").splitlines())
    assert (made["is_done"], done["is_done"]) == (False, True)
    assert {status["name"] for status in json.loads(run(statuses))["results"]} >= {"Neu"}
    found = json.loads(run(feed))
    shown = json.loads(shown_feed)
    assert set(found) == set(shown)
    first, example = found["results"][0], shown["results"][0]
    assert {**first, "at": ""} == {**example, "at": ""}
    assert found["next"] == len(found["results"])


def test_its_table_of_customer_fields_is_complete():
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)`", ABOUT_THE_REST.partition("## ")[0], re.MULTILINE)

    assert dict(rows) == CUSTOMER_NAMES[""]


def test_its_table_of_rights_is_complete():
    section = ABOUT_THE_REST.partition("## Your key")[2].partition("## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)

    assert {scope for row in rows for scope in re.findall(r"`([\w:]+)`", row)} == set(Scope.values)


def outline(batch):
    """What does not depend on the time and on what was sent before."""
    return [
        {**one, "id": bool(one["id"]), "number": bool(one["number"]), "errors": len(one["errors"])}
        for one in batch["results"]
    ]


@pytest.mark.django_db(transaction=True)
def test_its_python_runs(run):
    [code] = blocks("python")

    assert run(code, sys.executable, "-").splitlines()[-1] == "Kontaktiert"
    lead = Lead.objects.get()
    assert (lead.external_id, lead.status.key) == ("crm-4711", "contacted")


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
@pytest.mark.django_db(transaction=True)
def test_its_javascript_runs(run):
    [code] = blocks("js")

    assert run(code, "node", "--input-type=module", "-").startswith("created L-")
    assert Lead.objects.get().test_drive_wished


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
