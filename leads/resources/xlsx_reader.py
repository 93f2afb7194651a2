"""Reads one sheet of an xlsx file, in a process that may be ended without harm.

A valid file of 5 KB whose last cell is XFD1048576 makes the reading library ask for hundreds of
gigabytes and abort; a small zip may unpack to any size. So xlsx.py runs `main` in a process of its
own, with limits: the workbook on stdin, the limits and the wanted sheet as JSON in the first
argument, the number of an open file for the rows in the second. It imports nothing but its
neighbours that import nothing: no settings, no secrets, a quick start.

The rows go out one JSON line each, [number in Excel, [cells]], blank ones left out; what is to be
known about them as one JSON document on stdout (`Answer` in xlsx.py), or {"error": …, "params": …}.
"""

import io
import json
import os
import posixpath
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO
from xml.etree import ElementTree

import python_calamine

from leads.resources.invisible import json_has_invisible
from leads.resources.xlsx_marks import SHOWN, Marks, Places, column_index, column_letters

_CHUNK = 1024 * 1024  # bytes
_OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SECOND = timedelta(seconds=1)
_CELL_BYTES = 32  # what the library takes for each cell between A1 and the last one


class Unreadable(Exception):
    """The file is not read: the code of the sentence in sheet.py, and what the sentence names."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.params = params


def unpack(data: BinaryIO, limits: dict[str, Any]) -> tuple[dict[str, Marks], dict[str, Any]]:
    """Look at the zip before the parser does: its parts, their names and their true sizes.

    Returns what the sheets tell by the names of their parts, and what the workbook says.
    """
    start = data.read(8)
    data.seek(0)
    if start == _OLE_SIGNATURE:
        secret = "EncryptedPackage".encode("utf-16-le") in data.read()
        raise Unreadable("encrypted" if secret else "old")
    try:
        with zipfile.ZipFile(data) as container:
            names = container.namelist()
            if "xl/workbook.xml" not in names:
                raise Unreadable("not_xlsx")
            if len(names) > limits["parts"] or any(".." in name.split("/") for name in names):
                raise Unreadable("too_complex")
            if any(name.endswith("vbaProject.bin") for name in names):
                raise Unreadable("macros")
            return _scan(container, limits), _outline(container)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise Unreadable("damaged" if start.startswith(b"PK") else "not_xlsx") from error
    except (ElementTree.ParseError, KeyError, ValueError) as error:
        raise Unreadable("damaged") from error


def _scan(container: zipfile.ZipFile, limits: dict[str, Any]) -> dict[str, Marks]:
    found = {}
    left = limits["unpacked_bytes"]
    for name in container.namelist():
        is_sheet = name.startswith("xl/worksheets/") and name.endswith(".xml")
        marks = Marks(limits["columns"]) if is_sheet else None
        before = b""
        for chunk, is_last in _chunks(container, name):
            left -= len(chunk)
            if left < 0:
                raise Unreadable("bomb", limit=limits["unpacked_bytes"] // 1024**2)
            if b"<!DOCTYPE" in before + chunk:
                raise Unreadable("damaged")
            before = chunk[-8:]
            if marks:
                marks.feed(chunk, is_last=is_last)
        if marks:
            found[name] = marks
    return found


def _chunks(container: zipfile.ZipFile, name: str) -> Iterator[tuple[bytes, bool]]:
    with container.open(name) as part:
        chunk = part.read(_CHUNK)
        while chunk:
            following = part.read(_CHUNK)
            yield chunk, not following
            chunk = following


def _outline(container: zipfile.ZipFile) -> dict[str, Any]:
    """{"parts": {sheet name: name of its part}, "is_1904": …}"""
    relations = ElementTree.fromstring(container.read("xl/_rels/workbook.xml.rels"))  # noqa: S314 - no DOCTYPE, see _scan
    targets = {one.get("Id"): one.get("Target", "") for one in relations}
    parts, is_1904 = {}, False
    for one in ElementTree.fromstring(container.read("xl/workbook.xml")).iter():  # noqa: S314
        kind = one.tag.rpartition("}")[2]
        if kind == "workbookPr":
            is_1904 = one.get("date1904") in ("1", "true")
        elif kind == "sheet":
            relation = next((v for k, v in one.attrib.items() if k.endswith("}id")), "")
            target = posixpath.join("/xl", targets.get(relation, ""))
            parts[one.get("name", "")] = posixpath.normpath(target).lstrip("/")
    return {"parts": parts, "is_1904": is_1904}


def plain(cell: Any) -> Any:
    """A cell as JSON: text, number, true/false, null, or {"date" | "datetime" | "time": ISO}."""
    kind = type(cell)
    if kind is str:
        return cell if cell and not cell.isspace() else None
    if kind is float:
        # Excel knows no whole numbers; 40210.0 is a postal code.
        return int(cell) if cell.is_integer() and abs(cell) < 1e15 else cell
    if kind is datetime:
        # Excel stores fractions of a day: 14:05:09 may come back as 14:05:08.999999.
        return {"datetime": (cell + _SECOND / 2).replace(microsecond=0).isoformat()}
    if kind is date:
        return {"date": cell.isoformat()}
    if kind is time:
        return {"time": cell.isoformat("seconds")}
    return str(cell) if kind is timedelta else cell


def numbered_rows(sheet: Any) -> Iterator[tuple[int, list[Any]]]:
    """Rows that are not blank. A cell merged over several rows says the same in each of them."""
    tall = [(top, bottom, left) for (top, left), (bottom, _r) in sheet.merged_cell_ranges or ()]
    tall = sorted((one for one in tall if one[1] > one[0]), reverse=True)
    active: list[tuple[int, int, Any]] = []
    # The library begins with the first row, but with the first column that holds something.
    before = [None] * (sheet.start[1] if sheet.start else 0)
    for number, row in enumerate(sheet.iter_rows()):
        cells = [*before, *map(plain, row)]
        while cells and cells[-1] is None:
            cells.pop()
        active = [one for one in active if one[0] >= number]
        if cells:
            for _bottom, column, value in active:
                cells += [None] * (column + 1 - len(cells))
                if cells[column] is None:
                    cells[column] = value
            yield number + 1, cells
        while tall and tall[-1][0] <= number:
            top, bottom, column = tall.pop()
            if top == number and column < len(cells) and cells[column] is not None:
                active.append((bottom, column, cells[column]))


def read(data: BinaryIO, out: Any, limits: dict[str, Any]) -> dict[str, Any]:
    marks_by_part, outline = unpack(data, limits)
    data.seek(0)
    try:
        with python_calamine.load_workbook(data) as workbook:
            sheets = [
                (one.name, one.visible != python_calamine.SheetVisibleEnum.Visible)
                for one in workbook.sheets_metadata
                if one.typ == python_calamine.SheetTypeEnum.WorkSheet
            ]
            marks = {n: marks_by_part.get(outline["parts"].get(n, "")) for n, _hidden in sheets}
            sizes = [
                {"name": n, "is_hidden": hidden, "rows": m.rows, "columns": m.columns}
                for n, hidden in sheets
                if (m := marks[n] or Marks(limits["columns"]))
            ]
            name = _chosen(sizes, limits["sheet"])
            known = marks[name] or Marks(limits["columns"])
            _check(name, known, limits)
            sheet = workbook.get_sheet_by_name(name)
            if sheet.total_width > limits["columns"]:
                raise Unreadable("too_many_columns", limit=limits["columns"])
            table = _write(sheet, out, limits)
    except python_calamine.PasswordError as error:
        raise Unreadable("encrypted") from error
    except python_calamine.CalamineError as error:
        raise Unreadable("damaged") from error
    merged = sheet.merged_cell_ranges or []
    return {
        "sheet": name,
        "sheets": sizes,
        "is_1904": outline["is_1904"],
        "hidden_columns": known.hidden_columns[: limits["columns"]],
        "hidden_rows": vars(known.hidden_rows),
        "errors": vars(known.errors),
        "unsolved": vars(known.unsolved),
        "formulas": known.formulas,
        "merged": {"count": len(merged), "first": [_range(*one) for one in merged[:SHOWN]]},
        **table,
    }


def _chosen(sizes: list[dict[str, Any]], wanted: str) -> str:
    """The wanted sheet, else the first visible one that holds something."""
    if wanted:
        if any(one["name"] == wanted for one in sizes):
            return wanted
        raise Unreadable("no_such_sheet", sheet=wanted)
    visible = [one for one in sizes if not one["is_hidden"]]
    filled = [one for one in visible if one["rows"]] or visible
    if not filled:
        raise Unreadable("empty")
    return str(filled[0]["name"])


def _check(name: str, marks: Marks, limits: dict[str, Any]) -> None:
    """What the library would only answer by taking all memory."""
    if marks.far and column_index(re.sub("[0-9]", "", marks.far)) > limits["columns"] + 50:
        raise Unreadable("far_cell", cell=marks.far, sheet=name)
    if marks.far:
        raise Unreadable("too_many_columns", limit=limits["columns"])
    if marks.rows > limits["rows"] + limits["head_rows"]:
        raise Unreadable("too_many_rows", limit=limits["rows"])
    if marks.last_row * max(marks.columns, 1) * _CELL_BYTES > limits["memory_bytes"] * 3 // 4:
        raise Unreadable("far_cell", cell=f"A{marks.last_row}", sheet=name)


def _range(start: tuple[int, int], end: tuple[int, int]) -> str:
    return ":".join(f"{column_letters(column)}{row + 1}" for row, column in (start, end))


def _write(sheet: Any, out: Any, limits: dict[str, Any]) -> dict[str, Any]:
    rows, invisible = 0, Places()
    empty = list(range(limits["columns"]))  # below the first rows, which the caller looks at
    for number, cells in numbered_rows(sheet):
        rows += 1
        if rows > limits["rows"] + limits["head_rows"]:
            raise Unreadable("too_many_rows", limit=limits["rows"])
        if rows > limits["head_rows"]:
            empty = [one for one in empty if one >= len(cells) or cells[one] is None]
        line = json.dumps([number, cells], ensure_ascii=False, separators=(",", ":"))
        if json_has_invisible(line):
            invisible.add(number)
        out.write(line + "\n")
    used = sorted(set(range(limits["columns"])) - set(empty))
    return {"rows": rows, "used": used, "invisible": vars(invisible)}


def main() -> None:
    limits = json.loads(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory_bytes"],) * 2)
    # First a signal that says whose limit it was, then one that cannot be overheard.
    resource.setrlimit(resource.RLIMIT_CPU, (limits["seconds"], limits["seconds"] + 5))
    try:
        with os.fdopen(int(sys.argv[2]), "w", encoding="utf-8", errors="replace") as out:
            answer = read(io.BytesIO(sys.stdin.buffer.read()), out, limits)
    except Unreadable as error:
        answer = {"error": str(error), "params": error.params}
    except MemoryError:
        answer = {"error": "too_complex", "params": {}}
    json.dump(answer, sys.stdout)
