"""Messages that came by the API, read once more: as they came, or as a person corrected them."""

from __future__ import annotations

from datetime import datetime

from rest_framework.exceptions import APIException

from leads.api.idempotency import hash_of
from leads.api.parsers import parse_object
from leads.api.reading import check_references, read_lead
from leads.api.reasons import sentences_of
from leads.models.intake import IntakeEntry
from leads.services.drafts import LeadDraft
from leads.services.intake import Unusable


def draft_of_entry(entry: IntakeEntry, *, now: datetime) -> LeadDraft:
    """The draft of an entry of this channel, for leads.services.intake.process. Raises Unusable,
    with what is wrong in the language of now."""
    try:
        body = parse_object(entry.text.encode())
        if entry.outside_id and not {"external_id", "externe_id"} & body.keys():
            body["external_id"] = entry.outside_id  # it stood in the address
        read = read_lead(body, now=now, sender=entry.sender, content_hash=hash_of(body))
        return check_references(entry.dealer, read)
    except APIException as error:
        raise Unusable(sentences_of(error)) from error
