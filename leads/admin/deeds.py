"""Who has done what with a row that nobody edits: from the log, for its page."""

from __future__ import annotations

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.utils import timezone

from leads.admin.display import moment

SHOWN_DEEDS = 20


def deeds_of(row: Model) -> list[tuple[str, str, str]]:
    """(when, who, what), newest first; for admin/leads/deeds.html."""
    rows = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(type(row)), object_id=str(row.pk)
    )
    now = timezone.now()
    return [
        (moment(one.action_time, now=now), str(one.user), one.get_change_message())
        for one in rows.select_related("user").order_by("-action_time", "-pk")[:SHOWN_DEEDS]
    ]
