"""What an export page is sent, and what came of it."""

import io

from python_calamine import CalamineWorkbook


def form(*columns, **values):
    """What the page sends: boxes and positions."""
    positions = {f"columns-{name}": str(at) for at, name in enumerate(columns, 1)}
    return {"format": "xlsx", "columns": list(columns) or ["number"], **positions, **values}


def content(response):
    return b"".join(response.streaming_content)


def rows_in(data):
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
