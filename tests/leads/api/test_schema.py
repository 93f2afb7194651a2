"""The OpenAPI document and the page that shows it."""

import re

import pytest
from django.core.management import call_command
from django.urls import get_resolver

from leads.api.representation import LeadSerializer
from leads.api.serializers import LeadCreateSerializer
from tests.leads.api.conftest import ApiClient
from tests.leads.api.test_create import ENGLISH

JSON = "application/vnd.oai.openapi+json"


@pytest.fixture
def schema(client, db):
    response = client.get("/api/schema/", headers={"Accept": JSON})
    assert response.status_code == 200
    return response.json()


def operations(schema):
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def test_the_document_is_valid_and_made_without_warnings(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", file=str(tmp_path / "schema.yaml"))


def test_it_is_openapi_3_1_and_names_the_key(schema):
    assert schema["openapi"].startswith("3.1")
    assert schema["components"]["securitySchemes"]["ApiKey"]["scheme"] == "bearer"
    assert all(operation["security"] == [{"ApiKey": []}] for _, operation in operations(schema))


def test_every_address_below_v1_is_in_it(schema):
    resolver = next(r for r in get_resolver().url_patterns if str(r.pattern) == "api/")
    addresses = [str(p.pattern) for p in resolver.url_patterns if str(p.pattern).startswith("v1/")]

    assert {re.sub(r"<int:pk>", "{id}", f"/api/{address}") for address in addresses} == set(
        schema["paths"]
    )


def test_every_operation_is_described_with_examples_of_answers_and_errors(schema):
    for name, operation in operations(schema):
        assert operation["summary"], name
        assert operation["description"], name
        assert {"401", "403", "405", "406", "500"} <= set(operation["responses"]), name
        for status, response in operation["responses"].items():
            assert response["description"], (name, status)
            [(media_type, content)] = response["content"].items()
            expected = "application/problem+json" if status >= "400" else "application/json"
            assert media_type == expected, (name, status)
            assert content["examples"], (name, status)
            for example in content["examples"].values():
                if status >= "400":
                    assert example["value"]["status"] == int(status)
        for parameter in operation.get("parameters", []):
            assert parameter["description"], (name, parameter["name"])


def test_creating_is_described_with_all_its_answers(schema):
    create = schema["paths"]["/api/v1/leads/"]["post"]

    assert set(create["responses"]) >= {
        "200", "201", "400", "401", "403", "409", "411", "413", "415", "422",
    }  # fmt: skip
    assert "Idempotency-Key" in {parameter["name"] for parameter in create["parameters"]}
    assert set(create["responses"]["201"]["headers"]) == {"Location", "Idempotent-Replayed"}


def test_examples_of_requests_work(schema, dealer):
    content = schema["paths"]["/api/v1/leads/"]["post"]["requestBody"]["content"]

    examples = content["application/json"]["examples"]

    assert len(examples) == 2
    for number, example in enumerate(examples.values()):
        response = ApiClient(dealer, system=f"s{number}").post(example["value"])
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
    assert set(components["Lead"]["properties"]) == set(LeadSerializer().fields)


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
