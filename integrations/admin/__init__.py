"""Each module registers the admin of its noun; Django asks this package for all of them."""

from integrations.admin import (
    connection,
    delivery,
    exchange,
    export_app,
    export_check,
    finding,
    handover,
    lead_fetch,
    sync_run,
    webhook,
    webhook_delivery,
    website_form,
)

__all__ = [
    "connection",
    "delivery",
    "exchange",
    "export_app",
    "export_check",
    "finding",
    "handover",
    "lead_fetch",
    "sync_run",
    "webhook",
    "webhook_delivery",
    "website_form",
]
