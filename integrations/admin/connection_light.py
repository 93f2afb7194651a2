"""How a connection is, in a word and a colour."""

from __future__ import annotations

from datetime import datetime

from django.utils.safestring import SafeString

from integrations.health import Health, judge
from integrations.models import Connection
from leads.admin.display import badge


def light_of(connection: Connection, *, now: datetime) -> SafeString:
    """Runs, irregular, failing or off."""
    return health_badge(judge(connection, now=now))


def health_badge(health: Health) -> SafeString:
    texts = " ".join(one.text for one in health.troubles if one.text)
    return badge(health.word, health.light, title=texts)
