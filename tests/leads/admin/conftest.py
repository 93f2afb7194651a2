"""Dealers, and people who work for them."""

from types import SimpleNamespace

import pytest

from leads.models import Role
from tests import builders
from tests.storing import store_in


@pytest.fixture
def browse(client):
    """`browse(user)`: a client signed in as this user, reading English."""
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"

    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def office(db):
    ours, theirs = builders.make_dealer(), builders.make_dealer()
    return SimpleNamespace(ours=ours, theirs=theirs)


@pytest.fixture
def dealer(db):
    return builders.make_dealer()


@pytest.fixture
def manager(dealer, client):
    """Signed in as a manager of the dealer."""
    user = builders.make_user(dealer, role=Role.MANAGER)
    client.force_login(user)
    return user


@pytest.fixture
def lists(settings, tmp_path):
    """The folder in which uploaded lists wait."""
    store_in(settings, "imports", tmp_path)
    return tmp_path


def text_of(response):
    return response.content.decode()


def messages_of(response):
    return [str(message) for message in response.context["messages"]]


def words_of(response):
    """The messages without their buttons."""
    return [message.partition(" <form")[0] for message in messages_of(response)]
