"""Reads the first visible sheet of an xlsx file, in a process that may be ended without harm.

A valid file of 5 KB whose last cell is XFD1048576 makes the reading library ask for hundreds of
gigabytes and abort; a small zip may unpack to any size. So xlsx.py runs this file as a script
of its own, with limits: the workbook on stdin, the limits as JSON in the first argument, one JSON
document on stdout. It imports nothing of the project: no settings, no secrets, a quick start.
"""

import io
import json
import resource
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import python_calamine

_CHUNK = 1024 * 1024  # bytes
_OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SECOND = timedelta(seconds=1)


class Unreadable(Exception):
    """The file is not read; the argument is the code of the sentence in sheet.py."""


def check_container(data: bytes, *, parts: int, unpacked_bytes: int) -> None:
    """Look at the zip before the parser does: its parts, their names and their true sizes."""
    if data.startswith(_OLE_SIGNATURE):
        raise Unreadable("encrypted" if "EncryptedPackage".encode("utf-16-le") in data else "old")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as container:
            names = container.namelist()
            if "xl/workbook.xml" not in names:
                raise Unreadable("not_xlsx")
            if len(names) > parts or any(".." in name.split("/") for name in names):
                raise Unreadable("too_complex")
            if any(name.endswith("vbaProject.bin") for name in names):
                raise Unreadable("macros")
            left = unpacked_bytes
            for name in names:
                for chunk in _chunks(container, name):
                    left -= len(chunk)
                    if left < 0:
                        raise Unreadable("too_complex")
                    if b"<!DOCTYPE" in chunk:
                        raise Unreadable("damaged")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise Unreadable("damaged" if data.startswith(b"PK") else "not_xlsx") from error


def _chunks(container: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with container.open(name) as part:
        while chunk := part.read(_CHUNK):
            yield chunk


def plain(cell: Any) -> Any:
    """A cell as JSON: text, number, true/false, null, or {"date" | "datetime" | "time": ISO}."""
    match cell:
        case "":
            return None
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return int(cell)  # Excel knows no whole numbers; 40210.0 is a postal code
        case datetime():
            # Excel stores fractions of a day: 14:05:09 may come back as 14:05:08.999999.
            rounded = (cell + _SECOND / 2).replace(microsecond=0)
            return {"datetime": rounded.isoformat()}
        case date():
            return {"date": cell.isoformat()}
        case time():
            return {"time": cell.isoformat("seconds")}
        case timedelta():
            return str(cell)
    return cell


def read(data: bytes, *, rows: int, columns: int) -> dict[str, Any]:
    """{"rows": [[number in Excel, [cells]], …] without blank rows, "left_out": [sheet names]}"""
    try:
        with python_calamine.load_workbook(io.BytesIO(data)) as workbook:
            visible = [
                sheet.name
                for sheet in workbook.sheets_metadata
                if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
                and sheet.visible == python_calamine.SheetVisibleEnum.Visible
            ]
            if not visible:
                raise Unreadable("empty")
            sheet = workbook.get_sheet_by_name(visible[0])
            if sheet.width > columns:
                raise Unreadable("too_many_columns")
            found: list[tuple[int, list[Any]]] = []
            for number, row in enumerate(sheet.iter_rows(), 1):
                cells = [plain(cell) for cell in row]
                if all(cell is None or cell == "" for cell in cells):
                    continue
                found.append((number, cells))
                if len(found) > rows + 1:  # and the headers
                    raise Unreadable("too_many_rows")
    except python_calamine.PasswordError as error:
        raise Unreadable("encrypted") from error
    except python_calamine.CalamineError as error:
        raise Unreadable("damaged") from error
    return {"rows": found, "left_out": visible[1:]}


def main() -> None:
    limits = json.loads(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory_bytes"],) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (limits["seconds"],) * 2)
    data = sys.stdin.buffer.read()
    try:
        check_container(data, parts=limits["parts"], unpacked_bytes=limits["unpacked_bytes"])
        answer = read(data, rows=limits["rows"], columns=limits["columns"])
    except Unreadable as error:
        answer = {"error": str(error)}
    except MemoryError:
        answer = {"error": "too_complex"}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
