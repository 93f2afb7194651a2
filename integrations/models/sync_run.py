"""Sync runs: what one pull from a partner brought."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from integrations.models.connection import Connection, Partner
from leads.models.dealer import DealerOwned

# What is added up per connection.
COUNTERS = (
    "received",
    "created",
    "updated",
    "attached",
    "repeated",
    "conflicts",
    "quarantined",
    "unknown_types",
    "acknowledged",
    "reported",
    "gone",
)


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

    def summary(self) -> str:
        """ "BDK Demo: 53 empfangen, 46 neu, 1 aktualisiert, …, 50 quittiert (2,1 s)" """
        seconds = (self.finished_at - self.started_at).total_seconds() if self.finished_at else 0
        if self.connection.partner == Partner.MARKETPLACE:
            return self._stock_summary(seconds)
        return gettext(
            "%(connection)s: %(received)d received, %(created)d new, %(attached)d added to open "
            "leads, %(updated)d updated, "
            "%(repeated)d repeated, %(conflicts)d contradictory, %(quarantined)d in quarantine, "
            "%(acknowledged)d acknowledged (%(seconds)s s)"
        ) % {
            "connection": self.connection,
            "received": self.received,
            "created": self.created,
            "attached": self.attached,
            "updated": self.updated,
            "repeated": self.repeated,
            "conflicts": self.conflicts,
            "quarantined": self.quarantined,
            "acknowledged": self.acknowledged,
            "seconds": number_format(seconds, 1),
        }

    def _stock_summary(self, seconds: float) -> str:
        return gettext(
            "%(connection)s: %(received)d vehicles read, %(created)d new, %(updated)d changed, "
            "%(repeated)d unchanged, %(gone)d no longer in stock (%(seconds)s s)"
        ) % {
            "connection": self.connection,
            "received": self.received,
            "created": self.created,
            "updated": self.updated,
            "repeated": self.repeated,
            "gone": self.gone,
            "seconds": number_format(seconds, 1),
        }
