"""The reasons why a file is refused, as sentences for people: what is wrong, where, what to do."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy

REASONS = {
    "empty": gettext_lazy("The file is empty. Please choose a list with headers and rows."),
    "too_large": gettext_lazy(
        "The file is too large: %(size)s MB, allowed are %(limit)s MB. Please split it."
    ),
    "too_many_rows": gettext_lazy(
        "The list has more than %(limit)s rows. Please split it into several files."
    ),
    "too_many_columns": gettext_lazy(
        "The list has more than %(limit)s columns. Please delete what is not needed."
    ),
    "too_complex": gettext_lazy(
        "The workbook takes too much memory or time. Please copy the list into a new, empty "
        "workbook and save that as .xlsx."
    ),
    "encrypted": gettext_lazy(
        "The workbook is protected by a password. Please save it without a password."
    ),
    "old": gettext_lazy("This is an old Excel file (.xls). Please save it as .xlsx."),
    "macros": gettext_lazy("The workbook contains macros. Please save it as .xlsx without them."),
    "not_xlsx": gettext_lazy(
        "This is neither an Excel workbook (.xlsx) nor a CSV file. Please save the list as one of "
        "these in Excel."
    ),
    "damaged": gettext_lazy(
        "The workbook is damaged and cannot be read. Please open it in Excel and save it again."
    ),
    "bomb": gettext_lazy(
        "The workbook unpacks to more than %(limit)s MB and is not read. Please copy the list into "
        "a new, empty workbook and save that as .xlsx."
    ),
    "far_cell": gettext_lazy(
        "In the sheet “%(sheet)s” there is something in cell %(cell)s, far away from the list. "
        "Please delete what stands there and save the workbook again."
    ),
    "no_such_sheet": gettext_lazy("There is no sheet “%(sheet)s” in this workbook."),
    "no_such_row": gettext_lazy(
        "Row %(row)s cannot hold the headers: it is blank, or too far down in the list."
    ),
    "encoding": gettext_lazy("The encoding “%(encoding)s” does not fit this file."),
    "quotes": gettext_lazy(
        "Row %(row)s cannot be read: a quotation mark is missing or out of place."
    ),
    "no_vehicles": gettext_lazy("The file names no vehicles. The stock stays as it is."),
    "no_rows": gettext_lazy("The file has no rows below the headers."),
}


def refuse(code: str, **params: Any) -> ValidationError:
    """The error for the upload form; `code` says which reason it is."""
    return ValidationError(REASONS[code], code=code, params=params)


def check_size(size: int) -> None:
    """`size` in bytes, known before anything is read."""
    if not size:
        raise refuse("empty")
    if size > settings.IMPORT_MAX_BYTES:
        megabytes = [number_format(n / 1024**2, 1) for n in (size, settings.IMPORT_MAX_BYTES)]
        raise refuse("too_large", size=megabytes[0], limit=megabytes[1])
