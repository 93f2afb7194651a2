"""Addresses below /api/."""

from django.urls import path, re_path
from django.views.decorators.cache import cache_page
from django.views.generic import TemplateView

from leads.api.views import LeadViewSet, NothingHere, SchemaView

app_name = "api"

# Made from the code, so it changes only with a new version of the program.
_SCHEMA_SECONDS = 600

urlpatterns = [
    path(
        "v1/leads/",
        LeadViewSet.as_view({"get": "list", "post": "create"}),
        name="lead-list",
    ),
    path("v1/leads/<int:pk>/", LeadViewSet.as_view({"get": "retrieve"}), name="lead-detail"),
    path("schema/", cache_page(_SCHEMA_SECONDS)(SchemaView.as_view()), name="schema"),
    path("docs/", TemplateView.as_view(template_name="leads/api_docs.html"), name="docs"),
    re_path(r"", NothingHere.as_view()),
]
