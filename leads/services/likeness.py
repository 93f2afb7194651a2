"""How alike two customers are: the single observations that matching draws its conclusions from.

Every function looks at two customers whose matching forms are set, asks nothing of the database,
and says the same whichever of the two comes first.
"""

from __future__ import annotations

from rapidfuzz.distance import Levenshtein, Prefix

from leads.models.customer import Customer
from leads.models.identity import name_words, office_domain
from leads.models.keys import fold
from leads.models.phonetics import cologne_code

# Two names are the same person's from here on (share of letters that stay): "Meier"/"Meyer" is
# 0.8, "Größling"/"Groessling" 1, "Schmidt"/"Schmitz" 0.71.
SIMILAR_NAME = 0.8
# Two first names that sound alike and begin and end alike need less: "Stefan"/"Stephan" is 0.71.
_SIMILAR_SOUND = 0.65
# The code of a name must say something: "5" is Li, Lau and Ehle.
_SHORTEST_SOUND = 2
# "Max" may be short for "Maximilian", but "Jan" is not short for "Janine".
_SHORTEST_NICKNAME, _LEFT_OUT_BY_NICKNAME = 3, 4


def shares_phone(one: Customer, other: Customer) -> bool:
    phones = {one.phone_key, one.mobile_key} - {""}
    return bool(phones & {other.phone_key, other.mobile_key})


def shares_email(one: Customer, other: Customer) -> bool:
    return bool(one.email_key) and one.email_key == other.email_key


def shares_address(one: Customer, other: Customer) -> bool:
    return bool(one.address_key) and one.address_key == other.address_key


def same_name(one: Customer, other: Customer) -> bool:
    """The whole name, in any order and whatever field it stands in."""
    return _equal(one.name_key, other.name_key) or _equal(one.person_key, other.person_key)


def names_swapped(one: Customer, other: Customer) -> bool:
    """First and last name change places: "Max Mustermann" here, "Mustermann, Max", "Mustermann
    Max" or "Mustermann M." there."""
    if _equal(one.person_key, other.person_key):
        return name_words(one.name_key) != name_words(other.name_key)
    first, last = fold(one.first_name), fold(one.last_name)
    others_first, others_last = fold(other.first_name), fold(other.last_name)
    if not (first and last and others_first and others_last):
        return False
    return (_alike(last, others_first) and _same_first_name(first, others_last)) or (
        _alike(first, others_last) and _same_first_name(last, others_first)
    )


def similar_last_name(one: Customer, other: Customer) -> bool:
    """Spelled or sounding alike, or together with the first name the same words; companies by
    their names."""
    if same_name(one, other) or names_swapped(one, other):
        return True
    if not one.last_name and not other.last_name and _equal(one.company_key, other.company_key):
        return True
    mine, theirs = fold(one.last_name or one.company), fold(other.last_name or other.company)
    return _alike(mine, theirs) or _sound_alike(one, other)


def sounds_alike_nearby(one: Customer, other: Customer) -> bool:
    """A last name that sounds alike, with the same postal code, and no other first name."""
    if not one.postal_code or one.postal_code != other.postal_code:
        return False
    return _sound_alike(one, other) and not other_first_name(one, other)


def same_household(one: Customer, other: Customer) -> bool:
    """Another person of the same family: last name and home or phone are the same."""
    if not (shares_address(one, other) or shares_phone(one, other)):
        return False
    return similar_last_name(one, other) and other_first_name(one, other)


def same_company(one: Customer, other: Customer) -> bool:
    """The name without its legal form, and the place or the domain of its own."""
    if not _equal(one.company_key, other.company_key):
        return False
    domains = office_domain(one.email_key), office_domain(other.email_key)
    return _equal(one.postal_code, other.postal_code) or _equal(*domains)


def other_first_name(one: Customer, other: Customer) -> bool:
    """Whether both first names are known and are clearly those of two people. Swapped names,
    initials, further and short names may be one person's; "Daniel" and "Daniela" may not."""
    if names_swapped(one, other):
        return False
    names = name_words(one.first_name), name_words(other.first_name)
    shorter, longer = sorted(names, key=len)
    # "Hans" and "Hans Peter" may be one, "Hans Peter" and "Hans Georg" are not.
    return not all(any(_same_first_name(a, b) for b in longer) for a in shorter)


def _same_first_name(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    if shorter == longer or (len(shorter.rstrip(".")) == 1 and longer[0] == shorter[0]):
        return True
    left_out = len(longer) - len(shorter)
    is_nickname = len(shorter) >= _SHORTEST_NICKNAME and left_out >= _LEFT_OUT_BY_NICKNAME
    if is_nickname and longer.startswith(shorter):
        return True
    if _differ_in_gender(shorter, longer):
        return False
    if shorter[0] == longer[0] and shorter[-1] == longer[-1]:
        sound = cologne_code(shorter)
        return _equal(sound, cologne_code(longer)) and _alike(shorter, longer, _SIMILAR_SOUND)
    return _alike(shorter, longer)


def _differ_in_gender(shorter: str, longer: str) -> bool:
    """ "Daniel"/"Daniela", "Mario"/"Maria", "Simon"/"Simone": alike but for the last letter."""
    begin = Prefix.similarity(shorter, longer)
    is_same_but_end = begin >= len(shorter) - 1 and len(longer) - begin == 1
    return is_same_but_end and (shorter[-1] in "ae" or longer[-1] in "ae")


def _sound_alike(one: Customer, other: Customer) -> bool:
    code = one.phonetic_key
    return len(code) >= _SHORTEST_SOUND and code == other.phonetic_key


def _alike(one: str, other: str, least: float = SIMILAR_NAME) -> bool:
    if not one or not other:
        return False
    return Levenshtein.normalized_similarity(one, other, score_cutoff=least) >= least


def _equal(one: str, other: str) -> bool:
    """Both are known and the same."""
    return bool(one) and one == other
