"""Exchanges: calls of a partner as they went, without what is secret or personal."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from integrations.models.connection import Connection
from integrations.models.sync_run import SyncRun
from leads.models.dealer import DealerOwned


class Exchange(DealerOwned):
    """One call. Of what was sent and received only sizes and the shape of the answer are kept:
    names of properties and kinds of values, never a value."""

    connection = models.ForeignKey(
        Connection, models.CASCADE, verbose_name=_("connection"), related_name="exchanges"
    )
    run = models.ForeignKey(
        SyncRun,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("run"),
        related_name="exchanges",
    )
    at = models.DateTimeField(_("time"))
    method = models.CharField(_("method"), max_length=10)
    # Host, path and the names of the parameters.
    address = models.CharField(_("address"), max_length=400)
    # Empty: there was no answer, `problem` says why; or it came without a number, as those of a
    # mail server do: `shape` says then how many mails it was about, if any.
    status = models.PositiveSmallIntegerField(_("answer"), null=True, blank=True)
    problem = models.CharField(_("problem"), max_length=100, blank=True)
    milliseconds = models.PositiveIntegerField(_("duration (ms)"))
    sent = models.PositiveIntegerField(_("sent (bytes)"), default=0)
    received = models.PositiveIntegerField(_("received (bytes)"), default=0)
    shape = models.TextField(_("shape of the answer"), blank=True)
    is_good = models.BooleanField(_("went well"), default=True)

    class Meta:
        verbose_name = _("exchange with a partner")
        verbose_name_plural = _("exchanges with partners")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["connection", "is_good", "-id"], name="exchange_newest"),
            models.Index(fields=["dealer", "-id"], name="exchange_newest_of_dealer"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.address}"

    @property
    def outcome(self) -> str:
        """ "200", "ReadTimeout", and of a mail server "ok", "7 Mails", "TimeoutError, 7 Mails"."""
        if self.status is not None:
            return str(self.status)
        return ", ".join(filter(None, [self.problem, self.shape])) or gettext("ok")
