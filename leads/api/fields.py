"""Serializer fields that read JSON strictly and German values readily.

A wrong JSON type is an error; null means the same as leaving the field out. Messages never
repeat the value.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any, cast

from django.utils.translation import gettext_lazy as _
from drf_spectacular.drainage import set_override
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from leads.models.keys import clean_text
from leads.services.german_values import (
    Percent,
    parse_date,
    parse_datetime,
    parse_decimal,
    parse_percent,
)


class Optional(serializers.Field):
    """Not required, and null is allowed: nobody has to say anything."""

    default_error_messages = {"required": _("This field is missing.")}

    def __init__(self, **options: Any) -> None:
        if not options.get("required"):
            options = {"required": False, "allow_null": True, **options}
        super().__init__(**options)

    def read(self, parse: Any, value: Any) -> Any:
        """`parse(value)`; its ValueError becomes the field's error."""
        try:
            return parse(value)
        except ValueError as error:
            raise serializers.ValidationError(str(error), "invalid") from error


class SparseSerializer(serializers.Serializer):
    """Asks only the fields that a body names or must name. A client gives a handful of ninety, and
    asking the others whether they can be left out costs more than reading those.

    For fields without defaults, and without `validate_…` methods.
    """

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            return cast(dict[str, Any], super().to_internal_value(data))  # says what is wrong
        values, errors = {}, {}
        for name, field in self._by_name.items():
            if name in data or field.required:
                try:
                    values[name] = field.run_validation(field.get_value(data))
                except serializers.ValidationError as error:
                    errors[name] = error.detail
                except serializers.SkipField:  # of a partial body
                    pass
        if errors:
            raise serializers.ValidationError(errors)
        return values

    def run_validators(self, value: Any) -> None:
        if self.validators:  # none, as a rule; the library makes ready for them all the same
            super().run_validators(value)

    @cached_property
    def _by_name(self) -> dict[str, serializers.Field]:
        return dict(self.fields)


class TextField(Optional, serializers.CharField):
    """Text, cleaned (NFC, no control characters); the length counts afterwards."""

    default_error_messages = {
        "invalid": _("This must be text."),
        "blank": _("This must not be empty."),
        "max_length": _("At most {max_length} characters."),
    }

    def __init__(self, max_length: int, *, multiline: bool = False, **options: Any) -> None:
        self.multiline = multiline
        self.plain_length = 0 if "validators" in options else max_length
        options.setdefault("allow_blank", not options.get("required"))
        super().__init__(max_length=max_length, **options)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if isinstance(data, str):
            data = clean_text(data, multiline=self.multiline)
            # What the library's validators would find as well, at a fifth of their cost: a cleaned
            # text has neither NUL nor lone surrogates.
            if 0 < len(data) <= self.plain_length:
                return data
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return data


class LastingField(TextField):
    """What may be named or left out, but not be emptied."""

    default_error_messages = {"cannot_be_empty": _("This cannot be emptied; name another one.")}

    def __init__(self, max_length: int, **options: Any) -> None:
        super().__init__(max_length, allow_null=False, allow_blank=False, **options)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is None or (isinstance(data, str) and not clean_text(data)):
            self.fail("cannot_be_empty")
        return super().run_validation(data)


@extend_schema_field({"type": "boolean"})
class FlagField(Optional):
    default_error_messages = {"invalid": _("This must be true or false.")}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class WholeNumberField(Optional, serializers.IntegerField):
    """A JSON number without fraction."""

    default_error_messages = {
        "invalid": _("This must be a whole number."),
        "min_value": _("At least {min_value}."),
        "max_value": _("At most {max_value}."),
    }

    def __init__(self, max_value: int, *, min_value: int = 0, **options: Any) -> None:
        super().__init__(min_value=min_value, max_value=max_value, **options)

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, float) and data.is_integer():
            return int(data)
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return data


class AmountField(Optional):
    """EUR, as a number or as text in German or English spelling; rounded to cents."""

    default_error_messages = {
        "invalid": _("This must be a number or text."),
        "max_value": _("Less than {limit}, please."),
        "min_value": _("This must not be negative."),
    }

    def __init__(self, digits: int, **options: Any) -> None:
        self.limit = 10 ** (digits - 2)
        super().__init__(**options)
        number = {"type": "number", "minimum": 0, "exclusiveMaximum": self.limit - 1}
        text = {"type": "string", "pattern": _amount_pattern(digits - 3)}
        set_override(self, "field", {"oneOf": [text, number], "examples": ["21990.00"]})

    def to_internal_value(self, data: Any) -> Decimal:
        _require(self, data, str, int, float)
        amount: Decimal = self.read(parse_decimal, data)
        if amount < 0:
            self.fail("min_value")
        if amount >= self.limit - 1:
            self.fail("max_value", limit=self.limit - 1)
        return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


@extend_schema_field(
    {
        "oneOf": [
            {"type": "number", "minimum": 0, "maximum": 100},
            {"type": "string", "pattern": "^(100|[0-9]{1,2})( ?%)?$"},
        ],
        "examples": [60, "60 %"],
    }
)
class PercentField(Optional):
    default_error_messages = {"invalid": _("This must be a number or text.")}

    def to_internal_value(self, data: Any) -> Percent:
        _require(self, data, str, int, float)
        return self.read(parse_percent, data)


# The document names the one spelling that other programs should use.
@extend_schema_field({"type": "string", "format": "date", "examples": ["2026-03-06"]})
class DayField(Optional):
    """ "2026-03-06" or "06.03.2026"."""

    default_error_messages = {"invalid": _("This must be text.")}

    def to_internal_value(self, data: Any) -> date:
        _require(self, data, str)
        return self.read(parse_date, data)


@extend_schema_field(
    {"type": "string", "format": "date-time", "examples": ["2026-03-06T09:00:00+01:00"]}
)
class MomentField(Optional):
    """An ISO time; without an offset it is Berlin's."""

    default_error_messages = {"invalid": _("This must be text.")}

    def to_internal_value(self, data: Any) -> datetime:
        _require(self, data, str)
        return self.read(parse_datetime, data)


class WordField(Optional, serializers.ChoiceField):
    """One of the canonical words or of their German spellings, in any case."""

    default_error_messages = {"invalid_choice": _("Use one of these words: {words}.")}

    def __init__(self, choices: Any, german: Mapping[str, str], **options: Any) -> None:
        """`german`: other spelling → canonical word."""
        self.german = german
        words = [value for value, _label in choices.choices]
        blank = [] if options.get("required") else [""]
        super().__init__(choices=words + list(german), allow_blank=bool(blank), **options)
        # The library adds null to the type of a field that allows it, but not to a list of words.
        enum = [*blank, *words, *german, *([None] if self.allow_null else [])]
        set_override(self, "field", {"type": "string", "enum": enum})

    def to_internal_value(self, data: Any) -> str:
        if data == "" and self.allow_blank:
            return ""
        word = data.strip().casefold() if isinstance(data, str) else None
        word = self.german.get(word or "", word)
        if word is None or word not in self.choices:
            self.fail("invalid_choice", words=", ".join(self.choices))
        return word


class PlainValuesField(Optional, serializers.DictField):
    """Names with plain values: text, number, true, false or null."""

    MAX_NAMES = 50
    LIMIT = 10**15  # beyond, programs lose digits
    default_error_messages = {
        "not_a_dict": _("This must be an object."),
        "too_many": _("At most {n} entries."),
        "blank": _("A name must not be empty."),
        "name": _("Names have 1 to 80 characters."),
        "value": _("Values are text up to 2000 characters, numbers, true, false or null."),
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        limits = {"exclusiveMinimum": -self.LIMIT, "exclusiveMaximum": self.LIMIT}
        value = {"type": ["string", "number", "boolean", "null"], "maxLength": 2000, **limits}
        described = {
            "type": "object",
            "maxProperties": self.MAX_NAMES,
            "propertyNames": {"minLength": 1, "maxLength": 80},
            "additionalProperties": value,
        }
        set_override(self, "field", described)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail("not_a_dict")
        if len(data) > self.MAX_NAMES:
            self.fail("too_many", n=self.MAX_NAMES)
        return {self._name(name): self._value(value) for name, value in data.items()}

    def _name(self, name: str) -> str:
        name = clean_text(name)
        if not name:
            self.fail("blank")
        if len(name) > 80:
            self.fail("name")
        return name

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            value = clean_text(value, multiline=True)
            if len(value) > 2000:
                self.fail("value")
        elif isinstance(value, dict | list) or (
            isinstance(value, int | float) and abs(value) >= self.LIMIT
        ):
            self.fail("value")
        return value


def _amount_pattern(digits: int) -> str:
    """Amounts with so many digits before the cents, plain or in German groups of three."""
    cents = "[0-9]{1,2}"
    groups = [
        f"[1-9][0-9]{{0,{min(2, digits - 3 * n - 1)}}}" + r"\.[0-9]{3}" * n
        for n in range(1, (digits - 1) // 3 + 1)
    ]
    return f"^([0-9]{{1,{digits}}}([.,]{cents})?|({'|'.join(groups)})(,{cents})?)$"


def _require(field: serializers.Field, value: Any, *types: type) -> None:
    """Fails unless the value has one of the types; true and false are no numbers."""
    if isinstance(value, bool) or not isinstance(value, types):
        field.fail("invalid")
