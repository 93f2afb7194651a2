"""ADF/XML by HTTP POST, with an API key: one or more prospects in a message."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import arrivals
from integrations.adf import mapping, schema
from integrations.api.doors import KeyDoor, check_media_type, read_body, unreadable
from integrations.arrivals import Arrival
from integrations.loose_xml import NotReadable, text_from
from leads.models.intake import Channel, Outcome

_MEDIA_TYPES = ("application/x-adf+xml", "application/xml", "text/xml")
# All other outcomes: it adds nothing to what is here.
_STATUS_OF_OUTCOME = {
    "": "quarantined",  # booked, and taken up again before long
    Outcome.QUARANTINED: "quarantined",
    Outcome.CREATED: "created",
    Outcome.ATTACHED: "created",
}


class NoProspect(ParseError):
    """It waits in quarantine already."""


class AdfView(KeyDoor):
    """201 with a result per prospect as soon as one can be told apart; otherwise 400, and the
    message waits in quarantine: some senders look only for a 2xx, others for nothing."""

    kept = (NoProspect,)

    channel = Channel.ADF

    @property
    def sender(self) -> str:
        return mapping.sender_of(self.caller.system)

    def take(self, request: Request, now: datetime) -> Response:
        check_media_type(request, _MEDIA_TYPES)
        text = text_from(read_body(request))
        texts = self._prospects(text, now)
        messages = [mapping.message_from(one) for one in texts]
        arrived = arrivals.take_in(
            self.caller.dealer,
            channel=self.channel,
            sender=self.sender,
            messages=messages,
            now=now,
            creates_entries=self.caller.creates_entries,
        )
        numbers = [mapping.number_in(one) for one in texts]
        results = [
            {"source": number.source, "id": number.value, "status": _status(arrival)}
            for number, arrival in zip(numbers, arrived, strict=True)
        ]
        return Response({"results": results}, status=201)

    def _prospects(self, text: str, now: datetime) -> list[str]:
        """At least one; a text without any is kept and refused."""
        problem = _("No prospect can be read in it.")
        try:
            if texts := schema.prospects_in(text):
                return texts
        except NotReadable as error:
            problem = str(error)
        arrivals.keep(
            self.caller.dealer,
            channel=self.channel,
            sender=self.sender,
            message=unreadable(text),
            reason=problem,
            now=now,
        )
        raise NoProspect(problem)


def _status(arrival: Arrival) -> str:
    status = _STATUS_OF_OUTCOME.get(arrival.entry.outcome, "duplicate")
    return "duplicate" if arrival.is_repeat and status == "created" else status
