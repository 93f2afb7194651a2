"""Matching forms of what people write: one spelling per e-mail, phone, name and search word.

Every key is compared for equality or by prefix in the database, so the same function must be
used when a row is stored and when it is looked for.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache

import phonenumbers
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

_GERMAN_FOLDS = str.maketrans(
    {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ø": "oe",
        "ł": "l",
        "ı": "i",
    }
)
# Draft, customer and lead of an enquiry ask for the same forms, those of a batch one after another.
_REMEMBERED = 4096

_BLANKS = re.compile(r"\s+")
# Control characters but line break and tab, lone surrogates, and what nobody sees: marks of the
# writing direction and blanks without width, which come along when text is copied from a phone.
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff"
    "\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)
_LETTER = re.compile(r"[^\W\d_]")
_EXTENSION = re.compile(r"(?:ext\.?|durchwahl|dw|app\.?)\s*\d+$", re.IGNORECASE)
# "oder", "und", "/" between blanks, "," and ";" separate two numbers; a bare "/" belongs to one.
# One blank on each side is enough: more of them would take quadratic time and are stripped anyway.
_BETWEEN_PHONES = re.compile(r"\s(?:oder|und|bzw\.?|or)\s|\s/\s|[,;|]|\n", re.IGNORECASE)
# "49 171 1234567", "491711234567": begins with the country code, but neither with "+" nor "00".
_BARE_COUNTRY_CODE = re.compile(r"\(?49")
_COUNTRY_CODE_ALONE = re.compile(r"\(?49\D")
# German area codes and numbers together have no more digits than these, without the first 0.
_NATIONAL_DIGITS = 11

# As phonenumbers calls them: all together, the frequent ones, the others.
_KINDS_OF_NUMBERS = (
    *("general_desc", "fixed_line", "mobile", "premium_rate", "toll_free", "shared_cost", "voip"),
    *("personal_number", "pager", "uan", "voicemail"),
)

# How nearly all numbers and addresses are written. What they mean is then plain, and asking the
# libraries would be a tenth of what a row of a list costs; a test holds that they would agree.
_PLAIN_NUMBER = re.compile(r"(?:0|\+49[ /-]?)([1-9][0-9 /()-]{3,30})")
_PLAIN_ADDRESS = re.compile(
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+([a-z]{2,})"
)
_LONGEST_PLAIN_ADDRESS = 64  # then no part of it is too long
_SPECIAL_DOMAINS = frozenset(name.rpartition(".")[2] for name in SPECIAL_USE_DOMAIN_NAMES)

# Mailboxes that many people read: the address says nothing about who is writing.
_SHARED_MAILBOXES = frozenset(
    {"anfrage", "anfragen", "autohaus", "buchhaltung", "buero", "contact", "einkauf"}
    | {"empfang", "fuhrpark", "hallo", "info", "kontakt", "mail", "noreply", "no-reply"}
    | {"office", "post", "rechnung", "sekretariat", "service", "team", "verkauf"}
    | {"verwaltung", "webmaster", "zentrale"}
)


def clean_text(text: str, *, multiline: bool = False) -> str:
    """Unicode NFC without NUL, lone surrogates and control characters; blanks at the ends go.

    Line breaks survive only in `multiline` text. PostgreSQL refuses NUL, so SQLite must too.
    """
    # Printable text has neither controls nor invisible signs, nor other blanks than the usual one.
    # So is nearly all that comes in; a row of a list asks some eighty times.
    if text.isprintable() and (text.isascii() or unicodedata.is_normalized("NFC", text)):
        text = text.strip()
        return text if multiline or "  " not in text else _BLANKS.sub(" ", text)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    # Normalised last: a character that goes may have stood between a letter and its accent.
    cleaned = unicodedata.normalize("NFC", _CONTROLS.sub("", text))
    return cleaned.strip() if multiline else _BLANKS.sub(" ", cleaned).strip()


@lru_cache(_REMEMBERED)
def catalog_key(name: str) -> str:
    """How names of statuses, sources, tags … are told apart (Anfragen guide, §6)."""
    return clean_text(name).casefold()


@lru_cache(_REMEMBERED)
def fold(text: str) -> str:
    """Lower case without umlauts and accents: "Größling", "Groessling" → "groessling"."""
    if text.isascii():  # nothing of what follows would change it
        return " ".join(text.lower().split())
    # NFKC first: "℡" and other signs that stand for capital letters become those letters.
    lowered = unicodedata.normalize("NFKC", text).casefold().translate(_GERMAN_FOLDS)
    decomposed = unicodedata.normalize("NFKD", lowered)
    bare = "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_GERMAN_FOLDS)
    return " ".join(bare.split())


@lru_cache(_REMEMBERED)
def email_key(text: str) -> str:
    """The address in the form used for look-ups, or "" if it is not an address."""
    if text.isascii() and len(text) <= _LONGEST_PLAIN_ADDRESS:
        plain = text.strip().lower()
        if (match := _PLAIN_ADDRESS.fullmatch(plain)) and match[1] not in _SPECIAL_DOMAINS:
            return plain
    try:
        checked = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return ""
    return checked.normalized.casefold()


def is_shared_mailbox(key: str) -> bool:
    """Whether an e-mail key belongs to an office rather than to a person (info@, verkauf@)."""
    return key.partition("@")[0] in _SHARED_MAILBOXES


@lru_cache(_REMEMBERED)
def phone_key(text: str) -> str:
    """The number in E.164 ("+493023125101"), or "" if it is not exactly one valid number.

    Numbers without a country code are read as German. Letters are refused before the library
    sees them, since it would read them as vanity digits. "49 171 …" has lost its "+", it is not
    one of the area code 0491; what could be read both ways has no key, since the wrong person
    would answer.
    """
    plain = _EXTENSION.sub("", text.strip()).strip()
    if not plain or _LETTER.search(plain):
        return ""
    number = _valid_number(plain)
    with_plus = _valid_number(f"+{plain}") if _BARE_COUNTRY_CODE.match(plain) else None
    if with_plus and with_plus != number:
        if number and not _lost_its_plus(plain, with_plus):
            return ""
        number = with_plus
    if number is None:
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_mobile(text: str) -> bool:
    """Whether this is one valid number that can only be a mobile one."""
    key = phone_key(text)
    if not key:
        return False
    kind = phonenumbers.number_type(phonenumbers.parse(key))
    return bool(kind == phonenumbers.PhoneNumberType.MOBILE)


def _lost_its_plus(text: str, with_plus: phonenumbers.PhoneNumber) -> bool:
    """Whether "49…" can only be the country code, although it might be an area code's begin."""
    return (
        _COUNTRY_CODE_ALONE.match(text) is not None
        or phonenumbers.number_type(with_plus) == phonenumbers.PhoneNumberType.MOBILE
        or sum(character.isdigit() for character in text) > _NATIONAL_DIGITS
    )


def _valid_number(text: str) -> phonenumbers.PhoneNumber | None:
    if match := _PLAIN_NUMBER.fullmatch(text):
        digits = "".join(filter(str.isdecimal, match[1]))
        if not _is_german_number(digits):
            return None
        return phonenumbers.PhoneNumber(country_code=49, national_number=int(digits))
    try:
        number = phonenumbers.parse(text, "DE")
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _is_german_number(digits: str) -> bool:
    """Whether there may be such a number; without its first 0. The library asks the same, but about
    all rare kinds of numbers before it comes to landlines and mobiles."""
    every, *kinds = _german_kinds()
    return _is_of(digits, every) and any(_is_of(digits, kind) for kind in kinds)


def _is_of(digits: str, kind: tuple[re.Pattern[str], frozenset[int]]) -> bool:
    pattern, lengths = kind
    return (not lengths or len(digits) in lengths) and pattern.fullmatch(digits) is not None


@cache
def _german_kinds() -> list[tuple[re.Pattern[str], frozenset[int]]]:
    """What the digits of all numbers and of each kind look like, and how many there are."""
    known = phonenumbers.PhoneMetadata.metadata_for_region("DE")
    return [
        (re.compile(kind.national_number_pattern), frozenset(kind.possible_length))
        for kind in (getattr(known, name) for name in _KINDS_OF_NUMBERS)
        if kind is not None and kind.national_number_pattern
    ]


def split_phones(text: str) -> list[str]:
    """The single numbers in a field that holds several: "030 1 oder 0176 2" → two texts."""
    return [part for part in map(str.strip, _BETWEEN_PHONES.split(text)) if part]


def display_phone(text: str) -> str:
    """A number as Germans write it ("0170 1234567"), foreign ones with their country code."""
    key = phone_key(text)
    if not key:
        return text
    number = phonenumbers.parse(key)
    form = (
        phonenumbers.PhoneNumberFormat.NATIONAL
        if number.country_code == 49
        else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )
    return phonenumbers.format_number(number, form)


def search_text(parts: Iterable[str]) -> str:
    """One folded text in which a row is found by a part of any word."""
    words = dict.fromkeys(folded for part in parts if (folded := fold(part)))
    return " ".join(words)[:1000]


def search_terms(query: str) -> list[str]:
    """The folded words that must all occur in a row's search text; at most eight."""
    return fold(query).split()[:8]
