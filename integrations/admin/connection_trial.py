"""Trying a connection out, without any effect at the partner."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from integrations.exchanges import recording
from integrations.http import PartnerError
from integrations.models import Connection
from integrations.trials import TRIALS
from leads.admin.base import DealerAdmin


def try_url(connection: Connection) -> str:
    return reverse("admin:integrations_connection_try", args=[connection.pk])


class ConnectionTrial(DealerAdmin):
    """Part of the admin of connections."""

    def may_try(self, request: HttpRequest, connection: Connection) -> bool:
        return connection.partner in TRIALS and self.has_change_permission(request, connection)

    def try_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Try it out and say what came of it."""
        connection: Connection | None = self.get_object(request, str(pk))
        if connection is None:
            raise Http404
        if not self.may_try(request, connection):
            raise PermissionDenied
        try:
            with recording(connection):
                words = TRIALS[connection.partner](connection)
            self.message_user(request, words, messages.SUCCESS)
        except PartnerError as error:
            self.message_user(request, f"{error} {error.advice}".strip(), messages.ERROR)
        return HttpResponseRedirect(
            reverse("admin:integrations_connection_change", args=[connection.pk])
        )
