"""The forms of django-import-export for catalogues: they ask whose entries a list brings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.forms import ConfirmImportForm
from unfold.contrib.import_export.forms import ExportForm, ImportForm
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
)

from leads.admin.wall import dealers_where
from leads.models import Dealer, User
from leads.resources.catalogue_files import MAX_BYTES, too_large

_FOR_ALL = "all"


class _ForDealer(forms.Form):
    """`dealer`: whose entries they are, once the form is valid; None: those that all share."""

    owner = forms.ChoiceField(
        label=gettext_lazy("Whose entries are they?"),
        error_messages={"required": gettext_lazy("Please choose a dealer.")},
        widget=UnfoldAdminSelectWidget,
    )

    def offer(self, user: User, permission: str) -> None:
        """Only dealers at which the user has the right; all of them and none to the operator."""
        allowed = dealers_where(user, permission)
        dealers = user.dealers() if allowed is None else user.dealers().filter(pk__in=allowed)
        self._dealers: dict[str, Dealer | None] = {str(one.pk): one for one in dealers}
        choices = [(value, str(dealer)) for value, dealer in self._dealers.items()]
        if user.is_superuser:
            self._dealers[_FOR_ALL] = None
            choices.insert(0, (_FOR_ALL, capfirst(_("all dealers"))))
        owner: Any = self.fields["owner"]
        if len(choices) == 1:
            self.initial["owner"] = choices[0][0]
            owner.widget = forms.HiddenInput()
            owner.choices = choices
        else:
            owner.choices = [("", _("Choose a dealer")), *choices]

    @property
    def dealer(self) -> Dealer | None:
        return self._dealers[self.cleaned_data["owner"]]


class CatalogueImportForm(_ForDealer, ImportForm):
    field_order = ("owner", "import_file")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["import_file"] = forms.FileField(
            label=gettext_lazy("Excel or CSV file"),
            widget=UnfoldAdminFileFieldWidget({"accept": ".xlsx,.csv"}),
            allow_empty_file=True,  # we have a better sentence for it
            error_messages={"required": gettext_lazy("Please choose a file.")},
        )

    def clean_import_file(self) -> Any:
        upload = self.cleaned_data["import_file"]
        if upload.size > MAX_BYTES:
            raise too_large(upload.size)
        return upload


class CatalogueConfirmForm(_ForDealer, ConfirmImportForm):
    """Carries the file itself, see CarriedUpload."""

    def clean_import_file_name(self) -> str:
        # The package would take it for a path.
        return str(self.cleaned_data["import_file_name"])


class CatalogueExportForm(ExportForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [one for one in self.fields["format"].choices if one[0]]
        self.fields["format"] = forms.ChoiceField(
            label=gettext_lazy("Format"),
            choices=choices,
            widget=UnfoldAdminRadioSelectWidget,
            initial=choices[0][0],
        )
