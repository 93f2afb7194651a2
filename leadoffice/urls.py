"""Addresses: the admin at the root of the office, the API, and the health checks."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from integrations.api.website_form_page import form_page, thanks_page
from leadoffice import health
from leads.admin.search import palette

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("health/connections", health.connections),
    path("admin/search/", admin.site.admin_view(palette)),
    path("admin/", admin.site.urls),
    path("forms/<slug:form_key>/", form_page, name="website-form"),
    path("forms/<slug:form_key>/thanks/", thanks_page, name="website-form-thanks"),
    # First: the last address of the other answers whatever is left.
    path("api/", include("integrations.api.urls")),
    path("api/", include("leads.api.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
]
