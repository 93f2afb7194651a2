"""Schemathesis asks the API what its OpenAPI document allows and what it does not, and compares the
answers with the document.

All its checks are on, but that of response times: they are the benchmarks' business. The requests
are the same each time, in whatever order the tests run: the seed is fixed, nothing is learnt from
answers, and each request finds the office as the first one did.
"""

from datetime import UTC, datetime

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st

from leadoffice.wsgi import application
from leads.models import Scope
from leads.models.keys import clean_text
from tests.leads.api.asking import Office, operation_id

pytestmark = pytest.mark.django_db

DOCUMENT = {"Accept": "application/vnd.oai.openapi+json", "Accept-Language": "en"}

# The days that the API knows; the formats of the document are wider.
FIRST, LAST = datetime(1900, 1, 2), datetime(2199, 12, 30)
schemathesis.openapi.format("date", st.dates(FIRST.date(), LAST.date()).map(str))
schemathesis.openapi.format(
    "date-time", st.datetimes(FIRST, LAST, timezones=st.just(UTC)).map(datetime.isoformat)
)

# Errors of requests that are as the document says: no JSON schema can say what is wrong with them.
UNSAYABLE = {
    "name_taken",  # what is in the database
    "unknown_customer",
    "unknown_owner",
    "unknown_position",
    "unknown_value",
    "customer_unnamed",  # one of several fields is needed, and must not be blank
    "subject_or_contact_required",
    "differs_from_address",  # the number in the body and the one in the address
    "blank",  # a text of control characters is empty once they are gone
    "cannot_be_empty",  # likewise
    "invalid_character",  # NUL
    "null_characters_not_allowed",
}
# Fields whose values have to mean something: a number that can be called, a place that exists.
MEANINGFUL = ("email", "phone", "mobile", "postal_code", "url")

# The largest body by far, of which four operations take parts: each field is tried with each wrong
# value in leads_create alone, the right values in random requests, many of them in each.
LEADS = {
    "leads_create": {
        "coverage": {"generation": {"mode": "negative"}},
        "fuzzing": {"generation": {"max-examples": 15}},
    },
    "leads_batch": {"coverage": {"enabled": False}},
    "leads_change": {"coverage": {"enabled": False}},
    "leads_upsert": {"coverage": {"enabled": False}},
}


def api(*, coverage=False, fuzzing=1):
    """The API as Schemathesis sees it. `coverage`: every field with every kind of value;
    `fuzzing`: so many random requests for each operation."""
    unlearning = {"extra-data-sources": {"responses": False}}
    phases = {
        "examples": unlearning,
        "coverage": {**unlearning, "enabled": coverage},
        "fuzzing": {
            **unlearning,
            "error-feedback": {"enabled": False},
            "generation": {"max-examples": fuzzing},
        },
        # Only the links that the document names, so that each is followed.
        "stateful": {"generation": {"mode": "positive"}, "inference": {"algorithms": []}},
    }
    operations = [
        {"include-operation-id": name, "phases": options} for name, options in LEADS.items()
    ]
    config = schemathesis.Config.from_dict(
        {
            "seed": 1,
            "generation": {"deterministic": True, "database": "none"},
            "suppress-health-check": ["all"],
            "cache": {"enabled": False},  # no files
            "phases": phases,
            "operations": operations if coverage else [],
        }
    )
    return schemathesis.openapi.from_wsgi(
        "/api/schema/", application, headers=DOCUMENT, config=config
    )


@pytest.fixture(autouse=True)
def one_connection():
    """Requests are part of the test's transaction, as with Django's own test client."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def office(db):
    return Office()


@pytest.fixture
def all_rights(office):
    return office.headers(Scope.values)


@pytest.fixture
def rights_to_read(office):
    return office.headers([scope for scope in Scope.values if scope.endswith(":read")])


def ask(case, office, headers):
    """What the API answers; afterwards the office is as before."""
    office.aim(case)
    office.isolate(case)
    before = transaction.savepoint()
    try:
        response = case.call(headers=headers)
        judge(case, response, headers=headers)
    finally:
        transaction.savepoint_rollback(before)
    return response


def judge(case, response, **options):
    """`options`: of Schemathesis, among them the headers that were sent."""
    case.validate_response(response, excluded_checks=excluded(case, response), **options)


def excluded(case, response):
    """The checks that would be wrong about this answer."""
    checks = []
    if is_unsayable(case, response):
        checks.append(schemathesis.checks.positive_data_acceptance)
    # A bad lead stops only itself: the answer to the batch is 200 and says 422 of this lead.
    if operation_id(case) == "leads_batch" and refuses_some(response):
        checks.append(schemathesis.checks.negative_data_rejection)
    # A text is measured when its control characters and outer blanks are gone.
    if "maxLength" in (case.meta.phase.data.description or "") and has_unclean_text(case.body):
        checks.append(schemathesis.checks.negative_data_rejection)
    return checks


def has_unclean_text(value):
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return any(has_unclean_text(one) for one in inner)
    return isinstance(value, str) and clean_text(value) != value


def is_unsayable(case, response):
    if operation_id(case) == "forms_submit" and response.status_code == 422:
        return True  # what a form asks for is set for each form
    if response.status_code not in (400, 422):
        return False
    problem = response.json()
    errors = problem["errors"] or [{"code": problem["code"], "field": ""}]
    return all(error["code"] in UNSAYABLE or is_meaningless(error) for error in errors)


def is_meaningless(error):
    return error["code"] == "invalid" and error["field"].split(".")[-1] in MEANINGFUL


def refuses_some(response):
    if response.status_code != 200:
        return False
    return any(one["status"] == 422 for one in response.json()["results"])


@api(coverage=True, fuzzing=6).parametrize()
def test_with_all_rights(case, office, all_rights):
    ask(case, office, all_rights)


@api(fuzzing=3).parametrize()
def test_with_the_right_to_read(case, office, rights_to_read):
    response = ask(case, office, rights_to_read)

    if case.operation.method != "get" and case.operation.definition.raw.get("security"):
        assert response.status_code in (401, 403, 404)


def links():
    """(operation, its id, status, id of the operation that its answer leads to)"""
    for path, methods in api().raw_schema["paths"].items():
        for method, operation in methods.items():
            for status, response in operation["responses"].items():
                for target in response.get("links", ()):
                    yield f"{method.upper()} {path}", operation["operationId"], status, target


def test_step_by_step(office, all_rights):
    followed = set()
    linked = {name for _, source, _, target in links() for name in (source, target)}
    walks = api().include(operation_id=sorted(linked)).as_state_machine()

    class Steps(walks):
        # Every walk begins with the same rows, or a repeat would not lead where the first one did.
        def setup(self):
            self.before = transaction.savepoint()

        def teardown(self):
            transaction.savepoint_rollback(self.before)

        def step(self, input):
            if input.transition and input.is_applied:
                followed.add(input.transition.id)
            return super().step(input)

        def call(self, case, **options):
            office.isolate(case)
            case.headers.pop("Idempotency-Key", None)  # drawn twice, it would be a repeat
            return case.call(headers=all_rights)

        def validate_response(self, response, case, **options):
            judge(case, response, headers=all_rights, recorder=self.recorder)

    # Which links are followed depends on what the answers hold; nearly always the first walks do.
    for number in range(4):
        seed(number)(Steps)
        Steps.run(
            settings=settings(
                max_examples=120,
                stateful_step_count=5,
                suppress_health_check=list(HealthCheck),
            )
        )
        missing = [
            (operation, target)
            for operation, _, status, target in links()
            if status == "201"
            and operation.startswith("POST")
            and not any(one.startswith(f"{operation} -> [201] {target} ->") for one in followed)
        ]
        if not missing:
            break
    assert missing == []
