"""Columns by name, for the few statements that are written by hand."""

from __future__ import annotations

from django.db import models


def columns_of(model: type[models.Model], table: str = "") -> str:
    """All columns, ready for SELECT or RETURNING; of `table`, if the statement names it otherwise.

    By name, not `*`: PostgreSQL keeps plans of statements, and those with a `*` break when a
    migration adds a column.
    """
    prefix = f"{table}." if table else ""
    return ", ".join(f"{prefix}{field.column}" for field in model._meta.concrete_fields)
