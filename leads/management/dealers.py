"""The dealer that a command's caller names."""

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from leads.models import Dealer

WRONG_CALL = 2


def dealer_named(text: str) -> Dealer:
    """By name, or by number. Raises CommandError."""
    dealers = Dealer.objects.filter(name=text)
    if not dealers and text.isascii() and text.isdecimal():
        dealers = Dealer.objects.filter(pk=int(text))
    if not dealers:
        message = _("There is no dealer %(id)s.") % {"id": text}
        raise CommandError(message, returncode=WRONG_CALL)
    return dealers[0]
