"""A Vorgang as Dr. Klein and Europace take it, POSTed to us with one of our API keys."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.api.doors import KeyDoor, check_media_type, read_body
from integrations.drklein import mapping
from integrations.drklein.schema import PRODUCTION, Json, Vorgang
from leads.api.authentication import ApiKeyAuthentication
from leads.api.idempotency import Answer, StillRunning, answer_once, hash_of, key_of
from leads.api.parsers import parse_object
from leads.models.api_key import ApiKey
from leads.models.enquiry import Enquiry
from leads.models.intake import Channel, IntakeEntry
from leads.models.lead import Lead
from leads.services.drafts import LeadDraft
from leads.services.intake import book, process

# Dr. Klein's own example declares JSON as a form.
_MEDIA_TYPES = ("application/json", "application/x-www-form-urlencoded")
_NOT_USABLE = 422
_DUPLICATE = timedelta(hours=24)


class VorgangKeyAuthentication(ApiKeyAuthentication):
    """Our API keys; besides the usual header in the one that profile A names."""

    def authenticate(self, request: Request) -> Any:
        own = request.META.get("HTTP_X_AUTHENTICATION", "").strip()
        if own and not request.META.get("HTTP_AUTHORIZATION"):
            request.META["HTTP_AUTHORIZATION"] = f"Bearer {own.removeprefix('Bearer ').strip()}"
        return super().authenticate(request)


class VorgangView(KeyDoor):
    """Without `?environment=PRODUCTION` the lead is a test lead, as with KEX, unless its key says
    that everything it brings is real business."""

    authentication_classes = [VorgangKeyAuthentication]
    channel = Channel.DRKLEIN
    kept = (StillRunning,)  # the first call brings the lead

    @property
    def sender(self) -> str:
        return mapping.sender_of(self.caller.system)

    def error_body(self, problem: dict[str, Any]) -> dict[str, Any]:
        errors = [
            {"path": one["field"], "message": one["detail"]} for one in problem.get("errors", [])
        ]
        return {"message": problem["detail"], "errors": errors}

    def take(self, request: Request, now: datetime) -> Response:
        check_media_type(request, _MEDIA_TYPES)
        data = parse_object(read_body(request))
        environment = request.query_params.get("environment", "")
        if self.caller.vorgang_always_real:
            environment = PRODUCTION
        key = _idempotency_key(request, data, environment)
        body_hash = hash_of({"environment": environment, "body": data})

        def act() -> Answer:
            return self._receive(data, environment, is_named=bool(key), now=now)

        answer = answer_once(self.caller, key, body_hash, act, now=now)
        response = Response(answer.body, status=answer.status_code)
        if answer.is_replayed:
            response["Idempotent-Replayed"] = "true"
        return response

    def _receive(
        self, data: dict[str, Json], environment: str, *, is_named: bool, now: datetime
    ) -> Answer:
        """Book, process and answer; everything inside the caller's transaction."""
        caller = self.caller
        [entry] = book(
            caller.dealer,
            channel=self.channel,
            sender=self.sender,
            messages=[mapping.message_from(data, environment=environment)],
            now=now,
        )
        [receipt] = process(caller.dealer, [entry], self._parse, now=now)
        vorgang = Vorgang.from_payload(data)
        if receipt is None:
            path = vorgang.missing(adviser=caller.vorgang_is_strict)
            return Answer(_NOT_USABLE, _not_usable(entry, path))
        messages = list(vorgang.messages)
        if not is_named and _is_asked_again(receipt.lead, now):
            messages.append(_("The same person asked for the same vehicle within 24 hours."))
        return Answer(201, _answer(caller, receipt.lead, vorgang, messages))

    def _parse(self, entry: IntakeEntry) -> LeadDraft:
        draft = mapping.parse(entry, is_strict=self.caller.vorgang_is_strict)
        return replace(draft, creates_entries=self.caller.creates_entries)


def _idempotency_key(request: Request, data: dict[str, Json], environment: str) -> str:
    """The header, otherwise the sender's own number; "" if it gave neither. Test and real
    business do not share keys, and neither do these addresses and the rest of the API."""
    key = key_of(request) or Vorgang.from_payload(data).own_number
    if not key:
        return ""
    digest = hashlib.sha256(f"{environment == PRODUCTION}\n{key}".encode()).hexdigest()
    return f"vorgang:{digest}"


def _not_usable(entry: IntakeEntry, path: str) -> dict[str, Any]:
    return {"message": entry.reason, "errors": [{"path": path, "message": entry.reason}]}


def _answer(caller: ApiKey, lead: Lead, vorgang: Vorgang, messages: list[str]) -> dict[str, Any]:
    """What clients of profile A, profile B and KEX look for."""
    body: dict[str, Any] = {
        "vorgangsId": mapping.vorgang_id(caller.dealer_id, lead.number),
        "vorgangsnummer": lead.number,
        "messages": messages,
    }
    applicants = {
        "antragsteller1": vorgang.applicant,
        "antragsteller2": vorgang.second_applicant,
    }
    for name, applicant in applicants.items():
        if applicant:
            body[name] = {"id": mapping.vorgang_id(caller.dealer_id, lead.number, name)}
    return body


def _is_asked_again(lead: Lead, now: datetime) -> bool:
    """Whether the customer asked for this vehicle before, not longer than a day ago."""
    if lead.customer_id is None:
        return False
    same = Enquiry.objects.for_dealer(lead.dealer_id).filter(
        lead__customer=lead.customer_id, received_at__gte=now - _DUPLICATE
    )
    newest, *earlier = same.order_by("-received_at", "-pk").values_list("vehicle_name", flat=True)
    return newest in earlier
