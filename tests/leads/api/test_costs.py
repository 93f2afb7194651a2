"""What requests cost; the numbers are promises to those who send many."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.builders import unused_phone

pytestmark = pytest.mark.django_db

# What the database does besides: transactions begin and end, test runs have one around everything.
_NOT_COUNTED = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE SAVEPOINT")


def statements(queries):
    texts = [query["sql"].strip() for query in queries.captured_queries]
    return [text for text in texts if not text.startswith(_NOT_COUNTED)]


def test_a_lead_is_created_with_at_most_fourteen_queries(api):
    def create():
        number = uuid4().hex
        return api.post(
            {
                "external_id": number[:20],
                "subject": "Škoda Octavia Combi gesucht",
                "contact": {
                    "first_name": "Jana",
                    "last_name": f"Groß {number[:6]}",
                    "email": f"{number[:12]}@example.org",
                    "phone": unused_phone(),
                },
                "status": "Neu",
                "source": "Website",
            },
            idempotency_key=number,
        )

    create()
    with CaptureQueriesContext(connection) as queries:
        assert create().status_code == 201

    assert len(statements(queries)) <= 14, "\n".join(statements(queries))
