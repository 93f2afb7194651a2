"""What the lists of a dealer call their columns and values, to be looked up and put right."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from leads.admin.base import DealerAdmin
from leads.admin.display import two_lines
from leads.admin.forms import DealerForm
from leads.models import ColumnName, ListKind, ListValue
from leads.models.keys import fold
from leads.resources.cells import header_key
from leads.resources.column_table import ColumnTable
from leads.resources.column_tables import TABLES


class _WordForm(DealerForm):
    """Beside a column in words, under the kind of lists that have it; the key, which the form
    leaves out, is checked here in words."""

    taken = gettext_lazy("There is already an entry for this.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        word = kwargs.get("instance")
        if word is not None and word.column:
            kwargs["initial"] = {"column": f"{word.kind}.{word.column}"} | (
                kwargs.get("initial") or {}
            )
        super().__init__(*args, **kwargs)
        groups = [
            (capfirst(str(ListKind(kind).label)), self._choices(kind, table))
            for kind, table in TABLES.items()
        ]
        self.fields["column"] = forms.ChoiceField(
            label=capfirst(_("column")), choices=groups, widget=UnfoldAdminSelectWidget
        )

    def _choices(self, kind: str, table: ColumnTable) -> list[tuple[str, str]]:
        named = sorted((table.by_name[name].header, name) for name in self.names_of(table))
        return [(f"{kind}.{name}", header) for header, name in named]

    def names_of(self, table: ColumnTable) -> tuple[str, ...]:
        return table.assignable

    def key_of(self, cleaned: dict[str, Any]) -> dict[str, str]:
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not {"written", "column"} <= cleaned.keys():
            return cleaned
        self.instance.kind, _dot, cleaned["column"] = cleaned["column"].partition(".")
        key = self.key_of(cleaned)
        self.instance.key = key["key"]
        dealer = cleaned.get("dealer") or getattr(self.instance, "dealer", None)
        if dealer is not None:
            rows = type(self.instance).objects.for_dealer(dealer)
            rows = rows.filter(kind=self.instance.kind, **key)
            if rows.exclude(pk=self.instance.pk).exists():
                self.add_error("written", self.taken)
        return cleaned


class ColumnNameForm(_WordForm):
    def clean_written(self) -> str:
        written: str = self.cleaned_data["written"]
        if not header_key(written):
            raise ValidationError(_("Please write at least one letter or digit."))
        return written

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        table = TABLES[self.instance.kind]
        if known := table.column_for(cleaned.get("written", "")):
            text = _("This is understood already, as “%(column)s”.")
            self.add_error("written", text % {"column": known.header})
        return cleaned

    def key_of(self, cleaned: dict[str, Any]) -> dict[str, str]:
        return {"key": header_key(cleaned["written"])}


class ListValueForm(_WordForm):
    def names_of(self, table: ColumnTable) -> tuple[str, ...]:
        return table.valued

    def key_of(self, cleaned: dict[str, Any]) -> dict[str, str]:
        return {"column": cleaned["column"], "key": fold(cleaned["written"])[:200]}


class _WordAdmin(DealerAdmin):
    list_display = ["written_cell", "means_cell"]
    list_display_links = ["written_cell"]
    search_fields = ["written"]

    @display(description=gettext_lazy("in the list"), ordering="written")
    def written_cell(self, word: Any) -> str:
        return f"„{word.written}“"


@admin.register(ColumnName)
class ColumnNameAdmin(_WordAdmin):
    form = ColumnNameForm
    fields = ["written", "column"]
    empty_text = gettext_lazy(
        "If your lists call a column differently, enter its name here; imports then know it."
    )

    @display(description=gettext_lazy("means"), ordering="column")
    def means_cell(self, word: ColumnName) -> str:
        return _label(word)


@admin.register(ListValue)
class ListValueAdmin(_WordAdmin):
    form = ListValueForm
    fields = ["column", "written", "meaning"]
    empty_text = gettext_lazy(
        "What you decide about values of a list, for example that “offen” is the status “Neu”, is "
        "remembered here."
    )

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        help_texts = {"meaning": _("As the entry is called here, or the person's e-mail address.")}
        return super().get_form(request, obj, change, **{"help_texts": help_texts, **kwargs})

    @display(description=gettext_lazy("means"), ordering="column")
    def means_cell(self, word: ListValue) -> SafeString:
        return two_lines(word.meaning or _("left out"), _label(word))


def _label(word: ColumnName | ListValue) -> str:
    """Of leads the column alone: most lists are theirs."""
    column = TABLES[word.kind].by_name.get(word.column)
    header = column.header if column else word.column
    if word.kind == ListKind.LEADS:
        return header
    return f"{capfirst(word.get_kind_display())} · {header}"
