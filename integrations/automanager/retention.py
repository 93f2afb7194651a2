"""What was read goes after a while (`keep_days` of the connection's limits), and with it findings
that are gone, ads, mails about them, and cars that nobody sells any more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from integrations.automanager.limits import limits_of
from integrations.models import (
    Connection,
    Delivery,
    ExportCheck,
    ExportRun,
    Finding,
    Listing,
    Partner,
    StockCar,
    Transmission,
)

BATCH = 1000  # rows deleted in one statement, so that nobody waits for long


def prune(*, now: datetime) -> int:
    """Delete what is older, in small portions, also of connections that are switched off; how many
    rows."""
    deleted = 0
    for connection in Connection.objects.filter(partner=Partner.AUTOMANAGER).order_by("pk"):
        before = now - timedelta(days=limits_of(connection.limits).keep_days)
        for rows in _old(connection, before):
            while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
                deleted += rows.model._default_manager.filter(pk__in=ids).delete()[0]
    return deleted


def _old(connection: Connection, before: datetime) -> Iterator[QuerySet[Any]]:
    yield Transmission.objects.filter(app__connection=connection, at__lt=before)
    undated = Q(sent_at=None, confirmed_at__lt=before)
    yield ExportRun.objects.filter(Q(sent_at__lt=before) | undated, app__connection=connection)
    yield Listing.objects.filter(app__connection=connection, gone_at__lt=before)
    yield Finding.objects.filter(connection=connection, closed_at__lt=before)
    mails = Delivery.objects.filter(kind=Delivery.Kind.MAIL, connection=connection)
    yield mails.filter(occurred_at__lt=before)
    yield StockCar.objects.filter(connection=connection, gone_at__lt=before)
    yield ExportCheck.objects.filter(connection=connection, started_at__lt=before)
