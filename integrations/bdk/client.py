"""The endpoints of the BDK Leadservice. Source: the proposed contract, see README.md here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.bdk.schema import LeadPage, LeadReceipt, ReceiptResult, StatusEvent
from integrations.http import PartnerMisconfigured, PartnerRefused
from integrations.signing_in import SignedInClient

PAGE_SIZE = 200  # leads; the most that BDK allows, which may send fewer
MAX_RECEIPTS = 200  # per call
_SITE_REFUSED = (403, 404)


class CursorExpired(PartnerRefused):
    """410: the place where we stopped is no longer known there; begin without a cursor."""


class SiteRefused(PartnerRefused):
    """403 or 404: not this Partnernummer, or not at this address; others may go on (contract
    §4.6). Mostly a slip that whoever set it up can mend."""

    advice = gettext_lazy(
        "Please check the Partnernummer at the location, leading zeros included, and the address"
        " of the service at the connection; if both are right, ask BDK."
    )


class BdkClient(SignedInClient):
    def fetch_page(
        self,
        partner_number: str,
        *,
        cursor: str = "",
        limit: int = PAGE_SIZE,
        waiting_only: bool = False,
    ) -> LeadPage:
        """Leads after the cursor, oldest first (contract §4.2); `waiting_only`: those whose
        receipt BDK does not have. The same cursor may be asked again. Raises CursorExpired."""
        params: dict[str, str | int] = {"limit": limit}
        if cursor:
            params["cursor"] = cursor
        if waiting_only:
            params["state"] = "UNACKNOWLEDGED"
        path = f"/crm/v1/partners/{_segment(partner_number)}/leads"
        try:
            answer = self._ask("GET", path, params=params)
        except PartnerRefused as error:
            if error.status == 410:
                raise CursorExpired(str(error), status=410, code=error.code) from None
            raise
        return LeadPage.from_payload(answer, partner_number=partner_number)

    def acknowledge(
        self, partner_number: str, receipts: Sequence[LeadReceipt]
    ) -> list[ReceiptResult]:
        """Say what became of at most 200 leads (contract §4.4); repeating it changes nothing."""
        body = {"receipts": [receipt.to_payload() for receipt in receipts]}
        path = f"/crm/v1/partners/{_segment(partner_number)}/lead-receipts"
        return ReceiptResult.list_from_payload(self._ask("POST", path, json=body))

    def report_status(self, partner_number: str, lead_id: str, event: StatusEvent) -> None:
        """Tell how far a lead is (contract §4.5). `event.event_id` is ours, so that repeating
        it changes nothing. Refused with 409: BDK knows a later state; with 404: no such lead."""
        path = (
            f"/crm/v1/partners/{_segment(partner_number)}/leads/{_segment(lead_id)}"
            f"/status-events/{event.event_id}"
        )
        self._ask("PUT", path, json=event.to_payload())

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        try:
            return self.request(method, path, **options)
        except (PartnerMisconfigured, PartnerRefused) as error:
            if error.status in _SITE_REFUSED:
                raise SiteRefused(str(error), status=error.status, code=error.code) from None
            raise


def _segment(text: str) -> str:
    """Text as one segment of a path."""
    if text in ("", ".", ".."):  # would be another address
        raise PartnerRefused(_("“%(text)s” cannot be part of an address.") % {"text": text})
    return quote(text, safe="")
