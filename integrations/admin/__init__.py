"""Each module registers the admin of its noun; Django asks this package for all of them."""

from integrations.admin import connection, delivery, sync_run

__all__ = ["connection", "delivery", "sync_run"]
