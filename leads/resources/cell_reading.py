"""The cells of a row are read, each by the reader of its column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leads.resources.cells import cell_text
from leads.resources.readers import Office, Reading
from leads.resources.rows import Problem, Row, UnusableRow

_PHONES = ("mobile", "phone")


def read_cells(row: Row, cells: Mapping[str, Any], office: Office) -> Reading:
    """Read these cells of the row, by header, specific columns first. Raises UnusableRow with all
    its problems."""
    reading, problems = Reading(office), []
    filled: set[str] = set()
    for header, column in row.headers:
        if (cell := cells.get(header)) is None:
            continue
        if column is None or column.name in filled:  # two columns with one meaning
            reading.custom_values[header] = cell_text(cell)
            continue
        filled.add(column.name)
        try:
            column.read(cell, reading, header)
        except ValueError as error:
            problems.append(Problem(header, cell_text(cell)[:60], str(error)))
        if reading.is_contradicted:
            reading.is_contradicted = False
            reading.keep_beside(header, cell_text(cell))
    if problems:
        raise UnusableRow(row, problems)
    return reading


def complete_contact(reading: Reading, known: Mapping[str, Any]) -> None:
    """Contact data that follow from several cells together; `known`: what the row need not say
    again."""
    values = reading.values
    if house_number := values.pop("house_number", ""):
        street = values.get("street", "")
        if not street.casefold().endswith(f" {house_number}".casefold()):  # some write it twice
            values["street"] = f"{street} {house_number}".strip()
    for header, number in reading.spare_phones:
        free = next((one for one in _PHONES if one not in values and not known.get(one)), None)
        if free:
            values[free] = number
        else:
            reading.custom_values[header] = number
