"""What all addresses share by which enquiries come in: each is booked before anything is done with
it, and so is what had to be turned away."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.db import InterfaceError, OperationalError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from leads.api.bases import KeyViewSet, MovedTo, PreconditionFailed, language_of_the_office
from leads.api.idempotency import Answer, StillRunning, key_of
from leads.api.parsers import check_length, parse_object, read_raw
from leads.api.reading import Read, check_references, read_lead
from leads.api.reasons import reason_for
from leads.api.representation import show_received
from leads.models.catalog import Tag
from leads.models.intake import Channel, IntakeEntry
from leads.models.lead import Lead
from leads.services.drafts import LeadDraft, Receipt
from leads.services.intake import Message, book, process
from leads.services.rejecting import book_rejected
from leads.services.taking_in import take_in

logger = logging.getLogger(__name__)

# Of a message that was turned away; whoever sends more has sent no lead.
_KEPT_CHARACTERS = 1_000_000


class NotStored(APIException):
    """Booked and quarantined: people will look at it, but there is no lead."""

    status_code = 422
    default_code = "not_stored"
    default_detail = _("The enquiry could not be stored. It is kept and will be looked at.")


class BringsLeads(KeyViewSet):
    """Views that bring enquiries of the caller's system."""

    is_careful = False  # step by step, because it did not work in one

    def bring(self, request: Request, act: Callable[[dict[str, Any]], Answer]) -> Answer:
        """What `act(body)` answers, once for each Idempotency-Key."""
        try:
            answer = self._answer(request, act)
        except (StillRunning, PreconditionFailed, MovedTo):
            raise  # nothing is lost: the client knows what to do
        except APIException as error:
            self.book_rejected(request, error)
            raise
        if answer.status_code == NotStored.status_code:
            raise NotStored
        return answer

    def _answer(self, request: Request, act: Callable[[dict[str, Any]], Answer]) -> Answer:
        try:
            return self.answer_once(request, act)
        except (APIException, MovedTo, OperationalError, InterfaceError):
            raise
        except Exception as error:
            # Not the error's own words: they may quote the body, and so personal data.
            logger.error("an enquiry could not be taken in: %s", type(error).__name__)
            self.is_careful = True
            return self.answer_once(request, act)

    def receive(self, draft: LeadDraft, raw: str, *, now: datetime) -> Answer:
        """Take in and show one enquiry; inside the transaction of `bring`."""
        with language_of_the_office():
            [receipt] = self.receive_all([(raw, draft)], now=now)
        if receipt is None:
            return Answer(NotStored.status_code, {})
        if receipt.is_new and not draft.tags:
            prefetched_tags(receipt.lead)
        return Answer(201 if receipt.is_new else 200, show_received(receipt, draft))

    def receive_all(
        self, enquiries: Sequence[tuple[str, LeadDraft]], *, now: datetime
    ) -> list[Receipt | None]:
        """Take in each (message, draft); None where nothing was stored. Inside the transaction of
        `bring`, which calls once more if that fails: then each message is booked first, and the
        bad ones are quarantined."""
        dealer = self.caller.dealer
        if not self.is_careful:
            messages = [(self._message(raw, one.external_id), one) for raw, one in enquiries]
            return [*take_in(dealer, messages, channel=Channel.API, now=now)]
        entries = self.book([(raw, draft.external_id) for raw, draft in enquiries], now=now)
        drafts = {entry.pk: draft for entry, (_raw, draft) in zip(entries, enquiries, strict=True)}
        return process(dealer, entries, lambda entry: drafts[entry.pk], now=now)

    def book(self, messages: Sequence[tuple[str, str]], *, now: datetime) -> list[IntakeEntry]:
        """An entry for each (message, number at the sender). Every request is new to the ledger:
        repeats are recognised before they are booked."""
        return book(
            self.caller.dealer,
            channel=Channel.API,
            sender=self.caller.sender,
            messages=[self._message(raw, outside_id) for raw, outside_id in messages],
            now=now,
        )

    def _message(self, raw: str, outside_id: str) -> Message:
        return Message(
            message_id=f"message {uuid.uuid4()}",
            raw=raw,
            outside_id=outside_id,
            idempotency_key=key_of(self.request),
        )

    def read(self, body: dict[str, Any], *, now: datetime, **options: Any) -> LeadDraft:
        """The draft of a body, with all that it refers to."""
        return check_references(self.caller.dealer, self.read_one(body, now=now, **options))

    def read_one(self, body: dict[str, Any], *, now: datetime, **options: Any) -> Read:
        caller = self.caller
        return read_lead(
            body,
            now=now,
            sender=caller.sender,
            creates_entries=caller.creates_entries,
            **options,
        )

    def read_again(self, body: dict[str, Any], *, now: datetime) -> None:
        """Raises what is wrong with a body that was turned away, in the language of now."""
        self.read(body, now=now)

    def book_rejected(
        self, request: Request, error: APIException, *, is_change: bool = False
    ) -> None:
        now = timezone.now()
        raw = read_raw(request)

        def again() -> None:
            check_length(request)
            self.read_again(parse_object(raw or b"{}"), now=now)

        with language_of_the_office():
            book_rejected(
                self.caller.dealer,
                channel=Channel.API,
                sender=self.caller.sender,
                raw=raw.decode(errors="backslashreplace")[:_KEPT_CHARACTERS],
                reason=reason_for(error, again=again),
                now=now,
                is_change=is_change,
            )


def prefetched_tags(lead: Lead) -> None:
    """A new lead without tags need not be asked for them."""
    lead._prefetched_objects_cache = {"tags": _no_tags()}  # type: ignore[attr-defined]


@cache
def _no_tags() -> QuerySet[Tag]:
    """Looked at once: even "none" puts a statement together before it knows."""
    none = Tag.objects.none()
    len(none)
    return none
