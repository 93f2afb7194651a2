"""What a client may say about a lead. Shapes and lengths only; drafting.py gives them meaning."""

from __future__ import annotations

from typing import Any

from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from leads.api.fields import (
    AmountField,
    DayField,
    FlagField,
    LastingField,
    MomentField,
    Optional,
    PercentField,
    PlainValuesField,
    SparseSerializer,
    TextField,
    WholeNumberField,
    WordField,
)
from leads.models.contact import Salutation
from leads.models.vehicle import Vehicle
from leads.models.wishes import ContactChannel, FinanceKind, Urgency

_LONG_TEXT = 20_000  # characters


class ObjectSerializer(Optional, SparseSerializer):
    """A part of the body that may be missing or null."""

    default_error_messages = {"invalid": _("This must be an object.")}


class ContactSerializer(ObjectSerializer):
    """Who is asking, and how to reach them."""

    salutation = WordField(
        Salutation,
        {"herr": "mr", "frau": "ms", "divers": "diverse"},
        help_text=_("How to address the person."),
    )
    title = TextField(40, help_text=_("Academic title."))
    first_name = TextField(100)
    last_name = TextField(100)
    name = TextField(
        200, help_text=_("First and last name in one, where they are not known apart.")
    )
    company = TextField(200)
    email = TextField(254)
    phone = TextField(100, help_text=_("As written; numbers without country code are German."))
    mobile = TextField(100)


class CustomerSerializer(ObjectSerializer):
    """A known customer by id, or the names of one."""

    id = WholeNumberField(
        2**63 - 1,
        min_value=1,
        help_text=_("A customer known here; wins over everything else about the customer."),
    )
    salutation = WordField(Salutation, {"herr": "mr", "frau": "ms", "divers": "diverse"})
    title = TextField(40)
    first_name = TextField(100)
    last_name = TextField(100)
    company = TextField(200)


class AddressSerializer(ObjectSerializer):
    """Where the customer lives or has its seat."""

    street = TextField(200, help_text=_("Street and number."))
    postal_code = TextField(10)
    city = TextField(100)
    country = serializers.RegexField(
        r"^\s*([A-Za-z]{2})?\s*$",
        required=False,
        allow_null=True,
        allow_blank=True,
        error_messages={"invalid": _("Two letters, such as DE.")},
        help_text=_("ISO 3166 with two letters; DE if left out."),
    )


class VehicleSerializer(ObjectSerializer):
    """The car it is about."""

    internal_number = TextField(40, help_text=_("The dealer's own number of the car."))
    vin = TextField(17)
    make = TextField(60)
    model = TextField(100)
    variant = TextField(150)
    condition = WordField(
        Vehicle.Condition,
        {
            "neu": "new",
            "neuwagen": "new",
            "gebraucht": "used",
            "gebrauchtwagen": "used",
            "vorführwagen": "demo",
            "tageszulassung": "pre_registered",
        },
    )
    first_registration = serializers.RegexField(
        r"^\s*((19|20)[0-9]{2}-(0[1-9]|1[0-2])|(0[1-9]|1[0-2])[./](19|20)[0-9]{2})?\s*$",
        required=False,
        allow_null=True,
        allow_blank=True,
        error_messages={"invalid": _("Year and month, such as 2024-05 or 05/2024.")},
        help_text=_("Year and month: 2024-05 or 05/2024."),
    )
    mileage_km = WholeNumberField(9_999_999)
    power_kw = WholeNumberField(9_999)
    fuel = TextField(40)
    price = AmountField(10, help_text=_("EUR gross."))
    url = TextField(
        500,
        validators=[URLValidator(["http", "https"], message=_("This is not a web address."))],
        help_text=_("The car's own page."),
    )
    offer_number = TextField(64)


class WishesSerializer(ObjectSerializer):
    """What the customer would like."""

    test_drive = FlagField()
    test_drive_on = DayField()
    test_drive_time = TextField(20, help_text=_("As the customer said it: vormittags, 14:30 …"))
    callback = FlagField()
    callback_from = MomentField()
    callback_to = MomentField()
    trade_in = FlagField()
    finance_kind = WordField(
        FinanceKind,
        {"bar": "cash", "barkauf": "cash", "finanzierung": "finance"},
    )
    finance_interest = FlagField()
    down_payment = AmountField(11, help_text=_("EUR gross."))
    term_months = WholeNumberField(600)
    annual_mileage_km = WholeNumberField(1_000_000)
    final_payment = AmountField(11, help_text=_("EUR gross."))
    monthly_rate = AmountField(9, help_text=_("EUR gross."))
    contract_number = TextField(64)
    contract_ends_on = DayField()
    preferred_channel = WordField(
        ContactChannel, {"telefon": "phone", "e-mail": "email", "mail": "email"}
    )
    preferred_time = TextField(100)


class ConsentSerializer(SparseSerializer):
    """One consent given or refused, with its proof."""

    default_error_messages = {"invalid": _("This must be an object.")}

    purpose = TextField(80, required=True, help_text=_("What for: contact_phone, newsletter …"))
    granted = FlagField(required=True)
    at = MomentField(help_text=_("When it was given or refused."))
    text = TextField(2000, multiline=True, help_text=_("The wording that was shown."))
    version = TextField(40, help_text=_("The wording's version."))


def _list_of(child: serializers.Field) -> serializers.ListField:
    return serializers.ListField(
        child=child,
        max_length=50,
        required=False,
        allow_null=True,
        error_messages={
            "not_a_list": _("This must be a list."),
            "max_length": _("At most {max_length} entries."),
        },
    )


class LeadCreateSerializer(SparseSerializer):
    """A new enquiry. A subject or contact data is enough; everything else may be left out.

    Each field may be given under its German name instead; docs/api.md lists them.
    """

    default_error_messages = {"invalid": _("This must be an object.")}

    subject = TextField(200, help_text=_("Composed from source and vehicle if left out."))
    contact = ContactSerializer(help_text=_("Who is asking and how to reach them."))
    customer = CustomerSerializer(help_text=_("A known customer, or the customer's names."))
    address = AddressSerializer()
    status = TextField(80, help_text=_("Name or key. An unknown one is created."))
    source = TextField(  # type: ignore[assignment]
        80, help_text=_("Name or key. An unknown one is created.")
    )
    category = TextField(80, help_text=_("Name or key. An unknown one is created."))
    close_reason = TextField(
        80, help_text=_("Name or key; counts only with a status that closes the lead.")
    )
    tags = _list_of(TextField(80, allow_null=False))
    location = TextField(200, help_text=_("The dealer's location, by name or BDK number."))
    lead_type = TextField(20, help_text=_("Id of the lead type, such as 1b."))
    expected_value = AmountField(11, help_text=_("EUR gross. Text may be German: 21.990,00."))
    probability = PercentField(help_text=_("Percent; text may have the sign: 60 %."))
    urgency = WordField(
        Urgency,
        {"niedrig": "low", "hoch": "high", "sofort": "immediate"},
    )
    owner = TextField(254, help_text=_("E-mail of the colleague who takes care of it."))
    follow_up_on = DayField(help_text=_("Follow-up that day at 9:00."))
    follow_up_at = MomentField(help_text=_("Follow-up at that time."))
    expected_close_on = DayField()
    desired_start_on = DayField(help_text=_("Desired delivery."))
    budget_from = AmountField(11, help_text=_("EUR gross."))
    budget_to = AmountField(11, help_text=_("EUR gross."))
    note = TextField(_LONG_TEXT, multiline=True, help_text=_("Becomes a note of its own."))
    message = TextField(_LONG_TEXT, multiline=True, help_text=_("What the customer wrote."))
    campaign = TextField(200)
    external_id = TextField(
        64, help_text=_("Your number for it. The same number again updates the lead.")
    )
    vehicle = VehicleSerializer()
    wishes = WishesSerializer()
    consents = _list_of(ConsentSerializer())
    custom_values = PlainValuesField(
        help_text=_("Further values by name: text, numbers, true, false.")
    )
    is_test = FlagField(help_text=_("Test leads stay out of figures, assignment and mail."))
    enquired_at = MomentField(help_text=_("When the customer asked; now if left out."))
    changed_at = MomentField(
        help_text=_(
            "When you last changed it. What colleagues have set later stays; all that they have "
            "set, if you leave it out."
        )
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("follow_up_on") and attrs.get("follow_up_at"):
            raise serializers.ValidationError(
                {"follow_up_at": _("Give the day or the time of the follow-up, not both.")},
                "field_given_twice",
            )
        return attrs


class LeadChangeSerializer(LeadCreateSerializer):
    """What shall be different about a lead. What is left out stays as it is, null empties a
    field, lists are replaced as a whole. Status and source cannot be emptied."""

    external_id = None  # type: ignore[assignment]
    enquired_at = None  # type: ignore[assignment]
    status = LastingField(80, help_text=_("Name or key. An unknown one is created."))
    source = LastingField(80, help_text=_("Name or key. An unknown one is created."))
    tags_add = _list_of(TextField(80, allow_null=False))
    tags_remove = _list_of(TextField(80, allow_null=False))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "tags" in attrs and ("tags_add" in attrs or "tags_remove" in attrs):
            raise serializers.ValidationError(
                {"tags": _("Give all tags, or those to add and to remove, not both.")},
                "field_given_twice",
            )
        return super().validate(attrs)
