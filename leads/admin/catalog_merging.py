"""The list of sources or statuses: entries that leads brought are put together with another one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget

from leads.admin.base import DealerAdmin
from leads.admin.wall import rows_of_dealer, user_of
from leads.services.entry_merging import EntriesDiffer, merge_entry

MOST = 50  # entries merged with one click


class _IntoForm(forms.Form):
    into: Any = forms.ModelChoiceField(
        None,
        label=gettext_lazy("keep"),
        empty_label=gettext_lazy("Please choose"),
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, choices: QuerySet[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["into"].queryset = choices  # type: ignore[attr-defined]


class MergesEntries(DealerAdmin):
    """Rights are asked for each entry again; shared ones are kept but never given up."""

    @action(description=gettext_lazy("Merge with …"), permissions=["delete"])
    def merge_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        rows = self.permitted(request, queryset, self.permission("delete")).exclude(dealer=None)
        entries = list(rows.order_by("name")[: MOST + 1])
        if not entries or len(entries) > MOST or len({one.dealer_id for one in entries}) > 1:
            words = _("Please select entries of one dealer that are not shared by all, at most 50.")
            self.message_user(request, words, messages.WARNING)
            return None
        choices = rows_of_dealer(self.model._default_manager.all(), entries[0].dealer_id)
        choices = choices.exclude(pk__in=[one.pk for one in entries])
        form = _IntoForm(request.POST if "into" in request.POST else None, choices=choices)
        if form.is_valid() and self._merge(request, entries, form.cleaned_data["into"]):
            return None
        return self._ask(request, entries, form)

    def _merge(self, request: HttpRequest, entries: list[Any], into: Any) -> bool:
        now, user = timezone.now(), user_of(request)
        try:
            with transaction.atomic():
                self.log_deletions(request, entries)
                moved = sum(merge_entry(one, into, by=user, now=now) for one in entries)
        except EntriesDiffer as error:
            self.message_user(request, str(error), messages.ERROR)
            return False
        words = ngettext(
            "%(n)d entry now is “%(into)s”.", "%(n)d entries now are “%(into)s”.", len(entries)
        )
        leads = ngettext("%(n)d lead changed.", "%(n)d leads changed.", moved)
        text = f"{words % {'n': len(entries), 'into': into}} {leads % {'n': moved}}"
        self.message_user(request, text, messages.SUCCESS)
        return True

    def _ask(self, request: HttpRequest, entries: list[Any], form: _IntoForm) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Merge entries"),
            "entries": entries,
            "form": form,
            "checkbox_name": ACTION_CHECKBOX_NAME,
            "back": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/leads/catalog/merge.html", context)
