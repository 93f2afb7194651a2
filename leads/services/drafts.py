"""What every channel turns its messages into before they are received.

Nobody changes a draft once it is made; `replace` makes another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar, dataclass_transform

from leads.models.lead import Lead
from leads.models.warning import WarningCode

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DraftWarning:
    """Something odd that does not stop the lead; `value` is what came, `field` where."""

    code: WarningCode
    value: str = ""
    field: str = ""

    def as_json(self) -> dict[str, str]:
        return {"code": self.code.value, "value": self.value, "field": self.field}


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def _draft(kind: type[T]) -> type[T]:
    """A dataclass that is frozen for the type checker alone: at run time that makes seventy fields
    four times as dear, and each row of a list is a draft."""
    return dataclass(kw_only=True, slots=True)(kind)


@_draft
class ContactDraft:
    """Contact data as written; "" means not said. Names follow ContactData."""

    salutation: str = ""  # Salutation
    title: str = ""
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    email: str = ""  # already checked: an address or ""
    phone: str = ""
    mobile: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""  # ISO 3166 alpha-2
    external_number: str = ""  # the bank's number of this customer: an explicit id

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing that a customer could be made of."""
        return not any(
            [self.first_name, self.last_name, self.company, self.email, self.phone, self.mobile]
        )


@_draft
class VehicleDraft:
    """The car as the customer saw it; "" and None mean not said. Price in EUR gross."""

    internal_number: str = ""
    vin: str = ""
    make: str = ""
    model: str = ""
    variant: str = ""
    condition: str = ""  # Vehicle.Condition
    first_registration: str = ""  # "2024-05"
    mileage_km: int | None = None
    power_kw: int | None = None
    fuel: str = ""
    price: Decimal | None = None
    url: str = ""
    offer_number: str = ""

    @property
    def name(self) -> str:
        return " ".join(filter(None, [self.make, self.model, self.variant]))


@_draft
class LeadDraft:
    """One enquiry in our words, not stored yet. "" and None mean: the sender did not say.

    `sender` and `external_id` name it at its sender; `number` is our own lead number where the
    sender gives it (an Excel list exported here). Catalogue entries, owner and location are
    given as people write them and resolved by `receive`. Money in EUR gross, probability in
    percent, datetimes aware.
    """

    sender: str
    external_id: str = ""
    version: int = 1
    content_hash: str = ""
    number: str = ""
    # True: this is all the sender knows, so an update clears what is no longer said.
    is_complete: bool = False
    # False: never becomes part of the same person's open lead (old lists, typed by hand).
    attaches: bool = True
    # False: unknown sources and statuses are not created, they wait among the assignments.
    creates_entries: bool = True
    # When the sender last changed it; what staff have set later than that stays. None: unknown,
    # then staff win.
    changed_at: datetime | None = None
    # The sender has seen the lead as it is now (If-Match), so its values win over staff's.
    overrides_staff: bool = False

    contact: ContactDraft = field(default_factory=ContactDraft)
    customer_id: int | None = None
    vehicle: VehicleDraft = field(default_factory=VehicleDraft)

    source: str = ""  # name, key or other spelling; likewise the next four
    status: str = ""
    category: str = ""
    close_reason: str = ""
    tags: tuple[str, ...] = ()
    location: str = ""  # name or BDK partner number
    owner_email: str = ""
    lead_type: str = ""  # id as received, trimmed and in lower case

    subject: str = ""
    message: str = ""
    note: str = ""
    urgency: str = ""  # Urgency
    expected_value: Decimal | None = None
    probability: int | None = None
    budget_from: Decimal | None = None
    budget_to: Decimal | None = None
    expected_close_on: date | None = None
    desired_start_on: date | None = None
    follow_up_at: datetime | None = None
    campaign: str = ""
    preferred_channel: str = ""  # ContactChannel
    preferred_time: str = ""

    # Wishes: None means not said, then the lead type decides.
    test_drive_wished: bool | None = None
    test_drive_on: date | None = None
    test_drive_time: str = ""
    callback_wished: bool | None = None
    callback_from: datetime | None = None
    callback_to: datetime | None = None
    trade_in_wished: bool | None = None
    precheck: str = ""  # Precheck
    finance_kind: str = ""  # FinanceKind
    finance_interest: bool | None = None
    down_payment: Decimal | None = None
    term_months: int | None = None
    annual_mileage_km: int | None = None
    final_payment: Decimal | None = None
    monthly_rate: Decimal | None = None
    effective_rate: Decimal | None = None
    contract_number: str = ""
    contract_ends_on: date | None = None

    consents: tuple[Mapping[str, Any], ...] = ()
    custom_values: Mapping[str, Any] = field(default_factory=dict)
    # Only for a change of a known lead: its columns that become empty ("tags": all that are not
    # named above), and tags that it loses.
    cleared: tuple[str, ...] = ()
    removed_tags: tuple[str, ...] = ()
    is_test: bool = False
    is_spam: bool = False  # suspected
    enquired_at: datetime | None = None  # when the customer asked; None: now
    received_at: datetime | None = None  # only for old lists, whose dates are kept; None: now
    warnings: tuple[DraftWarning, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """What became of one draft. `reasons` are sentences without personal data."""

    outcome: str  # Outcome
    lead: Lead
    reasons: tuple[str, ...] = ()
    # (field, before, after) of an update, for previews; values in display form.
    changes: tuple[tuple[str, str, str], ...] = ()
    # What is odd about an update, even if the lead did not change by it.
    warnings: tuple[DraftWarning, ...] = ()

    @property
    def is_new(self) -> bool:
        return self.outcome == "created"
