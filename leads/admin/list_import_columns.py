"""The step in which people say what the columns of a list mean, helped by what was found out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _

from leads.admin.display import badge, moment
from leads.admin.list_import_fields import field_choices
from leads.admin.list_import_page import ImportPage, is_open_step, stamp, url_of
from leads.admin.list_import_selects import Selects, datalist
from leads.admin.list_import_upload import ReadingForm
from leads.models import ImportTemplate, ListImport, RowOutcome
from leads.resources.cells import cell_from_json, cell_text
from leads.resources.column_tables import TABLES
from leads.resources.import_deciding import (
    NoLongerPossible,
    assign_columns,
    look_at_rows,
    save_template,
    use_template,
)
from leads.resources.import_mapping import FURTHER, LEFT_OUT, ListMapping
from leads.resources.import_words import CATALOGS, Words

_LONGEST_SAMPLE = 60
_LONGEST_NAME = 80  # of a template
_NUMBER = re.compile("[0-9]{1,18}")  # more digits are no id
_MOST_SAME_FILES = 3
# From this confidence on (percent) nobody needs to look at a proposal.
_SURE = 100
_FIXED_CHOICES = ("owner", "location", "lead_type")


def show_columns(page: ImportPage) -> HttpResponse:
    found = page.list_import
    if not is_open_step(found, "columns"):
        return page.elsewhere()
    mapping = ListMapping.of(found)
    if not page.is_post:
        return _ask(page, mapping.columns, mapping.fixed)
    page.need_right()
    if "use_template" in page.request.POST or "delete_template" in page.request.POST:
        return _template_chosen(page)
    if page.request.POST.get("stamp") != stamp(found.headers):
        page.say(_changed_meanwhile(), messages.WARNING)
        return page.go("columns")
    return _assign(page)


def _assign(page: ImportPage) -> HttpResponse:
    said, found = page.request.POST, page.list_import
    columns = [said.get(f"column-{at}", FURTHER) for at in range(len(found.headers))]
    fixable = TABLES[found.kind].fixable
    fixed = {name: said[f"fixed-{name}"] for name in fixable if said.get(f"fixed-{name}")}
    name = " ".join(said.get("template_name", "").split())
    saves = "save_template" in said
    try:
        if saves and not 0 < len(name) <= _LONGEST_NAME:
            text = _("Please give the template a name of at most %(n)d characters.")
            raise ValidationError(text % {"n": _LONGEST_NAME})
        with transaction.atomic():
            assign_columns(found, columns, fixed, by=page.user, now=page.now)
            if saves:
                save_template(found, name, by=page.user, now=page.now)
    except ValidationError as error:
        page.say(" ".join(error.messages), messages.ERROR)
        return _ask(page, columns, fixed)
    except NoLongerPossible as error:
        page.say(error, messages.ERROR)
        return page.go()
    if saves:
        page.say(_("The template “%(name)s” is saved.") % {"name": name})
        return page.go("columns")
    return page.go("values") if found.found_values else go_to_preview(page)


def go_to_preview(page: ImportPage) -> HttpResponse:
    """With all rows looked at anew."""
    try:
        look_at_rows(page.list_import, now=page.now)
    except NoLongerPossible as error:
        page.say(error, messages.ERROR)
        return page.go()
    return page.go("preview")


# Templates


def templates_of(list_import: ListImport) -> QuerySet[ImportTemplate]:
    return ImportTemplate.objects.for_dealer(list_import.dealer_id).named(list_import.kind)


def _template_chosen(page: ImportPage) -> HttpResponse:
    pk = page.request.POST.get("template", "")
    known = templates_of(page.list_import)
    template = known.filter(pk=int(pk)).first() if _NUMBER.fullmatch(pk) else None
    if template is None:
        page.say(_("Please choose a template."), messages.WARNING)
    elif "delete_template" in page.request.POST:
        template.delete()
        page.say(_("The template “%(name)s” is deleted.") % {"name": template.name})
    else:
        try:
            use_template(page.list_import, template, now=page.now)
            text = _("The template “%(name)s” is applied. What it does not know stays as it was.")
            page.say(text % {"name": template.name})
        except NoLongerPossible as error:
            page.say(error, messages.ERROR)
            return page.go()
    return page.go("columns")


# The page


def _ask(page: ImportPage, columns: Sequence[str], fixed: Mapping[str, str]) -> HttpResponse:
    found = page.list_import
    lines = _lines(found, columns)
    return page.answer(
        "columns",
        stamp=stamp(found.headers),
        lines=lines,
        doubtful=sum(line["needs_look"] for line in lines),
        remarks=found.info.get("remarks", ()),
        same_files=same_files(page),
        reading_form=ReadingForm(list_import=found),
        fixed=_fixed_fields(found, fixed),
        has_fixed=bool(fixed),
        templates=list(templates_of(found)),
    )


def _lines(found: ListImport, columns: Sequence[str]) -> list[dict[str, Any]]:
    proposals, samples = found.info.get("proposals", ()), found.info.get("samples", ())
    selects = Selects(field_choices(found.kind, columns))
    lines = []
    for at, (header, column) in enumerate(zip(found.headers, columns, strict=True)):
        proposal = proposals[at] if at < len(proposals) else {}
        is_proposed = column != FURTHER and column == proposal.get("column")
        together = [
            found.headers[other]
            for other, name in enumerate(columns)
            if other != at and name == column and column not in (FURTHER, LEFT_OUT)
        ]
        needs_look = is_proposed and proposal.get("confidence", 0) < _SURE
        lines.append(
            {
                "header": header,
                "samples": [_sample(one) for one in (samples[at] if at < len(samples) else ())],
                "select": selects.select(
                    f"column-{at}", column, label=_("Meaning of “%(name)s”") % {"name": header}
                ),
                "needs_look": needs_look,
                "badge": _badge(column, needs_look=needs_look),
                "why": _why(column, proposal, is_proposed=is_proposed),
                "together": together,
            }
        )
    return lines


def _sample(cell: Any) -> str:
    text = " ".join(cell_text(cell_from_json(cell)).split())
    return text if len(text) <= _LONGEST_SAMPLE else f"{text[:_LONGEST_SAMPLE]}…"


def _badge(column: str, *, needs_look: bool) -> Any:
    if column == LEFT_OUT:
        return badge(_("Left out"), "struck")
    if column == FURTHER:
        return badge(_("Further value"), "grey")
    return badge(_("Please check"), "amber") if needs_look else badge(_("Matched"), "green")


def _why(column: str, proposal: Mapping[str, Any], *, is_proposed: bool) -> str:
    if is_proposed:
        return str(proposal["reason"])
    if column in (FURTHER, LEFT_OUT) and proposal.get("looks_like"):
        return _("looks like %(kind)s") % {"kind": proposal["looks_like"]}
    return ""


def _fixed_fields(found: ListImport, fixed: Mapping[str, str]) -> list[dict[str, Any]]:
    table = TABLES[found.kind]
    words = Words(found.dealer, table)
    fields = []
    for name in table.fixable:
        label, value = table.by_name[name].header, fixed.get(name, "")
        field: dict[str, Any] = {"name": f"fixed-{name}", "label": label, "value": value}
        if name in _FIXED_CHOICES:
            options = [(one.value, one.label) for one in words.options(name)]
            empty = ("", _("– nothing –"))
            field["select"] = Selects([("", [empty, *options])]).select(
                field["name"], value, label=label
            )
        elif name in CATALOGS:
            field["list"] = f"known-{name}"
            field["suggestions"] = datalist(
                field["list"], (one.label for one in words.options(name))
            )
        fields.append(field)
    return fields


def same_files(page: ImportPage) -> list[dict[str, str]]:
    """Imports of the very same file at this dealer, as far as something came of them."""
    found = page.list_import
    if not found.digest:
        return []
    others = page.admin.get_queryset(page.request).filter(
        dealer=found.dealer_id, digest=found.digest, done_count__gt=0
    )
    return [
        {
            "url": url_of(one),
            "when": moment(one.created_at, now=page.now),
            "who": str(one.user or ""),
            "created": str(one.outcomes.get(RowOutcome.CREATED, 0)),
        }
        for one in others.exclude(pk=found.pk)[:_MOST_SAME_FILES]
    ]


def _changed_meanwhile() -> str:
    return _("The list was read anew meanwhile. Please look at the columns once more.")
