"""What names in a list may stand for at a dealer: entries, people, places, choices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Choices

from leads.models.catalog import CatalogEntry, Category, CloseReason, Source, Stage, Status
from leads.models.contact import Salutation
from leads.models.dealer import Dealer, Location, Membership
from leads.models.keys import catalog_key, fold
from leads.models.lead_type import LeadType
from leads.models.vehicle import Vehicle
from leads.models.wishes import ContactChannel, FinanceKind, Urgency
from leads.resources.column_table import ColumnTable
from leads.resources.known import load_office
from leads.resources.readers import Reading
from leads.services.unmapped import assigned_names

CATALOGS: Mapping[str, type[CatalogEntry]] = {
    "status": Status,
    "source": Source,
    "category": Category,
    "close_reason": CloseReason,
}
CHOICES: Mapping[str, type[Choices]] = {
    "salutation": Salutation,
    "urgency": Urgency,
    "finance_kind": FinanceKind,
    "preferred_channel": ContactChannel,
    "state": Vehicle.State,
    "condition": Vehicle.Condition,
}
# How old lists call the stages of a sale; folded. A dealer's own status of that name comes first.
_STAGE_WORDS: Mapping[str, tuple[str, ...]] = {
    Stage.NEW: ("offen", "neu", "open", "new", "unbearbeitet", "eingegangen", "ungelesen"),
    Stage.IN_WORK: (
        *("in arbeit", "in bearbeitung", "in bearb.", "laufend", "aktiv", "bearbeitet"),
        "in progress",
    ),
    Stage.CONTACTED: ("kontaktiert", "kontakt", "angerufen", "contacted", "erreicht"),
    Stage.NOT_REACHED: ("nicht erreicht", "nicht erreichbar", "mailbox", "not reached"),
    Stage.APPOINTMENT: ("termin", "termin vereinbart", "appointment"),
    Stage.TEST_DRIVE: ("probefahrt", "probefahrt vereinbart", "test drive"),
    Stage.OFFER: ("angebot", "angebot erstellt", "angebot versendet", "offer", "quote"),
    Stage.WON: ("gewonnen", "verkauft", "abschluss", "kaufvertrag", "won", "sold", "erfolgreich"),
    Stage.LOST: ("verloren", "abgesagt", "absage", "kein interesse", "lost", "abgelehnt"),
    Stage.INVALID: ("ungueltig", "spam", "fake", "doppelt", "invalid", "test"),
}


@dataclass(frozen=True)
class Option:
    """Something that a value may mean: as the mapping keeps it, and as people call it."""

    value: str
    label: str


class Words:
    """What names stand for at a dealer. Some ten queries, made when they are needed."""

    def __init__(self, dealer: Dealer, table: ColumnTable) -> None:
        self._dealer, self._table = dealer, table
        self._office = load_office(dealer)
        self._entries: dict[str, list[CatalogEntry]] = {}
        self._options: dict[str, list[Option]] = {}
        self._names: dict[str, Mapping[str, str]] = {}

    def means(self, name: str, written: str) -> str:
        """What the value is here, in words; "" if nothing goes by that name."""
        if name in CATALOGS:
            key = catalog_key(written)
            found = next((one for one in self.entries(name) if key in set(one.spellings())), None)
            return str(found or self._assigned(name).get(key, ""))
        reading = Reading(self._office)
        try:
            self._table.by_name[name].read(written, reading, name)
        except ValueError:
            return ""
        value = reading.values.get("owner_email" if name == "owner" else name, "")
        labels = {option.value: option.label for option in self.options(name)}
        if name == "lead_type":
            return labels.get(str(value), "")
        return labels.get(str(value), str(value))

    def guess(self, name: str, written: str) -> str:
        """What it probably is; "" if nobody can know."""
        text = fold(written)
        if name == "status":
            for stage, words in _STAGE_WORDS.items():
                if text in words:
                    fitting = [one for one in self.entries(name) if _stage(one) == stage]
                    return str(fitting[0]) if fitting else ""
        if name == "owner":
            parts = set(text.replace(",", " ").split())
            fitting_owners = [
                option.value
                for option in self.options(name)
                if parts and parts <= set(fold(option.label).replace(",", " ").split())
            ]
            return fitting_owners[0] if len(fitting_owners) == 1 else ""
        return ""

    def _assigned(self, name: str) -> Mapping[str, str]:
        """What people have said once that unknown names mean."""
        if name not in self._names:
            self._names[name] = assigned_names(self._dealer, name)
        return self._names[name]

    def entries(self, name: str) -> list[CatalogEntry]:
        if name not in self._entries:
            rows = CATALOGS[name].objects.for_dealer(self._dealer).active()
            self._entries[name] = list(rows)
        return self._entries[name]

    def options(self, name: str) -> list[Option]:
        if name not in self._options:
            self._options[name] = list(self._find_options(name))
        return self._options[name]

    def _find_options(self, name: str) -> Iterable[Option]:
        if name in CATALOGS:
            return (Option(str(one), str(one)) for one in self.entries(name))
        if name in CHOICES:
            return (Option(str(v), str(label)) for v, label in CHOICES[name].choices if v)
        if name == "owner":
            members = Membership.objects.for_dealer(self._dealer).filter(is_active=True)
            users = {one.user for one in members.select_related("user") if one.user.is_active}
            named = ((one.email or one.username, str(one)) for one in users)
            return (Option(*pair) for pair in sorted(named, key=lambda pair: pair[1]))
        if name == "location":
            names = Location.objects.for_dealer(self._dealer).values_list("name", flat=True)
            return (Option(one, one) for one in names)
        types = LeadType.objects.for_dealer(self._dealer).active()
        return (Option(one.key, one.public_title) for one in types)


def _stage(entry: CatalogEntry) -> str:
    return str(getattr(entry, "stage", ""))
