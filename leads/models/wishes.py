"""What a customer may wish for: the words shared by lead types and leads."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class FinanceKind(models.TextChoices):
    CASH = "cash", _("cash purchase")
    FINANCE = "finance", _("financing")
    LEASING = "leasing", _("leasing")


class Precheck(models.TextChoices):
    """Credit pre-check (Kreditvoreinschätzung). Empty means: nobody said anything about it."""

    NONE = "none", _("explicitly none")
    PERFORMED = "performed", _("performed, result unknown")
    POSITIVE = "positive", _("positive")
    NEGATIVE = "negative", _("negative")


class CustomerKind(models.TextChoices):
    NEW = "new", _("new customer")
    EXISTING = "existing", _("existing customer")


class Urgency(models.TextChoices):
    LOW = "low", _("low")
    NORMAL = "normal", _("normal")
    HIGH = "high", _("high")
    IMMEDIATE = "immediate", _("immediate")


class ContactChannel(models.TextChoices):
    PHONE = "phone", _("phone")
    EMAIL = "email", _("e-mail")
    WHATSAPP = "whatsapp", _("WhatsApp")
    POST = "post", _("post")
