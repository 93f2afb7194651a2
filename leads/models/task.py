"""Tasks: what somebody has to do about a lead, until when."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leads.models.dealer import DealerOwned, DealerOwnedQuerySet
from leads.models.lead import Lead

if TYPE_CHECKING:
    from leads.models.user import User


class TaskQuerySet(DealerOwnedQuerySet["Task"]):
    def for_user(self, user: User) -> Self:
        """Those of leads that the user sees: somebody may see some locations only."""
        return super().for_user(user).filter(lead__in=Lead.objects.for_user(user).order_by())

    def open(self) -> Self:
        return self.filter(done_at=None)

    def overdue(self, now: datetime) -> Self:
        return self.open().filter(due_at__lt=now)


class Task(DealerOwned):
    """A follow-up, callback, test drive …; done when `done_at` is set."""

    class Kind(models.TextChoices):
        FOLLOW_UP = "follow_up", _("follow-up")
        CALLBACK = "callback", _("callback")
        TEST_DRIVE = "test_drive", _("test drive")
        # Somebody with an open lead has asked again: its owner should look at it now.
        ENQUIRED_AGAIN = "enquired_again", _("has asked again")
        OTHER = "other", _("other task")

    lead = models.ForeignKey(Lead, models.CASCADE, verbose_name=_("lead"), related_name="tasks")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.FOLLOW_UP)
    title = models.CharField(_("title"), max_length=200, blank=True)
    note = models.TextField(_("note"), blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("owner"),
        related_name="+",
    )
    due_at = models.DateTimeField(_("due"))
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("done by"),
        related_name="+",
    )
    # The outside system that made it; empty: staff or LeadOffice itself.
    sender = models.CharField(_("sender"), max_length=80, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("created"))
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = TaskQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ["due_at", "pk"]
        indexes = [
            models.Index(
                fields=["dealer", "owner", "due_at"], name="task_open", condition=Q(done_at=None)
            ),
            models.Index(fields=["lead", "due_at"], name="task_of_lead"),
            models.Index(fields=["dealer", "-created_at", "-id"], name="task_newest"),
            models.Index(fields=["dealer", "due_at", "id"], name="task_by_due"),
            models.Index(fields=["dealer", "-updated_at", "-id"], name="task_by_change"),
        ]

    def __str__(self) -> str:
        return self.title or str(self.get_kind_display())
