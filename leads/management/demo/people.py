"""The customers of the demo, some of them twice."""

from dataclasses import dataclass
from random import Random

from leads.management.demo import words
from leads.management.demo.office import Office
from leads.models import Customer, Location, MatchReason

_DOMAINS = ("example.org", "example.com", "example.de")
_LANDLINES = ("030 23125", "040 66969", "069 90009", "0221 4710", "089 99998")
# The sample page of the simulator uses the other numbers of these ranges.
_LANDLINE_ENDINGS = (*range(100), *range(810, 1000))
_MOBILES = (
    *(f"0171 39200{ending:02d}" for ending in range(80, 100)),
    *(f"0176 040690{ending:02d}" for ending in range(85, 100)),
    *("0152 28817386", "0152 28895456", "0152 54599371", "0172 9925904", "0172 9968532"),
    *("0172 9973185", "0172 9973186", "0172 9980752", "0174 9091317", "0174 9464308"),
)
_PLAIN = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ç": "c", "ğ": "g", "ş": "s", "ı": "i"}
    | {"é": "e", "ë": "e", "ł": "l", "ń": "n", "ś": "s", "ó": "o", "ż": "z"}
)


class Directory:
    """Hands out phone numbers and addresses, each once."""

    def __init__(self, rng: Random) -> None:
        landlines = [f"{area} {end:03d}" for area in _LANDLINES for end in _LANDLINE_ENDINGS]
        rng.shuffle(landlines)
        mobiles = list(_MOBILES)
        rng.shuffle(mobiles)
        self._free = {"phone": landlines, "mobile": mobiles}
        self._taken: set[str] = set()
        self._rng = rng

    def number(self, kind: str) -> str:
        """A number that nobody has yet; there are some 1,450 landlines and 45 mobiles."""
        return self._free[kind].pop()

    def email(self, *names: str) -> str:
        name = ".".join(filter(None, names)).lower().translate(_PLAIN).replace(" ", "")
        while True:
            email = f"{name}{self._rng.randrange(10, 100)}@{self._rng.choice(_DOMAINS)}"
            if email not in self._taken:
                self._taken.add(email)
                return email


@dataclass(frozen=True)
class Caller:
    """A customer and the location that is nearest to them."""

    customer: Customer
    location: Location


@dataclass(frozen=True)
class Double:
    """A customer who may be the same as another one."""

    customer: Customer
    original: Customer
    reason: MatchReason


def make_callers(
    office: Office, directory: Directory, rng: Random
) -> tuple[list[Caller], list[Double]]:
    """As many as the company has, not stored; some of them are there twice."""
    count = office.company.customers - len(_DOUBLES)
    callers = [_caller(office, directory, rng) for _ in range(count)]
    people = [one for one in callers if _is_complete(one.customer)]
    doubles = []
    for (reason, resemble), original in zip(
        _DOUBLES, rng.sample(people, len(_DOUBLES)), strict=True
    ):
        caller = Caller(_person(office, original.location, directory, rng), original.location)
        resemble(original.customer, caller.customer)
        doubles.append(Double(caller.customer, original.customer, reason))
        callers.append(caller)
    for caller in callers:
        caller.customer.set_keys()
    return callers, doubles


def _is_complete(customer: Customer) -> bool:
    return (
        bool(customer.first_name and customer.phone and customer.email and customer.street)
        and not customer.company
    )


def _caller(office: Office, directory: Directory, rng: Random) -> Caller:
    weights = range(2 * len(office.locations), 0, -2)  # the first location is the busiest
    location = rng.choices(office.locations, weights)[0]
    return Caller(_customer(office, location, directory, rng), location)


def _person(office: Office, near: Location, directory: Directory, rng: Random) -> Customer:
    """A customer with a name and all ways to reach them."""
    while not _is_complete(customer := _customer(office, near, directory, rng)):
        pass
    return customer


def _customer(office: Office, near: Location, directory: Directory, rng: Random) -> Customer:
    customer = Customer(dealer=office.dealer, last_name=rng.choice(words.LAST_NAMES))
    if rng.random() < 0.08:
        customer.company = rng.choice(words.COMPANIES).format(name=customer.last_name)
    _name(customer, rng)
    if rng.random() < 0.9:
        customer.email = directory.email(customer.first_name, customer.last_name or "kontakt")
    if not customer.email or rng.random() < 0.9:
        kind = "mobile" if rng.random() < 0.025 else "phone"
        setattr(customer, kind, directory.number(kind))
    if rng.random() < 0.85:
        house = f"{rng.randrange(1, 130)}{rng.choice(['', '', '', 'a'])}"
        customer.street = f"{rng.choice(words.STREETS)} {house}"
        customer.postal_code, customer.city = rng.choice(words.PLACES[near.postal_code])
    return customer


def _name(customer: Customer, rng: Random) -> None:
    if customer.company and rng.random() < 0.4:
        customer.last_name = ""  # only the company is known
        return
    customer.salutation = rng.choice(["ms", "mr"])
    customer.first_name = rng.choice(words.WOMEN if customer.salutation == "ms" else words.MEN)
    if rng.random() < 0.03:
        customer.title = rng.choice(["Dr.", "Prof. Dr.", "Dipl.-Ing."])


def _same_phone(original: Customer, double: Customer) -> None:
    """A couple with one telephone."""
    double.phone = original.phone


def _same_email(original: Customer, double: Customer) -> None:
    """A couple with one mailbox."""
    double.email, double.last_name = original.email, original.last_name


def _same_mailbox(original: Customer, double: Customer) -> None:
    original.email = double.email = f"info@{original.email.partition('@')[2]}"


def _same_name(original: Customer, double: Customer) -> None:
    """Perhaps the same person with a new number."""
    double.salutation, double.title = original.salutation, original.title
    double.first_name, double.last_name = original.first_name, original.last_name
    double.email = ""


def _same_address(original: Customer, double: Customer) -> None:
    _same_name(original, double)
    _move_in(original, double)


def _same_household(original: Customer, double: Customer) -> None:
    """A couple with one letter box."""
    _move_in(original, double)
    double.salutation = "mr" if original.salutation == "ms" else "ms"
    double.first_name = (words.MEN if double.salutation == "mr" else words.WOMEN)[0]
    double.title, double.last_name, double.email = "", original.last_name, ""


def _same_company(original: Customer, double: Customer) -> None:
    """A colleague, who leaves the legal form away."""
    original.company, double.company = "Gerüstbau Musterhoff GmbH & Co. KG", "Gerüstbau Musterhoff"
    double.postal_code, double.city = original.postal_code, original.city


def _names_swapped(original: Customer, double: Customer) -> None:
    _same_name(original, double)
    double.first_name, double.last_name = original.last_name, original.first_name


def _similar_name(original: Customer, double: Customer) -> None:
    """Somebody listened to the name and knows the place."""
    _same_name(original, double)
    double.last_name = f"{original.last_name}{original.last_name[-1]}"
    double.postal_code, double.city = original.postal_code, original.city


def _move_in(original: Customer, double: Customer) -> None:
    double.street, double.postal_code = original.street, original.postal_code
    double.city = original.city


_DOUBLES = (
    (MatchReason.SAME_PHONE_OTHER_NAME, _same_phone),
    (MatchReason.SAME_PHONE_OTHER_NAME, _same_phone),
    (MatchReason.SAME_EMAIL_SEVERAL, _same_email),
    (MatchReason.SAME_SHARED_MAILBOX, _same_mailbox),
    (MatchReason.SAME_NAME_AND_ADDRESS, _same_address),
    (MatchReason.SAME_HOUSEHOLD, _same_household),
    (MatchReason.SAME_COMPANY, _same_company),
    (MatchReason.NAMES_SWAPPED, _names_swapped),
    (MatchReason.SIMILAR_NAME_AND_PLACE, _similar_name),
    (MatchReason.SAME_NAME, _same_name),
)
