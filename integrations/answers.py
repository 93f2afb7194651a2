"""Further answers ("weitere Angaben"): what a partner's form asked and no column of ours holds."""

from __future__ import annotations

import json
from typing import Any

from leads.models.keys import clean_text

_MAX_ANSWERS = 100
_MAX_QUESTION = 100  # characters
_MAX_ANSWER = 2_000  # characters


class Answers:
    """Collects question → answer in words. Nobody has promised us types or lengths."""

    def __init__(self) -> None:
        self._found: dict[str, list[str]] = {}

    def add(self, question: str, answer: Any) -> None:
        """An empty answer is none. Several to one question are kept, each once."""
        text = _text(answer)
        name = clean_text(question)[:_MAX_QUESTION].rstrip()
        if not text or not name or (name not in self._found and len(self._found) >= _MAX_ANSWERS):
            return
        given = self._found.setdefault(name, [])
        if text not in given:
            given.append(text)

    def as_dict(self) -> dict[str, str]:
        return {question: ", ".join(given)[:_MAX_ANSWER] for question, given in self._found.items()}


def _text(answer: Any) -> str:
    if answer is None or answer in ({}, []):
        return ""
    if not isinstance(answer, str):
        answer = json.dumps(answer, ensure_ascii=False)
    return clean_text(answer)
