"""Records of what went over a connection: kept by the house, shown without its secrets."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from integrations.health import SECRETS
from leads.admin.kept import KeptAdmin


class ConnectionRecordAdmin(KeptAdmin):
    """For models with a `connection`: its secrets are not read, and so not decrypted."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        secrets = [f"connection__{name}" for name in SECRETS]
        rows: QuerySet[Any] = super().get_queryset(request).defer(*secrets)
        return rows
