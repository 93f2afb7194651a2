"""The ledger's buttons: read a message, correct it, process it again, set it aside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_POST
from unfold.decorators import action

from leads.admin.intake_correction_form import CorrectionForm
from leads.admin.intake_mails import is_mail, mail_as_text, mail_file, mail_tells_creditworthiness
from leads.admin.kept import KeptAdmin
from leads.admin.readable import readable
from leads.admin.readers import parsers, process_again
from leads.admin.wall import has_right_at, sees_creditworthiness, user_of
from leads.background import enqueue
from leads.models import Dealer, IntakeEntry, Lead
from leads.services.creditworthiness import tells_creditworthiness
from leads.services.replaying import (
    REPLAYABLE,
    Deed,
    NotReplayable,
    correct_entry,
    is_replayable,
    note,
    set_aside,
)

# Entries that are processed while somebody waits; more are left to a worker.
AT_ONCE = 500

REPLAY = "leads.replay_intakeentry"


class IntakeReplaying(KeptAdmin):
    """Rights are asked for each entry again: the list may show those of several dealers."""

    actions = ["replay_selected", "set_aside_selected"]

    def has_replay_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_right(request, "replay", obj)

    def may_read(self, request: HttpRequest, entry: IntakeEntry) -> bool:
        user = user_of(request)
        if not has_right_at(user, "leads.view_raw", entry.dealer_id):
            return False
        if sees_creditworthiness(user, entry):
            return True
        return not (tells_creditworthiness(entry) or mail_tells_creditworthiness(entry))

    def get_urls(self) -> list[Any]:
        own = self.row_addresses(
            {
                "message": self.message_view,
                "file": self.file_view,
                "correct": self.correct_view,
                "replay": require_POST(self.replay_view),
                "set-aside": require_POST(self.set_aside_view),
            }
        )
        return [*own, *super().get_urls()]

    def _entry(self, request: HttpRequest, pk: int) -> IntakeEntry:
        entry = self.get_object(request, str(pk))
        if not isinstance(entry, IntakeEntry):
            raise Http404
        return entry

    def _entry_to_replay(self, request: HttpRequest, pk: int) -> IntakeEntry:
        entry = self._entry(request, pk)
        if not self.has_replay_permission(request, entry):
            raise PermissionDenied
        return entry

    # One message

    def message_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The message itself; the log says who has opened it."""
        entry = self._entry(request, pk)
        if not self.may_read(request, entry):
            raise PermissionDenied
        note(user_of(request), [entry], Deed.OPENED)
        raw = mail_as_text(entry) if is_mail(entry) and entry.raw else entry.raw
        parts = [(_("As received"), raw), (_("As corrected"), entry.corrected)]
        context = {
            **self._context(request, entry, _("Message as received")),
            "parts": [(title, readable(text)) for title, text in parts if text],
        }
        if is_mail(entry) and entry.raw:
            context["file_url"] = reverse("admin:leads_intakeentry_file", args=[entry.pk])
        return TemplateResponse(request, "admin/leads/intakeentry/message.html", context)

    def file_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A mail as it came, to be stored."""
        entry = self._entry(request, pk)
        if not self.may_read(request, entry):
            raise PermissionDenied
        if not is_mail(entry) or not entry.raw:
            raise Http404
        note(user_of(request), [entry], Deed.OPENED)
        return mail_file(entry)

    def correct_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        entry = self._entry_to_replay(request, pk)
        if not self.may_read(request, entry):
            raise PermissionDenied
        if not is_replayable(entry, parsers(timezone.now())):
            return self._not_replayable(request, entry)
        if request.method == "POST":
            return self._correct(request, entry)
        note(user_of(request), [entry], Deed.OPENED)
        return self._ask(request, entry, CorrectionForm(entry=entry))

    def _correct(self, request: HttpRequest, entry: IntakeEntry) -> HttpResponse:
        form = CorrectionForm(request.POST, entry=entry)
        if not form.is_valid():
            return self._ask(request, entry, form)
        user, now = user_of(request), timezone.now()
        try:
            with transaction.atomic():
                correct_entry(entry, form.cleaned_data["text"], by=user, now=now)
                [processed] = process_again(entry.dealer, [entry.pk], by=user, now=now)
        except NotReplayable:
            return self._not_replayable(request, entry)
        if processed.lead is None:
            form = CorrectionForm(entry=processed)
            return self._ask(request, processed, form, problem=processed.reason)
        return self._done(request, processed)

    def _ask(
        self, request: HttpRequest, entry: IntakeEntry, form: CorrectionForm, *, problem: str = ""
    ) -> HttpResponse:
        context = {
            **self._context(request, entry, _("Correct the message")),
            "form": form,
            "problem": problem,
            "reason": entry.reason,
        }
        return TemplateResponse(request, "admin/leads/intakeentry/correct.html", context)

    def replay_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        entry = self._entry_to_replay(request, pk)
        done = process_again(entry.dealer, [entry.pk], by=user_of(request), now=timezone.now())
        return self._done(request, done[0]) if done else self._not_replayable(request, entry)

    def set_aside_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        entry = self._entry_to_replay(request, pk)
        self._set_aside(request, IntakeEntry.objects.filter(pk=entry.pk))
        return HttpResponseRedirect(_page(entry))

    def _done(self, request: HttpRequest, entry: IntakeEntry) -> HttpResponse:
        if entry.lead is None:
            words = _("There still is no lead. %(reason)s") % {"reason": entry.reason}
            self.message_user(request, words, messages.WARNING)
        else:
            self.message_user(request, _became(entry, entry.lead), messages.SUCCESS)
        return HttpResponseRedirect(_page(entry))

    def _not_replayable(self, request: HttpRequest, entry: IntakeEntry) -> HttpResponse:
        self.message_user(request, why_not(entry), messages.WARNING)
        return HttpResponseRedirect(_page(entry))

    def _context(self, request: HttpRequest, entry: IntakeEntry, title: str) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "entry": entry,
            "back": _page(entry),
        }

    # Several

    @action(description=gettext_lazy("Process again"), permissions=["replay"])
    def replay_selected(self, request: HttpRequest, queryset: QuerySet[IntakeEntry]) -> None:
        """Up to AT_ONCE now; more by a worker, as many in each of its jobs."""
        rows = self.permitted(request, queryset, REPLAY)
        usable = rows.filter(
            outcome__in=REPLAYABLE,
            is_change=False,
            channel__in=parsers(timezone.now()),
            raw_deleted_at=None,
        )
        chosen = list(usable.order_by("received_at", "pk").values_list("dealer_id", "pk"))
        batches = [
            (dealer_id, pks[start : start + AT_ONCE])
            for dealer_id, pks in _by_dealer(chosen).items()
            for start in range(0, len(pks), AT_ONCE)
        ]
        if len(chosen) > AT_ONCE:
            self._leave_to_worker(request, batches, len(chosen))
            return
        processed: list[IntakeEntry] = []
        for dealer_id, pks in batches:
            dealer = Dealer.objects.get(pk=dealer_id)
            processed += process_again(dealer, pks, by=user_of(request), now=timezone.now())
        self._say(request, processed, left=rows.count() - len(processed))

    def _leave_to_worker(
        self, request: HttpRequest, batches: Sequence[tuple[int, list[int]]], count: int
    ) -> None:
        with transaction.atomic():
            for dealer_id, pks in batches:
                enqueue("leads.tasks.process_entries_again", dealer_id, pks, user_of(request).pk)
        words = ngettext(
            "%(n)d message will be processed again in the background.",
            "%(n)d messages will be processed again in the background.",
            count,
        )
        self.message_user(request, words % {"n": count}, messages.SUCCESS)

    def _say(self, request: HttpRequest, processed: Sequence[IntakeEntry], *, left: int) -> None:
        became = sum(entry.lead is not None for entry in processed)
        waiting = len(processed) - became
        words = ngettext("%(n)d message is a lead now.", "%(n)d messages are leads now.", became)
        sentences = [words % {"n": became}]
        if waiting:
            words = ngettext("%(n)d still waits.", "%(n)d still wait.", waiting)
            sentences.append(words % {"n": waiting})
        if left > 0:
            words = ngettext(
                "%(n)d was left as it is: done already, deleted, or from a list.",
                "%(n)d were left as they are: done already, deleted, or from a list.",
                left,
            )
            sentences.append(words % {"n": left})
        level = messages.SUCCESS if became and not waiting else messages.WARNING
        self.message_user(request, " ".join(sentences), level)

    @action(description=pgettext_lazy("what to do", "Set aside"), permissions=["replay"])
    def set_aside_selected(self, request: HttpRequest, queryset: QuerySet[IntakeEntry]) -> None:
        pks = list(self.permitted(request, queryset, REPLAY).values_list("pk", flat=True))
        self._set_aside(request, IntakeEntry.objects.filter(pk__in=pks))

    def _set_aside(self, request: HttpRequest, rows: Any) -> None:
        done = set_aside(rows, by=user_of(request), now=timezone.now())
        words = ngettext("%(n)d message was set aside.", "%(n)d messages were set aside.", done)
        level = messages.SUCCESS if done else messages.WARNING
        self.message_user(request, words % {"n": done}, level)


def why_not(entry: IntakeEntry) -> str:
    """Why a message cannot be processed again; "" if it can."""
    if entry.outcome not in REPLAYABLE:
        return _("Something has come of this message already; change the lead instead.")
    if entry.is_change:
        return _("It was to change a lead; please change the lead instead.")
    if entry.raw_deleted_at is not None:
        return _("The message itself was deleted, so it cannot be processed again.")
    if entry.channel not in parsers(timezone.now()):
        return _("Rows of a list are corrected in the list: please upload it once more.")
    return ""


def _became(entry: IntakeEntry, lead: Lead) -> SafeString:
    return format_html(
        '{}: <a class="lo-link" href="{}">{}</a>',
        capfirst(entry.get_outcome_display()),
        reverse("admin:leads_lead_change", args=[lead.pk]),
        lead.number,
    )


def _page(entry: IntakeEntry) -> str:
    return reverse("admin:leads_intakeentry_change", args=[entry.pk])


def _by_dealer(chosen: Sequence[tuple[int, int]]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for dealer_id, pk in chosen:
        found.setdefault(dealer_id, []).append(pk)
    return found
