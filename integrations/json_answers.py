"""What partners answer in JSON, read within limits, and what in it says that something is wrong."""

from __future__ import annotations

import json
import re
from typing import Any

# Nobody needs more; what is nested deeper could not be stored and read again.
_MAX_DEPTH = 50
_ERROR_CODE = re.compile(r"[A-Za-z0-9_.-]{1,60}")

NO_JSON = object()


def parsed(body: bytes) -> Any:
    """Parsed JSON or NO_JSON. NaN and Infinity, which JSON does not know, stay as text."""
    try:
        data = json.loads(body, parse_constant=str)
    except (ValueError, RecursionError):
        return NO_JSON
    return data if _is_shallow(data) else NO_JSON


def is_error(data: Any) -> bool:
    """Problem details (RFC 9457), Spring's default {"status", "error"}, OAuth's {"error"}."""
    if not isinstance(data, dict):
        return False
    status = data.get("status")
    is_bad_status = isinstance(status, int) and status >= 400
    return is_bad_status or bool(data.get("error"))


def code_of(data: Any) -> str:
    """The machine-readable code of an error body, if it has one that looks harmless."""
    if not isinstance(data, dict):
        return ""
    for name in ("code", "error"):
        value = data.get(name)
        if isinstance(value, str) and _ERROR_CODE.fullmatch(value):
            return value
    return ""


def _is_shallow(data: Any) -> bool:
    level = [data]
    for _depth in range(_MAX_DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return True
    return False
