"""The step in which people see what an import would do, correct cells, decide, and start it."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from leads.admin.list_import_columns import same_files
from leads.admin.list_import_page import ImportPage, grouped, is_open_step, url_of
from leads.admin.list_import_progress import begin, progress_of
from leads.admin.list_import_rows import (
    AS_ALL,
    CONFLICT,
    DUPLICATE,
    cells_of,
    number_in,
    page_of,
    reference_urls,
    shown_row,
    with_plan,
)
from leads.admin.list_import_texts import TEXTS
from leads.admin.merge_pages import back_url
from leads.models import ImportState, ListImport, ListRow, OnExisting, Plan
from leads.resources.cells import cell_text
from leads.resources.import_checking import counted
from leads.resources.import_deciding import (
    NoLongerPossible,
    correct_cell,
    decide,
    decide_row,
)
from leads.resources.import_mapping import ListMapping
from leads.resources.import_running import WrongStep
from leads.resources.stock_lists import is_whole_stock, look_ahead

_CELL = re.compile("cell-([0-9]{1,4})")
_CHIPS = (
    ("", gettext_lazy("All")),
    (Plan.NEW, gettext_lazy("New")),
    (Plan.CHANGED, gettext_lazy("Changed")),
    (Plan.UNCHANGED, gettext_lazy("Unchanged")),
    (DUPLICATE, gettext_lazy("Duplicates")),
    (Plan.TOTAL, gettext_lazy("No entries")),
    (Plan.BAD, gettext_lazy("Errors")),
    (CONFLICT, gettext_lazy("Changed on both sides")),
)
# Of lists in which there is nothing of the kind they are not shown.
_RARE = (Plan.TOTAL, CONFLICT)


class DecisionsForm(forms.Form):
    """What is done with all rows of the list."""

    on_existing = forms.ChoiceField(choices=OnExisting.choices)
    takes_duplicates = forms.BooleanField(required=False)
    takes_conflicts = forms.BooleanField(required=False)
    accepts_vanishing = forms.BooleanField(required=False)


def show_preview(page: ImportPage) -> HttpResponse:
    found = page.list_import
    if not is_open_step(found, "preview"):
        return page.elsewhere()
    if page.is_post:
        page.need_right()
        return _decide(page)
    if found.state == ImportState.CHECKING:
        return page.answer("checking", **progress_of(found, now=page.now))
    return _show(page)


def _show(page: ImportPage) -> HttpResponse:
    found, asked = page.list_import, page.request.GET
    counts, kind = counted(found), asked.get("show", "")
    conflicts = with_plan(found, CONFLICT).count()
    shown = {"": sum(counts.values()), CONFLICT: conflicts, **counts}
    kind = kind if kind in shown else ""
    rows = page_of(with_plan(found, kind), number_in(asked, "from"))
    mapping = ListMapping.of(found)
    urls = reference_urls(page.user, found, rows.rows)
    return page.answer(
        "preview",
        chips=[
            {
                "label": label,
                "value": value,
                "count": shown[value],
                "is_shown": value == kind,
            }
            for value, label in _CHIPS
            if value not in _RARE or shown[value] or kind == value
        ],
        kind=kind,
        rows=[shown_row(found, mapping, row, urls, may_go_on=page.may_go_on) for row in rows.rows],
        page=rows,
        summary=_summary(found, counts),
        on_existing=[
            (value, capfirst(str(label)), value == found.on_existing)
            for value, label in OnExisting.choices
        ],
        has_conflicts=found.takes_conflicts or conflicts,
        outlook=look_ahead(found) if is_whole_stock(found) else None,
        remarks=found.info.get("remarks", ()),
        same_files=same_files(page),
    )


def _summary(found: ListImport, counts: dict[str, int]) -> list[str]:
    """What the import will do, as sentences."""
    texts = TEXTS[found.kind]
    wanted = with_plan(found, DUPLICATE).filter(decision=OnExisting.NEW).count()
    left_out = 0 if found.takes_duplicates else counts[DUPLICATE] - wanted
    taken = counts[DUPLICATE] if found.takes_duplicates else 0
    created = counts[Plan.NEW] + wanted
    sentences = [texts.sentence("created", created, grouped(created))]
    for name, plan in (("changed", Plan.CHANGED), ("stays", Plan.UNCHANGED)):
        if count := counts[plan]:
            sentences.append(texts.sentence(name, count, grouped(count)))
    others = [
        (
            left_out,
            ngettext("%(n)s duplicate is left out.", "%(n)s duplicates are left out.", left_out),
        ),
        (
            taken,
            ngettext(
                "%(n)s duplicate is imported as well.",
                "%(n)s duplicates are imported as well.",
                taken,
            ),
        ),
        (
            counts[Plan.TOTAL],
            ngettext(
                "%(n)s row of totals or headings is not imported.",
                "%(n)s rows of totals or headings are not imported.",
                counts[Plan.TOTAL],
            ),
        ),
        (
            counts[Plan.BAD],
            ngettext(
                "%(n)s row with errors is not imported.",
                "%(n)s rows with errors are not imported.",
                counts[Plan.BAD],
            ),
        ),
    ]
    return sentences + [text % {"n": grouped(count)} for count, text in others if count]


def _decide(page: ImportPage) -> HttpResponse:
    """The decisions; and the start of the import, if they are those that the preview shows."""
    found, form = page.list_import, DecisionsForm(page.request.POST)
    if not form.is_valid():
        page.say(_("Please choose what is done with what is here already."), messages.ERROR)
        return page.go()
    said = form.cleaned_data
    shown = ("on_existing", "takes_duplicates", "takes_conflicts")
    is_same = all(said[name] == getattr(found, name) for name in shown)
    try:
        if not is_same or said["accepts_vanishing"] != found.accepts_vanishing:
            decide(found, **{**said, "on_existing": OnExisting(said["on_existing"])}, now=page.now)
        if not is_same:
            text = _("The preview has changed. Please look at it once more before you start.")
            if "start" in page.request.POST:
                page.say(text, messages.WARNING)
        elif "start" in page.request.POST:
            begin(page)
    except (NoLongerPossible, WrongStep) as error:
        found.refresh_from_db()
        page.say(error, messages.WARNING)
    return page.go()


# One row


def show_row(page: ImportPage, number: int) -> HttpResponse:
    """A row with all its cells; what was corrected in it, or decided about it, comes by POST.
    `part` in the address: for the script of the preview, the row alone."""
    found = page.list_import
    if found.state != ImportState.READY:
        return page.elsewhere()
    row = ListRow.objects.filter(list_import=found, number=number).first()
    if row is None:
        raise Http404
    is_part = "part" in page.request.GET
    if page.is_post:
        page.need_right()
        refused = _change_row(page, row)
        if not is_part:
            if refused:
                page.say(refused, messages.ERROR)
            return HttpResponseRedirect(back_url(page.request, url_of(found, "preview")))
        row.refresh_from_db()
        return _row_part(page, row, is_open="open" in page.request.POST, refused=refused)
    return _row_part(page, row, is_open=True) if is_part else _row_page(page, row)


def _change_row(page: ImportPage, row: ListRow) -> str:
    """Corrects the cells that differ, and notes the decision; a sentence if that is refused."""
    found, said = page.list_import, page.request.POST
    shown = {one.position: one.text for one in _cells(found, row)}
    try:
        with transaction.atomic():
            for name in said:
                match, text = _CELL.fullmatch(name), said.get(name, "")
                at = int(match[1]) if match else -1
                if at in shown and _is_corrected(said, at, shown[at]):
                    correct_cell(found, row.number, at, text, now=page.now)
            if (decision := said.get("decision")) is not None and decision != row.decision:
                if decision != AS_ALL and decision not in OnExisting.values:
                    raise ValidationError(_("This decision is not known."))
                chosen = OnExisting(decision) if decision != AS_ALL else None
                decide_row(found, row.number, chosen, now=page.now)
    except ValidationError as error:
        return " ".join(error.messages)
    except (NoLongerPossible, ListRow.DoesNotExist) as error:
        return str(error)
    return ""


def _is_corrected(said: QueryDict, at: int, shown: str) -> bool:
    """Whether the sender wants another text than `shown`, which stands there now. What they saw
    comes along: cells that they left alone do not undo what others have corrected meanwhile.
    Raises ValidationError if both have changed the same cell."""
    text, now = cell_text(said[f"cell-{at}"]), cell_text(shown)
    saw = cell_text(said.get(f"was-{at}", shown))
    if text in (saw, now):
        return False
    if saw != now:
        reason = _("Somebody has changed “%(saw)s” to “%(now)s” meanwhile. Please look once more.")
        raise ValidationError(reason % {"saw": saw, "now": now})
    return True


def _cells(found: ListImport, row: ListRow) -> Any:
    mapping = ListMapping.of(found)
    return cells_of(mapping, row, range(len(mapping.headers)))


def _row_context(page: ImportPage, row: ListRow, *, is_open: bool) -> dict[str, Any]:
    found = page.list_import
    urls = reference_urls(page.user, found, [row])
    shown = shown_row(
        found,
        ListMapping.of(found),
        row,
        urls,
        may_go_on=page.may_go_on,
        is_open=is_open,
    )
    return {"row": shown, "next": back_url(page.request, url_of(found, "preview"))}


def _row_part(
    page: ImportPage, row: ListRow, *, is_open: bool, refused: str = ""
) -> TemplateResponse:
    context = {
        **_row_context(page, row, is_open=is_open),
        "may_go_on": page.may_go_on,
        "refused": refused,
    }
    return TemplateResponse(page.request, "admin/leads/listimport/row_part.html", context)


def _row_page(page: ImportPage, row: ListRow) -> HttpResponse:
    return page.answer("row", **_row_context(page, row, is_open=True))
