"""The conversation with BDK: pages of leads in, receipts out. Stores nothing itself."""

from __future__ import annotations

import logging
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import Self

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from integrations.bdk import mapping
from integrations.bdk.client import MAX_RECEIPTS, PAGE_SIZE, BdkClient, CursorExpired
from integrations.bdk.schema import LeadPage, LeadReceipt, StatusEvent
from integrations.http import AnswerTooLarge
from integrations.models import Connection, Delivery
from integrations.signing_in import ClientCredentials
from leads.models.dealer import Location
from leads.models.intake import Channel, IntakeEntry, Outcome
from leads.services.drafts import LeadDraft
from leads.services.intake import Message, Unusable

logger = logging.getLogger(__name__)

# Pages of one Partnernummer in one run; what is left comes with the next one.
MAX_PAGES = 100

_REJECTED = (Outcome.QUARANTINED, Outcome.REJECTED, Outcome.SET_ASIDE)
_REASON_CODE = "UNUSABLE"


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Messages for the ledger, and the cursor to be saved together with them. `repeats`: there
    is said to be more, but what comes is what came before."""

    messages: Sequence[Message]
    cursor: str
    repeats: bool = False


class BdkMailbox:
    """One connection's leads and receipts. A site is named by its Partnernummer."""

    channel = Channel.BDK
    max_receipts = MAX_RECEIPTS

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sites: list[str] | None = None
        self._limit = PAGE_SIZE
        self._client = BdkClient(
            connection.base_url,
            ClientCredentials(
                token_url=connection.token_url,
                client_id=connection.client_id,
                client_secret=connection.client_secret,
                scope=connection.scope,
                or_in_body=True,
            ),
        )
        self._client.take_token(connection.kept_token)

    def __enter__(self) -> Self:
        self._client.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._connection.kept_token = self._client.keep_token()
        self._client.__exit__(None, None, None)

    def sites(self) -> list[str]:
        """The Partnernummern of the dealer's active locations; read once."""
        if self._sites is None:
            self._sites = known_sites(self._connection.dealer_id)
        return self._sites

    def sender(self, site: str) -> str:
        return mapping.sender_of(site)

    def pages(
        self, site: str, *, cursor: str, waiting_only: bool = False
    ) -> Generator[MessagePage, None, None]:
        """Pages after the cursor until BDK has no more, repeats itself, or there were many.

        While a page is being stored the next one is fetched already, and never more than that:
        memory stays the same however many there are. An expired cursor begins anew, once
        (contract §4.6). To be closed by who does not read to the end. Raises PartnerError.
        """
        context = copy_context()  # whoever listens to our calls hears those of the thread too

        def fetch(cursor: str) -> LeadPage:
            return context.run(self._fetch, site, waiting_only, cursor)

        seen: set[int] = set()
        may_restart = True
        with ThreadPoolExecutor(1) as ahead:
            coming = ahead.submit(fetch, cursor)
            for left in reversed(range(MAX_PAGES)):
                try:
                    page = coming.result()
                except CursorExpired:
                    if not (cursor and may_restart):
                        raise
                    logger.info("site %s: cursor expired, beginning anew", site)
                    cursor, may_restart = "", False
                    seen.clear()
                    coming = ahead.submit(fetch, cursor)
                    continue
                messages = [mapping.message_from(item) for item in page.items]
                names = {hash(message.message_id) for message in messages}
                is_stuck = page.next_cursor in ("", cursor) or bool(names and names <= seen)
                if page.has_more and not is_stuck and left:
                    coming = ahead.submit(fetch, page.next_cursor)
                yield MessagePage(messages, page.next_cursor, page.has_more and is_stuck)
                if not page.has_more:
                    return
                if is_stuck:
                    logger.warning("site %s: BDK says there is more but repeats itself", site)
                    return
                seen |= names
                cursor = page.next_cursor

    def try_out(self, site: str) -> None:
        """Read a lead without any effect. Raises PartnerError."""
        self._client.fetch_page(site, limit=1)

    def _fetch(self, site: str, waiting_only: bool, cursor: str) -> LeadPage:
        """In a thread of its own, which does not know the language of the office. Where a page is
        more than we read at once, fewer leads are asked for."""
        with translation.override(settings.LANGUAGE_CODE):
            while True:
                try:
                    return self._client.fetch_page(
                        site, cursor=cursor, limit=self._limit, waiting_only=waiting_only
                    )
                except AnswerTooLarge:
                    if self._limit == 1:
                        raise
                    self._limit = max(1, self._limit // 10)

    def version(self, message_id: str) -> int:
        """Which version of its lead a booked message is; 0 if it names no lead."""
        return mapping.version_in(message_id)

    def parse(self, entry: IntakeEntry) -> LeadDraft:
        """A booked message as a draft; raises Unusable."""
        return parse_for(entry, self.sites())

    def send_receipts(self, site: str, entries: Sequence[IntakeEntry]) -> list[str]:
        """Say what became of these; BDK's word on each, "" if it has none. PartnerError."""
        receipts = [receipt_for(entry) for entry in entries]
        results = self._client.acknowledge(site, receipts)
        words = {(result.lead_id, result.version): result.status for result in results}
        return [words.get((receipt.lead_id, receipt.version), "") for receipt in receipts]

    def send_status(self, report: Delivery) -> None:
        """Say how far a lead is, without anybody's words. Raises PartnerError."""
        event = StatusEvent(
            event_id=report.message_id,
            status=report.status_word,
            reason_code=report.reason_word or None,
            occurred_at=timezone.localtime(report.occurred_at),
        )
        self._client.report_status(report.recipient, report.outside_id, event)


def known_sites(dealer_id: int) -> list[str]:
    """The Partnernummern of the dealer's active locations."""
    locations = Location.objects.for_dealer(dealer_id).filter(is_active=True)
    numbers = locations.exclude(bdk_partner_number="").order_by("bdk_partner_number")
    return list(numbers.values_list("bdk_partner_number", flat=True))


def parse_alone(entry: IntakeEntry) -> LeadDraft:
    """A booked message as a draft, where nobody has looked up the dealer's sites yet."""
    return parse_for(entry, known_sites(entry.dealer_id))


def parse_for(entry: IntakeEntry, sites: Sequence[str]) -> LeadDraft:
    """Never for a site that is not the dealer's: no default one (contract §4.7, rule 7)."""
    number = mapping.partner_number_of(entry.sender)
    if number not in sites:
        raise Unusable(_("No active location here has the Partnernummer that it is meant for."))
    return mapping.parse(entry)


def receipt_for(entry: IntakeEntry) -> LeadReceipt:
    """What BDK is told about a message, whether it was fetched or brought."""
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
