"""Sync runs: what one pull from a partner brought."""

from collections import Counter
from collections.abc import Iterable

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext_lazy as _

from integrations.models.connection import Connection, Partner
from leads.models.dealer import DealerOwned
from leads.models.intake import Outcome

# What is added up per connection.
COUNTERS = (
    "received",
    "created",
    "updated",
    "attached",
    "repeated",
    "conflicts",
    "quarantined",
    "set_aside",
    "unknown_types",
    "acknowledged",
    "reported",
    "gone",
)
# Of a message that has been through the intake; repeats are no new ones.
_COUNTER_OF = {
    Outcome.CREATED: "created",
    Outcome.UPDATED: "updated",
    Outcome.ATTACHED: "attached",
    Outcome.REPEATED: "repeated",
    Outcome.IGNORED: "repeated",
    Outcome.CONFLICT: "conflicts",
    Outcome.QUARANTINED: "quarantined",
    Outcome.REJECTED: "quarantined",
    Outcome.SET_ASIDE: "set_aside",
}
# What a run says of itself; but for the first two nothing of what did not happen.
_SAID = {
    "received": _("%(n)d received"),
    "created": _("%(n)d new"),
    "attached": _("%(n)d added to open leads"),
    "updated": _("%(n)d updated"),
    "repeated": _("%(n)d repeated"),
    "conflicts": _("%(n)d contradictory"),
    "quarantined": _("%(n)d in quarantine"),
    "set_aside": _("%(n)d set aside"),
    "acknowledged": _("%(n)d acknowledged"),
    "reported": _("%(n)d statuses reported"),
}
_SAID_OF_STOCK = {
    "received": _("%(n)d vehicles read"),
    "created": _("%(n)d new"),
    "updated": _("%(n)d changed"),
    "repeated": _("%(n)d unchanged"),
    "gone": _("%(n)d no longer in stock"),
}
_ALWAYS_SAID = ("received", "created")


class SyncRun(DealerOwned):
    """One pull. Counters are messages, not leads: a repeated message counts as repeated."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        PARTIAL = "partial", _("partly done")
        FAILED = "failed", _("failed")

    connection = models.ForeignKey(
        Connection, models.CASCADE, verbose_name=_("connection"), related_name="runs"
    )
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("started by"),
        related_name="+",
    )
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.RUNNING)
    pages = models.PositiveIntegerField(_("pages"), default=0)
    received = models.PositiveIntegerField(_("received"), default=0)
    created = models.PositiveIntegerField(_("created"), default=0)
    updated = models.PositiveIntegerField(_("updated"), default=0)
    attached = models.PositiveIntegerField(_("added to open leads"), default=0)
    repeated = models.PositiveIntegerField(_("repeated"), default=0)
    conflicts = models.PositiveIntegerField(_("conflicts"), default=0)
    quarantined = models.PositiveIntegerField(_("quarantined"), default=0)
    set_aside = models.PositiveIntegerField(_("set aside"), default=0)
    acknowledged = models.PositiveIntegerField(_("acknowledged"), default=0)
    unknown_types = models.PositiveIntegerField(_("of unknown type"), default=0)
    reported = models.PositiveIntegerField(_("statuses reported"), default=0)
    gone = models.PositiveIntegerField(_("no longer in stock"), default=0)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-started_at", "-pk"]
        indexes = [
            models.Index(fields=["connection", "-started_at"], name="run_newest_of_connection"),
            models.Index(fields=["dealer", "-started_at"], name="run_newest_of_dealer"),
        ]

    def __str__(self) -> str:
        started = date_format(timezone.localtime(self.started_at), "SHORT_DATETIME_FORMAT")
        return f"{self.connection} {started}"

    def count(self, outcomes: Iterable[str]) -> None:
        """Of messages that have been through the intake."""
        for outcome, number in Counter(outcomes).items():
            name = _COUNTER_OF[Outcome(outcome)]
            setattr(self, name, getattr(self, name) + number)

    def brought(self) -> str:
        """ "53 empfangen, 46 neu, 1 aktualisiert, …, 50 quittiert" """
        said = _SAID_OF_STOCK if self.connection.partner == Partner.MARKETPLACE else _SAID
        counts = {name: getattr(self, name) for name in said}
        return ", ".join(
            str(words) % {"n": counts[name]}
            for name, words in said.items()
            if counts[name] or name in _ALWAYS_SAID
        )

    def summary(self) -> str:
        """ "BDK Demo: 53 empfangen, 46 neu, 1 aktualisiert, …, 50 quittiert (2,1 s)" """
        seconds = (self.finished_at - self.started_at).total_seconds() if self.finished_at else 0
        return f"{self.connection}: {self.brought()} ({number_format(seconds, 1)} s)"
