"""A mailbox over real IMAP, of a dealer with one location."""

import pytest

from integrations.simulator.imap import SimulatedMailbox
from tests.builders import make_location, make_mailbox


@pytest.fixture
def server():
    with SimulatedMailbox() as mailbox:
        yield mailbox


@pytest.fixture
def connection(server, db):
    location = make_location(bdk_partner_number="0012345")
    location.dealer.email = "info@autohaus.example.org"
    location.dealer.save()
    return make_mailbox(port=server.port, location=location)
