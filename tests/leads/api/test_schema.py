"""The OpenAPI document and the page that shows it."""

import json
import re

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import URLResolver, get_resolver

from leads.api.selecting import SelectedLeadSerializer
from leads.api.serializers import LeadCreateSerializer
from leads.models import Scope, Tag
from tests.builders import (
    make_dealer,
    make_lead,
    make_location,
    make_task,
    make_user,
    make_vehicle,
)
from tests.leads.api.conftest import ApiClient
from tests.leads.api.test_create import ENGLISH

JSON = "application/vnd.oai.openapi+json"


@pytest.fixture(scope="module")
def schema():
    """As a client gets it; made once, since nothing but the code goes into it."""
    response = Client().get("/api/schema/", headers={"Accept": JSON})
    assert response.status_code == 200
    return response.json()


def operations(schema):
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def keyed(schema):
    """The operations that need an API key; the others are for browsers."""
    for name, operation in operations(schema):
        if operation.get("security"):
            yield name, operation


def test_the_document_is_valid_and_made_without_warnings(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", file=str(tmp_path / "schema.yaml"))


def test_it_is_openapi_3_1_and_names_the_key(schema):
    assert schema["openapi"].startswith("3.1")
    assert schema["components"]["securitySchemes"]["ApiKey"]["scheme"] == "bearer"
    assert all(operation["security"] == [{"ApiKey": []}] for _, operation in keyed(schema))
    open_to_all = {name for name, one in operations(schema)} - {name for name, _ in keyed(schema)}
    assert open_to_all == {"post /api/v1/forms/{form_key}/"}


def patterns(resolver, prefix=""):
    for one in resolver.url_patterns:
        route = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from patterns(one, route)
        else:
            yield route, one.callback


def is_described(view):
    """What partners call in their own formats is described by them."""
    schema = getattr(view, "initkwargs", {}).get("schema", view.cls.schema)
    return schema is not None


def test_every_address_below_v1_is_in_it(schema):
    ours = {
        "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route).replace("{pk}", "{id}")
        for route, view in patterns(get_resolver())
        if route.startswith("api/v1/") and is_described(view)
    }

    assert ours == set(schema["paths"])


def test_every_operation_is_described_with_examples_of_answers_and_errors(schema):
    for name, operation in operations(schema):
        assert operation["summary"], name
        assert operation["description"], name
        assert {"405", "406", "429", "500"} <= set(operation["responses"]), name
        if operation.get("security"):
            assert "401" in operation["responses"], name
        for status, response in operation["responses"].items():
            assert response["description"], (name, status)
            if status in ("204", "304"):
                assert "content" not in response, (name, status)
                continue
            [(media_type, content)] = response["content"].items()
            is_for_visitors = (name, status) == ("post /api/v1/forms/{form_key}/", "422")
            is_problem = status >= "400" and not is_for_visitors
            expected = "application/problem+json" if is_problem else "application/json"
            assert media_type == expected, (name, status)
            assert content["examples"], (name, status)
            for example in content["examples"].values():
                if status >= "400" and operation.get("security"):
                    assert example["value"]["status"] == int(status)
        for parameter in operation.get("parameters", []):
            assert parameter["description"], (name, parameter["name"])


def test_operations_have_names_and_described_groups(schema):
    names = [operation["operationId"] for _, operation in operations(schema)]
    groups = {tag["name"]: tag["description"] for tag in schema["tags"]}

    assert len(set(names)) == len(names)
    for name, operation in operations(schema):
        [tag] = operation["tags"]
        assert groups[tag], name
    assert {tag for _, one in operations(schema) for tag in one["tags"]} == set(groups)


def test_what_is_sent_has_examples_and_its_own_errors(schema):
    for name, operation in keyed(schema):
        method = name.partition(" ")[0]
        headers = {parameter["name"] for parameter in operation.get("parameters", [])}
        answers = set(operation["responses"])
        if method in ("post", "put", "patch"):
            [content] = operation["requestBody"]["content"].values()
            assert content["examples"], name
            assert {"400", "411", "413", "415"} <= answers, name
        if method == "post":
            assert "Idempotency-Key" in headers, name
            assert {"409", "422"} <= answers, name
        if method in ("put", "patch", "delete") and "webhook" not in name:
            assert "If-Match" in headers, name
            assert "412" in answers, name


def test_every_answer_to_a_key_names_the_headers_of_its_limit(schema):
    for name, operation in keyed(schema):
        for status, response in operation["responses"].items():
            if status != "401":
                assert {"RateLimit", "RateLimit-Policy"} <= set(response["headers"]), (name, status)
        assert "Retry-After" in operation["responses"]["429"]["headers"], name


def test_the_right_that_an_operation_needs_stands_in_its_403(schema):
    for name, operation in keyed(schema):
        if name == "get /api/v1/me/":
            assert "403" not in operation["responses"]
            continue
        [content] = operation["responses"]["403"]["content"].values()
        problems = [example["value"] for example in content["examples"].values()]
        [detail] = [one["detail"] for one in problems if one["code"] == "missing_scope"]
        assert any(scope in detail for scope in Scope.values), name


@pytest.mark.parametrize(
    ("path", "make"),
    [
        ("/api/v1/customers/", None),
        ("/api/v1/tasks/", make_lead),
        ("/api/v1/leads/{id}/activities/", make_lead),
    ],
)
def test_examples_of_other_requests_work_and_look_like_their_answers(schema, dealer, path, make):
    row = make(dealer, owner=make_user(dealer)) if make else None
    operation = schema["paths"][path]["post"]
    address = path.format(id=row.pk if row else "")
    [(_, example)] = operation["responses"]["201"]["content"]["application/json"][
        "examples"
    ].items()

    for sent in operation["requestBody"]["content"]["application/json"]["examples"].values():
        body = {
            name: row.pk if name in ("lead", "anfrage") else value
            for name, value in sent["value"].items()
        }
        response = ApiClient(dealer, scopes=Scope.values).post(body, address)
        assert response.status_code == 201, response.content
        assert set(response.json()) == set(example["value"])


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/customers/",
        "/api/v1/tasks/",
        "/api/v1/vehicles/",
        "/api/v1/statuses/",
        "/api/v1/sources/",
        "/api/v1/categories/",
        "/api/v1/close-reasons/",
        "/api/v1/tags/",
        "/api/v1/locations/",
        "/api/v1/lead-types/",
    ],
)
def test_examples_of_lists_have_the_fields_of_real_ones(schema, dealer, path):
    lead = make_lead(dealer)
    make_task(lead)
    make_vehicle(dealer)
    make_location(dealer)
    Tag.objects.create(dealer=dealer, name="golf")
    answer = schema["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
    [example] = answer["examples"].values()

    real = ApiClient(dealer, scopes=Scope.values).get(path).json()

    assert set(example["value"]) == set(real)
    assert set(example["value"]["results"][0]) == set(real["results"][0])


def test_creating_is_described_with_all_its_answers(schema):
    create = schema["paths"]["/api/v1/leads/"]["post"]

    assert set(create["responses"]) >= {
        "200", "201", "400", "401", "403", "409", "411", "413", "415", "422",
    }  # fmt: skip
    assert "Idempotency-Key" in {parameter["name"] for parameter in create["parameters"]}
    assert set(create["responses"]["201"]["headers"]) >= {"Location", "Idempotent-Replayed"}


def test_examples_of_requests_work(schema, db):
    content = schema["paths"]["/api/v1/leads/"]["post"]["requestBody"]["content"]

    [english] = content["application/json"]["examples"].values()
    description = schema["paths"]["/api/v1/leads/"]["post"]["description"]
    german = json.loads(description.partition("```json")[2].partition("```")[0])

    for body in (english["value"], german):
        response = ApiClient(make_dealer()).post(body)
        assert response.status_code == 201, response.content


def test_examples_of_answers_have_the_fields_of_real_ones(schema, api):
    real = api.post(ENGLISH).json()
    responses = schema["paths"]["/api/v1/leads/"]["post"]["responses"]
    [example] = responses["201"]["content"]["application/json"]["examples"].values()

    assert shape(example["value"]) == shape(real)


def shape(value):
    """The names in an answer, whatever stands there."""
    if isinstance(value, dict):
        return {
            name: shape(inner) if name in ("contact", "address", "vehicle", "wishes") else None
            for name, inner in value.items()
        }
    return None


def test_all_fields_are_in_the_document(schema):
    components = schema["components"]["schemas"]

    assert set(components["LeadCreateRequest"]["properties"]) == set(LeadCreateSerializer().fields)
    assert set(components["Lead"]["properties"]) == set(SelectedLeadSerializer().fields)


def test_the_document_follows_the_readers_language(client, db):
    def title(language):
        headers = {"Accept": JSON, "Accept-Language": language}
        response = client.get("/api/schema/", headers=headers)
        assert response["Content-Language"] == language
        return response.json()["paths"]["/api/v1/leads/"]["get"]["summary"]

    assert title("en") == "List leads"
    title("de")


def test_the_document_needs_no_key_and_holds_no_data(client, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/api/schema/", headers={"Authorization": "Api-Key x"}).status_code == 200


@pytest.mark.parametrize("query", ["lang=en", "lang=../../x", "version=%00", "x=1"])
def test_the_document_takes_no_parameters(client, db, problem, query):
    problem(client.get(f"/api/schema/?{query}"), 400)


def test_another_format_of_the_document_is_a_problem_in_json(client, db, problem):
    problem(client.get("/api/schema/", headers={"Accept": "image/png"}), 406)


def test_the_page_brings_only_files_of_its_own(client, db):
    response = client.get("/api/docs/")

    page = response.content.decode()
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/html")
    assert not response.cookies
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(addresses) == 4
    for address in addresses:
        assert address.startswith("/static/")
        assert client.get(address).status_code == 200, address
    assert "<style" not in page
    assert not re.search(r"<script(?! src=)", page)
