"""A task on the wire: what a client may say, and what it gets to see."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from leads.api.fields import FlagField, MomentField, TextField, WholeNumberField, WordField
from leads.api.representation import Moment, Text
from leads.models.task import Task

_LARGEST_ID = 2**63 - 1
TASK_NAMES = {
    "": {
        "lead": "anfrage",
        "kind": "art",
        "title": "titel",
        "note": "notiz",
        "owner": "mitarbeiter",
        "due_at": "faellig_am",
        "is_done": "erledigt",
    }
}
# A task stays with its lead.
TASK_CHANGE_NAMES = {
    "": {name: german for name, german in TASK_NAMES[""].items() if name != "lead"}
}


class TaskChangeSerializer(serializers.Serializer):
    """What may be changed about a task; what is left out stays as it is."""

    default_error_messages = {"invalid": _("This must be an object.")}

    kind = WordField(
        Task.Kind,
        {"nachfassen": "follow_up", "rückruf": "callback", "probefahrt": "test_drive"},
        help_text=_("A follow-up, if left out."),
    )
    title = TextField(200)
    note = TextField(20_000, multiline=True)
    owner = TextField(
        254, help_text=_("E-mail of the colleague; the lead's own colleague, if left out.")
    )
    due_at = MomentField(required=True, help_text=_("Until when."))
    is_done = FlagField(help_text=_("true: it is done; false: it is to be done after all."))


class TaskWriteSerializer(TaskChangeSerializer):
    """A new task."""

    lead = WholeNumberField(
        _LARGEST_ID, min_value=1, required=True, help_text=_("The id of its lead.")
    )


class TaskLeadSerializer(serializers.Serializer):
    id = serializers.IntegerField(read_only=True)
    number = serializers.CharField(read_only=True)


class TaskSerializer(serializers.Serializer):
    id = serializers.IntegerField(read_only=True)
    version = serializers.IntegerField(read_only=True, help_text=_("Part of the ETag."))
    lead = TaskLeadSerializer(read_only=True)
    kind = serializers.ChoiceField(Task.Kind.choices, read_only=True)
    title = Text()
    note = Text()
    owner = Text(source="owner.email", help_text=_("E-mail of the colleague in charge."))
    due_at = Moment()
    is_done = serializers.SerializerMethodField()
    done_at = Moment()
    sender = Text(help_text=_("The system that made it; null: the office."))
    created_at = Moment()
    updated_at = Moment()

    def get_is_done(self, task: Task) -> bool:
        return task.done_at is not None


REQUEST = {
    "lead": 4711,
    "kind": "callback",
    "title": "Wegen Inzahlungnahme zurückrufen",
    "due_at": "2026-03-06T09:00:00+01:00",
}
REQUEST_GERMAN = {
    "anfrage": 4711,
    "art": "rückruf",
    "titel": "Wegen Inzahlungnahme zurückrufen",
    "faellig_am": "06.03.2026 09:00",
}
EXAMPLE = {
    "id": 31,
    "version": 1,
    "lead": {"id": 4711, "number": "L-2026-000123"},
    "kind": "callback",
    "title": "Wegen Inzahlungnahme zurückrufen",
    "note": None,
    "owner": "sabine.verkauf@example.de",
    "due_at": "2026-03-06T09:00:00+01:00",
    "is_done": False,
    "done_at": None,
    "sender": "api:crm",
    "created_at": "2026-03-02T09:15:00+01:00",
    "updated_at": "2026-03-02T09:15:00+01:00",
}
