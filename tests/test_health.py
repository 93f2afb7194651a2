"""What a load balancer learns about a web machine."""

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder


def test_live_needs_no_database(client):
    assert client.get("/health/live").json() == {"status": "ok"}


@pytest.mark.django_db
def test_ready_when_the_database_has_every_migration(client):
    response = client.get("/health/ready")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_not_ready_while_a_migration_is_missing(client):
    last = MigrationRecorder(connection).migration_qs.filter(app="integrations").latest("id")
    last.delete()

    response = client.get("/health/ready")

    assert response.status_code == 503
    assert response["Retry-After"] == "10"
