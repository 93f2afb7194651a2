"""A lead as clients see it: the names of a request, null where nothing is known.

Left out on purpose, since each needs a right that no key has: results of credit pre-checks and
whatever tells them, and the evidence of consents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from leads.models.catalog import Stage
from leads.models.intake import Outcome
from leads.models.lead import Grade, Lead
from leads.models.warning import WarningCode, shown_warnings, warning_text
from leads.services.drafts import LeadDraft, Receipt

# What a list or detail joins; a list of leads costs three queries, however long it is.
JOINED = (
    "status",
    "source",
    "category",
    "location",
    "owner",
    "customer",
    "vehicle",
    "lead_type",
    "close_reason",
)


class Text(serializers.CharField):
    """Empty text is null: nothing is known."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, allow_null=True, **options)

    def to_representation(self, value: Any) -> Any:
        return str(value) or None


class Amount(serializers.DecimalField):
    def __init__(self, **options: Any) -> None:
        super().__init__(
            max_digits=11, decimal_places=2, read_only=True, allow_null=True, **options
        )


class Number(serializers.IntegerField):
    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, allow_null=True, **options)


class Flag(serializers.BooleanField):
    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, **options)


class Day(serializers.DateField):
    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, allow_null=True, **options)


class Moment(serializers.DateTimeField):
    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, allow_null=True, **options)


class LeadContactSerializer(serializers.Serializer):
    salutation = Text()
    title = Text()
    first_name = Text()
    last_name = Text()
    name = Text(source="full_name", help_text=_("First and last name and company in one."))
    company = Text()
    email = Text()
    phone = Text()
    mobile = Text()


class LeadAddressSerializer(serializers.Serializer):
    street = Text()
    postal_code = Text()
    city = Text()
    country = Text()


class LeadCustomerSerializer(serializers.Serializer):
    id = Number()
    name = Text(source="full_name")


class LeadVehicleSerializer(serializers.Serializer):
    """The car as the customer saw it, and what is known of the stock car."""

    id = Number(source="vehicle.id", help_text=_("The stock car, if it is known here."))
    name = Text(source="vehicle_name")
    price = Amount(source="vehicle_price")
    offer_number = Text()
    internal_number = Text(source="vehicle.internal_number")
    vin = Text(source="vehicle.vin")
    make = Text(source="vehicle.make")
    model = Text(source="vehicle.model")
    variant = Text(source="vehicle.variant")
    condition = Text(source="vehicle.condition")
    first_registration = Text(source="vehicle.first_registration")
    mileage_km = Number(source="vehicle.mileage_km")
    power_kw = Number(source="vehicle.power_kw")
    fuel = Text(source="vehicle.fuel")
    url = Text(source="vehicle.url")


class LeadWishesSerializer(serializers.Serializer):
    test_drive = Flag(source="test_drive_wished")
    test_drive_on = Day()
    test_drive_time = Text()
    callback = Flag(source="callback_wished")
    callback_from = Moment()
    callback_to = Moment()
    trade_in = Flag(source="trade_in_wished")
    reservation = Flag(source="reservation_hint")
    finance_kind = Text()
    finance_interest = Flag(allow_null=True)
    down_payment = Amount()
    term_months = Number()
    annual_mileage_km = Number()
    final_payment = Amount()
    monthly_rate = Amount()
    contract_number = Text()
    contract_ends_on = Day()
    preferred_channel = Text()
    preferred_time = Text()


class LeadEnquiriesSerializer(serializers.Serializer):
    count = serializers.IntegerField(source="enquiry_count", read_only=True)
    last_at = Moment(source="last_enquired_at")


class WarningSerializer(serializers.Serializer):
    """Something odd that did not stop the lead."""

    code = serializers.ChoiceField(WarningCode.choices, read_only=True)
    field = Text(help_text=_("Where it stood in the request."))
    message = serializers.CharField(read_only=True)


class LeadSerializer(serializers.Serializer):
    id = serializers.IntegerField(read_only=True)
    version = serializers.IntegerField(
        read_only=True, help_text=_("Counted up with every change; part of the ETag.")
    )
    number = serializers.CharField(read_only=True, help_text=_("The number people use."))
    external_id = Text(help_text=_("The sender's own number."))
    sender = Text(help_text=_("The system that the lead came from."))
    subject = serializers.CharField(read_only=True)
    contact = LeadContactSerializer(source="*", read_only=True)
    customer = LeadCustomerSerializer(read_only=True, allow_null=True)
    address = LeadAddressSerializer(source="*", read_only=True)
    status = Text(source="status.name")
    stage = serializers.ChoiceField(
        Stage.choices,
        read_only=True,
        source="status.stage",
        help_text=_("Where the status stands in the sale; the same for every dealer."),
    )
    is_open = Flag(source="status.is_open")
    source = Text(source="source.name")  # type: ignore[assignment]
    category = Text(source="category.name")
    tags = serializers.SerializerMethodField()
    location = Text(source="location.name")
    lead_type = serializers.SerializerMethodField(help_text=_("Id of the lead type."))
    lead_type_title = serializers.SerializerMethodField()
    owner = Text(source="owner.email", help_text=_("E-mail of the colleague in charge."))
    message = Text()
    urgency = Text()
    expected_value = Amount()
    probability = Number(help_text=_("Percent."))
    budget_from = Amount()
    budget_to = Amount()
    expected_close_on = Day()
    desired_start_on = Day()
    follow_up_at = Moment()
    campaign = Text()
    vehicle = LeadVehicleSerializer(source="*", read_only=True)
    wishes = LeadWishesSerializer(source="*", read_only=True)
    custom_values = serializers.DictField(read_only=True)
    is_test = Flag()
    is_spam = Flag(help_text=_("Suspected."))
    score = serializers.IntegerField(read_only=True, help_text=_("0 to 100."))
    grade = serializers.ChoiceField(Grade.choices, read_only=True)
    enquired_at = Moment(help_text=_("When the customer asked."))
    received_at = Moment(help_text=_("When it arrived here."))
    enquiries = LeadEnquiriesSerializer(
        source="*", read_only=True, help_text=_("How often this person has asked about it.")
    )
    last_activity_at = Moment()
    first_response_at = Moment()
    closed_at = Moment()
    close_reason = Text(source="close_reason.name")
    updated_at = Moment()
    deleted_at = Moment(
        help_text=_("Null, unless an enquiry came for a lead that lies in the bin.")
    )
    warnings = serializers.SerializerMethodField()

    def get_tags(self, lead: Lead) -> list[str]:
        return [tag.name for tag in lead.tags.all()]

    def get_lead_type(self, lead: Lead) -> str | None:
        """None too where the id would tell the result of a pre-check."""
        if lead.lead_type is None or lead.lead_type.precheck:
            return None
        return lead.lead_type.key

    def get_lead_type_title(self, lead: Lead) -> str | None:
        return str(lead.lead_type) if lead.lead_type else None

    @extend_schema_field(WarningSerializer(many=True))
    def get_warnings(self, lead: Lead) -> list[dict[str, str | None]]:
        return show_warnings(lead.warnings)


class ReceivedLeadSerializer(LeadSerializer):
    """The answer to a POST, PUT or PATCH, for the OpenAPI document: the lead, and what became of
    the request. `show_received` makes it."""

    outcome = serializers.ChoiceField(
        Outcome.of_requests(), read_only=True, help_text=_("What became of the request.")
    )


def show_lead(lead: Lead) -> dict[str, Any]:
    """The lead as clients see it; no query if what JOINED names and the tags are loaded."""
    return _lead_serializer().to_representation(lead)


def show_received(receipt: Receipt, draft: LeadDraft) -> dict[str, Any]:
    """The answer to a change."""
    shown = show_lead(receipt.lead)
    shown["warnings"] = warnings_of(receipt, draft)
    return {**shown, "outcome": receipt.outcome}


def warnings_of(receipt: Receipt, draft: LeadDraft) -> list[dict[str, str | None]]:
    """What is odd about the request as well, of which the lead keeps what is true of itself."""
    said = list(receipt.lead.warnings)
    for warning in (*draft.warnings, *receipt.warnings):
        if warning.as_json() not in said:
            said.append(warning.as_json())
    return show_warnings(said)


def show_warnings(warnings: Sequence[Mapping[str, str]]) -> list[dict[str, str | None]]:
    return [
        {
            "code": warning["code"],
            "field": warning.get("field") or None,
            "message": warning_text(warning),
        }
        for warning in shown_warnings(warnings, sees_creditworthiness=False)
    ]


@cache
def _lead_serializer() -> LeadSerializer:
    """One for all: it holds nothing of a lead, and a new one copies its hundred fields."""
    return LeadSerializer()
