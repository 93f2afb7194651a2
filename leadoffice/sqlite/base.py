"""Django's SQLite backend with the library's real limit of parameters per query.

Django 5.2 assumes 999, which was true before SQLite 3.32, and cuts every bulk write of wide
rows into dozens of statements. Asking the library is what later Django versions do themselves.
"""

import sqlite3
from functools import cached_property

from django.db.backends.sqlite3 import base, features


class DatabaseFeatures(features.DatabaseFeatures):
    @cached_property
    def max_query_params(self) -> int:  # type: ignore[override]
        self.connection.ensure_connection()
        return self.connection.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = DatabaseFeatures
