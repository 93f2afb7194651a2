"""Partners at our door: they send bytes, and see answers instead of exceptions."""

from pathlib import Path

import pytest
from django.db import OperationalError, connection
from django.test import Client

from tests.builders import make_api_key, make_dealer

SAMPLES = Path(__file__).parents[2] / "samples"


class Sender:
    """POSTs to one address, with the same headers each time."""

    def __init__(self, path, content_type="application/json", **headers):
        self.path, self.content_type = path, content_type
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.client = Client(raise_request_exception=False)

    def post(self, body, *, content_type=None, query="", **headers):
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.generic(
            "POST",
            self.path + query,
            body,
            content_type or self.content_type,
            headers={**self.headers, **more},
        )


def sample(name):
    return (SAMPLES / name).read_bytes()


def with_key(dealer, path, content_type="application/json", **values):
    """A sender with an API key of its own."""
    _key, secret = make_api_key(dealer, **{"system": "portal", **values})
    return Sender(path, content_type, authorization=f"Bearer {secret}")


def failing(table):
    """While in use, nothing can be written into the table, as if the database had gone."""

    def refuse(execute, sql, params, many, context):
        if sql.startswith("INSERT") and f" INTO {table} " in sql.replace('"', ""):
            raise OperationalError("gone")
        return execute(sql, params, many, context)

    return connection.execute_wrapper(refuse)


@pytest.fixture
def dealer(db):
    return make_dealer()
