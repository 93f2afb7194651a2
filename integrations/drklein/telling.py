"""The mail about a connection to Dr. Klein that does not work any more."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils import translation
from django.utils.translation import gettext as _

from integrations.models import Connection
from leads.models.dealer import Membership, Role


def tell_administrators(connection_id: int) -> int:
    """Mail the dealer's administrators what is wrong; how many mails. Raises OSError or
    SMTPException."""
    connection = Connection.objects.select_related("dealer").filter(pk=connection_id).first()
    if connection is None or not connection.last_error:
        return 0
    memberships = Membership.objects.for_dealer(connection.dealer_id).filter(
        role=Role.ADMINISTRATOR, is_active=True, user__is_active=True
    )
    addresses = memberships.exclude(user__email="").values_list("user__email", flat=True)
    with translation.override(settings.LANGUAGE_CODE), get_connection() as server:
        # A mail for each: they need not see each other's addresses.
        mails = [
            EmailMessage(_subject(connection), _text(connection), to=[one], connection=server)
            for one in sorted(set(addresses))
        ]
        return server.send_messages(mails) or 0


def _subject(connection: Connection) -> str:
    return _("Handovers through “%(name)s” are blocked") % {"name": connection.name}


def _text(connection: Connection) -> str:
    return _(
        "A lead of %(dealer)s could not be handed over through “%(name)s”:\n\n"
        "%(reason)s\n\n"
        "Nothing was passed on. Please check the settings of the connection in LeadOffice; the "
        "lead can then be handed over again."
    ) % {"dealer": connection.dealer, "name": connection.name, "reason": connection.last_error}
