from integrations.models.connection import Connection, Partner
from integrations.models.delivery import Delivery
from integrations.models.form_traffic import FormAttempts, FormDay
from integrations.models.lead_fetch import LeadFetch
from integrations.models.sync_run import SyncRun
from integrations.models.webhook import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from integrations.models.website_form import WebsiteForm

__all__ = [
    "Connection",
    "Delivery",
    "FormAttempts",
    "FormDay",
    "LeadFetch",
    "Partner",
    "SyncRun",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebsiteForm",
]
