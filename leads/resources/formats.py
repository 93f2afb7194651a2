"""The file formats of the house."""

from leads.resources.german_csv import GermanCsv
from leads.resources.sheet import SpreadsheetFormat
from leads.resources.xlsx import Xlsx
from leads.resources.xlsx_reading import is_workbook

FORMATS: tuple[type[SpreadsheetFormat], ...] = (Xlsx, GermanCsv)


def detect_format(data: bytes) -> SpreadsheetFormat:
    """The format of an upload, told by its content and not by its name."""
    return Xlsx() if is_workbook(data) else GermanCsv()
