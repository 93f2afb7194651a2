"""Encrypted columns: unreadable in the database, readable with any of the keys."""

import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.db import connection

from leads.models import IntakeEntry
from tests import builders

pytestmark = pytest.mark.django_db

RAW = '{"lastName": "Größling", "phone": "0171 1234567"}'


def stored(entry):
    """What stands in the table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT raw FROM leads_intakeentry WHERE id = %s", [entry.pk])
        return cursor.fetchone()[0]


def read(entry):
    return IntakeEntry.objects.get(pk=entry.pk).raw


def test_the_database_holds_nothing_readable():
    entry = builders.make_entry(raw=RAW)

    assert "Größling" not in stored(entry)
    assert "1234567" not in stored(entry)
    assert read(entry) == RAW


def test_the_same_text_never_looks_the_same_twice():
    assert stored(builders.make_entry(raw=RAW)) != stored(builders.make_entry(raw=RAW))


@pytest.mark.parametrize("text", ["", "\x00", "a\x00b", "😀", "x" * 100_000], ids=repr)
def test_any_text_comes_back_as_it_was(text):
    assert read(builders.make_entry(raw=text)) == text


def test_the_empty_text_stays_empty():
    assert stored(builders.make_entry(raw="")) == ""


def test_all_ways_of_writing_encrypt():
    entry = builders.make_entry(raw="first")

    IntakeEntry.objects.filter(pk=entry.pk).update(raw=RAW)
    assert "Größling" not in stored(entry)
    assert read(entry) == RAW

    entry.raw = "by bulk_update: Größling"
    IntakeEntry.objects.bulk_update([entry], ["raw"])
    assert "Größling" not in stored(entry)
    assert read(entry) == "by bulk_update: Größling"


def test_the_first_key_writes_and_all_keys_read(settings):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [old]
    before = builders.make_entry(raw="written with the old key")

    settings.FIELD_ENCRYPTION_KEYS = [new, old]
    after = builders.make_entry(raw="written with the new key")
    assert read(before) == "written with the old key"

    settings.FIELD_ENCRYPTION_KEYS = [new]
    assert read(after) == "written with the new key"
    with pytest.raises(InvalidToken):
        read(before)


def test_a_secret_is_encrypted_too():
    dealer_connection = builders.make_connection(client_secret="geheim-4711")

    with connection.cursor() as cursor:
        cursor.execute("SELECT client_secret FROM integrations_connection")
        assert cursor.fetchall()[0][0] != "geheim-4711"
    dealer_connection.refresh_from_db()
    assert dealer_connection.client_secret == "geheim-4711"
