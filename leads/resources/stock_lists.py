"""Lists of a whole stock among the imports: whose stock they are, and what they no longer name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from leads.models.dealer import Dealer, Location
from leads.models.keys import catalog_key
from leads.models.list_import import ListImport, ListKind, Plan, RowOutcome
from leads.models.vehicle import Vehicle
from leads.resources.import_mapping import ListMapping
from leads.resources.list_info import Layout
from leads.services.catalogue import locations_by_name
from leads.services.whole_stock import Vanishing, find_vanishing, mark_gone

GONE = "gone"  # in ListImport.outcomes: vehicles, not rows
_BAD = Q(outcome=RowOutcome.BAD) | Q(outcome="", plan=Plan.BAD)


def is_whole_stock(list_import: ListImport) -> bool:
    return bool(list_import.info.get("layout") == Layout.MOBILE_DE)


def source_of(account: str, location: Location | None) -> str:
    """Whose stock a car of a list belongs to: the customer number says it, otherwise the place."""
    whose = account or f"@{location.pk if location else ''}"
    return f"mobile.de:{whose}"


@dataclass(frozen=True, slots=True)
class StockOutlook:
    """What a list of the whole stock makes vanish. `unknown`: rows that cannot be read and may be
    any car, so that nobody knows what is missing."""

    vanishing: Vanishing
    unknown: int = 0

    @property
    def needs_order(self) -> bool:
        return bool(self.vanishing.missing) and (self.vanishing.is_odd or bool(self.unknown))

    @property
    def warning(self) -> str:
        """Why nothing is marked as gone unless somebody orders it."""
        if not self.unknown:
            return self.vanishing.warning()
        return _(
            "%(missing)d vehicles are no longer in the list, but %(unknown)d of its rows cannot be"
            " read and may be some of them, so none was marked as gone. Please correct these rows,"
            " or order it explicitly."
        ) % {"missing": len(self.vanishing.missing), "unknown": self.unknown}

    @property
    def sentence(self) -> str:
        return self.vanishing.sentence() if self.vanishing.missing else ""


def look_ahead(list_import: ListImport) -> StockOutlook:
    """What would vanish; nothing is stored. The same number of queries for any list."""
    seen, unknown = _seen(list_import)
    sources = _sources(list_import)
    vanishing = find_vanishing(list_import.dealer, sources, seen) if seen else Vanishing()
    return StockOutlook(vanishing, unknown)


def finish_stock(list_import: ListImport, *, now: datetime) -> StockOutlook:
    """Once all rows are imported: mark what is missing as gone, if nothing speaks against it."""
    seen, unknown = _seen(list_import)
    accepted = list_import.accepts_vanishing
    if unknown and not accepted:
        return look_ahead(list_import)
    vanishing = mark_gone(
        list_import.dealer,
        _sources(list_import),
        seen,
        now=now,
        accept=accepted,
        by=list_import.user,
        change_batch=list_import.change_batch,
    )
    return StockOutlook(vanishing, unknown)


def imported_sources(dealer: Dealer, *, since: datetime) -> set[str]:
    """Whose stock was imported since then. A query for the lists, and one for each of them that is
    of one location."""
    newer = ListImport.objects.for_dealer(dealer).filter(finished_at__gte=since)
    lists = newer.filter(kind=ListKind.VEHICLES).select_related("dealer").defer("found_values")
    return {source for one in lists if is_whole_stock(one) for source in _sources(one)}


def _sources(list_import: ListImport) -> set[str]:
    fixed = ListMapping.of(list_import).fixed.get("location", "")
    location = locations_by_name(list_import.dealer).get(catalog_key(fixed)) if fixed else None
    return {source_of(account, location) for account in list_import.info.get("accounts", ())}


def _seen(list_import: ListImport) -> tuple[set[int], int]:
    """The ids of the cars that the rows name, and how many rows name nobody knows which."""
    rows = list_import.rows.order_by()
    good = rows.exclude(_BAD).exclude(reference="").values_list("reference", flat=True)
    seen = {int(reference) for reference in good}
    numbers = list(_numbers(list_import, rows.filter(_BAD).values_list("cells", "corrected")))
    known = dict(
        Vehicle.objects.for_dealer(list_import.dealer_id)
        .filter(internal_number__in=set(numbers) - {""})
        .values_list("internal_number", "pk")
    )
    return seen | set(known.values()), numbers.count("")


def _numbers(
    list_import: ListImport, rows: Iterable[tuple[list[object], dict[str, str]]]
) -> Iterable[str]:
    """Of rows with errors, the own number; "" if there is none."""
    places = ListMapping.of(list_import).positions_of("internal_number")
    for cells, corrected in rows:
        texts = [corrected.get(str(at), cells[at] if at < len(cells) else "") for at in places]
        yield next((text for text in texts if isinstance(text, str) and text), "")
