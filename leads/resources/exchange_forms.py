"""What is asked before a list goes in: the file, whose list it is, and the confirmation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.tmp_storages import MediaStorage
from unfold.contrib.import_export.forms import ImportForm
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from leads.access import permissions_of
from leads.models.dealer import Dealer
from leads.models.user import User
from leads.resources.formats import FORMATS, detect_format
from leads.resources.list_info import Choice
from leads.resources.list_remarks import DELIMITER_NAMES, ENCODING_NAMES
from leads.resources.refusals import check_size

# Whether there is a page at all is asked by the library, for the codes named in the settings.
IMPORT_RIGHT = "leads.import_lead"
# An upload that nobody confirmed is deleted when the next one comes.
UPLOADS_KEPT = timedelta(days=1)
SALT = "leads.import"
GONE = gettext_lazy("This upload is no longer there. Please choose the file again.")


def dealers_with(user: User, right: str) -> QuerySet[Dealer]:
    """Dealers where the user has the right: rights at one dealer say nothing about another."""
    if user.is_superuser:
        return user.dealers()
    ids = [one.dealer_id for one in user.active_memberships if right in permissions_of(one)]
    return user.dealers().filter(pk__in=ids)


class UploadStorage(MediaStorage):
    """Where an upload waits for its confirmation: settings.STORAGES["import_export"]."""

    def save(self, data: bytes) -> None:
        self._remove_forgotten()
        super().save(data)

    def exists(self) -> bool:
        return bool(self._storage.exists(self.get_full_path()))

    def _remove_forgotten(self) -> None:
        try:
            _folders, names = self._storage.listdir("")
        except FileNotFoundError:
            return
        for name in names:
            if timezone.now() - self._storage.get_modified_time(name) > UPLOADS_KEPT:
                self._storage.delete(name)


_FOUND = gettext_lazy("as found")
# A tab would not survive as the value of a field.
_SIGNS = {";": ";", ",": ",", "tab": "\t", "|": "|"}
_DELIMITERS = [(value, DELIMITER_NAMES[sign]) for value, sign in _SIGNS.items()]
_READING = ("sheet", "header_row", "encoding", "delimiter")


class LeadImportForm(ImportForm):
    """The file, and whose list it is if the user works for several dealers."""

    dealer = forms.ModelChoiceField(
        Dealer.objects.none(),
        label=gettext_lazy("Whose list is it?"),
        empty_label=gettext_lazy("Choose a dealer"),
    )
    sheet = forms.CharField(
        label=gettext_lazy("Sheet"),
        required=False,
        max_length=31,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Empty: the first one that holds something."),
    )
    header_row = forms.IntegerField(
        label=gettext_lazy("Row of the headers"),
        required=False,
        min_value=1,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=gettext_lazy("As Excel counts. Empty: it is looked for."),
    )
    encoding = forms.ChoiceField(
        label=gettext_lazy("Encoding of a CSV file"),
        required=False,
        choices=[("", _FOUND), *ENCODING_NAMES.items()],
        widget=UnfoldAdminSelectWidget,
    )
    delimiter = forms.ChoiceField(
        label=gettext_lazy("Delimiter of a CSV file"),
        required=False,
        choices=[("", _FOUND), *_DELIMITERS],
        widget=UnfoldAdminSelectWidget,
    )
    field_order = ["dealer", "import_file"]

    def __init__(self, formats: Any, resources: Any, *, user: User, **kwargs: Any) -> None:
        super().__init__(formats, resources, **kwargs)
        self.fields["import_file"].label = _("Excel or CSV file")
        self.fields["import_file"].widget.attrs["accept"] = ".xlsx,.csv"
        # Told by the content of the file.
        self.fields["format"].required = False
        self.fields["format"].widget = forms.HiddenInput()
        dealers = dealers_with(user, IMPORT_RIGHT)
        dealer: Any = self.fields["dealer"]
        dealer.queryset = dealers
        dealer.widget = UnfoldAdminSelectWidget(choices=dealer.choices)
        self.sole_dealer = dealers.first() if dealers.count() == 1 else None
        if self.sole_dealer:
            del self.fields["dealer"]

    @property
    def media(self) -> forms.Media:
        return forms.Form.media.fget(self)  # type: ignore[attr-defined] # no script that guesses

    @property
    def main_fields(self) -> list[forms.BoundField]:
        return [one for one in self.visible_fields() if one.name not in _READING]

    @property
    def reading_fields(self) -> list[forms.BoundField]:
        """How the file is to be read, for those who know better than what was found."""
        return [self[name] for name in _READING]

    def clean_import_file(self) -> Any:
        upload = self.cleaned_data["import_file"]
        check_size(upload.size)
        return upload

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.sole_dealer:
            cleaned["dealer"] = self.sole_dealer
        if upload := cleaned.get("import_file"):
            found = detect_format(upload.read(8))
            upload.seek(0)
            cleaned["format"] = str(FORMATS.index(type(found)))
            upload.choice = Choice(
                sheet=cleaned.get("sheet", ""),
                header_row=cleaned.get("header_row") or 0,
                encoding=cleaned.get("encoding", ""),
                delimiter=_SIGNS.get(cleaned.get("delimiter", ""), ""),
            )
        return cleaned


class ConfirmForm(forms.Form):
    """One signed value: which upload of whom goes to which dealer, and how it is read."""

    token = forms.CharField(widget=forms.HiddenInput())

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> dict[str, Any]:
        try:
            content = signing.loads(
                self.cleaned_data.get("token", ""), salt=SALT, max_age=UPLOADS_KEPT
            )
        except signing.BadSignature as error:
            raise ValidationError(GONE, code="gone") from error
        dealer = dealers_with(self.user, IMPORT_RIGHT).filter(pk=content["dealer"]).first()
        upload = UploadStorage(name=content["file"], MEDIA_FOLDER=None)
        if content["user"] != self.user.pk or dealer is None or not upload.exists():
            raise ValidationError(GONE, code="gone")
        return {
            "dealer": dealer,
            "import_file_name": content["file"],
            "original_file_name": "",
            "format": content["format"],
            "choice": Choice(**content["choice"]),
            "digest": content["digest"],
        }
