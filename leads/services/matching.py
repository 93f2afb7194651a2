"""Who is writing? Customers are recognised by evidence, never by name alone (guide, §5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from django.db.models import Q
from django.utils.translation import gettext as _

from leads.models.contact import ContactData
from leads.models.customer import Customer
from leads.models.dealer import Dealer
from leads.models.keys import is_shared_mailbox
from leads.models.match_suggestion import MatchReason, MatchSuggestion
from leads.services import likeness
from leads.services.candidates import Candidate, Candidates, find_candidates, keys_of
from leads.services.drafts import ContactDraft, LeadDraft
from leads.services.forwarding import resolve_customers
from leads.services.inserting import append, blank, insert

# More candidates than these help nobody.
MAX_SUGGESTIONS = 3

_contact_of = attrgetter(*ContactData.CONTACT_FIELDS)


class UnknownCustomer(Exception):
    """A draft names a customer id that this dealer does not have; the door checks it before."""


@dataclass(frozen=True)
class Match:
    """The customer of one draft, and in words how it was found."""

    customer: Customer | None
    reason: str
    is_new: bool = False  # created for this draft


@dataclass(frozen=True)
class _Suggestion:
    """A customer, who it may be, and why."""

    customer: Customer
    candidate: Customer
    reason: MatchReason

    def turned_to_the_older(self) -> _Suggestion:
        """The candidate is the one who was there first."""
        if self.candidate.pk < self.customer.pk:
            return self
        return _Suggestion(self.candidate, self.customer, self.reason)


def match_customers(dealer: Dealer, drafts: Sequence[LeadDraft], *, now: datetime) -> list[Match]:
    """The customer of each draft, in the same order; new ones are stored here.

    Links by explicit id, by the bank's number, by an e-mail that exactly one customer has and
    that is not a shared mailbox, by phone with a similar last name unless the first names are
    those of two people. Weaker evidence creates a customer and suggests the others, strongest
    first. A draft without any contact data has no customer. What is known of a customer that
    became part of another leads to that one; those in the bin are not found.

    Contact data of a draft never change the customer. Raises UnknownCustomer. Must run under the
    dealer's lock, or two batches could create the same person twice. The number of queries does
    not depend on the number of drafts, nor their cost on that of customers.
    """
    named = {draft.customer_id for draft in drafts if draft.customer_id}
    by_id = resolve_customers(dealer, named) if named else {}
    seen = [_unsaved_customer(dealer, draft.contact) for draft in drafts]
    known = find_candidates(dealer, seen)
    matches: list[Match] = []
    suggestions: list[_Suggestion] = []
    new = _("New customer.")
    for draft, customer in zip(drafts, seen, strict=True):
        match = _given(draft, by_id) or _find(draft, customer, known)
        if match is None:
            match = Match(customer, new, is_new=True)
            suggestions += _suggest(customer, known)
            known.add(customer)
            known.leave_number_in_bin(customer)
            customer.set_search_text()
        matches.append(match)
    insert(Customer, [one.customer for one in matches if one.is_new and one.customer])
    _store_suggestions(suggestions, now=now)
    return matches


def suggest_duplicates(
    dealer: Dealer,
    customers: Sequence[Customer],
    *,
    now: datetime,
    known: Candidates | None = None,
) -> int:
    """Suggest who the stored customers may be; how many suggestions are new.

    For customers that were created or changed by themselves: here nobody is linked. A pair that
    was suggested before, in either order, is not suggested again, least of all if somebody has
    called the two different. `known`: who shares something with them, if that was looked up.
    """
    known = find_candidates(dealer, customers) if known is None else known
    found = [one for customer in customers for one in _suggest(customer, known)]
    if not found:
        return 0
    pks = {one.customer.pk for one in found}
    rows = MatchSuggestion.objects.for_dealer(dealer)
    before = rows.filter(Q(customer__in=pks) | Q(candidate__in=pks))
    pairs = {frozenset(pair) for pair in before.values_list("customer", "candidate")}
    new = []
    for one in found:
        pair = frozenset((one.customer.pk, one.candidate.pk))
        if pair not in pairs:
            pairs.add(pair)
            new.append(one.turned_to_the_older())
    _store_suggestions(new, now=now)
    return len(new)


def _unsaved_customer(dealer: Dealer, contact: ContactDraft) -> Customer:
    said = dict(zip(ContactData.CONTACT_FIELDS, _contact_of(contact), strict=True))
    customer = blank(Customer, dealer_id=dealer.pk, external_number=contact.external_number, **said)
    customer.country = contact.country or "DE"
    customer.set_matching_forms()
    return customer


# --- linking --------------------------------------------------------------------------------------


def _given(draft: LeadDraft, by_id: dict[int, Customer]) -> Match | None:
    if not draft.customer_id:
        return None
    if draft.customer_id not in by_id:
        raise UnknownCustomer(draft.customer_id)
    return Match(by_id[draft.customer_id], _("Customer given by the sender."))


def _find(draft: LeadDraft, seen: Customer, known: Candidates) -> Match | None:
    match = recognise(seen, known)
    if match is None and draft.contact.is_empty:
        return Match(None, _("No contact data."))
    return match


def recognise(seen: Customer, known: Candidates) -> Match | None:
    """Who this is: by number, e-mail or phone; None: nobody can tell."""
    if same_number := known.sharing(("number", seen.external_number)):
        return Match(same_number[0].customer, _("Customer number is the same."))
    same_email = _customers(known.sharing(("email", seen.email_key)))
    if len(same_email) == 1 and not is_shared_mailbox(seen.email_key):
        return Match(same_email[0], _("E-mail is the same."))
    for one in known.sharing(*(key for key in keys_of(seen) if key[0] == "phone")):
        if not likeness.similar_last_name(seen, one.row):
            continue
        if likeness.names_swapped(seen, one.row):
            return Match(one.customer, _("Phone is the same, first and last name are swapped."))
        if not likeness.other_first_name(seen, one.row):
            return Match(one.customer, _("Phone is the same, name is similar."))
    return None


def _customers(candidates: Iterable[Candidate]) -> list[Customer]:
    """Each customer once, also if several rows became part of it."""
    return list({id(one.customer): one.customer for one in candidates}.values())


# --- suggesting -----------------------------------------------------------------------------------


def _has_same_email(one: Customer, other: Customer) -> bool:
    return likeness.shares_email(one, other) and not is_shared_mailbox(one.email_key)


def _has_same_mailbox(one: Customer, other: Customer) -> bool:
    return likeness.shares_email(one, other) and is_shared_mailbox(one.email_key)


def _has_similar_name(one: Customer, other: Customer) -> bool:
    if not likeness.shares_phone(one, other) or likeness.other_first_name(one, other):
        return False
    return likeness.similar_last_name(one, other)


def _has_other_name(one: Customer, other: Customer) -> bool:
    return likeness.shares_phone(one, other) and not likeness.similar_last_name(one, other)


def _is_namesake_nearby(one: Customer, other: Customer) -> bool:
    return likeness.same_name(one, other) and likeness.shares_address(one, other)


# The strongest first; the first that holds is the reason that is shown.
_EVIDENCE: tuple[tuple[MatchReason, Callable[[Customer, Customer], bool]], ...] = (
    (MatchReason.SAME_EMAIL_SEVERAL, _has_same_email),
    (MatchReason.SAME_SHARED_MAILBOX, _has_same_mailbox),
    (MatchReason.SAME_PHONE, _has_similar_name),
    (MatchReason.SAME_PHONE_OTHER_NAME, _has_other_name),
    (MatchReason.SAME_NAME_AND_ADDRESS, _is_namesake_nearby),
    (MatchReason.SAME_HOUSEHOLD, likeness.same_household),
    (MatchReason.SAME_COMPANY, likeness.same_company),
    (MatchReason.NAMES_SWAPPED, likeness.names_swapped),
    (MatchReason.SIMILAR_NAME_AND_PLACE, likeness.sounds_alike_nearby),
    (MatchReason.SAME_NAME, likeness.same_name),
)


def _suggest(seen: Customer, known: Candidates) -> list[_Suggestion]:
    """The strongest few; each candidate once, with its strongest reason."""
    ranked = []
    for one in known.sharing(*keys_of(seen)):
        if one.customer is seen or (seen.pk and one.customer.pk == seen.pk):
            continue
        ranks = (rank for rank, (_why, holds) in enumerate(_EVIDENCE) if holds(seen, one.row))
        if (strongest := next(ranks, None)) is not None:
            ranked.append((strongest, one.customer))
    ranked.sort(key=lambda pair: pair[0])  # stable: among equals the newest comes first
    chosen: dict[int, _Suggestion] = {}
    for rank, customer in ranked:
        chosen.setdefault(id(customer), _Suggestion(seen, customer, _EVIDENCE[rank][0]))
    return list(chosen.values())[:MAX_SUGGESTIONS]


# --- storing --------------------------------------------------------------------------------------


def _store_suggestions(suggestions: Iterable[_Suggestion], *, now: datetime) -> None:
    rows = []
    for one in suggestions:
        row = blank(MatchSuggestion)
        row.dealer_id, row.reason, row.created_at = one.customer.dealer_id, one.reason, now
        row.customer, row.candidate = one.customer, one.candidate
        rows.append(row)
    append(MatchSuggestion, rows)
