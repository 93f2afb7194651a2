"""BDK brings leads itself: the push variant of its contract (§4.7, rule 10), with a bearer token.

The same lead objects as in the pages that we fetch, singly or as {"leads": […]}, on the same way
into the office. README.md of the package has the answers.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from functools import partial
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound, ParseError, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import arrivals
from integrations.api.doors import OpenDoor, read_body, text_of, unreadable
from integrations.bdk import mapping, schema
from integrations.bdk.sync import known_sites, parse_for, receipt_for
from integrations.models import Connection, Partner
from leads.api.parsers import PayloadTooLarge, parse_object, read_raw
from leads.models.intake import Channel, IntakeEntry
from leads.services.intake import Message


class BdkView(OpenDoor):
    """200 with a result for each lead once all are stored; a 4xx stands only for a wrong token, a
    connection that is off, and a body that cannot be read."""

    def post(self, request: Request, address_key: str) -> Response:
        now = timezone.now()
        connection = _connection(address_key)
        _check(connection, request, now)
        try:
            data = parse_object(read_body(request))
        except (ParseError, PayloadTooLarge) as error:
            _keep(connection, text_of(read_raw(request)), str(error.detail), now)
            raise
        entries = _take_in(connection, data, now)
        Connection.objects.filter(pk=connection.pk).note_received(len(entries), now=now)
        return Response({"results": [receipt_for(entry).to_payload() for entry in entries]})


def _connection(address_key: str) -> Connection:
    ours = Connection.objects.filter(partner=Partner.BDK, dealer__is_active=True)
    found = ours.select_related("dealer").filter(address_key=address_key).first()
    if found is None:
        raise NotFound
    return found


def _check(connection: Connection, request: Request, now: datetime) -> None:
    kind, _space, token = request.headers.get("Authorization", "").partition(" ")
    rows = Connection.objects.filter(pk=connection.pk)
    if kind.lower() != "bearer" or not connection.accepts(token.strip(), now=now):
        rows.note_refused(_("BDK sent a wrong token to our address."), now=now)
        raise PermissionDenied(_("The token is wrong."))
    if not connection.is_active:
        rows.note_refused(_("Switched off, so leads that BDK sent were refused."), now=now)
        raise PermissionDenied(_("This connection is switched off."))


def _take_in(connection: Connection, data: dict[str, Any], now: datetime) -> list[IntakeEntry]:
    """The entry of each lead, in their order."""
    items = schema.pushed_items(data)
    places: dict[str, list[int]] = defaultdict(list)
    for place, item in enumerate(items):
        places[mapping.sender_of(schema.site_named(item, data))].append(place)
    parse = partial(parse_for, sites=known_sites(connection.dealer_id))
    entries: dict[int, IntakeEntry] = {}
    for sender, of_site in places.items():
        arrived = arrivals.take_in(
            connection.dealer,
            channel=Channel.BDK,
            sender=sender,
            messages=[mapping.message_from(items[place]) for place in of_site],
            now=now,
            parse=parse,
        )
        entries |= {place: one.entry for place, one in zip(of_site, arrived, strict=True)}
    return [entries[place] for place in range(len(items))]


def _keep(connection: Connection, text: str, reason: str, now: datetime) -> None:
    message: Message = unreadable(text)
    arrivals.keep(
        connection.dealer,
        channel=Channel.BDK,
        sender=mapping.sender_of(""),
        message=message,
        reason=reason,
        now=now,
    )
