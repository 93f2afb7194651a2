"""What people should know about a list that was opened, as sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from leads.models.list_import import ListImport
from leads.models.warning import warning_text
from leads.resources.columns import BY_NAME
from leads.resources.content_kinds import is_data
from leads.resources.former_rows import added_in
from leads.resources.list_info import Layout, Places, SheetInfo
from leads.resources.rows import Conflict
from leads.services.drafts import DraftWarning

ENCODING_NAMES = {
    "utf-8": "UTF-8",
    "utf-8-sig": gettext_lazy("UTF-8 with byte order mark"),
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "cp1252": "Windows-1252",
    "iso8859-15": "ISO-8859-15",
}
DELIMITER_NAMES = {
    ";": gettext_lazy("semicolon"),
    ",": gettext_lazy("comma"),
    "\t": gettext_lazy("tab"),
    "|": gettext_lazy("vertical bar"),
}
_SHOWN_TEXT = 60  # signs of a cell


def remarks_on(info: SheetInfo) -> list[str]:
    """What was found, then what is odd; each sentence names the places."""
    return [*_about_the_file(info), *_about_the_table(info), *_about_cells(info)]


def remark_on_leaving() -> str:
    """For rows about what is not to be touched."""
    return _("Is here already and stays as it is.")


def remark_on_versions() -> str:
    """For lists that were exported here, if their rows do not say which version they show."""
    return _(
        "Rows of an export whose column “%(column)s” is missing or unknown are compared with what "
        "is here now: even cells that nobody touched may undo later changes."
    ) % {"column": BY_NAME["version"].header}


def remark_on_list(list_import: ListImport, text: str) -> None:
    """Once, however many portions find it."""
    remarks = list_import.info.setdefault("remarks", [])
    if text not in remarks:
        remarks.append(text)


def remarks_on_cells(untouched: Sequence[str], kept: Sequence[str]) -> list[str]:
    """On cells that stay as they are here: headers of changed ones, and of emptied ones."""
    if not untouched and not kept:  # nearly always
        return []
    texts = {
        _("Cannot be changed by a list: %(columns)s."): untouched,
        _("Cannot be emptied: %(columns)s."): kept,
    }
    return [text % {"columns": ", ".join(found)} for text, found in texts.items() if found]


def remark_on_warning(warning: DraftWarning, *, value: str | None = None) -> str:
    """What is odd, and in which column. `value`: instead of what stands there."""
    said = warning.as_json() if value is None else {**warning.as_json(), "value": value}
    text = warning_text(said)
    return text if warning.field in text else f"{warning.field}: {text}"


def without_contents(warnings: Iterable[DraftWarning], remarks: Iterable[str]) -> list[str]:
    """What may be told where nobody is to read what stands in a row, each sentence once."""
    said = [*(remark_on_warning(one, value="…") for one in warnings), *remarks]
    return list(dict.fromkeys(said))


def remark_on_conflict(conflict: Conflict) -> str:
    return _(
        "%(column)s: exported %(exported)s, in the list %(listed)s, now %(now)s. Your value was "
        "not taken over."
    ) % {
        "column": conflict.header,
        "exported": _quoted(conflict.exported),
        "listed": _quoted(conflict.listed),
        "now": _quoted(conflict.now),
    }


def _quoted(text: str) -> str:
    shown = Truncator(" ".join(text.split())).chars(_SHOWN_TEXT)
    return _("“%(text)s”") % {"text": shown} if shown else _("empty")


def _about_the_file(info: SheetInfo) -> Iterator[str]:
    if info.kind == "csv":
        yield _("Read with the encoding %(encoding)s and the delimiter %(delimiter)s.") % {
            "encoding": ENCODING_NAMES[info.encoding],
            "delimiter": DELIMITER_NAMES.get(info.delimiter, f"“{info.delimiter}”"),
        }
    if info.layout == Layout.MOBILE_DE:
        yield _(
            "Recognised as a stock list in the format of mobile.de: it is taken for the whole"
            " stock%(accounts)s."
        ) % {"accounts": _of_accounts(info)}
    hidden = _("hidden")
    others = [
        f"{one.name} ({_rows(one.rows)}{f', {hidden}' if one.is_hidden else ''})"
        for one in info.sheets
        if one.name != info.sheet and one.rows
    ]
    if others:
        yield _("The sheet “%(sheet)s” was read. Not read: %(others)s.") % {
            "sheet": info.sheet,
            "others": ", ".join(others),
        }
    if info.is_1904:
        yield _("This workbook counts days from 1904; dates are read accordingly.")


def _of_accounts(info: SheetInfo) -> str:
    accounts = Truncator(", ".join(filter(None, info.accounts))).chars(_SHOWN_TEXT)
    return _(" of customer number %(accounts)s") % {"accounts": accounts} if accounts else ""


def _about_the_table(info: SheetInfo) -> Iterator[str]:
    if any(map(is_data, info.headers)):
        yield _(
            "Row %(row)s counts as headers and is not imported, but looks like a row of the list. "
            "If the list has no headers, please put a row with names of the columns above it and "
            "upload it again."
        ) % {"row": info.header_row}
    if (added := added_in(info.headers)) is not None:
        yield _(
            "This list comes from LeadOffice and is understood like the one that it was made of. "
            "Left out: %(columns)s."
        ) % {"columns": ", ".join(info.headers[at] for at in sorted(added.about_import))}
    if info.above:
        yield _(
            "The headers stand in row %(row)s. What stands above is not taken over: %(above)s"
        ) % {
            "row": info.header_row,
            "above": " · ".join(_("row %(row)s: %(text)s") % _shown(one) for one in info.above[:5]),
        }
    if info.hidden_columns:
        yield _("Hidden columns are read too: %(names)s.") % {
            "names": ", ".join(info.hidden_columns)
        }
    if info.hidden_rows.count:
        yield _("Rows that are hidden or filtered out in Excel are read too: %(places)s.") % {
            "places": _places(info.hidden_rows)
        }
    if info.merged.count:
        yield _(
            "Merged cells count for each of their rows, but only for their first column: "
            "%(places)s."
        ) % {"places": _places(info.merged)}
    if info.ragged.count:
        yield _(
            "Rows with more cells than there are headers, perhaps because of a delimiter within a "
            "text: %(places)s."
        ) % {"places": _places(info.ragged)}


def _about_cells(info: SheetInfo) -> Iterator[str]:
    if info.errors.count:
        yield _("Cells with an error of Excel are read as empty: %(places)s.") % {
            "places": _places(info.errors)
        }
    if info.unsolved.count:
        yield _(
            "Formulas without a stored result are read as empty; open the list in Excel and save "
            "it again: %(places)s."
        ) % {"places": _places(info.unsolved)}
    # An error is what a formula came to.
    solved = info.formulas - info.unsolved.count - info.errors.count
    if solved > 0:
        yield ngettext(
            "%(count)d formula counts as the result that Excel saw last.",
            "%(count)d formulas count as the results that Excel saw last.",
            solved,
        ) % {"count": solved}
    if info.invisible.count:
        yield _("Invisible signs were taken out in rows %(places)s.") % {
            "places": _places(info.invisible)
        }


def _rows(count: int) -> str:
    return ngettext("%(count)d row", "%(count)d rows", count) % {"count": count}


def _shown(above: tuple[int, str]) -> dict[str, object]:
    return {"row": above[0], "text": above[1]}


def _places(places: Places) -> str:
    more = places.count - len(places.first)
    shown = ", ".join(places.first)
    return _("%(places)s and %(more)d more") % {"places": shown, "more": more} if more else shown
