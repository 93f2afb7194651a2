"""Matching forms of persons, companies and addresses: what stays the same however it is written.

Like those in keys.py they are compared for equality, so rows and look-ups use the same function.
"""

import re

from leads.models.keys import fold

_WORD = re.compile(r"[^\W_]+")
# "e. K.", "m.b.H.": single letters with dots between them are one word.
_SPELLED_OUT = re.compile(r"\b(\w)\. ?(?=\w\b)")
_NOT_OF_THE_NAME = frozenset({"herr", "frau", "dr", "prof", "dipl", "ing", "med"})
_LEGAL_FORMS = frozenset(
    {"ag", "co", "eg", "ek", "ekfm", "ekfr", "ev", "gbr", "gesmbh", "ggmbh", "gmbh", "kg"}
    | {"kgaa", "llc", "ltd", "mbh", "ohg", "partg", "partgmbb", "sarl", "se", "ug"}
    | {"haftungsbeschraenkt"}
)
_OWNER = frozenset({"inh", "inhaber", "inhaberin"})
_AND = frozenset({"u", "und"})

_COUNTRY_BEFORE_CODE = re.compile(r"^de?(?=\d{5}$)")
_NUMBER_SIGN = re.compile(r"\b(?:hausnr|nr)\b\.?")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[\W_]+(?=\d)")
_NO_LETTER = re.compile(r"[^\w-]|_|(?<!\d)-|-(?!\d)")
_SHORT_STREET = re.compile(r"str(?:\b\.?|(?=\d))")

# Mailboxes that anybody can have there: the domain says nothing about where somebody works.
_PUBLIC_DOMAINS = frozenset(
    {"aol.com", "arcor.de", "freenet.de", "gmail.com", "gmx.at", "gmx.ch", "gmx.de", "gmx.net"}
    | {"googlemail.com", "hotmail.com", "hotmail.de", "icloud.com", "live.com", "live.de"}
    | {"mail.de", "mailbox.org", "me.com", "online.de", "outlook.com", "outlook.de", "posteo.de"}
    | {"proton.me", "protonmail.com", "t-online.de", "web.de", "yahoo.com", "yahoo.de", "ymail.com"}
)


def name_words(name: str) -> list[str]:
    """ "Dr. Hans-Peter Groß" → ["hans", "peter", "gross"]."""
    return [word for word in _WORD.findall(fold(name)) if word not in _NOT_OF_THE_NAME]


def person_key(first_name: str, last_name: str) -> str:
    """The words of a name in alphabetical order, so that "Max Mustermann", "Mustermann, Max" and
    names in each other's field are one; "" for a single word, which is no whole name."""
    words = sorted(name_words(f"{first_name} {last_name}"))
    return " ".join(words) if len(words) > 1 else ""


def company_key(company: str) -> str:
    """ "Müller & Sohn GmbH & Co. KG, Inh. Max Müller" → "mueller sohn"."""
    words = _WORD.findall(_SPELLED_OUT.sub(r"\1", fold(company)))
    owner = next((place for place, word in enumerate(words) if word in _OWNER), len(words))
    named = words[:owner] or words[1:]
    kept = [word for word in named if word not in _LEGAL_FORMS and word not in _AND]
    return " ".join(kept)


def address_key(postal_code: str, street: str) -> str:
    """ "04109", "Käthe-Kollwitz-Str. 7 A" → "04109 kaethekollwitzstrasse7a"; "" unless both are
    known."""
    code = _COUNTRY_BEFORE_CODE.sub("", "".join(_WORD.findall(fold(postal_code))))
    way = _NUMBER_SIGN.sub(" ", _SHORT_STREET.sub("strasse ", fold(street)))
    way = _NO_LETTER.sub("", _BETWEEN_DIGITS.sub("-", way))
    return f"{code} {way}" if code and way else ""


def office_domain(email_key: str) -> str:
    """The domain of an e-mail key if it is somebody's own ("mueller-bau.de"), otherwise ""."""
    domain = email_key.rpartition("@")[2]
    return "" if domain in _PUBLIC_DOMAINS else domain
