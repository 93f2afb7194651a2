"""What is asked before a list goes out: whose, which columns in which order, which format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from leads.models import Dealer, ExportFormat, ExportTemplate
from leads.resources.export_kinds import ExportKind
from leads.resources.worksheet import EXCEL_ROWS


@dataclass(frozen=True)
class ColumnChoice:
    """One line of the list of columns."""

    name: str
    label: str
    is_chosen: bool
    position: int


class ColumnsWidget(forms.Widget):
    """A box and a number for each column, the numbers say the order; shown by the page itself
    (columns.html), where a script offers buttons instead of the numbers."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        chosen = data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])
        return sorted(chosen, key=lambda column: _position(data.get(f"{name}-{column}")))


class ColumnsField(forms.Field):
    """Names of columns, in their order."""

    widget = ColumnsWidget
    known: frozenset[str] = frozenset()

    def clean(self, value: Any) -> list[str]:
        names = [name for name in dict.fromkeys(value or []) if name in self.known]
        if not names:
            raise ValidationError(_("Please choose at least one column."), code="required")
        return names


class ListExportForm(forms.Form):
    """`counts`: by dealer, how many of the rows of the list may leave the house."""

    dealer = forms.ModelChoiceField(
        Dealer.objects.none(),
        label=gettext_lazy("Of which dealer?"),
        empty_label=gettext_lazy("Choose a dealer"),
        help_text=gettext_lazy("A file holds the list of one dealer."),
        error_messages={"required": gettext_lazy("Please choose a dealer.")},
    )
    format = forms.ChoiceField(
        label=gettext_lazy("Format"),
        choices=ExportFormat.choices,
        widget=UnfoldAdminRadioSelectWidget,
        initial=ExportFormat.XLSX,
    )
    columns = ColumnsField(label=gettext_lazy("Columns"), required=False)
    save_as = forms.CharField(
        label=gettext_lazy("Name of the template"),
        max_length=80,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )
    is_shared = forms.BooleanField(
        label=gettext_lazy("Offer it to all colleagues who export"),
        required=False,
        widget=UnfoldBooleanWidget,
    )

    def __init__(
        self,
        *args: Any,
        kind: ExportKind,
        counts: Mapping[Dealer, int],
        template: ExportTemplate | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.counts = counts
        self._columns = {column.name: column for column in kind.columns}
        columns: Any = self.fields["columns"]
        columns.known = frozenset(self._columns)
        self.initial["columns"] = list(self._columns)
        if template is not None:
            self.initial.update(
                columns=template.columns, save_as=template.name, is_shared=template.is_shared
            )
        self.sole_dealer = next(iter(counts)) if len(counts) == 1 else None
        if self.sole_dealer is not None:
            del self.fields["dealer"]
            return
        dealer: Any = self.fields["dealer"]
        dealer.queryset = Dealer.objects.filter(pk__in=[one.pk for one in counts])
        dealer.label_from_instance = self._named
        dealer.widget = UnfoldAdminSelectWidget(choices=dealer.choices)
        if template is not None:
            self.initial["dealer"] = template.dealer_id

    def _named(self, dealer: Dealer) -> str:
        return f"{dealer} · {self.kind.counted(self.counts[dealer])}"

    @property
    def column_choices(self) -> list[ColumnChoice]:
        """All columns: first those that are chosen, in their order, then the others."""
        chosen: Sequence[str] = self["columns"].value() or []
        first = [name for name in dict.fromkeys(chosen) if name in self._columns]
        others = [name for name in self._columns if name not in first]
        return [
            ColumnChoice(name, self._columns[name].header, name in first, position)
            for position, name in enumerate([*first, *others], 1)
        ]

    @property
    def returning(self) -> list[str]:
        """Headers of the columns without which a list cannot come back."""
        return [self._columns[name].header for name in ("number", "version")]

    def clean_save_as(self) -> str:
        return " ".join(str(self.cleaned_data["save_as"]).split())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.sole_dealer is not None:
            cleaned["dealer"] = self.sole_dealer
        count = self.counts.get(cleaned.get("dealer"), 0)  # type: ignore[arg-type]
        if cleaned.get("format") == ExportFormat.XLSX and count > EXCEL_ROWS:
            text = _("Excel holds at most %(limit)s rows. Please choose CSV or filter the list.")
            self.add_error("format", text % {"limit": number_format(EXCEL_ROWS)})
        return cleaned


def _position(text: Any) -> float:
    """Where no number stands, a column goes to the end."""
    try:
        return float(str(text).replace(",", "."))
    except ValueError:
        return float("inf")
