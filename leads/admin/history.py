"""Old and new values of a change as people read them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import BooleanField, JSONField, Model
from django.utils import timezone
from django.utils.formats import date_format, localize
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from simple_history.models import DeletedObject
from simple_history.template_utils import HistoricalRecordContextHelper

from leads.admin.display import moment

NOTHING = "–"


class ChangeWords(HistoricalRecordContextHelper):
    """The library shows Python's spelling of a value; this shows the office's."""

    def prepare_delta_change_value(self, change: Any, value: Any) -> Any:
        return in_words(self.model._meta.get_field(change.field), value)


def in_words(field: Any, value: Any) -> str:
    """A stored value of a field: choices by their label, times and numbers as written here."""
    if isinstance(value, DeletedObject):
        return _("deleted") if value.pk else NOTHING
    if value in ("", None):
        return NOTHING
    if isinstance(field, JSONField):
        return "…"  # lists of consents and the like: that they changed is what can be said
    if isinstance(value, datetime):
        return moment(value, now=timezone.now())
    if isinstance(value, date):
        return date_format(value, "SHORT_DATE_FORMAT")
    if isinstance(field, BooleanField):
        return _("yes") if value else _("no")
    if isinstance(value, Model):
        return str(value)
    labels = dict(field.flatchoices or ())
    return capfirst(str(labels[value])) if value in labels else str(localize(value))


def unimportant_fields(model: type[Model]) -> set[str]:
    """Columns that nobody fills in: keys for look-ups, counters, times of saving."""
    return {field.name for field in model._meta.fields if not field.editable}
