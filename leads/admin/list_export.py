"""The page on which a filtered list (leads, customers, vehicles) is exported, as a mixin for the
admin classes.

A short list is handed out at once, a long one is written by a worker (export.py shows how far it
is). Each is on record: as a row of Export, and in the log of the admin.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from import_export.admin import ExportMixin

from leads.admin.list_export_form import ListExportForm
from leads.admin.wall import dealers_where, user_of
from leads.background import enqueue
from leads.models import Dealer, Export, ExportOrigin, ExportTemplate
from leads.resources.export_kinds import EXPORT_KINDS, ExportKind, export_kind_of
from leads.resources.exporting import note_done, order_export, write_export
from leads.resources.list_writer import CONTENT_TYPES

# In the address of the page: which template fills the form. No filter of the list.
_TEMPLATE = "template"


class ListExport(ExportMixin):
    """To be mixed into an admin class whose get_queryset is scoped. The class names the template of
    its list, with the button that leads to the imports, which have pages of their own."""

    @property
    def export_kind(self) -> ExportKind:
        return export_kind_of(self.model)

    def get_export_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """What the list shows with its filters, as far as it may leave the house."""
        request.GET = _filters(request)
        rows: QuerySet[Any] = super().get_export_queryset(request)
        allowed = dealers_where(user_of(request), self.export_kind.right)
        rows = rows.filter(self.export_kind.present)
        return rows if allowed is None else rows.filter(dealer__in=allowed)

    def export_action(self, request: HttpRequest) -> HttpResponseBase:
        if not self.has_export_permission(request):
            raise PermissionDenied
        templates = self._templates(request)
        template = _named_in(request, templates)
        rows = self.get_export_queryset(request)
        form = ListExportForm(
            request.POST or None,
            kind=self.export_kind,
            counts=self._counts(request, rows),
            template=template,
        )
        if request.method == "POST":
            if "delete_template" in request.POST:
                return self._delete_template(request, template)
            if form.is_valid():
                if "save_template" in request.POST:
                    if saved := self._save_template(request, form):
                        return HttpResponseRedirect(self._export_page(request, saved))
                elif form.counts[form.cleaned_data["dealer"]]:
                    return self._export(request, rows, form.cleaned_data)
                else:
                    form.add_error(None, str(self.export_kind.nothing))
        return self._ask(request, form, templates, template)

    def _ask(
        self,
        request: HttpRequest,
        form: ListExportForm,
        templates: QuerySet[ExportTemplate],
        template: ExportTemplate | None,
    ) -> HttpResponse:
        count = sum(form.counts.values())
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Export %(list)s") % {"list": self.export_kind.title},
            "form": form,
            "kind": self.export_kind,
            "count": count,
            "counted": self.export_kind.counted(count),
            "at_once": settings.EXPORT_AT_ONCE,
            "templates": templates,
            "template": template,
            "owns_template": template is not None and template.user_id == request.user.pk,
            "kept_filters": [(k, v) for k, vs in request.GET.lists() for v in vs],
            "back": f"{reverse(list_of(self.export_kind))}?{request.GET.urlencode()}",
        }
        return TemplateResponse(request, "admin/leads/export/ask.html", context)

    def _counts(self, request: HttpRequest, rows: QuerySet[Any]) -> Mapping[Dealer, int]:
        """By dealer with the right to export, how many of these rows; one query for the counts."""
        found = dict(
            rows.order_by().values("dealer").annotate(n=Count("pk")).values_list("dealer", "n")
        )
        return {one: found.get(one.pk, 0) for one in self._dealers(request)}

    def _dealers(self, request: HttpRequest) -> QuerySet[Dealer]:
        """Where the user may export."""
        dealers = user_of(request).dealers()
        allowed = dealers_where(user_of(request), self.export_kind.right)
        return dealers if allowed is None else dealers.filter(pk__in=allowed)

    # Exporting

    def _export(
        self, request: HttpRequest, rows: QuerySet[Any], cleaned: Mapping[str, Any]
    ) -> HttpResponseBase:
        with transaction.atomic():
            export = order_export(
                cleaned["dealer"],
                rows,
                user=user_of(request),
                now=timezone.now(),
                origin=ExportOrigin.PAGE,
                format=cleaned["format"],
                columns=cleaned["columns"],
                # What was searched for may be somebody's name.
                filters=", ".join(sorted(request.GET))[:300],
            )
            _log(request, export)
            if export.total > settings.EXPORT_AT_ONCE:
                enqueue("leads.tasks.write_export", export.dealer_id, export.pk)
        if export.total > settings.EXPORT_AT_ONCE:
            return HttpResponseRedirect(reverse("admin:leads_export_change", args=[export.pk]))
        # Handed out as it is read from the disk; the response closes it.
        target = tempfile.TemporaryFile()  # noqa: SIM115
        note_done(export, written=write_export(export, target), now=timezone.now())
        target.seek(0)
        return hand_out(target, export)

    # Templates

    def _templates(self, request: HttpRequest) -> QuerySet[ExportTemplate]:
        usable = ExportTemplate.objects.usable_by(user_of(request), self._dealers(request))
        return usable.filter(kind=self.export_kind.kind).select_related("user", "dealer")

    def _save_template(self, request: HttpRequest, form: ListExportForm) -> ExportTemplate | None:
        """The one with this name is overwritten: it is one's own."""
        cleaned = form.cleaned_data
        if not cleaned["save_as"]:
            form.add_error("save_as", _("Please give the template a name."))
            return None
        template, _is_new = ExportTemplate.objects.update_or_create(
            dealer=cleaned["dealer"],
            user=user_of(request),
            kind=self.export_kind.kind,
            name=cleaned["save_as"],
            defaults={"columns": cleaned["columns"], "is_shared": cleaned["is_shared"]},
        )
        text = _("The template “%(name)s” is saved.") % {"name": template.name}
        messages.success(request, text)
        return template

    def _delete_template(
        self, request: HttpRequest, template: ExportTemplate | None
    ) -> HttpResponse:
        if template is None or template.user_id != request.user.pk:
            raise PermissionDenied
        template.delete()
        text = _("The template “%(name)s” is deleted.") % {"name": template.name}
        messages.success(request, text)
        return HttpResponseRedirect(self._export_page(request))

    def _export_page(self, request: HttpRequest, template: ExportTemplate | None = None) -> str:
        address = request.GET.copy()
        if template is not None:
            address[_TEMPLATE] = str(template.pk)
        page = "admin:{}_{}_export".format(*self.get_model_info())
        return f"{reverse(page)}?{address.urlencode()}"


def list_of(kind: ExportKind) -> str:
    """The name of the address of the list."""
    return f"admin:{kind.model._meta.app_label}_{kind.model._meta.model_name}_changelist"


def hand_out(file: Any, export: Export) -> FileResponse:
    """The answer with the written file; the browser stores it and shows nothing of it."""
    name = slugify(str(EXPORT_KINDS[export.kind].title))
    day = timezone.localtime(export.created_at)
    response = FileResponse(
        file,
        as_attachment=True,
        filename=f"{name}-{day:%Y-%m-%d}.{export.extension}",
        content_type=CONTENT_TYPES[export.format],
    )
    response["Cache-Control"] = "no-store, private"
    return response


def _log(request: HttpRequest, export: Export) -> None:
    kind = EXPORT_KINDS[export.kind]
    LogEntry.objects.create(
        user=user_of(request),
        content_type=ContentType.objects.get_for_model(kind.model),
        object_repr=_("export of a list"),
        action_flag=CHANGE,
        change_message=_("%(rows)s as %(format)s, filtered by: %(filters)s.")
        % {
            "rows": kind.counted(export.total),
            "format": export.get_format_display(),
            "filters": export.filters or "–",
        },
    )


def _filters(request: HttpRequest) -> Any:
    """The address of the list, without what is the page's own."""
    kept = request.GET.copy()
    kept.pop(_TEMPLATE, None)
    kept._mutable = False
    return kept


def _named_in(request: HttpRequest, templates: QuerySet[ExportTemplate]) -> ExportTemplate | None:
    pk = request.GET.get(_TEMPLATE, "")
    # A number too large for the database is not found.
    return templates.filter(pk=int(pk)).first() if pk.isascii() and pk.isdecimal() else None
