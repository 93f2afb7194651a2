"""The forms about leads: editing, typing one in, and the small ones of actions and timeline."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from leads.admin.forms import DealerForm
from leads.admin.wall import rows_of_dealer, visible_rows
from leads.models import Activity, CloseReason, Lead, Status, User, Vehicle
from leads.models.keys import email_key, phone_key, split_phones
from leads.models.warning import WarningCode, warning_text
from leads.services.drafts import ContactDraft, LeadDraft, VehicleDraft


class ContactChecks(DealerForm):
    """Somebody is at the keyboard who can correct contact data, so they are asked to. Only for
    what they typed: what a sender got wrong must not block them from changing something else."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self._part_phones(cleaned)
        for name, key, code in (
            ("email", email_key, WarningCode.EMAIL_INVALID),
            ("phone", phone_key, WarningCode.PHONE_INVALID),
            ("mobile", phone_key, WarningCode.PHONE_INVALID),
        ):
            value = cleaned.get(name)
            if value and name in self.changed_data and not key(value):
                self.add_error(name, warning_text({"code": code.value, "value": value}))
        return cleaned

    def _part_phones(self, cleaned: dict[str, Any]) -> None:
        """Two numbers in one field: the second moves to the other field, if that is free."""
        for name, other in (("phone", "mobile"), ("mobile", "phone")):
            parts = split_phones(cleaned.get(name) or "")
            if len(parts) == 2 and not cleaned.get(other) and all(map(phone_key, parts)):
                cleaned[name], cleaned[other] = parts


class LeadForm(ContactChecks):
    """Editing a lead. Refuses what was edited by somebody else in the meantime."""

    AMOUNTS = (
        "expected_value",
        "budget_from",
        "budget_to",
        "vehicle_price",
        "down_payment",
        "final_payment",
        "monthly_rate",
        "effective_rate",
    )

    SEEN = "seen_version"  # a hidden field of the page, not of the lead

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self._check_version()
        self._check_closing(cleaned)
        self._check_amounts(cleaned)
        return cleaned

    def _check_amounts(self, cleaned: dict[str, Any]) -> None:
        for name in self.AMOUNTS:
            if (cleaned.get(name) or 0) < 0:
                self.add_error(name, _("Please enter a number from 0 on."))
        low, high = cleaned.get("budget_from"), cleaned.get("budget_to")
        if low is not None and high is not None and low > high:
            # Turned round, as every other channel does it.
            cleaned["budget_from"], cleaned["budget_to"] = high, low

    @property
    def seen_version(self) -> str:
        """The version that the page was made from, kept when the form comes back with errors."""
        return self.data.get(self.SEEN) or self._version

    @property
    def _version(self) -> str:
        return self.instance.updated_at.isoformat() if self.instance.pk else ""

    def _check_version(self) -> None:
        if self.seen_version != self._version:
            message = _(
                "Somebody else changed this lead in the meantime. "
                "Please reload the page and enter your change again."
            )
            raise ValidationError(message, code="stale")

    def _check_closing(self, cleaned: dict[str, Any]) -> None:
        status, reason = cleaned.get("status"), cleaned.get("close_reason")
        if status is None or not {"status", "close_reason"} & set(self.changed_data):
            return
        if not status.is_open and reason is None:
            self.add_error("close_reason", _("Please say why the lead is closed."))
        elif not status.is_open and reason and reason.outcome != status.stage:
            self.add_error("close_reason", _("This reason does not fit the status."))

    def clean_probability(self) -> int | None:
        value = self.cleaned_data["probability"]
        if value is not None and value > 100:
            raise ValidationError(_("Please enter a number from 0 to 100."))
        return value


class NewLeadForm(ContactChecks):
    """A lead typed in by staff, on the telephone: few fields, all others can be added later."""

    CONTACT = (
        "salutation",
        "title",
        "first_name",
        "last_name",
        "company",
        "phone",
        "mobile",
        "email",
        "street",
        "postal_code",
        "city",
    )

    # Names this form, so that a double click makes one lead.
    token = forms.CharField(widget=forms.HiddenInput, required=False, max_length=32)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["subject"].required = False
        self.fields["source"].required = True
        self.fields["token"].initial = uuid.uuid4().hex

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not cleaned.get("customer") and self.contact(cleaned).is_empty:
            raise ValidationError(_("Please enter a name, an e-mail address or a phone number."))
        return cleaned

    def contact(self, cleaned: dict[str, Any]) -> ContactDraft:
        """As typed; for a known customer their own data where nothing else was typed."""
        customer = cleaned.get("customer")
        typed = {name: cleaned.get(name) or "" for name in self.CONTACT}
        if customer:
            typed = {name: value or getattr(customer, name) for name, value in typed.items()}
        return ContactDraft(**typed)

    def draft(self, *, sender: str) -> LeadDraft:
        """What was typed, as every other channel hands it over; the form must be valid."""
        said = self.cleaned_data
        return LeadDraft(
            sender=sender,
            contact=self.contact(said),
            customer_id=said["customer"].pk if said.get("customer") else None,
            vehicle=_vehicle_draft(said.get("vehicle"), said.get("vehicle_name") or ""),
            source=said["source"].name,
            location=said["location"].name if said.get("location") else "",
            owner_email=said["owner"].username if said.get("owner") else "",
            subject=said.get("subject") or "",
            message=said.get("message") or "",
            follow_up_at=said.get("follow_up_at"),
            test_drive_wished=said.get("test_drive_wished") or None,
            callback_wished=said.get("callback_wished") or None,
            trade_in_wished=said.get("trade_in_wished") or None,
        )


def _vehicle_draft(vehicle: Vehicle | None, name: str) -> VehicleDraft:
    if vehicle is None:
        return VehicleDraft(model=name)
    return VehicleDraft(
        internal_number=vehicle.internal_number,
        vin=vehicle.vin,
        make=vehicle.make,
        model=vehicle.model,
        variant=vehicle.variant,
        price=vehicle.price,
    )


class ActivityForm(forms.Form):
    """Something for the timeline. Calls, mails and appointments count as an answer."""

    KINDS = (
        Activity.Kind.NOTE,
        Activity.Kind.CALL,
        Activity.Kind.MAIL,
        Activity.Kind.APPOINTMENT,
    )

    kind = forms.ChoiceField(
        label=_("kind"),
        choices=[(kind.value, kind.label) for kind in KINDS],
        widget=UnfoldAdminSelectWidget,
    )
    text = forms.CharField(
        label=_("text"),
        max_length=5000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )


class _ChoiceForm(forms.Form):
    """One question about some leads of the same dealers."""

    def __init__(self, *args: Any, user: User, dealer_ids: set[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.dealer_ids = dealer_ids
        self.prepare()

    def prepare(self) -> None:
        """Fill in the choices."""

    def within(self, rows: QuerySet) -> QuerySet:
        """Those that at least one of the leads may point to."""
        found = rows.none()
        for dealer_id in self.dealer_ids:
            found = found | rows_of_dealer(rows, dealer_id)
        return found.distinct()


class AssignForm(_ChoiceForm):
    owner = forms.ModelChoiceField(
        User.objects.none(),
        label=_("owner"),
        required=False,
        empty_label=_("nobody"),
        widget=UnfoldAdminSelectWidget,
    )

    def prepare(self) -> None:
        users = visible_rows(User, self.user).filter(is_active=True)
        self.fields["owner"].queryset = self.within(users)  # type: ignore[attr-defined]


class StatusForm(_ChoiceForm):
    """Open ones only: closing needs a reason and has a form of its own."""

    status = forms.ModelChoiceField(
        Status.objects.none(),
        label=_("status"),
        empty_label=_("Please choose"),
        widget=UnfoldAdminSelectWidget,
    )

    def prepare(self) -> None:
        rows: Any = visible_rows(Status, self.user)
        self.fields["status"].queryset = self.within(rows.active().open())  # type: ignore[attr-defined]


class _ReasonField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{capfirst(obj.get_outcome_display())}: {obj.name}"


class CloseForm(_ChoiceForm):
    reason = _ReasonField(
        CloseReason.objects.none(),
        label=_("close reason"),
        empty_label=_("Please choose"),
        widget=UnfoldAdminSelectWidget,
    )

    def prepare(self) -> None:
        rows: Any = visible_rows(CloseReason, self.user)
        reasons = self.within(rows.active()).order_by("-outcome", "position", "name")
        self.fields["reason"].queryset = reasons  # type: ignore[attr-defined]


def lead_dealers(leads: QuerySet[Lead]) -> set[int]:
    """The dealers of some leads, for the choices of the forms above."""
    return set(leads.order_by().values_list("dealer_id", flat=True).distinct())
