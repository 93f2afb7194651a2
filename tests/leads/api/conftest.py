"""Clients of the API: each with a key of its own."""

import json

import pytest
from django.test import Client

from tests.builders import make_api_key, make_dealer

LEADS = "/api/v1/leads/"


class ApiClient:
    """Requests as an outside system sends them; errors of the server come as answers."""

    def __init__(self, dealer, **values):
        self.key, self.secret = make_api_key(dealer, **values)
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Api-Key {self.secret}"}

    def get(self, path=LEADS, params=None, **headers):
        return self.client.get(path, params, headers={**self.headers, **_names(headers)})

    def post(self, body, path=LEADS, **options):
        return self.send("POST", path, body, **options)

    def send(self, method, path, body=b"", content_type="application/json", **headers):
        """`body` as bytes goes out as it is; `idempotency_key=` and the like become headers."""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        headers = {**self.headers, **_names(headers)}
        return self.client.generic(method, path, body, content_type, headers=headers)


def _names(headers):
    return {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.fixture
def dealer(db):
    return make_dealer()


@pytest.fixture
def api(dealer):
    return ApiClient(dealer)


@pytest.fixture
def problem():
    """Checks that an answer is a problem document with a status, and returns it."""

    def check(response, status):
        assert response.status_code == status, response.content
        assert response["Content-Type"] == "application/problem+json"
        document = response.json()
        assert set(document) == {"type", "title", "status", "detail", "code", "errors"}
        assert document["status"] == status
        assert document["title"]
        assert document["detail"]
        return document

    return check
