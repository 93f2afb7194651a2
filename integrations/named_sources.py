"""Sources that connections and website forms name: their leads get them, however few have come."""

from __future__ import annotations

from integrations.models import Connection, WebsiteForm


def named_sources(dealer_id: int) -> set[str]:
    """In any spelling; settings.NEEDED_SOURCES."""
    connections = Connection.objects.for_dealer(dealer_id).values_list("default_source", flat=True)
    forms = WebsiteForm.objects.for_dealer(dealer_id).values_list("source", flat=True)
    return {*connections, *forms} - {""}
