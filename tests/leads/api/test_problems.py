"""Every error is a problem document, in the reader's language, and tells nothing it should not."""

import pytest
from django.db import OperationalError
from django.urls import path
from rest_framework.exceptions import Throttled
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

import leadoffice.urls
from tests.leads.api.conftest import LEADS


class Broken(APIView):
    """Fails as a view can fail."""

    authentication_classes = []
    permission_classes = [AllowAny]

    def get(self, request, what):
        if what == "throttled":
            raise Throttled(wait=30)
        if what == "database":
            raise OperationalError("could not write row of Erika Musterfrau")
        raise RuntimeError("Erika Musterfrau")


class Forgotten(APIView):
    """Names no permission."""

    def get(self, request): ...


# The addresses of this module, for the tests that are marked with it.
urlpatterns = [
    path("api/broken/<str:what>/", Broken.as_view()),
    path("api/forgotten/", Forgotten.as_view()),
    *leadoffice.urls.urlpatterns,
]


@pytest.mark.parametrize(
    "address",
    [
        "/api/",
        "/api/v1/",
        "/api/v1/leads",
        "/api/v1/leads/abc/",
        "/api/v1/leads/%00/",
        "/api/v1/leads/%ff/",
        "/api/v1/leads/" + "9" * 5000 + "/",
        "/api/v2/leads/",
        "/api/schema",
        "/api/../admin/x",
    ],
)
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_an_unknown_address_is_not_found(client, db, problem, address, method):
    response = getattr(client, method)(address, headers={"Accept": "text/html"})

    assert problem(response, 404)["code"] == "not_found"


@pytest.mark.parametrize("number", [0, 1, 2**31, 2**63 - 1, 2**63, 10**30])
def test_a_lead_that_does_not_exist_is_not_found(api, problem, number):
    assert problem(api.get(f"{LEADS}{number}/"), 404)["code"] == "not_found"


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_a_method_nobody_knows_is_refused(api, problem, method):
    response = getattr(api.client, method)(LEADS, headers=api.headers)

    assert problem(response, 405)["code"] == "method_not_allowed"
    assert set(response["Allow"].split(", ")) == {"GET", "HEAD", "POST"}


def test_another_format_is_not_available(api, problem):
    assert problem(api.get(Accept="text/html"), 406)["code"] == "not_acceptable"


def test_format_is_no_parameter(api, problem):
    [error] = problem(api.get(params={"format": "xml"}), 400)["errors"]

    assert (error["field"], error["code"]) == ("format", "unknown_parameter")


def test_too_many_parameters_are_refused(api, problem):
    parameters = "&".join(f"p{n}=1" for n in range(6000))

    problem(api.get(f"{LEADS}?{parameters}"), 400)


@pytest.mark.urls(__name__)
def test_throttled_says_how_long_to_wait(client, problem):
    response = client.get("/api/broken/throttled/")

    assert problem(response, 429)["code"] == "throttled"
    assert response["Retry-After"] == "30"


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("debug", [True, False])
def test_an_error_of_ours_tells_no_details(client, settings, problem, debug):
    settings.DEBUG = debug
    client.raise_request_exception = False

    response = client.get("/api/broken/bug/")

    assert problem(response, 500)["code"] == "server_error"
    assert "Erika" not in response.content.decode()


@pytest.mark.urls(__name__)
def test_trouble_with_the_database_asks_to_come_again(client, problem):
    client.raise_request_exception = False

    response = client.get("/api/broken/database/")

    assert problem(response, 503)["code"] == "unavailable"
    assert response["Retry-After"] == "5"
    assert "Erika" not in response.content.decode()


@pytest.mark.urls(__name__)
def test_a_view_that_names_no_permission_is_closed(api, problem):
    problem(api.get("/api/forgotten/"), 403)


def test_words_are_german_unless_english_is_asked_for(client, db, problem):
    def words(language=None):
        headers = {"Accept-Language": language} if language else {}
        response = client.get(LEADS, headers=headers)
        problem(response, 401)
        return response["Content-Language"]

    assert words() == "de"
    assert words("fr") == "de"
    assert words("de-AT") == "de"
    assert words("en") == "en"
    assert words("en-GB,en;q=0.9") == "en"
