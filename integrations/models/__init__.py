from integrations.models.connection import Connection, Partner
from integrations.models.delivery import Delivery
from integrations.models.exchange import Exchange
from integrations.models.export_control import Action, ExportApp, ExportRun, Transmission
from integrations.models.export_stock import Listing, Release, StockCar
from integrations.models.finding import ExportCheck, Finding
from integrations.models.form_traffic import FormAttempts, FormDay
from integrations.models.handover import Handover, HandoverAttempt
from integrations.models.lead_fetch import LeadFetch
from integrations.models.schedule import ConnectionSchedule
from integrations.models.sync_run import SyncRun
from integrations.models.webhook import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from integrations.models.website_form import WebsiteForm
from leads.models.severity import Severity

__all__ = [
    "Action",
    "Connection",
    "ConnectionSchedule",
    "Delivery",
    "Exchange",
    "ExportApp",
    "ExportCheck",
    "ExportRun",
    "Finding",
    "FormAttempts",
    "FormDay",
    "Handover",
    "HandoverAttempt",
    "LeadFetch",
    "Listing",
    "Partner",
    "Release",
    "Severity",
    "StockCar",
    "SyncRun",
    "Transmission",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebsiteForm",
]
