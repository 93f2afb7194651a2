"""Environment of all tests. Named before Django loads, so that a fresh clone needs no .env."""

import atexit
import base64
import os
import secrets
import shutil
import tempfile

import django
import hypothesis
import pytest
from django.apps import apps
from django.conf import settings
from django.core.management.color import no_style
from django.db import connections
from django.utils import translation
from pytest_django.plugin import blocking_manager_key

from tests.storing import store_in

os.environ["DJANGO_SETTINGS_MODULE"] = "leadoffice.settings"
# Plain http and static files from where they lie; the tests themselves run with DEBUG off.
os.environ["DEBUG"] = "True"
os.environ["ALLOWED_HOSTS"] = "localhost,127.0.0.1"  # whatever an .env says
os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(48))
os.environ.setdefault(
    "FIELD_ENCRYPTION_KEYS", base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
)
if "PYTEST_XDIST_WORKER" not in os.environ:  # the process that begins the others
    # Uploads and exports of a run go with it.
    os.environ["TESTS_FILES"] = tempfile.mkdtemp(prefix="leadoffice-tests-")
    atexit.register(shutil.rmtree, os.environ["TESTS_FILES"], ignore_errors=True)
# Each its own, like the database: to the others their files would be forgotten ones.
_process = os.environ.get("PYTEST_XDIST_WORKER", "main")
os.environ["MEDIA_ROOT"] = f"{os.environ['TESTS_FILES']}/{_process}"
django.setup()  # now, since conftest files further down import models

# The same examples each time, and none that fails because the machine is slow. For others:
# --hypothesis-profile=default
hypothesis.settings.register_profile(
    "steady",
    derandomize=True,
    deadline=None,
    suppress_health_check=[
        hypothesis.HealthCheck.too_slow,
        hypothesis.HealthCheck.function_scoped_fixture,
    ],
)
hypothesis.settings.load_profile("steady")

# Passwords hashed in microseconds; no walk over all static files for each test client.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
settings.WHITENOISE_AUTOREFRESH = True


def commits(item):
    marker = item.get_closest_marker("django_db")
    if marker and (marker.kwargs.get("transaction") or marker.kwargs.get("reset_sequences")):
        return True
    return not {"transactional_db", "live_server"}.isdisjoint(item.fixturenames)


def pytest_collection_modifyitems(items):
    """Before a test that commits, and after it (below), the migrations' rows are there."""
    for item in items:
        if commits(item):
            marker = item.get_closest_marker("django_db")
            options = {**(marker.kwargs if marker else {}), "serialized_rollback": True}
            item.add_marker(pytest.mark.django_db(**options), append=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    """A test that commits ends with a flush; whichever test comes next finds the migrations' rows.

    Order alone does not help: the groups of a parallel run begin where their first test stands.
    """
    result = yield
    default = connections["default"]
    contents = getattr(default, "_test_serialized_contents", None)
    if contents and nextitem and commits(item):
        with item.config.stash[blocking_manager_key].unblock():
            default.creation.deserialize_db_from_string(contents)
            count_on_from_the_rows()
    return result


def count_on_from_the_rows():
    """After a test that begins with number 1: no new row may get the number of one of the
    migrations' rows. "Created unless it exists" would then silently create nothing."""
    default = connections["default"]
    with default.cursor() as cursor:
        for statement in default.ops.sequence_reset_sql(no_style(), apps.get_models()):
            cursor.execute(statement)


@pytest.fixture
def exports_folder(settings, tmp_path):
    """Where files of exports wait."""
    store_in(settings, "exports", tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix, tmp_path_factory):
    """SQLite in a file, as in the office: in memory, parallel requests lock each other out."""
    if connections["default"].vendor == "sqlite":
        path = tmp_path_factory.mktemp("database") / "test.sqlite3"
        settings.DATABASES["default"]["TEST"]["NAME"] = str(path)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup):
    """As soon as Playwright's event loop runs, this thread gets a new connection object; it too
    has to find the copy of the migrations' rows, so the copy moves to the class.
    """
    default = connections["default"]
    if hasattr(default, "_test_serialized_contents"):
        type(default)._test_serialized_contents = default._test_serialized_contents


@pytest.fixture(autouse=True)
def german():
    """Each test begins in the language of the office, whatever the last request spoke."""
    translation.activate(settings.LANGUAGE_CODE)
