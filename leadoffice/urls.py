"""Addresses: the admin at the root of the office, the API, and the health checks."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from leadoffice import health
from leads.admin.search import palette

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("admin/search/", admin.site.admin_view(palette)),
    path("admin/", admin.site.urls),
    path("api/", include("leads.api.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
]
