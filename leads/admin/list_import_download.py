"""What became of the rows of an import as workbooks: all of them, or those to correct."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from typing import BinaryIO

from django.http import FileResponse, Http404
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext_lazy

from leads.admin.list_import_page import ImportPage
from leads.models import ImportState, ListImport
from leads.resources.import_results import write_errors, write_result

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_Write = Callable[[ListImport, BinaryIO], object]
_WRITERS: Mapping[str, tuple[_Write, Promise]] = {
    "result": (write_result, gettext_lazy("result")),
    "errors": (write_errors, gettext_lazy("errors")),
}


def hand_out(page: ImportPage, kind: str) -> FileResponse:
    """A workbook of the result, written while its reader waits; none after the rows are gone."""
    page.need_right()
    found = page.list_import
    is_there = found.state == ImportState.DONE and found.rows_deleted_at is None
    if kind not in _WRITERS or not is_there:
        raise Http404
    write, word = _WRITERS[kind]
    # Handed out as it is read from the disk; the response closes it.
    target = tempfile.TemporaryFile()  # noqa: SIM115
    write(found, target)
    target.seek(0)
    name = slugify(found.file_name.rpartition(".")[0]) or "import"
    response = FileResponse(
        target, as_attachment=True, filename=f"{name}-{word}.xlsx", content_type=_XLSX
    )
    response["Cache-Control"] = "no-store, private"
    return response
