"""A dealer, and people who work there."""

import pytest
from django.utils import translation

from leads.models import Role
from tests import builders


@pytest.fixture
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def dealer():
    return builders.make_dealer()


@pytest.fixture
def manager(dealer):
    return builders.make_user(dealer, role=Role.MANAGER, last_name="Manager")


@pytest.fixture
def seller(dealer):
    return builders.make_user(dealer, last_name="Seller")
