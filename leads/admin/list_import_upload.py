"""The first step of an import: a file is uploaded and read; how it is read can be changed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
)

from leads.admin.list_import_page import ImportPage, importable_kinds, is_open_step, url_of
from leads.admin.list_import_progress import progress_of
from leads.admin.list_import_texts import TEXTS
from leads.admin.wall import dealers_where, user_of
from leads.models import Dealer, ImportState, ListImport, ListKind, User
from leads.resources.column_tables import TABLES
from leads.resources.import_deciding import NoLongerPossible
from leads.resources.import_staging import order_import, read_again
from leads.resources.list_info import Choice, Layout
from leads.resources.list_kinds import KINDS
from leads.resources.list_remarks import DELIMITER_NAMES, ENCODING_NAMES
from leads.resources.refusals import check_size

_FOUND = gettext_lazy("as found")
# A tab would not survive as the value of a field.
_SIGNS = {";": ";", ",": ",", "tab": "\t", "|": "|"}
_DELIMITERS = [(value, DELIMITER_NAMES[sign]) for value, sign in _SIGNS.items()]


class UploadForm(forms.Form):
    """The file, what its rows are, and whose list it is if the user may import for several
    dealers."""

    kind = forms.ChoiceField(
        error_messages={"required": gettext_lazy("Please choose what the list holds.")}
    )
    dealer = forms.ModelChoiceField(
        Dealer.objects.none(),
        label=gettext_lazy("Whose list is it?"),
        empty_label=gettext_lazy("Choose a dealer"),
        error_messages={"required": gettext_lazy("Please choose a dealer.")},
    )
    file = forms.FileField(
        label=gettext_lazy("Excel or CSV file"),
        widget=UnfoldAdminFileFieldWidget({"accept": ".xlsx,.csv"}),
        max_length=200,
        allow_empty_file=True,  # we have a better sentence for it
        error_messages={"required": gettext_lazy("Please choose a file.")},
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user, self.kinds = user, importable_kinds(user)
        kind: Any = self.fields["kind"]
        kind.choices = [(one.value, one.label) for one in self.kinds]
        dealers = _dealers(user)
        dealer: Any = self.fields["dealer"]
        dealer.queryset = dealers
        dealer.widget = UnfoldAdminSelectWidget(choices=dealer.choices)
        self.sole_dealer = dealers.get() if dealers.count() == 1 else None
        if self.sole_dealer:
            del self.fields["dealer"]

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        check_size(upload.size)
        return upload

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.sole_dealer:
            cleaned["dealer"] = self.sole_dealer
        dealer, kind = cleaned.get("dealer"), cleaned.get("kind")
        if dealer and kind and kind not in importable_kinds(self._user, dealer.pk):
            self.add_error(None, _("You may not import such lists for this dealer."))
        return cleaned

    def kind_choices(self) -> list[dict[str, Any]]:
        """What can be chosen, as the page shows it."""
        asked = self["kind"].value() or (self.kinds[0] if len(self.kinds) == 1 else "")
        return [
            {
                "value": one.value,
                "title": TEXTS[one].title,
                "line": TEXTS[one].choice,
                "is_chosen": one == asked,
            }
            for one in self.kinds
        ]


class ReadingForm(forms.Form):
    """How a file is to be read, for those who know better than what was found."""

    sheet = forms.ChoiceField(
        label=gettext_lazy("Sheet"), required=False, widget=UnfoldAdminSelectWidget
    )
    header_row = forms.IntegerField(
        label=gettext_lazy("Row of the headers"),
        required=False,
        min_value=1,
        max_value=1_048_576,
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

    layout = forms.ChoiceField(
        label=gettext_lazy("Kind of file"),
        required=False,
        choices=[
            ("", _FOUND),
            (Layout.MOBILE_DE, gettext_lazy("Whole stock in the format of mobile.de")),
            (Layout.PLAIN, gettext_lazy("Any other list")),
        ],
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, list_import: ListImport, **kwargs: Any) -> None:
        choice, info = list_import.choice, list_import.info
        names = {sign: value for value, sign in _SIGNS.items()}
        kwargs["initial"] = {
            **choice,
            "header_row": choice.get("header_row") or None,
            "delimiter": names.get(choice.get("delimiter", ""), ""),
        }
        super().__init__(*args, **kwargs)
        sheets = [one["name"] for one in info.get("sheets", ()) if one["rows"]]
        sheet: Any = self.fields["sheet"]
        sheet.choices = [("", _FOUND), *((name, name) for name in sheets)]
        # What was found stands in the empty field: sent along, it would be looked for no more.
        found = {"placeholder": info.get("header_row", "")}
        self.fields["header_row"].widget.attrs.update(found)
        kind = info.get("kind")
        if len(sheets) < 2:
            del self.fields["sheet"]
        if kind == "xlsx":
            del self.fields["encoding"], self.fields["delimiter"]
        if info.get("layout") == Layout.MOBILE_DE:  # says both itself
            del self.fields["header_row"], self.fields["delimiter"]
        if kind == "xlsx" or list_import.kind != ListKind.VEHICLES:
            del self.fields["layout"]

    def choice(self) -> Choice:
        said = self.cleaned_data
        return Choice(
            sheet=said.get("sheet", ""),
            header_row=said.get("header_row") or 0,
            encoding=said.get("encoding", ""),
            delimiter=_SIGNS.get(said.get("delimiter", ""), ""),
            layout=said.get("layout", ""),
        )


def show_upload(admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    kinds = importable_kinds(user_of(request))
    if not kinds:
        raise PermissionDenied
    said = (request.POST, request.FILES) if request.method == "POST" else ()
    # Most lists hold enquiries; the list of customers leads here with its own kind.
    asked = {"kind": request.GET.get("kind", ListKind.LEADS)}
    form = UploadForm(*said, user=user_of(request), initial=asked)
    if form.is_valid():
        upload = form.cleaned_data["file"]
        ordered = order_import(
            form.cleaned_data["dealer"],
            upload,
            file_name=upload.name,
            size=upload.size,
            user=user_of(request),
            now=timezone.now(),
            kind=ListKind(form.cleaned_data["kind"]),
        )
        return HttpResponseRedirect(url_of(ordered))
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": _("New import"),
        "form": form,
        "known_columns": [
            (
                TEXTS[kind].title,
                [TABLES[kind].by_name[one].header for one in TABLES[kind].assignable],
            )
            for kind in kinds
        ],
        "back": reverse("admin:leads_listimport_changelist"),
    }
    return TemplateResponse(request, "admin/leads/listimport/upload.html", context)


def show_file(page: ImportPage) -> HttpResponse:
    """While the file is read, and if it cannot be."""
    found = page.list_import
    if not is_open_step(found, "file"):
        return page.elsewhere()
    if found.state == ImportState.READING:
        return page.answer("file", **progress_of(found, now=page.now))
    return page.answer("file", reading_form=ReadingForm(list_import=found))


def read_differently(page: ImportPage) -> HttpResponse:
    """Another sheet, header row, encoding or delimiter."""
    page.need_right()
    form = ReadingForm(page.request.POST, list_import=page.list_import)
    if not form.is_valid():
        page.say(
            " ".join(str(text) for texts in form.errors.values() for text in texts), messages.ERROR
        )
        return page.go()
    try:
        read_again(page.list_import, form.choice(), now=page.now)
    except NoLongerPossible as error:
        page.say(error, messages.ERROR)
    return page.go()


def _dealers(user: User) -> QuerySet[Dealer]:
    """Where the user may import anything: rights at one dealer say nothing about another."""
    allowed = dealers_where(user, *(one.right for one in KINDS.values()))
    dealers = user.dealers()
    return dealers if allowed is None else dealers.filter(pk__in=allowed)
