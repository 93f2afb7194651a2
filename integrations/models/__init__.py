from integrations.models.connection import Connection, Partner
from integrations.models.delivery import Delivery
from integrations.models.sync_run import SyncRun

__all__ = ["Connection", "Delivery", "Partner", "SyncRun"]
