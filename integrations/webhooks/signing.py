"""Secrets and signatures as the Standard Webhooks specification says; README.md here."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime

from standardwebhooks import Webhook

_SECRET_BYTES = 32  # the specification asks for 24 to 64


def new_secret() -> str:
    """ "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw…" """
    return "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signed_headers(
    message_id: str, body: str, *, secrets: Iterable[str], now: datetime
) -> dict[str, str]:
    """The three headers of one attempt; with several secrets, a signature by each of them."""
    at = now.astimezone(UTC)  # the library takes the clock's face for UTC
    signatures = [Webhook(secret).sign(message_id, at, body) for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
