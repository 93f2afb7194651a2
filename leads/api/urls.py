"""Addresses below /api/."""

from typing import Any

from django.urls import path, re_path, register_converter
from django.urls.converters import PathConverter
from django.views.decorators.cache import cache_page
from django.views.generic import TemplateView

from leads.api.activities import ActivityViewSet
from leads.api.batch import LeadBatchViewSet
from leads.api.by_external_id import LeadByExternalIdViewSet
from leads.api.catalogs import (
    CategoryViewSet,
    CloseReasonViewSet,
    LeadTypeViewSet,
    LocationViewSet,
    SourceViewSet,
    StatusViewSet,
    TagViewSet,
)
from leads.api.customers import CustomerViewSet
from leads.api.feed import FeedView
from leads.api.me import OwnKeyView
from leads.api.tasks import TaskViewSet
from leads.api.vehicles import VehicleViewSet
from leads.api.views import LeadViewSet, NothingHere, SchemaView

app_name = "api"


class _Anything(PathConverter):
    """Line breaks too: the view says better than a 404 what is wrong with such a number."""

    regex = r"[\s\S]+"


register_converter(_Anything, "anything")

# Made from the code, so it changes only with a new version of the program.
_SCHEMA_SECONDS = 600
_LIST: dict[str, Any] = {"get": "list"}
_ONE: dict[str, Any] = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}

urlpatterns = [
    path(
        "v1/leads/",
        LeadViewSet.as_view({"get": "list", "post": "create"}),
        name="lead-list",
    ),
    path("v1/leads/batch/", LeadBatchViewSet.as_view({"post": "create"}), name="lead-batch"),
    path("v1/leads/<int:pk>/", LeadViewSet.as_view(_ONE), name="lead-detail"),
    path(
        "v1/leads/by-external-id/<anything:external_id>/",
        LeadByExternalIdViewSet.as_view({"get": "retrieve", "put": "update"}),
        name="lead-by-external-id",
    ),
    path(
        "v1/leads/<int:pk>/activities/",
        ActivityViewSet.as_view({"get": "list", "post": "create"}),
        name="activity-list",
    ),
    path(
        "v1/customers/",
        CustomerViewSet.as_view({"get": "list", "post": "create"}),
        name="customer-list",
    ),
    path("v1/customers/<int:pk>/", CustomerViewSet.as_view(_ONE), name="customer-detail"),
    path(
        "v1/customers/by-external-number/<anything:external_number>/",
        CustomerViewSet.as_view({"get": "read_by_number", "put": "put_by_number"}),
        name="customer-by-number",
    ),
    path("v1/tasks/", TaskViewSet.as_view({"get": "list", "post": "create"}), name="task-list"),
    path("v1/tasks/<int:pk>/", TaskViewSet.as_view(_ONE), name="task-detail"),
    path("v1/vehicles/", VehicleViewSet.as_view(_LIST), name="vehicle-list"),
    path(
        "v1/vehicles/<int:pk>/", VehicleViewSet.as_view({"get": "retrieve"}), name="vehicle-detail"
    ),
    path("v1/statuses/", StatusViewSet.as_view(_LIST), name="status-list"),
    path("v1/sources/", SourceViewSet.as_view(_LIST), name="source-list"),
    path("v1/categories/", CategoryViewSet.as_view(_LIST), name="category-list"),
    path("v1/close-reasons/", CloseReasonViewSet.as_view(_LIST), name="close-reason-list"),
    path("v1/tags/", TagViewSet.as_view(_LIST), name="tag-list"),
    path("v1/locations/", LocationViewSet.as_view(_LIST), name="location-list"),
    path("v1/lead-types/", LeadTypeViewSet.as_view(_LIST), name="lead-type-list"),
    path("v1/events/", FeedView.as_view({"get": "changes"}), name="event-list"),
    path("v1/me/", OwnKeyView.as_view({"get": "own"}), name="me"),
    path("schema/", cache_page(_SCHEMA_SECONDS)(SchemaView.as_view()), name="schema"),
    path("docs/", TemplateView.as_view(template_name="leads/api_docs.html"), name="docs"),
    re_path(r"", NothingHere.as_view()),
]
