"""What the columns of an uploaded list probably mean, so that people have little to correct."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from leads.models.dealer import Dealer
from leads.models.import_memory import ColumnName, ImportTemplate
from leads.models.list_import import ListImport
from leads.resources.cells import header_key
from leads.resources.column_contents import Proposal, propose_columns
from leads.resources.column_tables import TABLES
from leads.resources.former_rows import Added, added_in
from leads.resources.import_mapping import FURTHER, LEFT_OUT, ListMapping, unknown_in

# From this confidence on (percent) a proposal is taken until somebody says otherwise.
_TAKEN_FROM = 60
_NUMBER = "number"  # ours, of what a row became


def propose_mapping(
    list_import: ListImport, sample: Sequence[Sequence[Any]]
) -> tuple[dict[str, Any], list[Proposal]]:
    """The mapping as JSON, and per column why. What was decided about a list with the same headers
    counts most, then the names that this dealer's lists use, then headers and contents."""
    dealer, headers = list_import.dealer, tuple(list_import.headers)
    kind = list_import.kind
    table = TABLES[kind]
    proposals = propose_columns(headers, sample, names=column_names(dealer, kind), table=table)
    columns = tuple(
        one.column
        if one.column and (one.confidence >= _TAKEN_FROM or not one.looks_like)
        else unknown_in(table)
        for one in proposals
    )
    mapping = ListMapping(headers, columns, table=table)
    templates = ImportTemplate.objects.for_dealer(dealer)
    remembered = templates.remembered(kind, list_import.fingerprint).first()
    if remembered is not None:
        list_import.on_existing = remembered.on_existing
        reason = _("As in the last list with these headers.")
        proposals = [replace(one, confidence=100, reason=reason) for one in proposals]
        mapping = with_template(mapping, remembered)
    if (added := added_in(headers)) is not None:
        mapping, proposals = _without(added, mapping, proposals)
    return mapping.as_json(), proposals


def _without(
    added: Added, mapping: ListMapping, proposals: list[Proposal]
) -> tuple[ListMapping, list[Proposal]]:
    """What a workbook of ours has added to a list is left out; only the numbers of what its rows
    became are of use, unless the list itself has such a column."""
    columns, proposals = list(mapping.columns), list(proposals)
    reason = _("Added by LeadOffice; says what became of the row before.")
    for at in added.about_import:
        columns[at] = LEFT_OUT
        proposals[at] = replace(proposals[at], column=LEFT_OUT, confidence=100, reason=reason)
    if added.number >= 0:
        others = columns[: added.number] + columns[added.number + 1 :]
        columns[added.number] = LEFT_OUT if _NUMBER in others else _NUMBER
        proposals[added.number] = replace(
            proposals[added.number], column=columns[added.number], confidence=100, reason=reason
        )
    return replace(mapping, columns=tuple(columns)), proposals


def with_template(mapping: ListMapping, template: ImportTemplate) -> ListMapping:
    """Columns that the template knows mean what it says; the others what they meant before, unless
    one of the template's has that meaning now."""
    by_name, unknown = mapping.table.by_name, unknown_in(mapping.table)
    meant = {*by_name, LEFT_OUT, FURTHER}  # of columns that are gone it says nothing any more
    told = {key: name for key, name in template.columns.items() if name in meant}
    said = [told.get(header_key(one) or one) for one in mapping.headers]
    taken = {name for name in said if name}
    columns = tuple(
        name if name is not None else (unknown if before in taken else before)
        for name, before in zip(said, mapping.columns, strict=True)
    )
    known = tuple(one if one in by_name or one == LEFT_OUT else unknown for one in columns)
    fixed = {name: text for name, text in template.fixed.items() if name in by_name}
    return replace(mapping, columns=known, fixed=fixed)


def column_names(dealer: Dealer, kind: str) -> Mapping[str, str]:
    """Headers that this dealer's lists of a kind use: by header_key, the name of the column."""
    rows = ColumnName.objects.for_dealer(dealer).filter(kind=kind).values_list("key", "column")
    return {key: column for key, column in rows if column in TABLES[kind].by_name}
