"""`external_id__one_of=[…]`: like `__in`, for many texts.

Django gives each value of `__in` a place of its own in the statement. With five hundred of them
that is put together, and taken apart and planned by the database, anew each time; here they are
one parameter.
"""

from __future__ import annotations

import json
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, Lookup
from django.db.models.sql.compiler import SQLCompiler

# As an array, PostgreSQL looks each value up in an index.
_POSTGRESQL = "= ANY (ARRAY(SELECT jsonb_array_elements_text(%s::jsonb)))"
_SQLITE = "IN (SELECT value FROM json_each(%s))"


@CharField.register_lookup
class OneOf(Lookup[Any]):
    """Any iterable of texts."""

    lookup_name = "one_of"
    prepare_rhs = False

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[str | int, ...]]:
        column, values = self.process_lhs(compiler, connection)
        is_named = _POSTGRESQL if connection.vendor == "postgresql" else _SQLITE
        return f"{column} {is_named}", (*values, json.dumps(list(self.rhs)))
