"""Findings of the export control as far as somebody may see them, whatever they are about."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from integrations.models import Connection, Finding, Partner
from leads.admin.wall import dealers_where, rows_at
from leads.models import User

VIEW = "integrations.view_finding"


def seen_findings(user: User) -> QuerySet[Finding]:
    """Findings at the dealers where the user may see any."""
    return rows_at(Finding.objects.all(), dealers_where(user, VIEW))


def has_export_control(user: User) -> bool:
    """Whether one of these dealers has an account at Automanager."""
    accounts = Connection.objects.for_user(user).filter(partner=Partner.AUTOMANAGER)
    return rows_at(accounts, dealers_where(user, VIEW)).exists()


def leads_with_finding(user: User) -> QuerySet[Any, Any]:
    """Numbers of the leads of which something was found that nobody has acknowledged."""
    rows: Any = seen_findings(user)
    return rows.loud().exclude(lead=None).order_by().values("lead")
