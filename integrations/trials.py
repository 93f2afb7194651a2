"""Trying a connection out, without any effect at the partner.

Each says in words that it works and how much that means, in the language of the reader. Raises
PartnerError, which says what to do.
"""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from integrations.automanager.marketplace import try_out as try_marketplace
from integrations.automanager.source import try_out as try_automanager
from integrations.bdk.sync import BdkMailbox
from integrations.drklein.client import client_for
from integrations.http import PartnerMisconfigured, PartnerRefused
from integrations.mail.client import Mailbox
from integrations.meta.sync import client_of
from integrations.models import Connection, Partner


class NotReady(PartnerMisconfigured):
    """Something is still to be done; the text itself says what."""

    advice = ""


def _try_bdk(connection: Connection) -> str:
    """Signs in, then reads a lead of each Partnernummer; stores and acknowledges nothing."""
    with BdkMailbox(connection) as mailbox:
        sites = mailbox.sites()
        if not sites:
            raise NotReady(_("No active location has a Partnernummer. Please enter it there."))
        for site in sites:
            try:
                mailbox.try_out(site)
            except PartnerRefused as error:
                message = f"{site}: {error}"
                raise type(error)(message, status=error.status, code=error.code) from None
    return _("Signing in works, these Partnernummern can be read: %(sites)s.") % {
        "sites": ", ".join(sites)
    }


def _try_meta(connection: Connection) -> str:
    with client_of(connection) as client:
        client.check_page(connection.page_id)
    return _("Meta takes the token, the page can be read.")


def _try_google(connection: Connection) -> str:
    """Google calls us: what can be said is what came."""
    if connection.last_success_at is None:
        raise NotReady(
            _(
                "Nothing has come from Google yet. Please press “Send test data” in the lead form"
                " there; the address stands on this page."
            )
        )
    at = timezone.localtime(connection.last_success_at)
    return _("The last message came on %(time)s.") % {
        "time": date_format(at, "SHORT_DATETIME_FORMAT")
    }


def _try_mail(connection: Connection) -> str:
    with Mailbox(connection) as mailbox:
        mailbox.open(connection.mail_folder)
        missing = {connection.mail_done_folder, connection.mail_aside_folder} - set(
            mailbox.folders()
        )
    if missing:
        return _("Signing in works; these folders are made with the first run: %(folders)s.") % {
            "folders": ", ".join(sorted(missing))
        }
    return _("Signing in works, all folders are there.")


def _try_drklein(connection: Connection) -> str:
    with client_for(connection) as client:
        return client.try_out()


TRIALS: dict[str, Callable[[Connection], str]] = {
    Partner.BDK: _try_bdk,
    Partner.GOOGLE_ADS: _try_google,
    Partner.META: _try_meta,
    Partner.MAIL: _try_mail,
    Partner.DRKLEIN: _try_drklein,
    Partner.AUTOMANAGER: try_automanager,
    Partner.MARKETPLACE: try_marketplace,
}
