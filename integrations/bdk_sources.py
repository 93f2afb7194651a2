"""From which sources BDK's leads come, by whatever way they reach us (contract §2)."""

from __future__ import annotations

# By the first character of the lead type, its family, which stands for the channel.
_BY_FAMILY = {
    "1": "juhu_auto",
    "2": "digeo_kundenkalkulator",
    "3": "bdk_direct",
    "5": "bdk_kampagne",
    "6": "neuwagenkonfigurator",
    "7": "ju_connect",
    "8": "autoscout24",
}
_OTHER = "bdk_direct"


def source_of(lead_type: str) -> str:
    """Key of the source for leads of this type, or of this family; "" stands for an unknown one."""
    return _BY_FAMILY.get(lead_type[:1], _OTHER)
