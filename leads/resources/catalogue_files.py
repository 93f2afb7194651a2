"""Files of catalogue entries for django-import-export: read and written by the house's own means.

The package would hand whatever is uploaded to tablib, in the process of the web server; here the
guarded reader of lists reads it (reading.py), and what goes out is free of formulas.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from math import ceil
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from import_export.formats.base_formats import Format
from tablib import Dataset

from leads.models.export import ExportFormat
from leads.resources.list_writer import CONTENT_TYPES, write_csv
from leads.resources.reading import open_list
from leads.resources.refusals import refuse
from leads.resources.worksheet import Kind, write_sheet

# A catalogue is checked and imported while somebody waits for it. The file travels once more with
# the confirmation, in a form of one megabyte at most.
MAX_ROWS = 1_000
MAX_BYTES = 512 * 1024


def too_large(size: int) -> ValidationError:
    """`size` in bytes."""
    found, limit = (ceil(n / 1024**2 * 10) / 10 for n in (size, MAX_BYTES))
    return refuse("too_large", size=number_format(found, 1), limit=number_format(limit, 1))


class NumberedDataset(Dataset):
    """Rows that know their numbers in the file, as Excel counts."""

    numbers: list[int]


class CatalogueList(Format):
    """xlsx or csv, told apart by what is in them."""

    def get_title(self) -> str:
        return "xlsx, csv"

    def can_import(self) -> bool:
        return True

    def create_dataset(self, in_stream: bytes) -> NumberedDataset:
        """Raises ValidationError with a sentence if the file cannot be used."""
        if len(in_stream) > MAX_BYTES:
            raise too_large(len(in_stream))
        with open_list(in_stream) as found:
            if found.info.row_count > MAX_ROWS:
                raise refuse("too_many_rows", limit=MAX_ROWS)
            rows = list(found.rows())
        dataset = NumberedDataset(headers=list(found.info.headers))
        dataset.numbers = [number for number, _cells in rows]
        for _number, cells in rows:
            dataset.append(cells)
        return dataset


class WrittenList(Format):
    file_format = ExportFormat.XLSX

    def get_title(self) -> str:
        return str(self.file_format.label)

    def can_export(self) -> bool:
        return True

    def get_extension(self) -> str:
        return "xlsx" if self.file_format == ExportFormat.XLSX else "csv"

    def get_content_type(self) -> str:
        return CONTENT_TYPES[self.file_format]

    def export_data(self, dataset: Dataset, **kwargs: Any) -> bytes:
        target, names, rows = io.BytesIO(), dataset.headers or [], list(dataset)
        if self.file_format == ExportFormat.XLSX:
            kinds = [_kind_of(cells) for cells in zip(*rows, strict=True)]
            kinds = kinds or [Kind.TEXT] * len(names)
            write_sheet(target, rows, names, kinds, title=dataset.title or _("Entries"))
        else:
            is_windows = self.file_format == ExportFormat.CSV_WINDOWS
            write_csv(target, names, rows, is_windows=is_windows)
        return target.getvalue()


class CsvList(WrittenList):
    file_format = ExportFormat.CSV


class WindowsCsvList(WrittenList):
    file_format = ExportFormat.CSV_WINDOWS


def _kind_of(cells: Sequence[Any]) -> Kind:
    return Kind.WHOLE if any(isinstance(cell, int) for cell in cells) else Kind.TEXT
