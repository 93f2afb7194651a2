"""The leads of the demo: who asks, when, and how it came in."""

from collections.abc import Sequence
from datetime import UTC
from random import Random

from leads.management.demo import words
from leads.management.demo.catalogs import Catalogs
from leads.management.demo.channels import FALLEN_SILENT, ORIGINS, Origin
from leads.management.demo.enquiry import Enquiry
from leads.management.demo.office import Office
from leads.management.demo.people import Caller
from leads.management.demo.stock import Stock
from leads.management.demo.times import Calendar
from leads.management.demo.wishes import (
    category_key,
    expiring_contract,
    further_wishes,
    subject_and_message,
    wanted_car,
)
from leads.models import Channel, Lead
from leads.models.warning import WarningCode
from leads.services.drafts import DraftWarning

_DAYS = 365
_TEST_SHARE = 0.014  # of those that came by machine: one in a hundred of all
_UNREACHABLE = 3  # leads per company without any contact data


def make_enquiries(
    office: Office,
    callers: Sequence[Caller],
    stock: Stock,
    catalogs: Catalogs,
    calendar: Calendar,
    rng: Random,
) -> list[Enquiry]:
    """The company's leads of a year, oldest first and numbered, not stored; status and score
    are not decided yet."""
    again = office.company.leads - len(callers) - _UNREACHABLE
    asking: list[Caller | None] = [*callers, *rng.choices(callers, k=again)]
    asking += [None] * _UNREACHABLE
    drawn = [(caller, _days_ago(rng)) for caller in asking]
    dated = [(calendar.enquiry(days), days, caller) for caller, days in drawn]
    dated.sort(key=lambda one: one[0])
    known: set[int] = set()
    enquiries = []
    for at, days, caller in dated:
        enquiry = Enquiry(
            lead=Lead(dealer=office.dealer, enquired_at=at, received_at=at),
            caller=caller,
            origin=_origin(caller, days, rng),
            days_ago=days,
            is_first=id(caller) not in known,
        )
        known.add(id(caller))
        enquiries.append(enquiry)
        _write(enquiry, len(enquiries), stock, catalogs, calendar, rng)
    return enquiries


def _days_ago(rng: Random) -> int:
    """Business is growing, and today is a good day."""
    if rng.random() < 0.004:
        return 0
    return min(int(_DAYS * (1 - (1 - rng.random()) ** 0.8)), _DAYS - 1)


def _origin(caller: Caller | None, days_ago: int, rng: Random) -> Origin:
    """BDK knows a location by its number; the others get no leads from there."""
    known = caller is None or bool(caller.location.bdk_partner_number)
    origins = [origin for origin in ORIGINS if known or not origin.is_from_bdk]
    if caller is None:
        origins = [origin for origin in origins if origin.channel == Channel.API]
    silent, days = FALLEN_SILENT
    if days_ago <= days:
        origins = [origin for origin in origins if origin.source != silent]
    return rng.choices(origins, [origin.weight for origin in origins])[0]


def _write(
    enquiry: Enquiry,
    count: int,
    stock: Stock,
    catalogs: Catalogs,
    calendar: Calendar,
    rng: Random,
) -> None:
    lead = enquiry.lead
    _head(enquiry, count, catalogs, rng)
    _contact(enquiry, rng)
    if lead.contract_expiring:
        expiring_contract(enquiry, rng)
    elif enquiry.origin.channel != Channel.MANUAL or rng.random() < 0.6:
        wanted_car(enquiry, stock, rng)
    further_wishes(enquiry, calendar, rng)
    subject_and_message(enquiry, rng)
    _oddities(enquiry, catalogs, rng)
    lead.category = catalogs.categories.get(category_key(lead))
    lead.set_keys()


def _head(enquiry: Enquiry, count: int, catalogs: Catalogs, rng: Random) -> None:
    """Number, sender, source, location and type with what follows from it."""
    lead, origin, year = enquiry.lead, enquiry.origin, enquiry.lead.received_at.year
    lead.number = f"L-{year}-{count:06d}"
    lead.sender = origin.sender
    lead.external_id = origin.numbering.format(year=year, count=count)
    lead.source = catalogs.sources[origin.source]
    if enquiry.caller and (origin.is_from_bdk or rng.random() < 0.96):
        lead.location = enquiry.caller.location
    if not origin.types:
        lead.urgency = rng.choices(["low", "normal", "high", "immediate"], [6, 76, 14, 4])[0]
        return
    key = rng.choices(list(origin.types), list(origin.types.values()))[0]
    lead.lead_type = lead_type = catalogs.lead_types[key]
    lead.lead_type_raw, lead.lead_type_family = key, lead_type.family
    lead.urgency = lead_type.suggested_urgency
    for name in (
        "test_drive_wished",
        "callback_wished",
        "reservation_hint",
        "precheck",
        "finance_kind",
        "finance_interest",
        "customer_kind",
        "contract_expiring",
    ):
        setattr(lead, name, getattr(lead_type, name))


def _contact(enquiry: Enquiry, rng: Random) -> None:
    lead = enquiry.lead
    if enquiry.caller is None:
        return
    customer = lead.customer = enquiry.caller.customer
    for name in Lead.CONTACT_FIELDS:
        setattr(lead, name, getattr(customer, name))
    if lead.email and (lead.phone or lead.mobile) and rng.random() < 0.15:
        lead.preferred_channel = rng.choice(["phone", "email", "whatsapp"])
        lead.preferred_time = rng.choice(["", "nachmittags", "ab 17 Uhr", "vormittags"])
    if enquiry.origin.channel != Channel.MANUAL and rng.random() < 0.5:
        lead.consents = _consents(lead)


def _consents(lead: Lead) -> list[dict[str, object]]:
    granted_at = lead.enquired_at.astimezone(UTC).isoformat(timespec="seconds")
    given = [("CONTACT_PHONE", lead.phone or lead.mobile, "telefonisch")]
    given.append(("CONTACT_EMAIL", lead.email, "per E-Mail"))
    return [
        {
            "purpose": purpose.lower(),
            "granted": True,
            "granted_at": granted_at,
            "text": f"Ich möchte zu meiner Anfrage {way} kontaktiert werden.",
        }
        for purpose, address, way in given
        if address
    ]


def _oddities(enquiry: Enquiry, catalogs: Catalogs, rng: Random) -> None:
    """Test leads, and what senders get wrong."""
    lead = enquiry.lead
    if enquiry.origin.channel == Channel.MANUAL:
        return
    if rng.random() < _TEST_SHARE:  # nobody types a test lead by hand
        lead.is_test = True
        lead.message = words.MESSAGES["test"][0]
    odd = []
    if enquiry.origin.is_from_bdk and not (lead.phone or lead.mobile):
        odd.append((WarningCode.NO_PHONE, "", ""))
    if lead.email and lead.phone and rng.random() < 0.008:
        odd.append((WarningCode.EMAIL_INVALID, lead.email.replace("@", "(at)"), "email"))
        lead.email = ""
    if lead.postal_code and rng.random() < 0.004:
        lead.postal_code = f"D-{lead.postal_code}"
        odd.append((WarningCode.POSTAL_CODE_ODD, lead.postal_code, "postal_code"))
    if lead.vehicle_price and not lead.finance_kind and rng.random() < 0.006:
        odd.append((WarningCode.NUMBER_UNREADABLE, "auf Anfrage", "price"))
        lead.vehicle_price = None
    if lead.lead_type and lead.lead_type.key == "1a" and rng.random() < 0.02:
        lead.lead_type, lead.lead_type_raw, lead.lead_type_family = None, "9z", "9"
        lead.source = catalogs.sources["bdk_direct"]  # which the type would have told
        odd.append((WarningCode.TYPE_UNKNOWN, "9z", "lead_type"))
    if enquiry.caller is None:
        odd.append((WarningCode.NOT_CONTACTABLE, "", ""))
    lead.warnings = [DraftWarning(*one).as_json() for one in odd]
