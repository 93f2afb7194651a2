"""Errors of a request's fields, as every module here raises them."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import ErrorDetail, ValidationError


def error_detail(message: Any, code: str) -> ErrorDetail:
    """`message` may be lazy; it is put into words in the language of now."""
    return ErrorDetail(str(message), code)


def invalid(field: str, message: Any, code: str = "invalid") -> ValidationError:
    return ValidationError({field: [error_detail(message, code)]})
