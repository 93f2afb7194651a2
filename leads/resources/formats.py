"""The file formats of the house."""

from leads.resources.german_csv import GermanCsv
from leads.resources.sheet import SpreadsheetFormat
from leads.resources.xlsx import Xlsx

FORMATS: tuple[type[SpreadsheetFormat], ...] = (Xlsx, GermanCsv)


def detect_format(data: bytes) -> SpreadsheetFormat:
    """The format of an upload, told by its content and not by its name."""
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0")):
        return Xlsx()
    return GermanCsv()
