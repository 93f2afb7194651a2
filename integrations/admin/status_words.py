"""What BDK hears about a lead in each status, and why leads were lost: one page per connection."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from integrations.bdk.wording import (
    ReasonWord,
    StatusWord,
    chosen_words,
    usual_reason,
    usual_word,
)
from integrations.models import Connection, Partner
from leads.admin.base import DealerAdmin
from leads.admin.wall import rows_of_dealer
from leads.models import CloseReason, Status

_USUAL, _NOTHING = "usual", ""
_STATUS, _REASON = "status-", "reason-"


class StatusWordsForm(forms.Form):
    """A choice for each status and each reason of the dealer."""

    def __init__(self, *args: Any, connection: Connection, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = connection.status_words
        dealer = connection.dealer_id
        self.statuses = list(rows_of_dealer(Status.objects.active(), dealer))
        lost = CloseReason.objects.active().filter(outcome=CloseReason.Outcome.LOST)
        self.reasons = list(rows_of_dealer(lost, dealer))
        for status in self.statuses:
            usual: Any = StatusWord(usual_word(status)).label
            said = chosen.get("statuses", {}).get(str(status.pk), _USUAL)
            self.fields[f"{_STATUS}{status.pk}"] = _choice(status, StatusWord, usual, said)
        for reason in self.reasons:
            code = usual_reason(reason)
            usual = ReasonWord(code).label if code else _("no reason")
            said = chosen.get("reasons", {}).get(str(reason.pk), _USUAL)
            self.fields[f"{_REASON}{reason.pk}"] = _choice(reason, ReasonWord, usual, said)

    def groups(self) -> list[tuple[str, list[Any]]]:
        """[(heading, fields)]"""
        headings = {_STATUS: _("What BDK hears about the status"), _REASON: _("Why it was lost")}
        return [
            (heading, [field for field in self if field.name.startswith(prefix)])
            for prefix, heading in headings.items()
        ]

    def words(self) -> dict[str, Any]:
        """As they are kept with the connection."""
        return chosen_words(
            {one.pk: self._said(f"{_STATUS}{one.pk}") for one in self.statuses},
            {one.pk: self._said(f"{_REASON}{one.pk}") for one in self.reasons},
        )

    def _said(self, name: str) -> str | None:
        said: str = self.cleaned_data[name]
        return None if said == _USUAL else said


def _choice(
    entry: Status | CloseReason, words: type[StatusWord | ReasonWord], usual: Any, said: str
) -> forms.ChoiceField:
    choices = [
        (_USUAL, _("as usual: %(word)s") % {"word": capfirst(usual)}),
        *((word.value, capfirst(word.label)) for word in words),
    ]
    return forms.ChoiceField(
        label=entry.name,
        choices=[*choices, (_NOTHING, _("say nothing"))],
        initial=said,
        required=False,
        widget=UnfoldAdminSelectWidget,
    )


class StatusWordPages(DealerAdmin):
    """Part of the admin of connections."""

    def may_word(self, request: HttpRequest, connection: Connection) -> bool:
        is_bdk = connection.partner == Partner.BDK
        return is_bdk and self.has_change_permission(request, connection)

    def words_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        connection: Connection | None = self.get_object(request, str(pk))
        if connection is None:
            raise Http404
        if not self.may_word(request, connection):
            raise PermissionDenied
        form = StatusWordsForm(request.POST or None, connection=connection)
        back = reverse("admin:integrations_connection_change", args=[connection.pk])
        if request.method == "POST" and form.is_valid():
            connection.status_words = form.words()
            connection.save(update_fields=["status_words"])
            self.log_change(request, connection, [{"changed": {"fields": [str(_LOGGED)]}}])
            self.message_user(request, _("Saved: BDK hears these words."), messages.SUCCESS)
            return HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Status reports of %(connection)s") % {"connection": connection},
            "form": form,
            "back": back,
        }
        template = "admin/integrations/connection/status_words.html"
        return TemplateResponse(request, template, context)


_LOGGED = gettext_lazy("status reports")
