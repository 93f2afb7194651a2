"""Many leads in one request; a bad one stops only itself."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from drf_standardized_errors.formatter import flatten_errors
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from leads.api import descriptions
from leads.api.bases import language_of_the_office, read_fields, respond
from leads.api.bringing import BringsLeads, NotStored
from leads.api.errors import error_detail
from leads.api.idempotency import Answer, hash_of
from leads.api.parsers import BatchJSONParser
from leads.api.reading import Read, check_all_references
from leads.api.reasons import sentences_of
from leads.api.representation import warnings_of
from leads.models.api_key import Scope
from leads.models.intake import Outcome
from leads.services.drafts import LeadDraft, Receipt
from leads.services.rejecting import reject

BATCH_NAMES = {"": {"leads": "anfragen"}}


class BatchSerializer(serializers.Serializer):
    leads = serializers.ListField(
        min_length=1,
        max_length=descriptions.MAX_LEADS_PER_BATCH,
        error_messages={
            "required": _("This field is missing."),
            "not_a_list": _("This must be a list."),
            "min_length": _("At least {min_length} entry."),
            "max_length": _("At most {max_length} entries."),
        },
    )


@extend_schema_view(create=extend_schema(**descriptions.BATCH))
class LeadBatchViewSet(BringsLeads):
    scopes: ClassVar = {"create": Scope.LEADS_WRITE}
    parser_classes = [BatchJSONParser]

    def create(self, request: Request) -> Response:
        return respond(self.bring(request, self._receive))

    def _receive(self, body: dict[str, Any]) -> Answer:
        now = timezone.now()
        items = read_fields(body, BatchSerializer, BATCH_NAMES).values["leads"]
        drafts = self._drafts(items, now)
        receipts = self._take_in(items, drafts, now)
        self._reject(items, drafts, now)
        results = [
            _refused(draft) if isinstance(draft, ValidationError) else _taken(draft, receipt)
            for draft, receipt in zip(drafts, receipts, strict=True)
        ]
        return Answer(200, {"results": results})

    def read_again(self, body: dict[str, Any], **options: Any) -> None:
        """Only what is wrong with the request as a whole: bad leads do not stop it."""
        read_fields(body, BatchSerializer, BATCH_NAMES)

    def _drafts(self, items: list[Any], now: datetime) -> list[LeadDraft | ValidationError]:
        """For each its draft or what is wrong with it; three queries at most."""
        read = [self._read_item(item, now) for item in items]
        good = [one for one in read if isinstance(one, Read)]
        checked = iter(check_all_references(self.caller.dealer, good))
        return [next(checked) if isinstance(one, Read) else one for one in read]

    def _read_item(self, item: Any, now: datetime) -> Read | ValidationError:
        if not isinstance(item, dict):
            return ValidationError([error_detail(_("This must be an object."), "invalid")])
        try:
            return self.read_one(item, now=now, content_hash=hash_of(item))
        except ValidationError as error:
            return error

    def _take_in(
        self, items: list[Any], drafts: list[LeadDraft | ValidationError], now: datetime
    ) -> list[Receipt | None]:
        """A receipt for each lead; None where nothing was stored."""
        good = [
            (as_text(item), draft)
            for item, draft in zip(items, drafts, strict=True)
            if isinstance(draft, LeadDraft)
        ]
        with language_of_the_office():
            receipts = iter(self.receive_all(good, now=now))
        return [next(receipts) if isinstance(one, LeadDraft) else None for one in drafts]

    def _reject(
        self, items: list[Any], drafts: list[LeadDraft | ValidationError], now: datetime
    ) -> None:
        """Errors hold their text in the client's language; the ledger is read by staff."""
        bad = [
            item
            for item, draft in zip(items, drafts, strict=True)
            if isinstance(draft, ValidationError)
        ]
        if not bad:
            return
        with language_of_the_office():
            errors = self._drafts(bad, now)
            reasons = [
                sentences_of(error) if isinstance(error, ValidationError) else ""
                for error in errors
            ]
        entries = self.book([(as_text(item), "") for item in bad], now=now)
        reject(list(zip(entries, reasons, strict=True)), now=now)


def as_text(item: Any) -> str:
    """The item as the ledger keeps it: a message of its own."""
    return json.dumps(item, ensure_ascii=False)


def _taken(draft: LeadDraft, receipt: Receipt | None) -> dict[str, Any]:
    if receipt is None:
        error = {
            "field": "",
            "code": NotStored.default_code,
            "detail": str(NotStored.default_detail),
        }
        return _result(NotStored.status_code, Outcome.QUARANTINED, errors=[error])
    lead = receipt.lead
    return _result(
        201 if receipt.is_new else 200,
        receipt.outcome,
        id=lead.pk,
        number=lead.number,
        version=lead.version,
        warnings=warnings_of(receipt, draft),
    )


def _refused(error: ValidationError) -> dict[str, Any]:
    errors = [
        {"field": one.attr or "", "code": one.code, "detail": one.detail}
        for one in flatten_errors(error.detail)
    ]
    return _result(422, Outcome.REJECTED, errors=errors)


def _result(status: int, outcome: str, **said: Any) -> dict[str, Any]:
    lead: dict[str, Any] = dict.fromkeys(("id", "number", "version"))
    return {"status": status, "outcome": str(outcome), **lead, "warnings": [], "errors": [], **said}
