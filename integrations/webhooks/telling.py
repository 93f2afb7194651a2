"""The mail about a webhook that LeadOffice has switched off."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils import translation
from django.utils.translation import gettext as _

from integrations.http import host_of
from integrations.models import WebhookEndpoint
from leads.models.dealer import Membership, Role


def tell_administrators(endpoint_id: int) -> int:
    """Mail the dealer's administrators why the webhook is off; how many mails.

    None if somebody has switched it on again or deleted it. Raises OSError or SMTPException.
    """
    off = WebhookEndpoint.objects.filter(pk=endpoint_id, is_active=False)
    endpoint = off.exclude(disabled_at=None).select_related("dealer").first()
    if endpoint is None:
        return 0
    with translation.override(settings.LANGUAGE_CODE), get_connection() as connection:
        # A mail for each: they need not see each other's addresses.
        mails = [
            EmailMessage(_subject(endpoint), _text(endpoint), to=[address], connection=connection)
            for address in _administrators(endpoint)
        ]
        return connection.send_messages(mails) or 0


def _administrators(endpoint: WebhookEndpoint) -> list[str]:
    memberships = Membership.objects.for_dealer(endpoint.dealer_id).filter(
        role=Role.ADMINISTRATOR, is_active=True, user__is_active=True
    )
    found = memberships.exclude(user__email="").values_list("user__email", flat=True)
    return sorted(set(found))


def _subject(endpoint: WebhookEndpoint) -> str:
    return _("Webhook “%(name)s” was switched off") % {"name": endpoint.name}


def _text(endpoint: WebhookEndpoint) -> str:
    return _(
        "LeadOffice has switched off the webhook “%(name)s” of %(dealer)s (%(host)s):\n\n"
        "%(reason)s\n\n"
        "The other system is no longer told about your leads. Please have it set right, then "
        "switch the webhook on again in LeadOffice under “Webhooks”. What happened meanwhile can "
        "be read from the change feed of the API."
    ) % {
        "name": endpoint.name,
        "dealer": endpoint.dealer,
        "host": host_of(endpoint.url),
        "reason": endpoint.disabled_reason,
    }
