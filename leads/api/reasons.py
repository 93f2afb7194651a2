"""Why a message was turned away, in one text for the intake ledger."""

from __future__ import annotations

import re
from collections.abc import Callable

from drf_standardized_errors.formatter import flatten_errors
from rest_framework.exceptions import APIException, ParseError, ValidationError

from leads.api.problems import class_sentence

_MAX_ERRORS = 10
# A name of this kind is a field; whatever else a client sends as a name may be anything.
_FIELD = re.compile(r"[A-Za-z0-9_.-]{1,80}")


def reason_for(error: APIException, *, again: Callable[[], None]) -> str:
    """Sentences in the language of now, without values.

    Errors hold their text in the client's language, so `again` repeats the check that failed.
    """
    if isinstance(error, ValidationError | ParseError):
        try:
            again()
        except APIException as same:
            error = same
    return sentences_of(error)


def sentences_of(error: APIException) -> str:
    """What is wrong, in the language in which the error was made; without values."""
    if isinstance(error, ParseError):
        return str(error.detail)
    if not isinstance(error, ValidationError):
        return class_sentence(type(error))
    sentences = []
    for one in flatten_errors(error.detail)[:_MAX_ERRORS]:
        is_field = one.attr and _FIELD.fullmatch(one.attr)
        sentences.append(f"{one.attr}: {one.detail}" if is_field else one.detail)
    return " ".join(sentences)
