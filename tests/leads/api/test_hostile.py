"""Bad input at every operation that is in the OpenAPI document: refused in words, kept where an
enquiry may have been meant, and never an error of ours."""

import json
import re

import pytest
from django.test import Client

from leads.models import IntakeEntry, Lead, Outcome, Scope
from tests import hostile
from tests.builders import (
    make_activity,
    make_customer,
    make_lead,
    make_task,
    make_vehicle,
    make_webhook,
)
from tests.leads.api.conftest import ApiClient

JSON = "application/vnd.oai.openapi+json"
# Operations whose leads are those of leads_create.
SIMILAR = {"leads_upsert", "leads_batch"}
# Operations by which leads come in and are changed: what is refused there stands in the ledger.
LEDGER = {"leads_create", "leads_upsert", "leads_batch", "leads_change"}
LISTS_BY_CURSOR = {
    "leads_list": ["-received_at", "updated_at", "-score"],
    "activities_list": ["-at"],
    "customers_list": ["-created_at"],
    "tasks_list": ["-created_at", "due_at"],
    "vehicles_list": ["-created_at"],
    "sources_list": ["id"],
    "webhooks_list": ["-created_at"],
}


@pytest.fixture(scope="module")
def operations():
    """operation id → method, path, description"""
    paths = Client().get("/api/schema/", headers={"Accept": JSON}).json()["paths"]
    return {
        one["operationId"]: (method.upper(), path, one)
        for path, methods in paths.items()
        for method, one in methods.items()
        if one.get("security")
    }


@pytest.fixture(scope="module")
def schemas():
    document = Client().get("/api/schema/", headers={"Accept": JSON}).json()
    return document["components"]["schemas"]


@pytest.fixture
def rows(dealer):
    """What the numbers in addresses stand for: beginning of the path → row."""
    lead = make_lead(dealer)
    make_activity(lead)
    return {
        "leads": lead,
        "customers": make_customer(dealer),
        "tasks": make_task(lead),
        "vehicles": make_vehicle(dealer),
        "webhooks": make_webhook(dealer),
    }


@pytest.fixture
def api(dealer):
    return ApiClient(dealer, scopes=Scope.values, rate_per_minute=1_000_000)


def address(path, rows):
    row = rows.get(path.split("/")[3])
    return re.sub(r"\{(?!id)\w+\}", "K-1", path).replace("{id}", str(row.pk if row else ""))


def writing(operations):
    return {name: one for name, one in operations.items() if one[0] in ("POST", "PUT", "PATCH")}


def is_problem(response):
    """A client's error, as a problem document."""
    if not 400 <= response.status_code < 500:
        return False
    return response["Content-Type"] == "application/problem+json" and response.json()["detail"]


# --- bodies --------------------------------------------------------------------------------------


def test_bodies_that_no_honest_program_sends_are_refused_and_kept(operations, api, rows):
    for name, (method, path, _description) in writing(operations).items():
        before = IntakeEntry.objects.count()

        for kind, body in hostile.JSON_BODIES.items():
            answer = api.send(method, address(path, rows), body)
            assert is_problem(answer), (name, kind, answer.content)
        kept = IntakeEntry.objects.count() - before
        assert kept == (len(hostile.JSON_BODIES) if name in LEDGER else 0), name
    assert not IntakeEntry.objects.exclude(outcome=Outcome.REJECTED).exists()
    assert Lead.objects.count() == 1


def test_bodies_that_are_too_large_are_refused_and_kept(operations, api, rows, problem):
    for name, (method, path, _description) in writing(operations).items():
        body = hostile.too_large(9 if name == "leads_batch" else 8)

        answer = api.send(method, address(path, rows), body)

        assert problem(answer, 413)["code"] == "too_large", name
    assert IntakeEntry.objects.filter(outcome=Outcome.REJECTED).count() == len(LEDGER)


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/xml", "multipart/form-data", "application/json;charset=utf-7"],
)
def test_other_content_types_are_refused_and_kept(operations, api, rows, problem, content_type):
    for _method, path, _description in writing(operations).values():
        answer = api.send(_method, address(path, rows), b'{"subject": "x"}', content_type)

        problem(answer, 415)
    assert IntakeEntry.objects.filter(outcome=Outcome.REJECTED).count() == len(LEDGER)


def test_chunked_bodies_are_refused_and_kept(operations, api, rows, problem):
    for method, path, _description in writing(operations).values():
        answer = api.send(method, address(path, rows), b"", transfer_encoding="chunked")

        problem(answer, 411)
    assert IntakeEntry.objects.filter(outcome=Outcome.REJECTED).count() == len(LEDGER)


# --- fields --------------------------------------------------------------------------------------

SAMPLES = {
    "string": "Golf",
    "number": 1.5,
    "boolean": True,
    "array": [["x"]],
    "object": {"x": ["y"]},
}


def types_of(schema, schemas):
    """The JSON types that a schema allows."""
    if "$ref" in schema:
        return types_of(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    for name in ("oneOf", "anyOf", "allOf"):
        if name in schema:
            return {one for part in schema[name] for one in types_of(part, schemas)}
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return {"number" if one == "integer" else one for one in types}


def properties_of(schema, schemas):
    """name → schema of an object; of none, nothing."""
    if "$ref" in schema:
        return properties_of(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    for part in (*schema.get("oneOf", ()), *schema.get("anyOf", ()), *schema.get("allOf", ())):
        if found := properties_of(part, schemas):
            return found
    return schema.get("properties", {})


def wrong_bodies(schema, schemas):
    """(path, body) for each field of a body and each JSON type that it does not have."""
    for name, field in properties_of(schema, schemas).items():
        for kind in SAMPLES.keys() - types_of(field, schemas):
            yield name, {name: SAMPLES[kind]}
        for path, inner in wrong_bodies(field, schemas):
            yield f"{name}.{path}", {name: inner}
        if items := field.get("items"):
            for kind in SAMPLES.keys() - types_of(items, schemas):
                yield f"{name}.0", {name: [SAMPLES[kind]]}
            for path, inner in wrong_bodies(items, schemas):
                yield f"{name}.0.{path}", {name: [inner]}


def test_every_field_refuses_values_of_another_type(operations, schemas, api, rows, problem):
    seen = 0
    for name, (method, path, description) in writing(operations).items():
        if name in SIMILAR:
            continue
        schema = description["requestBody"]["content"]["application/json"]["schema"]
        for field, body in wrong_bodies(schema, schemas):
            seen += 1
            answer = api.send(method, address(path, rows), body)
            named = {error["field"] for error in problem(answer, 400)["errors"]}
            assert field in named, (name, field, named)
    assert seen > 300
    assert Lead.objects.count() == 1


def test_whatever_stands_in_a_body_is_taken_or_refused(operations, api, rows):
    """Also what has the right type: too long, too large, invisible."""
    for name, (method, path, description) in writing(operations).items():
        if name in SIMILAR:
            continue
        content = description["requestBody"]["content"]["application/json"]
        [example] = content["examples"].values()
        for body in hostile.altered(example["value"]):
            answer = api.send(method, address(path, rows), body)
            is_taken = answer.status_code in (200, 201, 202)
            assert is_taken or is_problem(answer), (name, body, answer.content)
    # An error of ours in storing it would hide in quarantine.
    assert not IntakeEntry.objects.filter(outcome=Outcome.QUARANTINED).exists()


# --- addresses -----------------------------------------------------------------------------------


def test_numbers_that_no_row_can_have_answer_404(operations, api, rows, problem):
    for name, (method, path, description) in operations.items():
        if "{id}" not in path:
            continue
        content = description.get("requestBody", {}).get("content", {}).get("application/json", {})
        [example] = content.get("examples", {"": {"value": {}}}).values()
        for number in hostile.IDS:
            there = path.replace("{id}", number).replace("{message_id}", "msg_1")
            answer = api.send(method, there, example["value"])
            assert answer.status_code == 404, (name, number, answer.content)
            problem(answer, 404)


@pytest.mark.parametrize(
    "number", [*hostile.PARAMETERS[1:], "a%0Ab", "..", "a%2Fb", "a/b", "%E2%80%AE"]
)
def test_odd_numbers_of_other_systems_are_looked_for_or_refused(operations, api, number):
    for method, path, _description in operations.values():
        if "external" not in path:
            continue
        there = re.sub(r"\{\w+\}", number.format(name="x"), path)
        answer = api.send(
            method, there, {"subject": "Golf"} if "leads" in path else {"company": "X"}
        )
        assert answer.status_code in (200, 201) or is_problem(answer), (path, answer.content)


def test_odd_parameters_of_lists_are_used_or_refused(operations, api, rows):
    for name, (method, path, description) in operations.items():
        if method != "GET":
            continue
        there = address(path, rows)
        parameters = description.get("parameters", [])
        names = [one["name"] for one in parameters if one["in"] == "query"]
        for parameter in [*names, "unknown", "%00"]:
            for value in hostile.PARAMETERS:
                answer = api.get(f"{there}?{parameter}={value.format(name=parameter)}")
                is_read = answer.status_code in (200, 404)
                assert is_read or is_problem(answer), (name, parameter, value, answer.content)


def test_forged_cursors_are_used_or_refused(operations, api, rows):
    for name, orders in LISTS_BY_CURSOR.items():
        _method, path, _description = operations[name]
        for order in orders:
            ordering = f"&ordering={order}" if len(orders) > 1 else ""
            for cursor in hostile.cursors(order):
                answer = api.get(f"{address(path, rows)}?cursor={cursor}{ordering}")
                assert answer.status_code in (200, 400), (name, cursor, answer.content)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("If-Match", ""),
        ("If-Match", '"'),
        ("If-Match", '"' + "x" * 5000 + '"'),
        ("If-Match", "ä"),
        ("If-None-Match", 'W/"x", "'),
        ("Idempotency-Key", ""),
        ("Idempotency-Key", "ä ö"),
        ("Idempotency-Key", "x" * 201),
        ("Accept", "text/html"),
        ("Accept", ";;q=x"),
        ("Accept-Language", "de-;q=x," * 500),
        ("Authorization", "Bearer"),
        ("Authorization", "Bearer " + "x" * 5000),
        ("Authorization", "Api-Key ä.ö"),
        ("Content-Length", "-1"),
        ("Content-Length", "many"),
        ("Host", "ä"),
        ("X-Forwarded-For", "x" * 5000),
    ],
)
def test_odd_headers_are_used_or_refused(operations, api, rows, header, value):
    for name, (method, path, _description) in operations.items():
        headers = {**api.headers, header: value}
        answer = api.client.generic(
            method, address(path, rows), json.dumps({}), "application/json", headers=headers
        )
        assert answer.status_code < 500, (name, answer.content)
