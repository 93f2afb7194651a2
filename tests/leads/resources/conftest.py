"""The dealer whose lists come and go."""

import pytest

from leads.models import Role
from tests import builders


@pytest.fixture
def dealer():
    return builders.make_dealer()


@pytest.fixture
def manager(dealer):
    return builders.make_user(dealer, role=Role.MANAGER)
