"""The form in which a message of the ledger is corrected."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget

from leads.admin.intake_mails import is_mail, mail_to_correct
from leads.admin.readable import json_error, readable
from leads.models import IntakeEntry

_LONGEST = 1_000_000  # characters


class CorrectionForm(forms.Form):
    """A message as text. `seen` is what was shown: somebody else may correct it meanwhile."""

    text = forms.CharField(
        label=gettext_lazy("Message"),
        strip=False,
        max_length=_LONGEST,
        widget=UnfoldAdminTextareaWidget(
            attrs={"rows": 24, "spellcheck": "false", "wrap": "off", "autofocus": True}
        ),
    )
    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, entry: IntakeEntry, **kwargs: Any) -> None:
        self.entry = entry
        text = readable(entry.text) if _is_json(entry) else entry.text
        if is_mail(entry):
            text = mail_to_correct(entry)
        kwargs["initial"] = {"text": text, "seen": _version(entry)}
        super().__init__(*args, **kwargs)
        widget = self.fields["text"].widget
        widget.attrs["class"] = f"{widget.attrs.get('class', '')} lo-code"

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"].replace("\r\n", "\n")
        if _is_json(self.entry) and (place := json_error(text)):
            message = _("Line %(line)d, column %(column)d: this is not JSON any more.")
            raise ValidationError(message % {"line": place[0], "column": place[1]})
        return text

    def clean_seen(self) -> str:
        seen: str = self.cleaned_data["seen"]
        if seen != _version(self.entry):
            # Sent a second time, it is meant.
            self.data = {**dict(self.data.items()), "seen": _version(self.entry)}
            raise ValidationError(
                _(
                    "Somebody else has worked on this message in the meantime. Your text is still"
                    " here; if you send it again, it replaces theirs."
                )
            )
        return seen


def _is_json(entry: IntakeEntry) -> bool:
    return not is_mail(entry) and json_error(entry.raw) is None


def _version(entry: IntakeEntry) -> str:
    at = entry.corrected_at
    return f"{entry.attempts} {at.isoformat() if at else ''}".strip()
