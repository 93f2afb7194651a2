"""What became of the rows of an import as workbooks: all of them, or those to correct."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import FileResponse, Http404, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.admin.list_import_page import ImportPage, url_of
from leads.models import ImportState
from leads.resources.import_workbooks import ERRORS, RESULT, NotYet, open_workbook

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WORDS: Mapping[str, Promise] = {
    RESULT: gettext_lazy("result"),
    ERRORS: gettext_lazy("errors"),
}


def hand_out(page: ImportPage, kind: str) -> HttpResponseBase:
    """A workbook of the result, or a word about when it is there; none after the rows are gone."""
    page.need_right()
    found = page.list_import
    is_there = found.state == ImportState.DONE and found.rows_deleted_at is None
    if kind not in _WORDS or not is_there:
        raise Http404
    try:
        workbook = open_workbook(found, kind)
    except NotYet:
        page.say(_("This workbook is long and is being written. Please fetch it in a moment."))
        return HttpResponseRedirect(url_of(found, "result"))
    name = slugify(found.file_name.rpartition(".")[0]) or "import"
    # Handed out as it is read from the disk; the response closes it.
    response = FileResponse(
        workbook, as_attachment=True, filename=f"{name}-{_WORDS[kind]}.xlsx", content_type=_XLSX
    )
    response["Cache-Control"] = "no-store, private"
    return response
