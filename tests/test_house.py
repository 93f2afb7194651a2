"""The floors of the house: who may import whom. A drawing goes stale, this does not.

4 doors (admin, api, management, tasks)  3 carriers (the rest of integrations, leads/resources)
2 activities (leads/services, leads/background)  1 nouns (leads/models and what else lies in leads).
Imports point down or sideways, are absolute and stand at the top.
"""

import ast
import gettext
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# The longest name that fits decides.
FLOORS = {
    "leads": 1,
    "leads.background": 2,
    "leads.services": 2,
    "leads.resources": 3,
    "leads.admin": 4,
    "leads.api": 4,
    "leads.management": 4,
    "leads.tasks": 4,
    "integrations": 3,
    "integrations.admin": 4,
    "integrations.api": 4,
    "integrations.management": 4,
    "integrations.tasks": 4,
}
# Packages of integrations that are no partner; the simulator plays the partners and counts as one.
ROOMS = {"admin", "api", "management", "migrations", "models"}
NAMELESS = {"utils", "helpers", "common", "constants"}


def floor(module):
    """1 to 4, or None for what does not belong to the two apps."""
    fitting = [name for name in FLOORS if f"{module}.".startswith(f"{name}.")]
    return FLOORS[max(fitting, key=len)] if fitting else None


def partner(module, root):
    """The partner package that a module belongs to, or None."""
    names = module.split(".")
    if names[0] != "integrations" or len(names) == 1 or names[1] in ROOMS:
        return None
    return names[1] if (root / "integrations" / names[1]).is_dir() else None


def is_for_types(node):
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def imports(tree):
    """(node, imported names, whether it stands at the top) of each import in a module."""
    top = [*tree.body, *(inner for node in tree.body if is_for_types(node) for inner in node.body)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield node, [alias.name for alias in node.names], node in top
        elif isinstance(node, ast.ImportFrom):
            # `from leads import services` imports leads.services
            yield node, [f"{node.module}.{alias.name}" for alias in node.names], node in top


def complaints(root):
    """One sentence for each broken rule, with file and line."""
    for path in sorted([*root.glob("leads/**/*.py"), *root.glob("integrations/**/*.py")]):
        place = path.relative_to(root)
        if "migrations" in place.parts:
            continue
        module = ".".join(place.with_suffix("").parts).removesuffix(".__init__")
        if NAMELESS & set(module.split(".")):
            yield f"{place}: name this module after what it does"
        for node, names, at_top in imports(ast.parse(path.read_text(encoding="utf-8"))):
            line = f"{place}:{node.lineno}"
            if getattr(node, "level", 0):
                yield f"{line}: relative import; write the whole name"
                continue
            if not at_top:
                yield f"{line}: import of {names[0]} inside the code; move it to the top"
            for name in names:
                if name.split(".")[0] in {"leadoffice", "tests"}:
                    yield f"{line}: {name} is outside the house"
                target = floor(name)
                if target and target > floor(module):
                    yield (
                        f"{line}: {module} (floor {floor(module)}) imports {name} (floor {target})"
                    )
                ours, theirs = partner(module, root), partner(name, root)
                if ours and theirs and ours != theirs:
                    yield f"{line}: partner {ours} imports partner {theirs}"


def test_imports_point_down_or_sideways():
    assert list(complaints(ROOT)) == []


@pytest.mark.parametrize(
    ("place", "code", "complaint"),
    [
        ("leads/models/lead.py", "from leads.services import intake", "(floor 1) imports"),
        ("leads/fields.py", "from leads import services", "(floor 1) imports"),
        ("leads/services/intake.py", "import integrations.inbox", "imports integrations.inbox"),
        ("leads/services/intake.py", "from integrations.bdk.sync import pull_leads", "(floor 3)"),
        ("leads/resources/lead.py", "from leads.admin.lead import LeadAdmin", "(floor 4)"),
        ("integrations/outbox.py", "from leads.api import views", "(floor 3) imports"),
        ("integrations/bdk/sync.py", "from integrations.drklein import client", "partner bdk"),
        ("integrations/bdk/sync.py", "from integrations import drklein", "partner bdk"),
        ("leads/admin/lead.py", "from ..models import Lead", "relative import"),
        ("leads/admin/lead.py", "def f():\n    import json", "inside the code"),
        ("leads/admin/lead.py", "try:\n    import json\nexcept ImportError: ...", "inside the"),
        (
            "leads/models/lead.py",
            "from typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    from leads.services import intake",
            "(floor 1) imports",
        ),
        ("leads/services/intake.py", "from tests import builders", "outside the house"),
        ("leads/services/utils.py", "", "name this module"),
        ("integrations/common/__init__.py", "", "name this module"),
    ],
)
def test_a_wrong_import_is_noticed(tmp_path, place, code, complaint):
    build(tmp_path, {"integrations/drklein/client.py": "", place: code})

    [found] = complaints(tmp_path)

    assert found.startswith(place)
    assert complaint in found


def test_a_right_import_is_left_alone(tmp_path):
    build(
        tmp_path,
        {
            "leads/services/intake.py": "import json\nfrom leads.models import Lead",
            "leads/admin/lead.py": "from integrations import outbox\nfrom leads.services import x",
            "leads/resources/lead.py": "from leads.services.intake import receive",
            "leads/models/lead.py": "from typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    from leads.models.dealer import Dealer",
            "leads/migrations/0001_start.py": "def f():\n    from leads.services import intake",
            "integrations/inbox.py": "from integrations.bdk import sync",
            "integrations/bdk/sync.py": "from integrations.http import PartnerClient\n"
            "from integrations.bdk.client import BdkClient\nfrom leads.services import intake",
        },
    )

    assert list(complaints(tmp_path)) == []


def build(root, files):
    for place, code in files.items():
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code, encoding="utf-8")


# --- translations ---------------------------------------------------------------------------------

CATALOGUES = sorted(ROOT.glob("*/locale/*/LC_MESSAGES/*.po"))
GETTEXT = {"_", "gettext", "gettext_lazy", "ngettext", "pgettext", "npgettext"}
SEPARATOR = "\x04"  # gettext's own, between context and text


def entries(text):
    """Each live entry of a .po file as a dict: msgid, msgstr or msgstr[n], flags, line."""
    entry, field = {"flags": "", "line": 1}, None
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        if not line.strip():
            if "msgid" in entry:
                yield entry
            entry, field = {"flags": "", "line": number + 1}, None
        elif line.startswith("#,"):
            entry["flags"] += line[2:]
        elif line.startswith('"'):
            entry[field] += ast.literal_eval(line)
        elif line.startswith("msg"):
            field, value = line.split(" ", maxsplit=1)
            entry[field] = ast.literal_eval(value)


def faults(text, compiled):
    """One sentence for each text that is not translated, unsure, or compiled differently."""
    for entry in entries(text):
        if not entry["msgid"]:
            continue  # the header
        place = f"line {entry['line']}: {entry['msgid']!r}"
        if "fuzzy" in entry["flags"]:
            yield f"{place} is fuzzy"
        key = SEPARATOR.join(entry[name] for name in ("msgctxt", "msgid") if name in entry)
        for field in [name for name in entry if name.startswith("msgstr")]:
            form = key if field == "msgstr" else (key, int(field[7:-1]))
            if not entry[field]:
                yield f"{place} is not translated"
            elif compiled.get(form) != entry[field]:
                yield f"{place} is compiled differently; run `make messages`"


@pytest.mark.parametrize("po", CATALOGUES, ids=lambda po: str(po.relative_to(ROOT)))
def test_every_text_is_translated_and_compiled(po):
    with po.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)._catalog

    assert list(faults(po.read_text(encoding="utf-8"), compiled)) == []


def test_a_missing_translation_is_noticed():
    text = """
msgid ""
msgstr "Language: de\\n"

msgid "lead"
msgstr "Anfrage"

msgctxt "verb"
msgid "lead"
msgstr ""

#, fuzzy, python-format
msgid "%(n)d lead"
msgid_plural "%(n)d leads"
msgstr[0] "%(n)d "
"Anfrage"
msgstr[1] "%(n)d Anfragen"

#~ msgid "gone"
#~ msgstr ""
"""
    compiled = {"lead": "Anfrage", ("%(n)d lead", 0): "%(n)d Anfrage", ("%(n)d lead", 1): "alt"}

    assert list(faults(text, compiled)) == [
        "line 8: 'lead' is not translated",
        "line 12: '%(n)d lead' is fuzzy",
        "line 12: '%(n)d lead' is compiled differently; run `make messages`",
    ]


def test_no_text_hides_in_an_f_string():
    """makemessages does not find it there, so it is not in the catalogues at all."""
    hidden = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for app in ("leads", "integrations")
        for path in (ROOT / app).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.JoinedStr)
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and ast.unparse(call.func) in GETTEXT
    ]

    assert hidden == []
