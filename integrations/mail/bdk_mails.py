"""Mails of the BDK family: which lead type, told by sender and title (domain table, README.md)."""

from __future__ import annotations

from dataclasses import dataclass

from integrations import bdk_sources
from leads.models.keys import fold

VERSION = 1


@dataclass(frozen=True, slots=True)
class BdkType:
    key: str
    title: str
    description: str


_JUHU = "Neuer Interessent für eines Ihrer Fahrzeuge"
_PRECHECKED = "Eine Kreditvoreinschätzung wurde bereits durchgeführt"
_LIKELY = f"{_PRECHECKED}, eine Kreditzusage ist sehr wahrscheinlich."
_WEBSITE = "Ein neuer Interessent hat ein Fahrzeug über Ihre Website für"

# By sender. The senders of families 3, 5 and 8 are the same: the sender alone tells no type.
_TYPES: dict[str, tuple[BdkType, ...]] = {
    "noreply@juhu.auto": (
        BdkType("1a", "juhu.auto Standard", f"{_JUHU}."),
        BdkType("1b", "juhu.auto Probefahrt", f"{_JUHU} mit Probefahrtwunsch."),
        BdkType("1c", "juhu.auto Kreditvoreinschätzung durchgeführt", f"{_JUHU}. {_PRECHECKED}."),
        BdkType("1d", "juhu.auto positive Kreditvoreinschätzung", f"{_JUHU}. {_LIKELY}"),
        BdkType(
            "1e",
            "juhu.auto Probefahrt und positive Kreditvoreinschätzung",
            f"{_JUHU} mit Probefahrtwunsch. {_LIKELY}",
        ),
        BdkType("1f", "juhu.auto Rückrufbitte", f"{_JUHU} mit Rückrufwunsch."),
    ),
    "kundenkalkulator@bdk-bank.de": (
        BdkType(
            "2b", "DIGEO Kundenkalkulator Finanzierung", f"{_WEBSITE} Finanzierung kalkuliert."
        ),
        BdkType("2c", "DIGEO Kundenkalkulator Leasing", f"{_WEBSITE} Leasing kalkuliert."),
    ),
    "leadservice@bdk-bank.de": (
        BdkType("3a", "BDK Anfrage Neukunde", f"{_JUHU}."),
        BdkType("3b", "BDK Anfrage Bestandskunde", f"{_JUHU}."),
        BdkType(
            "3c",
            "BDK Vertragsauslauf Finanzierung",
            "Einer Ihrer Finanzierungsverträge läuft demnächst aus.",
        ),
        BdkType(
            "3d",
            "BDK Vertragsauslauf Leasing",
            "Einer Ihrer Leasingverträge läuft demnächst aus.",
        ),
        BdkType("5a", "BDK Kampagnenmanager", f"{_JUHU}."),
        BdkType(
            "8a",
            "Autoscout24 Positive Kreditvoreinschätzung",
            f"{_JUHU} mit positiver Kreditvoreinschätzung.",
        ),
        BdkType(
            "8b",
            "Autoscout24 Negative Kreditvoreinschätzung",
            f"{_JUHU} mit negativer Kreditvoreinschätzung.",
        ),
        BdkType(
            "8c",
            "Autoscout24 Ohne Kreditvoreinschätzung",
            f"{_JUHU} ohne Kreditvoreinschätzung.",
        ),
    ),
    "neuwagenkonfigurator@bdk-bank.de": (
        BdkType("6a", "Neuwagenkonfigurator Barkauf", f"{_WEBSITE} Barzahlung konfiguriert."),
        BdkType(
            "6b", "Neuwagenkonfigurator Finanzierung", f"{_WEBSITE} Finanzierung konfiguriert."
        ),
        BdkType("6c", "Neuwagenkonfigurator Leasing", f"{_WEBSITE} Leasing konfiguriert."),
    ),
    "info@ju-connect.org": (
        BdkType("7a", "ju-connect Standard", "Neue Kontaktanfrage: Jetzt reagieren!"),
        BdkType("7b", "ju-connect Probefahrt", "Neue Anfrage: Jetzt reagieren!"),
        BdkType(
            "7c",
            "ju-connect Kreditvoreinschätzung durchgeführt",
            "Neue Anfrage mit Finanzierungsprüfung - jetzt reagieren!",
        ),
        BdkType(
            "7d",
            "ju-connect positive Kreditvoreinschätzung",
            "Neue Anfrage mit Finanzierungswunsch - Nehmen Sie Kontakt auf!",
        ),
        BdkType(
            "7e",
            "ju-connect Probefahrt und positive Kreditvoreinschätzung",
            "Neue Fahrzeugreservierung - Jetzt schnell reagieren!",
        ),
        BdkType(
            "7f",
            "ju-connect Rückrufbitte",
            "Neue Anfrage mit Finanzierungswunsch - Jetzt schnell reagieren!",
        ),
    ),
}


def is_from_bdk(sender: str) -> bool:
    """Whether one of the family's addresses has sent it; what it is, only its title tells."""
    return sender in _TYPES


def type_of(sender: str, subject: str, text: str) -> str:
    """The id of the type ("1b"), or "" if the title is not one of this sender's.

    The longest title that occurs counts, in the subject before the text: some titles begin like
    others. Descriptions count where only one type of the sender has them.
    """
    types = _TYPES.get(sender, ())
    descriptions = [fold(one.description) for one in types]
    single = [one for one in types if descriptions.count(fold(one.description)) == 1]
    for place in (fold(subject), fold(text[:5000])):
        found = [(len(one.title), one.key) for one in types if fold(one.title) in place]
        if not found:
            found = [
                (len(one.description), one.key) for one in single if fold(one.description) in place
            ]
        if found:
            return max(found)[1]
    return ""


def source_of(sender: str, key: str) -> str:
    """Our source for the type; for an unknown one, that of the sender if it has only one."""
    families = {key[:1]} if key else {one.key[:1] for one in _TYPES.get(sender, ())}
    return bdk_sources.source_of(families.pop() if len(families) == 1 else "")


def known_types() -> dict[str, tuple[str, str, str]]:
    """By id: (title, description, sender)."""
    return {
        one.key: (one.title, one.description, sender)
        for sender, types in _TYPES.items()
        for one in types
    }
