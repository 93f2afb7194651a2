"""The conversation with BDK: pages of leads in, receipts out. Stores nothing itself."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from django.utils import timezone

from integrations.bdk import mapping
from integrations.bdk.client import MAX_RECEIPTS, BdkClient, CursorExpired
from integrations.bdk.schema import LeadReceipt
from integrations.models import Connection
from integrations.signing_in import ClientCredentials
from leads.models.dealer import Location
from leads.models.intake import Channel, IntakeEntry, Outcome
from leads.services.drafts import LeadDraft
from leads.services.intake import Message

logger = logging.getLogger(__name__)

# Pages of one Partnernummer in one run; what is left comes with the next one.
MAX_PAGES = 20

_REJECTED = (Outcome.QUARANTINED, Outcome.REJECTED)
_REASON_CODE = "UNUSABLE"


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Messages for the ledger, and the cursor to be saved together with them."""

    messages: Sequence[Message]
    cursor: str


class BdkMailbox:
    """One connection's leads and receipts. A site is named by its Partnernummer."""

    channel = Channel.BDK
    max_receipts = MAX_RECEIPTS

    def __init__(self, connection: Connection) -> None:
        self._dealer_id = connection.dealer_id
        self._client = BdkClient(
            connection.base_url,
            ClientCredentials(
                token_url=connection.token_url,
                client_id=connection.client_id,
                client_secret=connection.client_secret,
                scope=connection.scope,
            ),
        )

    def __enter__(self) -> Self:
        self._client.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._client.__exit__(None, None, None)

    def sites(self) -> list[str]:
        """The Partnernummern of the dealer's active locations."""
        locations = Location.objects.for_dealer(self._dealer_id).filter(is_active=True)
        numbers = locations.exclude(bdk_partner_number="").order_by("bdk_partner_number")
        return list(numbers.values_list("bdk_partner_number", flat=True))

    def sender(self, site: str) -> str:
        return mapping.sender_of(site)

    def pages(self, site: str, *, cursor: str) -> Iterator[MessagePage]:
        """Pages after the cursor until BDK has no more, repeats itself, or there were many.

        Each is fetched when it is asked for, so the one before is stored by then. An expired
        cursor begins anew, once (contract §4.6). Raises PartnerError.
        """
        seen: set[str] = set()
        may_restart = bool(cursor)
        for _number in range(MAX_PAGES):
            try:
                page = self._client.fetch_page(site, cursor=cursor)
            except CursorExpired:
                if not may_restart:
                    raise
                logger.info("site %s: cursor expired, beginning anew", site)
                cursor, may_restart = "", False
                continue
            messages = [mapping.message_from(item) for item in page.items]
            yield MessagePage(messages, page.next_cursor)
            ids = {message.message_id for message in messages}
            if not page.has_more:
                return
            if page.next_cursor in ("", cursor) or (ids and ids <= seen):
                logger.warning("site %s: BDK says there is more but repeats itself", site)
                return
            seen |= ids
            cursor = page.next_cursor

    def version(self, message_id: str) -> int:
        """Which version of its lead a booked message is; 0 if it names no lead."""
        return mapping.version_in(message_id)

    def parse(self, entry: IntakeEntry) -> LeadDraft:
        """A booked message as a draft; raises Unusable."""
        return mapping.parse(entry)

    def send_receipts(self, site: str, entries: Sequence[IntakeEntry]) -> list[str]:
        """Say what became of these; BDK's word on each, "" if it has none. PartnerError."""
        receipts = [_receipt(entry) for entry in entries]
        results = self._client.acknowledge(site, receipts)
        words = {(result.lead_id, result.version): result.status for result in results}
        return [words.get((receipt.lead_id, receipt.version), "") for receipt in receipts]


def _receipt(entry: IntakeEntry) -> LeadReceipt:
    is_rejected = entry.outcome in _REJECTED
    return LeadReceipt(
        lead_id=entry.outside_id,
        version=mapping.version_in(entry.message_id),
        result="REJECTED" if is_rejected else "STORED",
        received_at=timezone.localtime(entry.received_at),
        crm_reference=entry.lead.number if entry.lead else "",
        reason_code=_REASON_CODE if is_rejected else "",
        reason=entry.reason if is_rejected else "",
    )
