"""Where the demo's enquiries come from, in the proportions of real life."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from leads.models import Channel


@dataclass(frozen=True)
class Origin:
    """One way in. `numbering` is how its leads are called outside, `types` are BDK lead types
    and their weights."""

    source: str
    weight: int
    channel: Channel = Channel.MANUAL
    sender: str = "manual"
    numbering: str = ""
    types: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_from_bdk(self) -> bool:
        return self.channel == Channel.BDK


def _bdk(source: str, weight: int, **types: int) -> Origin:
    types = {key.removeprefix("t"): share for key, share in types.items()}
    # Numbers far from those of the simulator's sample page.
    return Origin(source, weight, Channel.BDK, "bdk:0012345", "DLC-{year}-5{count:05d}", types)


def _api(source: str, weight: int, prefix: str) -> Origin:
    sender = f"api:{source.replace('_', '-')}"
    return Origin(source, weight, Channel.API, sender, prefix + "-{count:06d}")


# Its mails go nowhere any more, and nobody has noticed: (source, days).
FALLEN_SILENT = ("autoscout24", 7)

ORIGINS = (
    _bdk("juhu_auto", 24, t1a=45, t1b=15, t1c=10, t1d=12, t1e=10, t1f=12),
    _bdk("digeo_kundenkalkulator", 12, t2b=60, t2c=40),
    _bdk("bdk_direct", 14, t3a=25, t3b=20, t3c=30, t3d=25),
    _bdk("bdk_kampagne", 4, t5a=100),
    _bdk("neuwagenkonfigurator", 9, t6a=25, t6b=40, t6c=35),
    _bdk("ju_connect", 10, t7a=30, t7b=18, t7c=14, t7d=14, t7e=12, t7f=16),
    _bdk("autoscout24", 9, t8a=45, t8b=20, t8c=35),
    _api("autoscout24", 8, "AS"),
    _api("mobile_de", 17, "MB"),
    _api("website", 11, "WEB"),
    _api("google_ads", 3, "GA"),
    _api("meta", 2, "FB"),
    Origin("telefon", 8),
    Origin("showroom", 5),
    Origin("email", 3),
    Origin("empfehlung", 2),
)
