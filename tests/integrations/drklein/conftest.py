"""A dealer who hands leads over to Dr. Klein; the partner is the simulator, over HTTP."""

from datetime import date
from types import SimpleNamespace

import pytest
from django.utils import timezone

from integrations.drklein import handing_over, sending
from integrations.drklein.outgoing import Entries
from integrations.models import Handover
from leads.models import Lead, Role
from tests.builders import (
    make_consent,
    make_dealer,
    make_drklein_connection,
    make_lead,
    make_user,
    make_vehicle,
)

BORN = date(1985, 4, 17)


@pytest.fixture
def desk(db, partner):
    """A manager with a lead that may be handed over through a test connection of profile B."""
    return make_desk(partner)


def make_desk(partner, **connection):
    dealer = make_dealer()
    account = make_drklein_connection(dealer, base=f"{partner.url}/drklein", **connection)
    manager = make_user(dealer, role=Role.MANAGER)
    lead = make_lead(dealer, vehicle=make_vehicle(dealer), consents=[make_consent()])
    now = timezone.now()

    def prepare(lead=lead, *, entries=None, connection=account, by=manager, now=now):
        entries = entries or Entries(birth_date=BORN)
        stored = Lead.objects.select_related(*handing_over.RELATED).get(pk=lead.pk)
        return handing_over.prepare(stored, connection, entries=entries, by=by, now=now)

    def order(lead=lead, *, entries=None, connection=account, by=manager, now=now, seen=None):
        """`seen`: what was looked at, by default a moment ago."""
        entries = entries or Entries(birth_date=BORN)
        seen = seen or prepare(lead, entries=entries, connection=connection, by=by, now=now)
        return handing_over.hand_over(
            lead, connection, entries=entries, fingerprint=seen.fingerprint, by=by, now=now
        )

    def send(now=now):
        return sending.send_next(now=now)

    def withdraw(handover):
        handing_over.withdraw(handover, by=manager, now=now)

    def stored(handover=None):
        if handover is None:
            return Handover.objects.get()
        return Handover.objects.get(pk=handover.pk)

    return SimpleNamespace(
        dealer=dealer,
        account=account,
        manager=manager,
        lead=lead,
        now=now,
        prepare=prepare,
        order=order,
        send=send,
        withdraw=withdraw,
        stored=stored,
    )
