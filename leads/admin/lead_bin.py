"""The bin: deleting puts leads there, and whoever may delete can see them and take them out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from unfold.decorators import action

from leads.admin.base import DealerAdmin
from leads.admin.change_batch_undo import with_undo
from leads.admin.lead_filters import IN_BIN, leads_in_bin
from leads.admin.merge_pages import back_url, with_button
from leads.admin.wall import user_of
from leads.models import ChangeBatch, Lead
from leads.services.change_batches import edit_together
from leads.services.deleting import delete_leads, restore_leads

# Leads that one click on "Undo" takes out again; more are taken out in the bin itself.
_UNDONE_TOGETHER = 200
_NUMBER = re.compile("[0-9]{1,18}")  # more digits are no id


class LeadBin(DealerAdmin):
    """No page here deletes for good; that is for the data-protection function alone."""

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)  # Django's own: for good
        names = {"restore_selected"}
        wanted = names if request.GET.get("view") == IN_BIN else set(actions) - names
        return {name: actions[name] for name in actions if name in wanted}

    @action(description=gettext_lazy("Delete"), permissions=["delete"])
    def bin_selected(self, request: HttpRequest, queryset: QuerySet[Lead]) -> None:
        rows = self.permitted(request, queryset, "leads.delete_lead")
        by, now = user_of(request), timezone.now()
        batches = edit_together(
            # The list shows them; once they are in the bin, it would no longer.
            Lead.objects.filter(pk__in=list(rows.values_list("pk", flat=True))),
            lambda some, batch: delete_leads(some, by=by, now=now, change_batch=batch),
            kind=ChangeBatch.Kind.BIN,
            by=by,
            now=now,
        )
        text = _in_bin(sum(one.changed_count for one in batches))
        self.message_user(request, with_undo(request, text, batches), messages.SUCCESS)

    @action(description=gettext_lazy("Restore"), permissions=["delete"])
    def restore_selected(self, request: HttpRequest, queryset: QuerySet[Lead]) -> None:
        by, now = user_of(request), timezone.now()
        pks = list(queryset.values_list("pk", flat=True))
        batches = edit_together(
            leads_in_bin(by).filter(pk__in=pks),
            lambda some, batch: restore_leads(some, by=by, now=now, change_batch=batch),
            kind=ChangeBatch.Kind.RESTORE,
            by=by,
            now=now,
        )
        self._say_restored(request, sum(one.changed_count for one in batches), batches)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        lead = self.get_object(request, object_id)
        if lead is None:
            raise Http404
        if not self.has_delete_permission(request, lead):
            raise PermissionDenied
        rows: Any = self.get_queryset(request).filter(pk=lead.pk)
        if request.method == "POST":
            self._delete(request, rows)
            return HttpResponseRedirect(_list_url())
        return self.ask(
            request,
            title=_("Put lead into the bin"),
            form=(),
            leads=rows,
            button=_("Delete"),
            back=reverse("admin:leads_lead_change", args=[lead.pk]),
        )

    def delete_model(self, request: HttpRequest, obj: Lead) -> None:
        delete_leads(Lead.objects.filter(pk=obj.pk), by=user_of(request), now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> None:
        delete_leads(queryset, by=user_of(request), now=timezone.now())

    def get_urls(self) -> list[Any]:
        own = self.address("restore/", "restore", require_POST(self.restore_view))
        return [own, *super().get_urls()]

    def restore_view(self, request: HttpRequest) -> HttpResponse:
        """What the button "Undo" calls; the leads stand in the address."""
        pks = [int(pk) for pk in request.GET.getlist("pk") if _NUMBER.fullmatch(pk)]
        self._restore(request, pks[:_UNDONE_TOGETHER])
        return HttpResponseRedirect(back_url(request, _list_url()))

    def _delete(self, request: HttpRequest, rows: QuerySet[Lead]) -> None:
        pks = list(rows.order_by("pk").values_list("pk", flat=True))
        found = Lead.objects.filter(pk__in=pks)
        deleted = delete_leads(found, by=user_of(request), now=timezone.now())
        text = _in_bin(deleted)
        if 0 < len(pks) <= _UNDONE_TOGETHER:
            address = reverse("admin:leads_lead_restore")
            query = urlencode({"pk": pks}, doseq=True)
            text = with_button(request, text, url=f"{address}?{query}", back=_list_url())
        self.message_user(request, text, messages.SUCCESS)

    def _restore(self, request: HttpRequest, pks: list[int]) -> None:
        rows = leads_in_bin(user_of(request)).filter(pk__in=pks)
        restored = restore_leads(rows, by=user_of(request), now=timezone.now())
        self._say_restored(request, restored)

    def _say_restored(
        self, request: HttpRequest, restored: int, batches: Sequence[ChangeBatch] = ()
    ) -> None:
        if not restored:
            self.message_user(request, _("There was nothing to restore."), messages.INFO)
            return
        text = ngettext("%(n)d lead was restored.", "%(n)d leads were restored.", restored)
        message = with_undo(request, text % {"n": restored}, batches)
        self.message_user(request, message, messages.SUCCESS)


def _in_bin(count: int) -> str:
    text = ngettext("%(n)d lead is in the bin.", "%(n)d leads are in the bin.", count)
    return text % {"n": count}


def _list_url() -> str:
    return reverse("admin:leads_lead_changelist")
