"""How bad something is that our checks have found."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Severity(models.IntegerChoices):
    INFO = 10, _("info")
    WARNING = 20, _("warning")
    ERROR = 30, _("error")
    CRITICAL = 40, _("critical")

    @property
    def word(self) -> str:
        """As machines and the command line say it."""
        return self.name.lower()
