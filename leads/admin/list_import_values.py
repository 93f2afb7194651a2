"""The step in which people say what the values of a list mean: "offen" is the status "Neu"."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from leads.admin.display import badge
from leads.admin.list_import_columns import go_to_preview
from leads.admin.list_import_page import ImportPage, is_open_step, rows_text, stamp
from leads.admin.list_import_selects import Selects
from leads.resources.column_table import ColumnTable
from leads.resources.column_tables import TABLES
from leads.resources.import_deciding import NoLongerPossible, assign_values
from leads.resources.import_mapping import ListMapping
from leads.resources.import_values import FoundValue, ValuedColumn, valued_columns

# What stands in a select beside the options, which all begin with ":".
_AS_WRITTEN, _EMPTY, _OPTION = "=", "-", ":"


def show_values(page: ImportPage) -> HttpResponse:
    found = page.list_import
    if not is_open_step(found, "values"):
        return page.elsewhere()
    if not page.is_post:
        columns = [_shown(column, TABLES[found.kind]) for column in valued_columns(found)]
        return page.answer(
            "values",
            stamp=stamp(found.found_values),
            columns=columns,
            unknown=sum(one["unknown"] for one in columns),
        )
    page.need_right()
    if page.request.POST.get("stamp") != stamp(found.found_values):
        text = _("The columns were changed meanwhile. Please look at the values once more.")
        page.say(text, messages.WARNING)
        return page.go("values")
    try:
        assign_values(found, _said(page), now=page.now)
    except NoLongerPossible as error:
        page.say(error, messages.ERROR)
        return page.go()
    return go_to_preview(page)


def _said(page: ImportPage) -> dict[str, dict[str, str]]:
    """What the form says; about values that it does not show, what was said before."""
    found = page.list_import
    decided = {name: dict(one) for name, one in ListMapping.of(found).values.items()}
    for column in valued_columns(found):
        allowed = {option.value for option in column.options}
        meanings = decided.setdefault(column.name, {})
        for at, value in enumerate(column.values):
            said = page.request.POST.get(f"{column.name}-{at}", "")
            if said == _AS_WRITTEN:
                meanings.pop(value.key, None)
            elif said == _EMPTY:
                meanings[value.key] = ""
            elif said.startswith(_OPTION) and said[1:] in allowed:
                meanings[value.key] = said[1:]
    return {name: meanings for name, meanings in decided.items() if meanings}


def _shown(column: ValuedColumn, table: ColumnTable) -> dict[str, Any]:
    """Those that nobody knows first, then those that are proposed."""
    options = [(f"{_OPTION}{one.value}", one.label) for one in column.options]
    known, unknown = (
        Selects([("", [(_AS_WRITTEN, text), (_EMPTY, _("leave empty"))]), (_("means"), options)])
        for text in (_("as it stands there"), _as_unknown(column, table))
    )
    lines: list[dict[str, Any]] = [
        {
            "written": value.written,
            "rows": rows_text(value.rows),
            "badge": _badge(value),
            "means": value.means if value.meaning is None else "",
            "rank": _rank(value),
            "select": (unknown if _is_unknown(value) else known).select(
                f"{column.name}-{at}",
                _chosen(value),
                label=_("Meaning of “%(name)s”") % {"name": value.written},
            ),
        }
        for at, value in enumerate(column.values)
    ]
    return {
        "label": table.by_name[column.name].header,
        "header": column.header,
        "lines": sorted(lines, key=lambda line: line["rank"]),
        "unknown": len(column.unknown),
        "needs_look": any(line["rank"] < _KNOWN for line in lines),
        "more": column.more,
    }


def _is_unknown(value: FoundValue) -> bool:
    """As it is written there."""
    return value.is_guess or (value.meaning is None and not value.means)


def _as_unknown(column: ValuedColumn, table: ColumnTable) -> str:
    if column.creates:
        return _("add as new")
    return _("keep as a further value") if table.keeps_further else _("not known, left out")


_KNOWN = 2


def _rank(value: FoundValue) -> int:
    if value.meaning != "" and not value.means:
        return 0
    return 1 if value.is_guess else _KNOWN


def _badge(value: FoundValue) -> SafeString:
    if value.meaning == "":
        return badge(_("Left empty"), "struck")
    if not value.means:
        return badge(_("Unknown"), "amber")
    return badge(_("Proposed"), "blue") if value.is_guess else badge(_("Known"), "green")


def _chosen(value: FoundValue) -> str:
    if value.meaning is None:
        return _AS_WRITTEN
    return f"{_OPTION}{value.meaning}" if value.meaning else _EMPTY
