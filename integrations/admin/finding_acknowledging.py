"""Acknowledging findings: one on its page, several from the list; and taking it back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget

from integrations.admin.finding_words import shown
from integrations.automanager import findings as life
from integrations.models import Finding
from integrations.models.finding import FindingQuerySet
from leads.admin.kept import KeptAdmin
from leads.admin.merge_pages import back_url
from leads.admin.wall import has_right_at, user_of
from leads.models import User
from leads.models.keys import clean_text

RIGHT = "integrations.change_finding"
_SHOWN = 5  # findings named on the asking page


class NoteForm(forms.Form):
    """Why it may stay as it is; one note for all."""

    note = forms.CharField(
        label=gettext_lazy("note"),
        max_length=1000,
        help_text=gettext_lazy("For example: “Reported to pixelconcept, answer by Friday.”"),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    def clean_note(self) -> str:
        note = clean_text(self.cleaned_data["note"], multiline=True)
        if not note:  # nothing but characters that nobody sees
            raise ValidationError(self.fields["note"].error_messages["required"], code="required")
        return note


class Acknowledging(KeptAdmin):
    """Part of the admin of findings. Here "change" means to acknowledge; rights are asked for each
    row again, since the list may show those of several dealers."""

    actions = ["acknowledge_selected", "speak_again_selected"]

    def has_acknowledge_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return has_right_at(user_of(request), RIGHT, obj.dealer_id if obj else None)

    def get_urls(self) -> list[Any]:
        own = self.row_addresses(
            {
                "acknowledge": require_POST(self.acknowledge_view),
                "speak-again": require_POST(self.speak_again_view),
            }
        )
        return [*own, *super().get_urls()]

    # Several

    @action(description=gettext_lazy("Acknowledge …"), permissions=["acknowledge"])
    def acknowledge_selected(self, request: HttpRequest, queryset: FindingQuerySet) -> Any:
        rows: Any = self.permitted(request, queryset.open(), RIGHT)
        form = NoteForm(request.POST if "answer" in request.POST else None)
        if form.is_valid():
            self._acknowledge(request, rows, form.cleaned_data["note"])
            return None
        count = rows.count()
        if not count:
            self.message_user(request, _nothing_to_do(), messages.INFO)
            return None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Acknowledge findings"),
            "form": form,
            "count": count,
            "findings": [shown(one) for one in rows.select_related("app")[:_SHOWN]],
            "more": max(0, count - _SHOWN),
            "checkbox_name": ACTION_CHECKBOX_NAME,
            "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "select_across": request.POST.get("select_across", "0"),
            "back": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/integrations/finding/acknowledge.html", context)

    @action(description=gettext_lazy("Report again"), permissions=["acknowledge"])
    def speak_again_selected(self, request: HttpRequest, queryset: FindingQuerySet) -> None:
        self._speak_again(request, self.permitted(request, queryset, RIGHT))

    # One

    def acknowledge_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        finding = self._finding(request, pk)
        form = NoteForm(request.POST)
        if form.is_valid():
            self._acknowledge(request, self._alone(request, finding), form.cleaned_data["note"])
        else:
            text = " ".join(str(error) for errors in form.errors.values() for error in errors)
            self.message_user(request, text, messages.ERROR)
        return self._to_page(request, finding)

    def speak_again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        finding = self._finding(request, pk)
        self._speak_again(request, self._alone(request, finding))
        return self._to_page(request, finding)

    def _finding(self, request: HttpRequest, pk: int) -> Finding:
        finding = self.get_object(request, str(pk))
        if not isinstance(finding, Finding):
            raise Http404
        if not self.has_acknowledge_permission(request, finding):
            raise PermissionDenied
        return finding

    def _alone(self, request: HttpRequest, finding: Finding) -> FindingQuerySet:
        return Finding.objects.for_user(user_of(request)).filter(pk=finding.pk)

    def _to_page(self, request: HttpRequest, finding: Finding) -> HttpResponse:
        page = reverse("admin:integrations_finding_change", args=[finding.pk])
        return HttpResponseRedirect(back_url(request, page))

    # Both

    def _acknowledge(self, request: HttpRequest, rows: Any, note: str) -> None:
        by = user_of(request)
        with transaction.atomic():
            found = list(rows.open())
            count = life.acknowledge(rows, note=note, by=by, now=timezone.now())
            _log(by, found, gettext_lazy("Acknowledged"))
        words = ngettext(
            "%(n)d finding acknowledged. It stays quiet until it becomes worse.",
            "%(n)d findings acknowledged. They stay quiet until they become worse.",
            count,
        )
        if count:
            self.message_user(request, words % {"n": count}, messages.SUCCESS)
        else:
            self.message_user(request, _nothing_to_do(), messages.INFO)

    def _speak_again(self, request: HttpRequest, rows: Any) -> None:
        with transaction.atomic():
            found = list(rows.open().exclude(acknowledged_at=None))
            count = life.speak_again(rows.open())
            _log(user_of(request), found, gettext_lazy("Reported again"))
        words = ngettext(
            "%(n)d finding is reported again.", "%(n)d findings are reported again.", count
        )
        if count:
            self.message_user(request, words % {"n": count}, messages.SUCCESS)
        else:
            self.message_user(request, _("None of them was acknowledged."), messages.INFO)


def _log(by: User, findings: Iterable[Finding], deed: Promise) -> None:
    """In the language of the office. The note stands at the finding alone."""
    with translation.override(settings.LANGUAGE_CODE):
        LogEntry.objects.log_actions(by.pk, findings, CHANGE, str(deed))


def _nothing_to_do() -> str:
    return _("None of them is open any more.")
