"""Who is writing? Customers are recognised by evidence, never by name alone (guide, §5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from rapidfuzz.distance import Levenshtein

from leads.models.contact import ContactData
from leads.models.customer import Customer
from leads.models.dealer import Dealer
from leads.models.keys import fold, is_shared_mailbox
from leads.models.match_suggestion import MatchReason, MatchSuggestion
from leads.services.drafts import ContactDraft, LeadDraft

# Two last names are the same person's from here on (share of letters that stay): "Meier"/"Meyer"
# is 0.8, "Größling"/"Groessling" 1, "Schmidt"/"Schmitz" 0.71.
SIMILAR_NAME = 0.8
# More candidates than these help nobody.
MAX_SUGGESTIONS = 3


class UnknownCustomer(Exception):
    """A draft names a customer id that this dealer does not have; the door checks it before."""


@dataclass(frozen=True)
class Match:
    """The customer of one draft, and in words how it was found."""

    customer: Customer | None
    reason: str


@dataclass
class _Index:
    """Customers by each kind of evidence; grows as new ones are found in the same batch."""

    by_id: dict[int, Customer] = field(default_factory=dict)
    by_number: dict[str, Customer] = field(default_factory=dict)
    by_email: dict[str, list[Customer]] = field(default_factory=lambda: defaultdict(list))
    by_phone: dict[str, list[Customer]] = field(default_factory=lambda: defaultdict(list))
    by_name: dict[str, list[Customer]] = field(default_factory=lambda: defaultdict(list))

    def add(self, customer: Customer) -> None:
        if customer.pk:
            if customer.pk in self.by_id:
                return
            self.by_id[customer.pk] = customer
        if customer.external_number:
            self.by_number[customer.external_number] = customer
        if customer.email_key:
            self.by_email[customer.email_key].append(customer)
        for key in {customer.phone_key, customer.mobile_key} - {""}:
            self.by_phone[key].append(customer)
        if customer.name_key:
            self.by_name[customer.name_key].append(customer)


def match_customers(dealer: Dealer, drafts: Sequence[LeadDraft], *, now: datetime) -> list[Match]:
    """The customer of each draft, in the same order; new ones are stored here.

    Links by explicit id, by the bank's number, by an e-mail that exactly one customer has and
    that is not a shared mailbox, by phone with a similar last name. Weaker evidence creates a
    customer and suggests the other one. A draft without any contact data has no customer.
    Raises UnknownCustomer. Must run under the dealer's lock, or two batches could create the
    same person twice. The number of queries does not depend on the number of drafts.
    """
    seen = [_unsaved_customer(dealer, draft.contact) for draft in drafts]
    index = _load(dealer, drafts, seen)
    matches: list[Match] = []
    new: list[Customer] = []
    suggestions: list[tuple[Customer, Customer, MatchReason]] = []
    for draft, customer in zip(drafts, seen, strict=True):
        match = _find(draft, customer, index)
        if match is None:
            new.append(customer)
            suggestions += _suggest(customer, index)
            index.add(customer)
            match = Match(customer, _("New customer."))
        matches.append(match)
    _store(dealer, new, suggestions, now=now)
    return matches


def _unsaved_customer(dealer: Dealer, contact: ContactDraft) -> Customer:
    customer = Customer(dealer=dealer, external_number=contact.external_number)
    for name in ContactData.CONTACT_FIELDS:
        setattr(customer, name, getattr(contact, name))
    customer.country = contact.country or "DE"
    customer.set_keys()
    return customer


def _load(dealer: Dealer, drafts: Sequence[LeadDraft], seen: Sequence[Customer]) -> _Index:
    """One query of six parts, each with its own index: an OR over all would not use any."""
    rows = Customer.objects.for_dealer(dealer).order_by()
    phones = {key for one in seen for key in (one.phone_key, one.mobile_key)}
    by_id = rows.filter(pk__in={draft.customer_id for draft in drafts if draft.customer_id})
    found = by_id.union(
        _having(rows, "external_number", {one.external_number for one in seen}),
        _having(rows, "email_key", {one.email_key for one in seen}),
        _having(rows, "phone_key", phones),
        _having(rows, "mobile_key", phones),
        _having(rows, "name_key", {one.name_key for one in seen}),
        all=True,
    )
    index = _Index()
    # The newest first: of several who fit equally well it is the one who asked last.
    for customer in sorted(found, key=lambda one: (one.created_at, one.pk), reverse=True):
        index.add(customer)
    return index


def _having(rows: QuerySet[Customer], column: str, values: Iterable[str]) -> QuerySet[Customer]:
    # Saying "not empty" once more lets both databases use the partial index.
    return rows.filter(~Q(**{column: ""}), **{f"{column}__in": {*values} - {""}})


def _find(draft: LeadDraft, seen: Customer, index: _Index) -> Match | None:
    if draft.customer_id:
        if draft.customer_id not in index.by_id:
            raise UnknownCustomer(draft.customer_id)
        return Match(index.by_id[draft.customer_id], _("Customer given by the sender."))
    if seen.external_number in index.by_number:
        return Match(index.by_number[seen.external_number], _("Customer number is the same."))
    if draft.contact.is_empty:
        return Match(None, _("No contact data."))
    same_email = index.by_email.get(seen.email_key, [])
    if len(same_email) == 1 and not is_shared_mailbox(seen.email_key):
        return Match(same_email[0], _("E-mail is the same."))
    for other in _same_phone(seen, index):
        if _similar_name(seen, other):
            return Match(other, _("Phone is the same, name is similar."))
    return None


def _same_phone(seen: Customer, index: _Index) -> list[Customer]:
    keys = {seen.phone_key, seen.mobile_key} - {""}
    return [customer for key in sorted(keys) for customer in index.by_phone.get(key, [])]


def _similar_name(one: Customer, other: Customer) -> bool:
    mine, theirs = fold(one.last_name or one.company), fold(other.last_name or other.company)
    if not mine or not theirs:
        return False
    return Levenshtein.normalized_similarity(mine, theirs) >= SIMILAR_NAME


def _suggest(seen: Customer, index: _Index) -> list[tuple[Customer, Customer, MatchReason]]:
    """The strongest few; the same candidate only once, with its strongest reason."""
    by_email = index.by_email.get(seen.email_key, [])
    shared = is_shared_mailbox(seen.email_key)
    email_reason = MatchReason.SAME_SHARED_MAILBOX if shared else MatchReason.SAME_EMAIL_SEVERAL
    evidence = [(other, email_reason) for other in by_email]
    evidence += [(other, MatchReason.SAME_PHONE_OTHER_NAME) for other in _same_phone(seen, index)]
    namesakes = index.by_name.get(seen.name_key, [])
    neighbours = [other for other in namesakes if _same_address(seen, other)]
    evidence += [(other, MatchReason.SAME_NAME_AND_ADDRESS) for other in neighbours]
    evidence += [(other, MatchReason.SAME_NAME) for other in namesakes]
    chosen: dict[int, tuple[Customer, Customer, MatchReason]] = {}
    for other, reason in evidence:
        chosen.setdefault(id(other), (seen, other, reason))
    return list(chosen.values())[:MAX_SUGGESTIONS]


def _same_address(one: Customer, other: Customer) -> bool:
    if not one.postal_code or not one.street:
        return False
    return one.postal_code == other.postal_code and fold(one.street) == fold(other.street)


def _store(
    dealer: Dealer,
    new: list[Customer],
    suggestions: list[tuple[Customer, Customer, MatchReason]],
    *,
    now: datetime,
) -> None:
    if new:
        Customer.objects.bulk_create(new)
        Customer.history.bulk_history_create(new, default_date=now)
    if suggestions:
        MatchSuggestion.objects.bulk_create(
            MatchSuggestion(
                dealer=dealer, customer=customer, candidate=other, reason=reason, created_at=now
            )
            for customer, other, reason in suggestions
        )
