"""Fetching what is new from a partner, by a button."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from integrations import inbox, mail_inbox, patience, stock_inbox
from integrations.models import Connection, Partner, SyncRun
from integrations.running import AlreadyRunning
from leads.admin.base import DealerAdmin
from leads.admin.wall import user_of
from leads.models import User

logger = logging.getLogger(__name__)

PULL = "integrations.pull_connection"

# How we fetch, where it is not as from a mailbox of a partner's leads.
_PULLS: dict[str, Callable[..., SyncRun]] = {
    Partner.MAIL: mail_inbox.fetch,
    Partner.MARKETPLACE: stock_inbox.fetch,
}
_LEVELS = {
    SyncRun.State.DONE: messages.SUCCESS,
    SyncRun.State.PARTIAL: messages.WARNING,
    SyncRun.State.FAILED: messages.ERROR,
}


def may_pull(user: User, connection: Connection) -> bool:
    is_on = connection.is_pulled and connection.is_active
    return is_on and user.has_perm(PULL, connection)


def pull_url(connection: Connection) -> str:
    return reverse("admin:integrations_connection_pull", args=[connection.pk])


class ConnectionPull(DealerAdmin):
    """Part of the admin of connections."""

    def pull_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Fetch now, and say what came of it; only by POST, since it has effects."""
        connection = self.get_object(request, str(pk))
        if connection is None:
            raise Http404
        if not may_pull(user_of(request), connection):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        level, text = self._pull(request, connection)
        self.message_user(request, text, level)
        return HttpResponseRedirect(self._back(request))

    def _pull(self, request: HttpRequest, connection: Connection) -> tuple[int, str]:
        """(message level, what to tell)"""
        try:
            pull = _PULLS.get(connection.partner, inbox.pull)
            run = pull(connection, now=timezone.now(), started_by=user_of(request))
        except patience.NotYet as error:
            return messages.INFO, str(error)
        except AlreadyRunning:
            message = _("%(connection)s is being fetched at this moment. Please wait a little.")
            return messages.INFO, message % {"connection": connection}
        except Exception:
            logger.exception("connection %s", connection.pk)
            message = _(
                "%(connection)s: an unexpected error stopped the run. Please tell the operator."
            )
            return messages.ERROR, message % {"connection": connection}
        if run.state == SyncRun.State.FAILED:
            return messages.ERROR, f"{connection}: {run.error}"
        return _LEVELS[SyncRun.State(run.state)], f"{run.summary()} {run.error}".strip()

    def _back(self, request: HttpRequest) -> str:
        """The page with the button."""
        came_from = request.headers.get("Referer", "")
        if url_has_allowed_host_and_scheme(
            came_from, {request.get_host()}, require_https=request.is_secure()
        ):
            return came_from
        return reverse("admin:integrations_connection_changelist")
