"""Google's lead form webhook: one POST per lead, proven by a key in the body."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound, ParseError, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import arrivals
from integrations.api.doors import OpenDoor, read_body, text_of, unreadable
from integrations.google_ads import mapping, schema
from integrations.models import Connection, Partner
from leads.api.parsers import PayloadTooLarge, parse_object, read_raw
from leads.models.intake import Channel
from leads.services.intake import Message


class GoogleAdsView(OpenDoor):
    """Answers as the table in the package's README.md says. A 4xx loses the lead for good, so it
    stands only for a wrong key, a connection that is off, and a body that cannot be read."""

    def post(self, request: Request, address_key: str) -> Response:
        now = timezone.now()
        connection = _connection(address_key)
        try:
            data = parse_object(read_body(request))
        except (ParseError, PayloadTooLarge) as error:
            _check_switch(connection, now)
            text = schema.text_without_key(text_of(read_raw(request)))
            _keep(connection, unreadable(text), str(error.detail), now)
            raise
        if not connection.accepts(schema.key_in(data), now=now):
            wrong = _(
                "Google sent a wrong key. Please enter the key of this connection in the lead form"
                " there."
            )
            _note_refused(connection, wrong, now)
            raise PermissionDenied(_("The key is wrong."))
        _check_switch(connection, now)
        _take_in(connection, mapping.message_from(data, connection.lead_defaults()), now)
        if not mapping.lead_id_of(data):
            raise ParseError(_("It has no usable lead_id."))
        return Response({})


def _connection(address_key: str) -> Connection:
    ours = Connection.objects.filter(partner=Partner.GOOGLE_ADS, dealer__is_active=True)
    found = ours.select_related("dealer", "location").filter(address_key=address_key).first()
    if found is None:
        raise NotFound
    return found


def _check_switch(connection: Connection, now: datetime) -> None:
    if connection.is_active:
        return
    error = _(
        "Switched off, so a lead was refused. It is only in Google's own list of leads: please"
        " download it there."
    )
    _note_refused(connection, error, now)
    raise PermissionDenied(_("This connection is switched off."))


def _take_in(connection: Connection, message: Message, now: datetime) -> None:
    arrivals.take_in(
        connection.dealer,
        channel=Channel.GOOGLE_ADS,
        sender=mapping.sender_of(connection.pk),
        messages=[message],
        now=now,
    )
    Connection.objects.filter(pk=connection.pk).note_received(1, now=now)


def _keep(connection: Connection, message: Message, reason: str, now: datetime) -> None:
    """Nobody has proven to be Google here, so no lead is made of it without a person."""
    arrivals.keep(
        connection.dealer,
        channel=Channel.GOOGLE_ADS,
        sender=mapping.sender_of(connection.pk),
        message=message,
        reason=reason,
        now=now,
    )


def _note_refused(connection: Connection, error: str, now: datetime) -> None:
    Connection.objects.filter(pk=connection.pk).note_refused(error, now=now)
