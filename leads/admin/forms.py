"""Forms of rows that belong to one dealer, and a field that several of them have."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Model, QuerySet, UniqueConstraint
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from leads.admin.wall import rows_of_dealer
from leads.models import Dealer
from leads.services.catalogue_editing import clean_spellings, problems_of


class DealerForm(forms.ModelForm):
    """A form whose row belongs to one dealer and points only to that dealer's rows."""

    # Set on the class made for each request: the dealer of a new row, if there is no choice.
    sole_dealer: Dealer | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding and self.sole_dealer is not None:
            self.instance.dealer = self.sole_dealer

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        dealer = cleaned.get("dealer") or getattr(self.instance, "dealer", None)
        if dealer is not None:
            for name in self.changed_data:
                if name != "dealer" and not _belongs(cleaned.get(name), dealer):
                    message = _("This belongs to another dealer.")
                    self.add_error(name, ValidationError(message, code="other_dealer"))
        return cleaned

    def _get_validation_exclusions(self) -> set[str]:
        # The dealer may be set by us instead of a field; uniqueness within it is checked anyway.
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        # A field that was left empty has said so already.
        return excluded if "dealer" in self.errors else excluded - {"dealer"}

    def _post_clean(self) -> None:
        """Name the field whose value is taken instead of the constraint that is violated."""
        super()._post_clean()  # type: ignore[misc]
        if NON_FIELD_ERRORS not in self.errors:
            return
        exclude = self._get_validation_exclusions()
        for constraint in self.instance._meta.constraints:
            named = [name for name in getattr(constraint, "fields", ()) if name in self.fields]
            if not isinstance(constraint, UniqueConstraint) or not named:
                continue
            try:
                constraint.validate(type(self.instance), self.instance, exclude=exclude)
            except ValidationError as error:
                self._forget(error.messages)
                self.add_error(named[-1], _("There is already an entry with this value."))

    def _forget(self, messages: list[str]) -> None:
        general = self.errors.get(NON_FIELD_ERRORS, self.error_class())
        kept = [error for error in general.as_data() if error.messages[0] not in messages]
        self.errors.pop(NON_FIELD_ERRORS, None)
        if kept:
            self.add_error(None, ValidationError(kept))


def _belongs(value: Any, dealer: Dealer) -> bool:
    """Whether a chosen row or rows may stand in a row of this dealer; other values always may."""
    if isinstance(value, Model):
        value = type(value)._default_manager.filter(pk=value.pk)
    if not isinstance(value, QuerySet):
        return True
    allowed = rows_of_dealer(value.model._default_manager.all(), dealer.pk)
    return not value.exclude(pk__in=allowed.values("pk")).exists()


class SpellingsField(forms.Field):
    """A list of names, one per line."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 4})

    def __init__(self) -> None:
        super().__init__(
            label=_("Other spellings"),
            required=False,
            help_text=_(
                "One per line: names used by partners and in Excel lists that mean this entry."
            ),
        )

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        return clean_spellings(str(value or "").splitlines())

    def validate(self, value: list[str]) -> None:
        super().validate(value)
        if problems := problems_of(value):
            raise ValidationError(problems, code="invalid")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (initial or []) != self.to_python(data)
