"""Addresses below /api/ that partners call in their own formats, and those about webhooks and
handovers.

Partners' with and without the last slash: they are told an address once, and a redirect would
lose what they send.
"""

from django.urls import path, re_path

from integrations.api.adf import AdfView
from integrations.api.bdk import BdkView
from integrations.api.drklein import VorgangView
from integrations.api.google_ads import GoogleAdsView
from integrations.api.handovers import HandoverViewSet
from integrations.api.meta import MetaView
from integrations.api.webhook_deliveries import WebhookDeliveryViewSet
from integrations.api.webhooks import WebhookViewSet
from integrations.api.website_form import WebsiteFormView

app_name = "inbound"

_ADDRESS_KEY = r"(?P<address_key>[\w-]{1,40})"

urlpatterns = [
    re_path(r"^v1/adf/?$", AdfView.as_view({"post": "create"}), name="adf"),
    # The second is the address in the examples of Dr. Klein's documents.
    re_path(r"^v1/vorgang/?$", VorgangView.as_view({"post": "create"}), name="vorgang"),
    re_path(r"^v1/lead/?$", VorgangView.as_view({"post": "create"}), name="vorgang-lead"),
    re_path(rf"^v1/bdk/{_ADDRESS_KEY}/?$", BdkView.as_view(), name="bdk"),
    re_path(rf"^v1/google-ads/{_ADDRESS_KEY}/?$", GoogleAdsView.as_view(), name="google-ads"),
    re_path(rf"^v1/meta/{_ADDRESS_KEY}/?$", MetaView.as_view(), name="meta"),
    path(
        "v1/leads/<int:pk>/handovers/",
        HandoverViewSet.as_view({"get": "list"}),
        name="handover-list",
    ),
    path(
        "v1/webhooks/",
        WebhookViewSet.as_view({"get": "list", "post": "create"}),
        name="webhook-list",
    ),
    path(
        "v1/webhooks/<int:pk>/",
        WebhookViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="webhook-detail",
    ),
    path(
        "v1/webhooks/<int:pk>/rotate-secret/",
        WebhookViewSet.as_view({"post": "rotate_secret"}),
        name="webhook-rotate-secret",
    ),
    path(
        "v1/webhooks/<int:pk>/test/", WebhookViewSet.as_view({"post": "test"}), name="webhook-test"
    ),
    path(
        "v1/webhooks/<int:pk>/deliveries/",
        WebhookDeliveryViewSet.as_view({"get": "list"}),
        name="webhook-delivery-list",
    ),
    path(
        "v1/webhooks/<int:pk>/deliveries/<slug:message_id>/",
        WebhookDeliveryViewSet.as_view({"get": "retrieve"}),
        name="webhook-delivery-detail",
    ),
    path(
        "v1/webhooks/<int:pk>/deliveries/<slug:message_id>/redeliver/",
        WebhookDeliveryViewSet.as_view({"post": "redeliver"}),
        name="webhook-delivery-redeliver",
    ),
    path("v1/forms/<slug:form_key>/", WebsiteFormView.as_view(), name="website-form"),
    path("v1/forms/<slug:form_key>", WebsiteFormView.as_view(schema=None)),
]
