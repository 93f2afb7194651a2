"""Pages around the secrets of a connection: choosing its partner, what is to be copied into the
partner's settings, and a new key while the old one still works."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.models import Connection, Partner
from integrations.models.connection import new_secret
from leads.admin.base import DealerAdmin
from leads.admin.display import moment

# What each partner is for, where one is chosen.
_WORDS = {
    Partner.BDK: gettext_lazy("We fetch the bank's leads and send back receipts."),
    Partner.GOOGLE_ADS: gettext_lazy("Lead forms of Google Ads send their leads to us."),
    Partner.META: gettext_lazy("Lead ads on Facebook and Instagram, fetched as they come in."),
    Partner.MAIL: gettext_lazy("Mails of a mailbox become leads (IMAP)."),
    Partner.AUTOMANAGER: gettext_lazy("We check whether your cars are online everywhere."),
    Partner.MARKETPLACE: gettext_lazy(
        "Cars that Automanager publishes become vehicles here (published ones only)."
    ),
    Partner.DRKLEIN: gettext_lazy("You hand customers over who want to finance their car."),
}
_ADDRESSES = {
    Partner.BDK: "inbound:bdk",
    Partner.GOOGLE_ADS: "inbound:google-ads",
    Partner.META: "inbound:meta",
}
# Whose key is made here; Meta makes its secrets itself.
_RENEWABLE = (Partner.BDK, Partner.GOOGLE_ADS)
_LABELS = {
    "client_secret": gettext_lazy("Key"),
    "push_secret": gettext_lazy("Bearer token"),
    "verify_token": gettext_lazy("Verify token"),
}


def asks_for_partner(request: HttpRequest) -> bool:
    return request.GET.get("partner") in Partner.values


def partner_asked_for(request: HttpRequest) -> str:
    """The partner of a connection to be added."""
    return request.GET["partner"] if asks_for_partner(request) else Partner.BDK


class SecretPages(DealerAdmin):
    """Part of the admin of connections."""

    def may_renew(self, request: HttpRequest, connection: Connection) -> bool:
        """Whether its address may be seen and its key replaced."""
        has_door = connection.is_called or connection.partner == Partner.BDK
        return has_door and self.has_change_permission(request, connection)

    def choose_partner(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        partners = [
            {"label": partner.label, "words": _WORDS[partner], "url": f"?partner={partner.value}"}
            for partner in Partner
        ]
        context = self._context(request, _("New connection"), partners=partners)
        template = "admin/integrations/connection/choose_partner.html"
        return TemplateResponse(request, template, context)

    def address_context(self, request: HttpRequest, connection: Connection) -> dict[str, Any]:
        """What the page of a connection says about its address."""
        has_former = connection.has_former_secret(timezone.now())
        is_bdk = connection.partner == Partner.BDK
        is_open = not is_bdk or connection.push_secret
        return {
            "address": _address(request, connection) if is_open else "",
            "renew_url": _url("renew", connection) if connection.partner in _RENEWABLE else "",
            "is_pushed": is_bdk,
            "end_url": _url("end", connection) if has_former else "",
        }

    def show_secrets(
        self, request: HttpRequest, connection: Connection, made: dict[str, str]
    ) -> HttpResponse:
        """The page with what was made, in answer to the form itself: a message would carry it
        through a cookie, a session through the database."""
        now, until = timezone.now(), connection.previous_secret_until
        context = self._context(
            request,
            connection.name,
            address=_address(request, connection),
            made=[(_LABELS[column], text) for column, text in made.items()],
            former_until=moment(until, now=now) if until and until > now else "",
            back_url=reverse("admin:integrations_connection_change", args=[connection.pk]),
        )
        return TemplateResponse(request, "admin/integrations/connection/secrets.html", context)

    def renew_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A new key for Google's forms, or for BDK's calls; the one before is taken for a while
        longer."""
        connection = self._renewable(request, pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if connection.partner not in _RENEWABLE:
            raise Http404
        key = new_secret()
        connection.renew_secret(key, now=timezone.now())
        self._save_secrets(connection)
        self.log_change(request, connection, [{"changed": {"fields": [str(_("Key"))]}}])
        return self.show_secrets(request, connection, {connection.door_column: key})

    def end_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The former key is not taken any more, at once."""
        connection = self._renewable(request, pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        connection.previous_secret, connection.previous_secret_until = "", None
        self._save_secrets(connection)
        self.log_change(request, connection, [{"changed": {"fields": [str(_("former key"))]}}])
        self.message_user(request, _("The former key is not accepted any more."), messages.SUCCESS)
        return HttpResponseRedirect(
            reverse("admin:integrations_connection_change", args=[connection.pk])
        )

    def _renewable(self, request: HttpRequest, pk: int) -> Connection:
        connection: Connection | None = self.get_object(request, str(pk))
        if connection is None:
            raise Http404
        if not self.may_renew(request, connection):
            raise PermissionDenied
        return connection

    def _save_secrets(self, connection: Connection) -> None:
        changed = [connection.door_column, "previous_secret", "previous_secret_until"]
        connection.save(update_fields=changed)

    def _context(self, request: HttpRequest, title: str, **more: Any) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            **more,
        }


def _address(request: HttpRequest, connection: Connection) -> str:
    name = _ADDRESSES[Partner(connection.partner)]
    return request.build_absolute_uri(reverse(name, args=[connection.address_key]))


def _url(what: str, connection: Connection) -> str:
    return reverse(f"admin:integrations_connection_{what}", args=[connection.pk])
