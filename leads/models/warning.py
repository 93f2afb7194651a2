"""What was odd about a message that could be used all the same (BDK contract §4.7, rule 5)."""

from collections.abc import Iterable, Mapping
from contextlib import suppress

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.translation import gettext_lazy as _


class WarningCode(models.TextChoices):
    """Stored on leads and sent to API clients; the label is the sentence people read."""

    NOT_CONTACTABLE = "not_contactable", _("Not contactable: neither phone nor e-mail.")
    NO_PHONE = "no_phone", _("No phone number, e-mail only.")
    EMAIL_INVALID = "email_invalid", _("“%(value)s” is not an e-mail address.")
    PHONE_INVALID = "phone_invalid", _("“%(value)s” is not a complete phone number.")
    PHONE_SPLIT = "phone_split", _("Several phone numbers in one field: “%(value)s”.")
    NUMBER_UNREADABLE = "number_unreadable", _("“%(value)s” is not a number (%(field)s).")
    DATE_UNREADABLE = "date_unreadable", _("“%(value)s” is not a date (%(field)s).")
    TIME_IN_FUTURE = "time_in_future", _("Sender's time %(value)s lies in the future.")
    TEXT_SHORTENED = "text_shortened", _("Too long and shortened: %(field)s.")
    TYPE_UNKNOWN = "type_unknown", _("Unknown lead type “%(value)s”.")
    TYPE_SPELLINGS_DIFFER = (
        "type_spellings_differ",
        _("Two different lead types received: %(value)s."),
    )
    CONTRADICTS_TYPE = "contradicts_type", _("Details and lead type disagree: %(value)s.")
    VERSION_CONFLICT = (
        "version_conflict",
        _("The sender sent different content under the same version."),
    )
    OWNER_UNKNOWN = "owner_unknown", _("Nobody here is known as “%(value)s”; not assigned.")
    POSTAL_CODE_ODD = "postal_code_odd", _("“%(value)s” is not a German postal code.")
    PROBABILITY_AS_SHARE = (
        "probability_as_share",
        _("Probability %(value)s was read as a share of 1."),
    )
    RATE_AS_SHARE = (
        "rate_as_share",
        _("Effective rate %(value)s was read as a share of 1, as Excel stores percentages."),
    )
    RANGE_SWAPPED = "range_swapped", _("Budget from and to were swapped: %(value)s.")
    STAFF_VALUE_KEPT = (
        "staff_value_kept",
        _("A colleague has set %(field)s in the meantime; that stays."),
    )
    NAME_NOT_CREATED = (
        "name_not_created",
        _("“%(value)s” (%(field)s) is unknown and was not created; it waits to be assigned."),
    )
    EXCEL_CHANGED = (
        "excel_changed",
        _("Excel seems to have changed this value (%(field)s): %(value)s"),
    )
    DAY_MISSING = (
        "day_missing",
        _("“%(value)s” names no day (%(field)s); the first of the month was taken."),
    )
    TO_CHECK = "to_check", _("Please check: made of an e-mail whose form is not known.")
    SENDER_UNCONFIRMED = (
        "sender_unconfirmed",
        _("The mail server could not confirm the sender of the e-mail."),
    )
    VALUE_UNKNOWN = "value_unknown", _("Unknown value “%(value)s” (%(field)s).")
    VALUE_BESIDE = (
        "value_beside",
        _("No place for all of “%(value)s” (%(field)s); it stays as a further value."),
    )


# These tell the lead type, and with it perhaps the result of a pre-check.
_TELLS_TYPE = {WarningCode.CONTRADICTS_TYPE, WarningCode.TYPE_SPELLINGS_DIFFER}


def shown_warnings(
    warnings: Iterable[Mapping[str, str]], *, sees_creditworthiness: bool
) -> list[Mapping[str, str]]:
    """The stored warnings that may be shown to somebody."""
    return [one for one in warnings if sees_creditworthiness or one["code"] not in _TELLS_TYPE]


def warning_text(warning: Mapping[str, str]) -> str:
    """The sentence for a stored warning {"code": …, "value": …, "field": …}."""
    label = str(WarningCode(warning["code"]).label)
    return label % {
        "value": warning.get("value", ""),
        "field": _field_label(warning.get("field", "")),
    }


def _field_label(name: str) -> str:
    """What people call one of our columns; the heading of a spreadsheet stays as it is."""
    for model in ("leads.Lead", "leads.Vehicle", "leads.Customer"):
        with suppress(FieldDoesNotExist):
            field = apps.get_model(model)._meta.get_field(name)
            return str(getattr(field, "verbose_name", name))
    return name
