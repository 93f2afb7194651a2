"""A new key for what is stored encrypted."""

import io

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from integrations.models import Connection
from leads.models import IntakeEntry
from leads.models.encrypted import EncryptedTextField
from leads.services.key_rotation import encrypted_columns, rotate
from tests.builders import make_connection, make_entry

pytestmark = pytest.mark.django_db

OLD, NEW, LOST = (Fernet.generate_key().decode() for _ in range(3))


@pytest.fixture
def stored(settings):
    """A secret and a message, encrypted with the old key; the new one stands in front now."""
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    make_connection(client_secret="geheim", access_token="")
    make_entry(raw="Guten Tag")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]


def run(*arguments):
    said = io.StringIO()
    call_command("rotate_encryption_keys", *arguments, stdout=said)
    return said.getvalue()


def test_afterwards_the_old_key_can_be_thrown_away(stored, settings):
    assert run("--dry-run") == "2 Werte haben einen alten Schlüssel.\n"
    assert run() == "2 Werte neu verschlüsselt.\n"
    assert run() == "0 Werte neu verschlüsselt.\n"

    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert Connection.objects.get().client_secret == "geheim"
    assert IntakeEntry.objects.get().raw == "Guten Tag"


def test_all_of_many_are_reached(settings, monkeypatch):
    monkeypatch.setattr("leads.services.key_rotation.BATCH", 2)
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    for _ in range(5):
        make_entry()
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]

    assert rotate().renewed == 5


def test_what_somebody_changes_meanwhile_is_left_to_them(stored, settings):
    def change(_column, _values):
        Connection.objects.update(client_secret="neu")

    seen = []
    rotate(progress=lambda column, values: (seen.append(column), change(column, values)))

    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert Connection.objects.get().client_secret == "neu"
    assert seen


def test_what_no_key_opens_is_told_and_stays(stored, settings):
    settings.FIELD_ENCRYPTION_KEYS = [NEW, LOST]
    with pytest.raises(CommandError, match="Bitte alle aufheben") as caught:
        run()
    assert caught.value.returncode == 1

    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    assert Connection.objects.get().client_secret == "geheim"


def test_every_encrypted_column_is_known():
    names = {f"{model._meta.label}.{field.name}" for model, field in encrypted_columns()}

    assert {"leads.IntakeEntry.raw", "integrations.Connection.client_secret"} <= names
    assert all(isinstance(field, EncryptedTextField) for _model, field in encrypted_columns())
