"""Which messages as received tell something about somebody's creditworthiness."""

from __future__ import annotations

import re

from leads.models.intake import IntakeEntry
from leads.models.lead_type import LeadType

# How BDK's leads and mails speak of a pre-check.
_WORDS = re.compile(r"precheck|kreditvoreinsch", re.IGNORECASE)


def tells_creditworthiness(entry: IntakeEntry) -> bool:
    """Whether to read the message is for those alone who may know that; also before a lead came
    of it, and where its type is not known (yet)."""
    lead = entry.lead
    if lead is not None and (lead.precheck or (lead.lead_type and lead.lead_type.precheck)):
        return True
    text = f"{entry.raw}\n{entry.corrected}"
    if _WORDS.search(text):
        return True
    types = LeadType.objects.for_dealer(entry.dealer_id).exclude(precheck="")
    keys = types.values_list("key", flat=True)
    return any(f'"{key}"' in text.casefold() for key in keys)
