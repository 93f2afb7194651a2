"""Excel workbooks in: a guarded process reads them (xlsx_reader.py), this one takes the answer."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Any, BinaryIO

from django.conf import settings
from django.core.exceptions import ValidationError

from leads.resources.cells import cell_from_json
from leads.resources.column_table import ColumnTable
from leads.resources.header_row import HEAD_ROWS, Likeness, looks_like_list
from leads.resources.list_info import Choice, NumberedRow, Places, RawTable, SheetSize
from leads.resources.refusals import refuse

_HOUSE = Path(__file__).parents[2]
# -I: neither the environment nor the working directory decide what is imported.
_READER = "import sys; sys.path.insert(0, sys.argv.pop()); {}; main()".format(
    "from leads.resources.xlsx_reader import main"
)
# By which a reader ends that wanted too much; any other end came from outside.
_ITS_OWN_ENDS = {-signal.SIGXCPU, -signal.SIGABRT, -signal.SIGSEGV}
_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0")
_logger = logging.getLogger(__name__)
# Each takes a reader of its own, and most workbooks hold a few.
_SHEETS_LOOKED_AT = 10
_PLACES = ("hidden_rows", "errors", "unsolved", "merged", "invisible")


def is_workbook(start: bytes) -> bool:
    """Told by the first bytes: a zip, or what Excel wrote before and still does with a password."""
    return start.startswith(_SIGNATURES)


def read_workbook(
    data: BinaryIO, spool: BinaryIO, choice: Choice, columns: ColumnTable
) -> RawTable:
    """`data` and `spool` are real files; the spool receives the rows. `columns`: by which a sheet
    is known to be a list, where nobody has chosen one."""
    answer = _ask_reader(data, spool, choice.sheet)
    if not choice.sheet:
        answer = _look_for_list(data, spool, answer, columns)
    facts = {name: _places(answer[name]) for name in _PLACES}
    return RawTable(
        kind="xlsx",
        rows=lambda: _rows(spool),
        row_count=answer["rows"],
        used=answer["used"],
        hidden=[(first, last) for first, last in answer["hidden_columns"]],
        facts={
            "sheet": answer["sheet"],
            "sheets": tuple(SheetSize(**one) for one in answer["sheets"]),
            "is_1904": answer["is_1904"],
            "formulas": answer["formulas"],
            **facts,
        },
    )


def _look_for_list(
    data: BinaryIO, spool: BinaryIO, answer: dict[str, Any], columns: ColumnTable
) -> dict[str, Any]:
    """What the reader says of the sheet that looks most like a list, the first one of several: a
    cover sheet or notes may stand before it. `answer`: of the sheet that was read first, which is
    the one if none does."""
    first = best = at = answer["sheet"]
    liked = looks_like_list(_head(spool), columns)
    until = monotonic() + settings.IMPORT_READER_SECONDS
    others = [one["name"] for one in answer["sheets"] if one["rows"] > 1 and not one["is_hidden"]]
    for name in others[:_SHEETS_LOOKED_AT]:
        if liked == Likeness.LIST or monotonic() > until:
            break
        if name == first:
            continue
        try:
            found = _ask_reader(data, spool, name)
        except ValidationError:
            continue  # it stays what nobody has chosen
        finally:
            at = name
        if (likeness := looks_like_list(_head(spool), columns)) > liked:
            answer, best, liked = found, name, likeness
    # The spool holds what was read last.
    return answer if at == best else _ask_reader(data, spool, best)


def _head(spool: BinaryIO) -> list[list[Any]]:
    return [cells for _number, cells in islice(_rows(spool), HEAD_ROWS)]


def _ask_reader(data: BinaryIO, spool: BinaryIO, sheet: str) -> dict[str, Any]:
    request = {
        "memory_bytes": settings.IMPORT_READER_MEMORY_BYTES,
        "seconds": settings.IMPORT_READER_SECONDS,
        "parts": settings.IMPORT_MAX_PARTS,
        "unpacked_bytes": settings.IMPORT_MAX_UNPACKED_BYTES,
        "rows": settings.IMPORT_MAX_ROWS,
        "columns": settings.IMPORT_MAX_COLUMNS,
        "head_rows": HEAD_ROWS,
        "sheet": sheet,
    }
    data.flush()
    try:
        done = _run_reader_safely(data, spool, request)
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        _logger.warning("The reader of a workbook gave up: %s", type(error).__name__)
        raise refuse("too_complex") from error
    answer: dict[str, Any] = json.loads(done.stdout)
    if code := answer.get("error"):
        raise refuse(code, **answer["params"])
    return answer


def _run_reader_safely(
    data: BinaryIO, spool: BinaryIO, request: dict[str, Any]
) -> subprocess.CompletedProcess[bytes]:
    """Once more if something outside has ended it, say a machine that ran out of memory: that tells
    nothing about the file."""
    try:
        return _run_reader(data, spool, request)
    except subprocess.CalledProcessError as error:
        if error.returncode in _ITS_OWN_ENDS:
            raise
        _logger.warning("The reader of a workbook was ended: %s. Once more.", error.returncode)
    return _run_reader(data, spool, request)


def _run_reader(
    data: BinaryIO, spool: BinaryIO, request: dict[str, Any]
) -> subprocess.CompletedProcess[bytes]:
    os.lseek(data.fileno(), 0, os.SEEK_SET)  # the reader does not see what Python has buffered
    # Seen from its end, since from its begin Python may go on with what it has buffered.
    spool.seek(0, os.SEEK_END)
    spool.truncate(0)
    os.lseek(spool.fileno(), 0, os.SEEK_SET)
    arguments = [json.dumps(request), str(spool.fileno()), str(_HOUSE)]
    done = subprocess.run(  # noqa: S603 - our own module; the upload goes in by stdin
        [sys.executable, "-I", "-c", _READER, *arguments],
        stdin=data,
        capture_output=True,
        pass_fds=[spool.fileno()],
        env={},
        timeout=2 * request["seconds"],
        check=True,
    )
    spool.seek(0, os.SEEK_END)
    return done


def _rows(spool: BinaryIO) -> Iterator[NumberedRow]:
    spool.seek(0)
    for line in spool:
        number, cells = json.loads(line)
        yield (
            number,
            [cell_from_json(cell) if isinstance(cell, dict) else cell for cell in cells],
        )


def _places(answer: dict[str, Any]) -> Places:
    return Places(answer["count"], tuple(_place(one) for one in answer["first"]))


def _place(one: Any) -> str:
    """A row or a cell; a cell with what stands in it."""
    return f"{one[0]} ({one[1]})" if isinstance(one, list) else str(one)
