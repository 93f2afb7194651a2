"""The start page's card about the connections: how each is, and the button that fetches."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse

from integrations.admin.connection_light import light_of
from integrations.admin.connection_pull import may_pull, pull_url
from integrations.health import SECRETS, fails
from integrations.models import Connection
from leads.admin.display import ago
from leads.models import User

SHOWN = 6


def connections_card(user: User, *, now: datetime) -> list[dict[str, Any]]:
    """The first few, those in use first."""
    rows = Connection.objects.for_user(user).select_related("dealer").defer(*SECRETS)
    rows = rows.prefetch_related("schedules").order_by("-is_active", "dealer__name", "name")
    return [_item(connection, user, now) for connection in rows[:SHOWN]]


def _item(connection: Connection, user: User, now: datetime) -> dict[str, Any]:
    return {
        "connection": connection,
        "light": light_of(connection, now=now),
        "success": _since(connection.last_success_at, now),
        "error": _since(connection.last_error_at, now) if fails(connection) else "",
        "is_test": connection.mode == Connection.Mode.TEST,
        "url": reverse("admin:integrations_connection_change", args=[connection.pk]),
        "pull_url": pull_url(connection) if may_pull(user, connection) else "",
    }


def _since(at: datetime | None, now: datetime) -> str:
    return ago(at, now=now) if at else ""
