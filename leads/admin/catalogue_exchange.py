"""Catalogues as lists: the pages of django-import-export, as a mixin for the admins of catalogues.

An import is shown before it is carried out; the file travels with the confirmation and is kept
nowhere meanwhile. Both are for those who have the right in leads/access.py, at its dealers.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import Any

from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from import_export.admin import ImportExportMixin
from import_export.results import Result, RowResult
from import_export.tmp_storages import BaseStorage

from leads.admin.base import DealerAdmin
from leads.admin.catalogue_exchange_forms import (
    CatalogueConfirmForm,
    CatalogueExportForm,
    CatalogueImportForm,
)
from leads.admin.catalogue_preview import has_collided, preview_of, raise_surprises
from leads.admin.change_batch_undo import with_undo
from leads.admin.wall import dealers_where, rows_at, user_of
from leads.models import ChangeBatch, Dealer
from leads.resources.catalogue_columns import cells_of
from leads.resources.catalogue_files import CatalogueList, CsvList, WindowsCsvList, WrittenList
from leads.resources.catalogue_resources import RESOURCES
from leads.resources.catalogue_rows import EntriesResult
from leads.services.undo_catalogue import remember_entries

_SALT = "leads.catalogue"
_WAITS = 60 * 60  # seconds: how old a preview may be that is confirmed
_TOO_OLD = gettext_lazy("This page was too old. Please upload the list once more.")
_CHANGED = gettext_lazy("The entries have changed meanwhile. Please upload the list once more.")


class CarriedUpload(BaseStorage):
    """The file itself, signed, is its name in the form of the confirmation."""

    def save(self, data: bytes) -> None:
        self.name = signing.dumps(b64encode(data).decode(), salt=_SALT, compress=True)

    def read(self) -> bytes:
        """Raises BadSignature."""
        text: str = signing.loads(self.name, salt=_SALT, max_age=_WAITS)
        return b64decode(text)

    def remove(self) -> None:
        """It is kept nowhere."""


class ExchangesCatalogue(ImportExportMixin, DealerAdmin):
    import_form_class = CatalogueImportForm
    confirm_form_class = CatalogueConfirmForm
    export_form_class = CatalogueExportForm
    import_template_name = "admin/leads/catalog/import.html"
    export_template_name = "admin/leads/catalog/export.html"
    import_formats = (CatalogueList,)
    export_formats = (WrittenList, CsvList, WindowsCsvList)
    tmp_storage_class = CarriedUpload

    def has_import_permission(self, request: HttpRequest) -> bool:
        return self.has_right(request, "import")

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_right(request, "export")

    def get_resource_classes(self, request: HttpRequest) -> Any:
        return [RESOURCES[self.model]]

    # What goes out

    def get_export_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_export_queryset(request)
        return rows_at(rows, dealers_where(user_of(request), self.permission("export")))

    def get_export_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> Any:
        return {"hidden": self.hidden_fields(request)}

    def get_export_filename(self, request: HttpRequest, queryset: Any, file_format: Any) -> str:
        name = slugify(str(self.opts.verbose_name_plural))
        return f"{name}-{timezone.localdate():%Y-%m-%d}.{file_format.get_extension()}"

    def get_data_for_export(self, request: HttpRequest, queryset: Any, **kwargs: Any) -> Any:
        data = super().get_data_for_export(request, queryset, **kwargs)
        data.title = str(self.opts.verbose_name_plural)[:30]  # of the sheet
        text = ngettext("%(count)d entry exported.", "%(count)d entries exported.", len(data))
        self._log_list(request, _("export of a list"), text % {"count": len(data)})
        return data

    def _do_file_export(self, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super()._do_file_export(*args, **kwargs)
        response["Cache-Control"] = "no-store, private"
        return response

    def init_request_context_data(self, request: HttpRequest, form: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().init_request_context_data(request, form)
        title = _("Export %(entries)s") % {"entries": self.opts.verbose_name_plural}
        return {**context, "title": title, "back": self._list_url()}

    # What comes in

    def create_import_form(self, request: HttpRequest) -> CatalogueImportForm:
        form: CatalogueImportForm = super().create_import_form(request)
        form.offer(user_of(request), self.permission("import"))
        return form

    def create_confirm_form(
        self, request: HttpRequest, import_form: Any = None
    ) -> CatalogueConfirmForm:
        form: CatalogueConfirmForm = super().create_confirm_form(request, import_form)
        form.offer(user_of(request), self.permission("import"))
        return form

    def get_confirm_form_initial(self, request: HttpRequest, import_form: Any) -> dict[str, Any]:
        initial: dict[str, Any] = super().get_confirm_form_initial(request, import_form)
        if import_form is not None:
            initial["owner"] = import_form.cleaned_data["owner"]
        return initial

    def get_import_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.get("form")
        dealer = form.dealer if form is not None and form.is_valid() else None
        return {"dealer": dealer, "hidden": self.hidden_fields(request, self.model(dealer=dealer))}

    def add_data_read_fail_error_to_form(self, form: Any, e: Exception) -> None:
        if not isinstance(e, ValidationError):
            raise e
        form.add_error("import_file", e)

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """The form, and below it what an uploaded list would do."""
        response: Any = super().import_action(request, **kwargs)
        context = response.context_data
        context["title"] = _("Import %(entries)s") % {"entries": self.opts.verbose_name_plural}
        context["back"] = self._list_url()
        resource = RESOURCES[self.model](hidden=self.hidden_fields(request))
        context["known_columns"] = [one.column_name for one in resource.get_user_visible_fields()]
        if result := context.get("result"):
            if has_collided(result):
                return self._once_more(request, _CHANGED)
            raise_surprises(result)
            context["preview"] = preview_of(result)
        return response

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Carry out what was shown, or nothing, if it is no longer possible."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        form = self.create_confirm_form(request)
        if not form.is_valid():
            return self._once_more(request, _TOO_OLD)
        try:
            data = CarriedUpload(name=form.cleaned_data["import_file_name"]).read()
        except signing.BadSignature:
            return self._once_more(request, _TOO_OLD)
        dataset = CatalogueList().create_dataset(data)
        with transaction.atomic():
            result = self.process_dataset(
                dataset, form, request, rollback_on_validation_errors=True
            )
            if result.has_validation_errors() or has_collided(result):
                return self._once_more(request, _CHANGED)
            raise_surprises(result)
            result.change_batch = self._remember(request, result, form.dealer)
            return self.process_result(result, request)

    def _remember(
        self, request: HttpRequest, result: Any, dealer: Dealer | None
    ) -> ChangeBatch | None:
        """How it can be undone; what all dealers share belongs to no dealer's bulk changes."""
        if dealer is None:
            return None
        changed = [row for row in result.rows if row.is_new() or row.is_update()]
        return remember_entries(
            dealer,
            [(None if row.is_new() else row.original, row.instance) for row in changed],
            cells=cells_of(self.model),
            what=str(self.opts.verbose_name_plural),
            by=user_of(request),
            now=timezone.now(),
        )

    def _once_more(self, request: HttpRequest, why: Promise) -> HttpResponse:
        self.message_user(request, str(why), messages.WARNING)
        return HttpResponseRedirect(reverse(f"admin:leads_{self.opts.model_name}_import"))

    def add_success_message(self, result: EntriesResult, request: HttpRequest) -> None:
        text = " ".join(preview_of(result).sentences)
        batches = [result.change_batch] if result.change_batch else []
        message = with_undo(request, text, batches, back=self._list_url())
        self.message_user(request, message, messages.SUCCESS)

    def generate_log_entries(self, result: Result, request: HttpRequest) -> None:
        """In the history of each entry: that it came with a list, or what the list changed."""
        flags = {RowResult.IMPORT_TYPE_NEW: ADDITION, RowResult.IMPORT_TYPE_UPDATE: CHANGE}
        content_type = ContentType.objects.get_for_model(self.model)
        rows: Any = [row for row in result.rows if row.import_type in flags]
        LogEntry.objects.bulk_create(
            LogEntry(
                user=user_of(request),
                content_type=content_type,
                object_id=row.instance.pk,
                object_repr=str(row.instance)[:200],
                action_flag=flags[row.import_type],
                change_message=_change_message(row),
            )
            for row in rows
        )

    def _log_list(self, request: HttpRequest, what: str, text: str) -> None:
        LogEntry.objects.create(
            user=user_of(request),
            content_type=ContentType.objects.get_for_model(self.model),
            object_repr=what,
            action_flag=CHANGE,
            change_message=text,
        )

    def _list_url(self) -> str:
        return reverse(f"admin:leads_{self.opts.model_name}_changelist")


def _change_message(row: Any) -> str:
    """As Django writes it, which shows it in the language of whoever reads it."""
    if row.is_new():
        return json.dumps([{"added": {}}])
    fields = [header for header, _before, _after in row.changes]
    return json.dumps([{"changed": {"fields": fields}}], ensure_ascii=False)
