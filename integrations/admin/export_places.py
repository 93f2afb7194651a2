"""The places of the export control: locations with exports, and what is wrong at none of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from integrations.models import Connection, ExportApp, Finding, Severity
from leads.models import Dealer, Location, User
from leads.models.dealer import within_places_of

# More of them are chosen from a list.
MAX_CHIPS = 8


@dataclass(frozen=True, slots=True)
class Place:
    """A location of a dealer, or None: no location in particular. `loud`: its open findings that
    nobody has acknowledged, by severity."""

    dealer: Dealer
    location: Location | None
    loud: Mapping[int, int]

    @property
    def key(self) -> str:
        return f"{self.dealer.pk}-{self.location.pk if self.location else ''}"

    @property
    def query(self) -> str:
        return "?" + urlencode({"place": self.key})

    @property
    def name(self) -> str:
        return str(self.location or _("Without a location"))

    @property
    def count(self) -> int:
        return sum(self.loud.values())

    @property
    def is_alarming(self) -> bool:
        return any(severity >= Severity.ERROR for severity in self.loud)

    @property
    def list_filter(self) -> dict[str, Any]:
        """What the list of findings is asked for."""
        return {"location": self.location.pk if self.location else "none"}

    def of(self, rows: Any) -> Any:
        """Of these rows with a location, those of this place."""
        return rows.filter(dealer=self.dealer.pk, location=self.location)


def places_of(
    user: User, connections: Iterable[Connection], findings: QuerySet[Finding, Any]
) -> list[Place]:
    """By dealer and name; what has no location comes last. `findings`: those that the user sees.
    Two queries."""
    dealers = {one.dealer_id: one.dealer for one in connections}
    loud = _loud(findings, dealers)
    places = [
        Place(dealers[one.dealer_id], one, loud.get((one.dealer_id, one.pk), {}))
        for one in _locations(user, dealers)
    ]
    for pk, dealer in dealers.items():
        is_known = any(one.dealer.pk == pk for one in places)
        if (pk, None) in loud or not is_known:
            places.append(Place(dealer, None, loud.get((pk, None), {})))
    return sorted(places, key=lambda one: (one.dealer.name, one.location is None))


def chosen_place(places: list[Place], key: str) -> Place:
    """The one asked for; otherwise the first where something is wrong, or simply the first."""
    asked = [one for one in places if one.key == key]
    alarming = [one for one in places if one.is_alarming]
    return [*asked, *alarming, *places][0]


def _loud(
    findings: QuerySet[Finding, Any], dealers: Iterable[int]
) -> dict[tuple[int, int | None], dict[int, int]]:
    rows: Any = findings
    counted = rows.loud().filter(dealer__in=dealers).order_by()
    found: dict[tuple[int, int | None], dict[int, int]] = defaultdict(dict)
    names = ("dealer_id", "location_id", "severity")
    for dealer_id, location_id, severity, n in counted.values_list(*names).annotate(Count("pk")):
        found[dealer_id, location_id][severity] = n
    return dict(found)


def _locations(user: User, dealers: Iterable[int]) -> QuerySet[Location]:
    """Those with a code of Automanager, exports or findings."""
    apps = ExportApp.objects.filter(location=OuterRef("pk"), gone_at=None)
    findings = Finding.objects.filter(location=OuterRef("pk"), closed_at=None)
    seen = Location.objects.filter(within_places_of(user, "pk"), dealer__in=dealers)
    used = ~Q(automanager_code="") | Exists(apps) | Exists(findings)
    return seen.filter(used).order_by("name")
