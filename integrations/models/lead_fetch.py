"""Lead fetches: leads that a partner has announced and that are still to be fetched there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from integrations.models.connection import Connection
from leads.models.dealer import DealerOwned, DealerOwnedQuerySet
from leads.models.intake import IntakeEntry


class LeadFetchQuerySet(DealerOwnedQuerySet["LeadFetch"]):
    def due(self, now: datetime) -> Self:
        """Those that somebody should fetch now; what a paused connection has waits."""
        free = Q(lease_until=None) | Q(lease_until__lt=now)
        return self.filter(
            free,
            state=LeadFetch.State.WAITING,
            next_attempt_at__lte=now,
            connection__is_active=True,
            connection__paused_at=None,
            connection__dealer__is_active=True,
        )

    def take_lease(self, pk: int, *, now: datetime, for_: timedelta) -> bool:
        """Whether the caller is now the only one who may fetch this; one UPDATE decides."""
        free = self.filter(pk=pk, state=LeadFetch.State.WAITING)
        free = free.filter(Q(lease_until=None) | Q(lease_until__lt=now))
        return free.update(lease_until=now + for_) == 1


class LeadFetch(DealerOwned):
    """One announced lead (Meta's leadgen_id), how often it was asked for and when again.

    The entry in the ledger holds the announcement and, once fetched, the lead beside it.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        FETCHED = "fetched", _("fetched")
        UNAVAILABLE = "unavailable", _("not retrievable")

    connection = models.ForeignKey(
        Connection, models.CASCADE, verbose_name=_("connection"), related_name="fetches"
    )
    entry = models.OneToOneField(
        IntakeEntry, models.CASCADE, verbose_name=_("intake entry"), related_name="fetch"
    )
    form_id = models.CharField(_("form"), max_length=40, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    # How often Meta said that there is no such lead for us.
    refusals = models.PositiveSmallIntegerField(default=0, editable=False)
    announced_at = models.DateTimeField(_("announced"))
    next_attempt_at = models.DateTimeField(_("next attempt"))
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    # A sentence in the language of the office, without personal data.
    last_error = models.CharField(_("last error"), max_length=300, blank=True)

    objects = LeadFetchQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("lead to fetch")
        verbose_name_plural = _("leads to fetch")
        ordering = ["-announced_at", "-pk"]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], name="lead_fetch_due", condition=Q(state="waiting")
            ),
            models.Index(fields=["connection", "-announced_at"], name="lead_fetch_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()} {self.entry_id}"
