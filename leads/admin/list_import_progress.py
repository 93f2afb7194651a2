"""How far a list is that a worker reads, checks or imports; stopping it and letting it go on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.http import HttpResponse, JsonResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.admin.list_import_page import ImportPage, grouped, is_open_step, rows_text
from leads.models import ImportState, ListImport
from leads.resources.import_running import WrongStep, cancel, carry_on, pause, start
from leads.resources.list_kinds import kind_of

_MINUTE = 60  # seconds


def progress_of(list_import: ListImport, *, now: datetime) -> dict[str, Any]:
    """For a page that waits: the words above the bar, and whether something seems to be stuck."""
    return {
        "words": progress_words(list_import, now=now),
        "percent": list_import.percent,
        "moves": list_import.is_moving,
        "is_stuck": list_import.is_stuck(now=now),
    }


def progress_words(list_import: ListImport, *, now: datetime) -> str:
    """ "1.200 von 50.000 Zeilen importiert, 2.300 je Sekunde, noch etwa 21 Sek." """
    match list_import.state:
        case ImportState.READING:
            return _("The file is being read. Large files take some seconds.")
        case ImportState.CHECKING:
            text = _("%(done)s of %(rows)s checked")
        case ImportState.RUNNING | ImportState.PAUSED:
            text = _("%(done)s of %(rows)s imported")
        case _:
            return capfirst(str(ImportState(list_import.state).label))
    words = [
        text % {"done": grouped(list_import.step_count), "rows": rows_text(list_import.row_count)}
    ]
    rate, left = list_import.rate(now=now), list_import.seconds_left(now=now)
    if list_import.is_moving and left is not None:
        words += [_("%(n)s a second") % {"n": grouped(round(rate))}, _left(left)]
    return ", ".join(words) + "."


def _left(seconds: int) -> str:
    if seconds < _MINUTE:
        return ngettext("about %(n)d second left", "about %(n)d seconds left", max(seconds, 1)) % {
            "n": max(seconds, 1)
        }
    minutes = round(seconds / _MINUTE)
    return ngettext("about %(n)d minute left", "about %(n)d minutes left", minutes) % {"n": minutes}


def tell_progress(page: ImportPage) -> JsonResponse:
    """For the script of a page that waits: {"percent": 41, "words": "…", "is_over": false}. It is
    over for that page when the import is in another state than `state` in the address."""
    found = page.list_import
    shown = page.request.GET.get("state", "")
    return JsonResponse(
        {
            "percent": found.percent,
            "words": progress_words(found, now=page.now),
            "is_over": found.state != shown or found.is_stuck(now=page.now),
        }
    )


def show_run(page: ImportPage) -> HttpResponse:
    if not is_open_step(page.list_import, "run"):
        return page.elsewhere()
    return page.answer("run", **progress_of(page.list_import, now=page.now))


def act(page: ImportPage) -> HttpResponse:
    """One of the buttons that stop an import or let it go on."""
    page.need_right()
    for name, action in _ACTIONS.items():
        if name in page.request.POST:
            try:
                action(page)
            except WrongStep as error:
                page.list_import.refresh_from_db()
                page.say(error, messages.WARNING)
    return page.go()


def begin(page: ImportPage) -> None:
    """Start the import. Raises WrongStep. On record are numbers, not what stands in the list."""
    start(page.list_import, by=page.user, now=page.now)
    LogEntry.objects.create(
        user=page.user,
        content_type=ContentType.objects.get_for_model(kind_of(page.list_import).model),
        object_repr=_("import of a list"),
        action_flag=ADDITION,
        change_message=_("Import %(number)d was started: %(rows)s.")
        % {"number": page.list_import.pk, "rows": rows_text(page.list_import.row_count)},
    )


def _resume(page: ImportPage) -> None:
    if page.list_import.state != ImportState.PAUSED:
        raise WrongStep(_("This import is not paused."))
    start(page.list_import, by=page.user, now=page.now)


def _pause(page: ImportPage) -> None:
    pause(page.list_import, now=page.now)
    page.say(_("The import is paused. The rows that are in work will still be finished."))


def _cancel(page: ImportPage) -> None:
    cancel(page.list_import, now=page.now)
    if page.list_import.done_count:
        page.say(_("The import was stopped. What was imported before stays and can be undone."))
    else:
        page.say(_("The import was cancelled. Nothing was imported."))


def _carry_on(page: ImportPage) -> None:
    if page.list_import.is_stuck(now=page.now):
        carry_on(page.list_import, now=page.now)
        page.say(_("A worker was asked to go on with it."))


_ACTIONS: Mapping[str, Callable[[ImportPage], None]] = {
    "resume": _resume,
    "pause": _pause,
    "cancel": _cancel,
    "carry_on": _carry_on,
}
