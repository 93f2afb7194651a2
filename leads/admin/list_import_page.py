"""What all pages of an import have in common: where it stands, who may go on with it, and leading
from one step to the next."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy

from leads.admin.display import badge
from leads.admin.list_import_texts import TEXTS
from leads.admin.wall import has_right_at, user_of
from leads.models import ImportOrigin, ImportState, ListImport, ListKind, User
from leads.resources.list_kinds import KINDS

# The steps as people see them; a step is also the end of its page's address.
STEPS: tuple[tuple[str, Promise], ...] = (
    ("file", pgettext_lazy("step", "File")),
    ("columns", pgettext_lazy("step", "Columns")),
    ("values", pgettext_lazy("step", "Values")),
    ("preview", pgettext_lazy("step", "Preview")),
    ("run", pgettext_lazy("step", "Import")),
    ("result", pgettext_lazy("step", "Result")),
)
_NAMES = [name for name, _label in STEPS]
# Without a page of their own.
_ADDRESSES = ("progress", "act", "read", "settle")
TONES = {
    ImportState.READING: "blue",
    ImportState.UNREADABLE: "red",
    ImportState.MAPPING: "amber",
    ImportState.CHECKING: "blue",
    ImportState.READY: "amber",
    ImportState.RUNNING: "blue",
    ImportState.PAUSED: "amber",
    ImportState.DONE: "green",
    ImportState.CANCELLED: "grey",
}
_STEP_OF_STATE = {
    ImportState.READING: "file",
    ImportState.UNREADABLE: "file",
    ImportState.MAPPING: "columns",
    ImportState.CHECKING: "preview",
    ImportState.READY: "preview",
    ImportState.RUNNING: "run",
    ImportState.PAUSED: "run",
}
_WITH_PERCENT = (ImportState.CHECKING, ImportState.RUNNING, ImportState.PAUSED)
# As long as nothing has been imported, one may go back to the columns and values.
_CHANGEABLE = ("columns", "values", "preview")


def step_of(list_import: ListImport) -> str:
    """Where the import stands."""
    step = _STEP_OF_STATE.get(ImportState(list_import.state), "result")
    return "values" if step == "columns" and list_import.found_values else step


def is_open_step(list_import: ListImport, step: str) -> bool:
    """Whether there is something to see at this step now."""
    at = step_of(list_import)
    if step == at:
        return True
    if step == "values":
        return at == "preview" and bool(list_import.found_values)
    return step == "columns" and at in _CHANGEABLE


def url_of(list_import: ListImport, step: str = "") -> str:
    """The page of a step; without one, that at which the import stands."""
    return reverse(f"admin:leads_listimport_{step or step_of(list_import)}", args=[list_import.pk])


def importable_kinds(user: User, dealer_id: int | None = None) -> list[ListKind]:
    """What this user may import at the dealer; None: at any."""
    allowed = (kind for kind, one in KINDS.items() if has_right_at(user, one.right, dealer_id))
    return [ListKind(kind) for kind in allowed]


def may_go_on(user: User, list_import: ListImport) -> bool:
    """Those who may import at this dealer. What was begun at the command line is the operator's
    to go on with, and what nobody answers for any more does not go on at all."""
    if list_import.user_id is None:
        return user.is_superuser and list_import.origin == ImportOrigin.COMMAND
    return list_import.kind in importable_kinds(user, list_import.dealer_id)


@dataclass(frozen=True)
class ImportPage:
    """A request for one step of one import, which its sender may see."""

    admin: ModelAdmin
    request: HttpRequest
    list_import: ListImport
    now: datetime

    @property
    def user(self) -> User:
        return user_of(self.request)

    @property
    def is_post(self) -> bool:
        return self.request.method == "POST"

    @property
    def may_go_on(self) -> bool:
        return may_go_on(self.user, self.list_import)

    def need_right(self) -> None:
        if not self.may_go_on:
            raise PermissionDenied

    def go(self, step: str = "", query: str = "") -> HttpResponseRedirect:
        return HttpResponseRedirect(f"{url_of(self.list_import, step)}{query}")

    def elsewhere(self) -> HttpResponseRedirect:
        """For a step that is not open (any more), perhaps in a second tab."""
        if self.is_post:
            self.say(_("This import is at another step by now."), messages.WARNING)
        return self.go()

    def say(self, text: object, level: int = messages.SUCCESS) -> None:
        messages.add_message(self.request, level, str(text))

    def answer(self, step: str, **context: Any) -> HttpResponse:
        found = self.list_import
        shared = {
            **self.admin.admin_site.each_context(self.request),
            "opts": self.admin.opts,
            "title": f"{TEXTS[found.kind].title} · {found.file_name}",
            "list_import": found,
            "texts": TEXTS[found.kind],
            "state": state_badge(found, with_percent=False),  # the bar has them, and moves
            "steps": self._steps(step),
            "may_go_on": self.may_go_on,
            "is_over": found.is_over,
            "urls": {name: url_of(found, name) for name in (*_NAMES, *_ADDRESSES)},
            "back": reverse("admin:leads_listimport_changelist"),
        }
        template = f"admin/leads/listimport/{step}.html"
        return TemplateResponse(self.request, template, {**shared, **context})

    def _steps(self, shown: str) -> list[dict[str, Any]]:
        return [
            {
                "label": label,
                "is_shown": name == shown,
                "url": url_of(self.list_import, name)
                if name != shown and is_open_step(self.list_import, name)
                else "",
            }
            for name, label in STEPS
            if name != "values" or self.list_import.found_values
        ]


def state_badge(list_import: ListImport, *, with_percent: bool = True) -> SafeString:
    state = ImportState(list_import.state)
    words = capfirst(str(state.label))
    if state == ImportState.MAPPING:
        words = _("To be mapped")
    if with_percent and state in _WITH_PERCENT:
        words = f"{words} · {list_import.percent} %"
    return badge(words, TONES[state])


def grouped(number: int) -> str:
    """ "12.480" """
    return number_format(number, force_grouping=True)


def rows_text(count: int) -> str:
    return ngettext("%(n)s row", "%(n)s rows", count) % {"n": grouped(count)}


def stamp(content: Any) -> str:
    """What a form was made for: if that has changed meanwhile, its answers mean something else."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
