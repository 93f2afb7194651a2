"""What the rows of a list become."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ListKind(models.TextChoices):
    LEADS = "leads", _("leads")
    CUSTOMERS = "customers", _("customers")
    VEHICLES = "vehicles", _("vehicles")
    ENTRIES = "entries", _("catalogue entries")  # by pages of their own, not by the wizard
