"""The import pages of leads in the admin, as a mixin for its admin class.

Upload, look at what would happen, confirm. The pages are those of django-import-export; which
dealer a list belongs to, and who may do it there, is decided here and checked at both steps.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import Any, cast

from django.contrib import messages
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from import_export.admin import ImportExportMixin

from leads.models.intake import Channel, Outcome
from leads.models.lead import Lead
from leads.models.user import User
from leads.resources.columns import COLUMNS
from leads.resources.exchange_forms import (
    GONE,
    SALT,
    ConfirmForm,
    LeadImportForm,
    UploadStorage,
)
from leads.resources.formats import FORMATS
from leads.resources.lead import LeadResource, ListResult
from leads.resources.refusals import refuse
from leads.resources.sheet import read_sheet

SHOWN_ROWS = 100


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)  # admin_view lets nobody else in


class LeadExchange(ImportExportMixin):
    """Import of leads; to be mixed into an admin class whose get_queryset is scoped."""

    resource_classes = [LeadResource]
    formats = FORMATS
    import_form_class = LeadImportForm
    confirm_form_class = ConfirmForm
    tmp_storage_class = UploadStorage

    def get_tmp_storage_class_kwargs(self) -> dict[str, Any]:
        return {"MEDIA_FOLDER": None}

    # Import

    def get_import_form_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().get_import_form_kwargs(request), "user": request.user}

    def get_confirm_form_kwargs(self, request: HttpRequest, import_form: Any = None) -> Any:
        kwargs = super().get_confirm_form_kwargs(request, import_form)
        return {**kwargs, "user": request.user}

    def get_confirm_form_initial(self, request: HttpRequest, import_form: Any) -> dict[str, Any]:
        if import_form is None:
            return {}
        upload = import_form.cleaned_data["import_file"]
        upload.seek(0)
        content = {
            "file": upload.tmp_storage_name,
            "choice": asdict(upload.choice),
            "digest": hashlib.file_digest(upload, "sha256").hexdigest(),
            "format": import_form.cleaned_data["format"],
            "dealer": import_form.cleaned_data["dealer"].pk,
            "user": request.user.pk,
        }
        return {"token": signing.dumps(content, salt=SALT)}

    def get_import_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.get("form")
        cleaned = getattr(form, "cleaned_data", {})
        return {"dealer": cleaned.get("dealer"), "user": request.user}

    def add_data_read_fail_error_to_form(self, form: Any, error: Exception) -> None:
        """Our formats say in a sentence what is wrong with a file."""
        form.add_error(
            "import_file", error if isinstance(error, ValidationError) else refuse("damaged")
        )

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """The upload page, and the page that shows what an upload would do."""
        response = super().import_action(request, **kwargs)
        context = response.context_data
        form = context["form"]
        context["title"] = _("Import leads")
        context["known_columns"] = [column.header for column in COLUMNS if not column.shown]
        if "confirm_form" in context:
            context["preview"] = preview(context["result"])
            context["file_name"] = form.cleaned_data["import_file"].name
            context["dealer"] = form.cleaned_data["dealer"]
        else:
            self._forget(form)
        return response

    def _forget(self, form: Any) -> None:
        """An upload that cannot be confirmed need not wait."""
        upload = form.files.get("import_file")
        if name := getattr(upload, "tmp_storage_name", None):
            UploadStorage(name=name, MEDIA_FOLDER=None).remove()

    def write_to_tmp_storage(self, import_file: Any, input_format: Any) -> Any:
        """The library's last call before it reads the file: says how to."""
        input_format.choice = import_file.choice
        return super().write_to_tmp_storage(import_file, input_format)

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """As the library does it, but the file is read as it was for the preview."""
        form = self.create_confirm_form(request)
        if not self.has_import_permission(request) or not form.is_valid():
            return super().process_import(request, **kwargs)
        upload = UploadStorage(name=form.cleaned_data["import_file_name"], MEDIA_FOLDER=None)
        try:
            sheet = read_sheet(upload.read(), form.cleaned_data["choice"])
            if sheet.digest != form.cleaned_data["digest"]:
                raise refuse("changed")
        except FileNotFoundError:  # confirmed twice at the same moment
            messages.error(request, GONE)
        except ValidationError as error:
            messages.error(request, error.messages[0])
        else:
            result = self.process_dataset(sheet, form, request, **kwargs)
            upload.remove()
            return self.process_result(result, request)
        return HttpResponseRedirect(reverse("admin:leads_lead_import"))

    def generate_log_entries(self, result: ListResult, request: HttpRequest) -> None:
        """One line for the list; each lead has its own timeline and history."""
        LogEntry.objects.create(
            user=_user(request),
            content_type=ContentType.objects.get_for_model(Lead),
            object_repr=_("import of a list"),
            action_flag=ADDITION,
            change_message=_summary(result.counts),
        )

    def add_success_message(self, result: ListResult, request: HttpRequest) -> None:
        text = _("The list was imported: %(summary)s.") % {"summary": _summary(result.counts)}
        messages.success(request, _with_links(text, result, request))


def _with_links(text: str, result: ListResult, request: HttpRequest) -> SafeString:
    ledger = f"{reverse('admin:leads_intakeentry_changelist')}?channel={Channel.EXCEL}"
    links = format_html(
        ' <a class="lo-link" href="{}">{}</a>',
        reverse("admin:leads_lead_changelist"),
        _("Show leads"),
    )
    batch = result.change_batch
    if batch is not None and request.user.has_perm("leads.undo_changebatch", batch):
        links += format_html(
            ' · <a class="lo-link" href="{}">{}</a>',
            reverse("admin:leads_changebatch_change", args=[batch.pk]),
            _("Undo"),
        )
    if request.user.has_perm("leads.view_intakeentry"):
        if result.counts["bad"]:
            ledger = f"{ledger}&outcome={Outcome.QUARANTINED}"
        links += format_html(
            ' · <a class="lo-link" href="{}">{}</a>', ledger, _("Open the intake ledger")
        )
    return format_html("{}{}", text, links)


def _summary(counts: dict[str, int]) -> str:
    """ "290 new, 0 changed, 4 unchanged, 6 not usable" """
    words = {
        "new": ngettext("%d new", "%d new", counts["new"]),
        "changed": ngettext("%d changed", "%d changed", counts["changed"]),
        "unchanged": ngettext("%d unchanged", "%d unchanged", counts["unchanged"]),
        "bad": ngettext("%d not usable", "%d not usable", counts["bad"]),
    }
    return ", ".join(words[name] % counts[name] for name in words)


def preview(result: ListResult) -> dict[str, Any]:
    """What the page shows of a list: counts, and the first rows of each kind, bad ones first."""
    kinds = (
        ("bad", _("Not usable"), "red", result.bad),
        ("changed", _("Changed"), "blue", result.changed),
        ("new", _("New"), "green", result.new),
        ("unchanged", _("Unchanged"), "grey", result.unchanged),
    )
    return {
        "groups": [
            {
                "key": key,
                "label": label,
                "tone": tone,
                "count": len(rows),
                "rows": rows[:SHOWN_ROWS],
                "more": max(len(rows) - SHOWN_ROWS, 0),
            }
            for key, label, tone, rows in kinds
        ],
        "usable": len(result.rows) - len(result.bad),
        "result": result,
    }
