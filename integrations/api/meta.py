"""Meta's webhook: the verification of our address, and ids of new leads, signed by the app."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound, ParseError, PermissionDenied
from rest_framework.request import Request

from integrations import arrivals
from integrations.api.doors import OpenDoor, read_body, text_of, unreadable
from integrations.meta import mapping, sync
from integrations.meta.schema import Notice
from integrations.models import Connection, Partner
from leads.api.parsers import parse_object
from leads.models.intake import Channel


class MetaView(OpenDoor):
    """Answers within seconds: leads themselves are fetched by a worker."""

    http_method_names = ["get", "post"]

    def get(self, request: Request, address_key: str) -> HttpResponse:
        connection = _connection(address_key)
        sent = request.query_params.get("hub.verify_token", "")
        expected = connection.verify_token
        is_ours = bool(expected) and constant_time_compare(sent, expected)
        if not is_ours or request.query_params.get("hub.mode") != "subscribe":
            raise PermissionDenied(_("The verify token is wrong."))
        challenge = request.query_params.get("hub.challenge", "")
        return HttpResponse(challenge, content_type="text/plain")

    def post(self, request: Request, address_key: str) -> HttpResponse:
        now = timezone.now()
        connection = _connection(address_key)
        body = read_body(request)
        signature = request.headers.get("X-Hub-Signature-256", "")
        if not mapping.is_signed(body, signature, connection.secrets_at(now)):
            error = _(
                "A call without the right signature was refused. Please enter the secret of the"
                " Meta app in this connection."
            )
            Connection.objects.filter(pk=connection.pk).note_refused(error, now=now)
            raise PermissionDenied(_("The signature is wrong."))
        if not connection.is_active:
            # Meta repeats it for a day and a half, and the nightly look finds it after that.
            raise PermissionDenied(_("This connection is switched off."))
        try:
            data = parse_object(body)
        except ParseError as error:
            arrivals.keep(
                connection.dealer,
                channel=Channel.META,
                sender=mapping.sender_of(connection.page_id),
                message=unreadable(text_of(body)),
                reason=str(error.detail),
                now=now,
            )
        else:
            sync.announce(connection, list(Notice.all_in(data)), now=now)
        return HttpResponse(content_type="text/plain")


def _connection(address_key: str) -> Connection:
    ours = Connection.objects.filter(partner=Partner.META, dealer__is_active=True)
    found = ours.select_related("dealer", "location").filter(address_key=address_key).first()
    if found is None:
        raise NotFound
    return found
