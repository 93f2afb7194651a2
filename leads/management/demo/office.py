"""The two dealers of the demo, their locations and the people who work there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time

from django.contrib.auth.hashers import make_password

from leads.models import (
    Dealer,
    Location,
    Membership,
    OpeningHours,
    Role,
    Severity,
    User,
    Weekday,
)

# Shown to everybody who starts the demo, which refuses to run outside of development.
PASSWORD = "Probefahrt-2026"  # noqa: S105


_WORKDAYS = (
    Weekday.MONDAY,
    Weekday.TUESDAY,
    Weekday.WEDNESDAY,
    Weekday.THURSDAY,
    Weekday.FRIDAY,
)
WITH_BREAK = {**dict.fromkeys(_WORKDAYS, ((8, 12), (13, 18))), Weekday.SATURDAY: ((9, 13),)}
LONG = {**dict.fromkeys(_WORKDAYS, ((8, 19),)), Weekday.SATURDAY: ((9, 16),)}


@dataclass(frozen=True)
class Place:
    """A location; `shares` says how the leads there are spread over user names."""

    name: str
    street: str
    postal_code: str
    city: str
    state: str
    phone: str
    shares: Mapping[str, int]
    bdk_partner_number: str = ""
    automanager_code: str = ""
    week: Mapping[Weekday, tuple[tuple[int, int], ...]] = field(  # full hours
        default_factory=lambda: WITH_BREAK
    )


@dataclass(frozen=True)
class Company:
    name: str
    email: str
    places: tuple[Place, ...]
    leads: int
    customers: int
    cars: int


COMPANIES = (
    Company(
        name="Autohaus Müller-Lüdenscheid GmbH & Co. KG",
        email="mueller-luedenscheid@example.de",
        leads=1300,
        customers=975,
        cars=95,
        places=(
            Place(
                name="Stammhaus Lüdenscheid",
                street="Altenaer Straße 210",
                postal_code="58507",
                city="Lüdenscheid",
                state="NW",
                phone="0221 4710 800",
                bdk_partner_number="0012345",
                automanager_code="LUEDEN",
                week=LONG,
                shares={"verkauf": 50, "finanzierung": 30, "beide": 12, "leitung": 8},
            ),
            Place(
                name="Zweigniederlassung Garmisch-Partenkirchen",
                street="Zugspitzstraße 44",
                postal_code="82467",
                city="Garmisch-Partenkirchen",
                state="BY",
                phone="089 99998 800",
                automanager_code="GARMI",
                shares={"verkauf": 45, "beide": 40, "leitung": 15},
            ),
        ),
    ),
    Company(
        name="Autozentrum Nordlicht GmbH",
        email="nordlicht@example.de",
        leads=700,
        customers=525,
        cars=55,
        places=(
            Place(
                name="Nordlicht Lübeck",
                street="Geniner Straße 120",
                postal_code="23560",
                city="Lübeck",
                state="SH",
                phone="040 66969 800",
                shares={"beide": 100},
            ),
            Place(
                name="Nordlicht Flensburg",
                street="Osterallee 75",
                postal_code="24941",
                city="Flensburg",
                state="SH",
                phone="040 66969 801",
                shares={"flensburg": 75, "beide": 25},
            ),
        ),
    ),
)


@dataclass(frozen=True)
class Person:
    """Someone who signs in; `works` names company, role and perhaps the only location."""

    username: str
    first_name: str
    last_name: str
    works: tuple[tuple[int, Role, str], ...] = ()
    sees_creditworthiness: bool = False
    told_of_findings_from: Severity | None = None


PEOPLE = (
    Person("verkauf", "Sabine", "Köhler", ((0, Role.SELLER, ""),)),
    Person(
        "leitung",
        "Jörg",
        "Brüggemann",
        ((0, Role.MANAGER, ""),),
        told_of_findings_from=Severity.ERROR,
    ),
    Person("verwaltung", "Ulrike", "Weiß", ((0, Role.ADMINISTRATOR, ""),)),
    Person("pruefung", "Dr. Anselm", "Groß", ((0, Role.AUDITOR, ""),)),
    Person(
        "finanzierung",
        "Aylin",
        "Şahin",
        ((0, Role.SELLER, ""),),
        sees_creditworthiness=True,
    ),
    Person("flensburg", "Malte", "Jürgensen", ((1, Role.SELLER, "Nordlicht Flensburg"),)),
    Person("beide", "Friederike", "Möller", ((0, Role.SELLER, ""), (1, Role.MANAGER, ""))),
    Person("betrieb", "Tomasz", "Wójcik"),
)


@dataclass
class Office:
    """One dealer as stored, for those who fill it."""

    company: Company
    dealer: Dealer
    locations: list[Location]
    staff: dict[str, User] = field(default_factory=dict)


def open_offices(companies: Sequence[Company]) -> list[Office]:
    """Store dealers, locations and people."""
    offices = []
    for company in companies:
        dealer = Dealer.objects.create(name=company.name, email=company.email)
        locations = Location.objects.bulk_create(
            Location(
                dealer=dealer,
                name=place.name,
                street=place.street,
                postal_code=place.postal_code,
                city=place.city,
                state=place.state,
                phone=place.phone,
                bdk_partner_number=place.bdk_partner_number,
                automanager_code=place.automanager_code,
            )
            for place in company.places
        )
        OpeningHours.objects.bulk_create(
            OpeningHours(
                dealer=dealer,
                location=location,
                weekday=weekday,
                opens=time(opens),
                closes=time(closes),
            )
            for location, place in zip(locations, company.places, strict=True)
            for weekday, hours in place.week.items()
            for opens, closes in hours
        )
        offices.append(Office(company, dealer, locations))
    _hire(offices)
    return offices


def _hire(offices: list[Office]) -> None:
    password = make_password(PASSWORD)  # slow by design, so once for all of them
    for person in PEOPLE:
        user = User.objects.create(
            username=person.username,
            email=f"{person.username}@example.org",
            first_name=person.first_name,
            last_name=person.last_name,
            password=password,
            is_staff=True,
            is_superuser=not person.works,
        )
        for company, role, only_location in person.works:
            office = offices[company]
            office.staff[user.username] = user
            membership = Membership.objects.create(
                dealer=office.dealer,
                user=user,
                role=role,
                sees_creditworthiness=person.sees_creditworthiness,
                told_of_findings_from=person.told_of_findings_from,
            )
            membership.locations.set(
                location for location in office.locations if location.name == only_location
            )
