"""What is kept of an error: where it happened and its kind, but no values of strangers."""

from __future__ import annotations

import traceback

_OURS = ("leads.", "integrations.")


def error_text(error: BaseException) -> str:
    """The traceback with its causes, the error itself on the last line.

    Messages of other people's errors are left out: a database names the row, a parser the text.
    Ours hold numbers and codes only.
    """
    parts = []
    current: BaseException | None = error
    seen: set[int] = set()
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        frames = "".join(traceback.format_tb(current.__traceback__))
        parts.append(f"{frames}{error_line(current)}\n")
        cause = current.__cause__
        current = cause or (None if current.__suppress_context__ else current.__context__)
    return "\n".join(reversed(parts))


def error_line(error: BaseException) -> str:
    """The kind of error, with its message if it is one of ours."""
    kind = type(error)
    message = str(error) if kind.__module__.startswith(_OURS) else ""
    return f"{kind.__qualname__}: {message}" if message else kind.__qualname__
