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
from leads.models import ColumnName, ListValue
from leads.models.keys import fold
from leads.resources.cells import header_key
from leads.resources.columns import BY_NAME, column_for
from leads.resources.import_mapping import ASSIGNABLE, VALUED


class _WordForm(DealerForm):
    """Beside a column in words; the key, which the form leaves out, is checked here in words."""

    names: tuple[str, ...] = ASSIGNABLE
    taken = gettext_lazy("There is already an entry for this.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = sorted((BY_NAME[name].header, name) for name in self.names)
        self.fields["column"] = forms.ChoiceField(
            label=capfirst(_("column")),
            choices=[(name, header) for header, name in choices],
            widget=UnfoldAdminSelectWidget,
        )

    def key_of(self, cleaned: dict[str, Any]) -> dict[str, str]:
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not {"written", "column"} <= cleaned.keys():
            return cleaned
        key = self.key_of(cleaned)
        self.instance.key = key["key"]
        dealer = cleaned.get("dealer") or getattr(self.instance, "dealer", None)
        if dealer is not None:
            rows = type(self.instance).objects.for_dealer(dealer).filter(**key)
            if rows.exclude(pk=self.instance.pk).exists():
                self.add_error("written", self.taken)
        return cleaned


class ColumnNameForm(_WordForm):
    def clean_written(self) -> str:
        written: str = self.cleaned_data["written"]
        if known := column_for(written):
            text = _("This is understood already, as “%(column)s”.")
            raise ValidationError(text % {"column": known.header})
        if not header_key(written):
            raise ValidationError(_("Please write at least one letter or digit."))
        return written

    def key_of(self, cleaned: dict[str, Any]) -> dict[str, str]:
        return {"key": header_key(cleaned["written"])}


class ListValueForm(_WordForm):
    names = VALUED

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
        return _label(word.column)


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
        return two_lines(word.meaning or _("left out"), _label(word.column))


def _label(column: str) -> str:
    return BY_NAME[column].header if column in BY_NAME else column
