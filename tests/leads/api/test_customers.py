"""Customers over the API: made, found, changed, deleted, and where they went."""

import threading

import pytest
from django.db import connection
from django.utils import timezone

from leads.models import Customer, Event, EventKind, MatchSuggestion, Scope
from tests.builders import make_customer, make_dealer, make_lead
from tests.leads.api.conftest import ApiClient

CUSTOMERS = "/api/v1/customers/"
ALL = [Scope.CUSTOMERS_READ, Scope.CUSTOMERS_WRITE, Scope.CUSTOMERS_DELETE]
ERIKA = {
    "external_number": "K-1",
    "salutation": "ms",
    "first_name": "Erika",
    "last_name": "Musterfrau",
    "email": "Erika.Musterfrau@example.org",
    "phone": "0171 3920012",
    "address": {"street": "Beispielweg 7", "postal_code": "50667", "city": "Köln"},
}


@pytest.fixture
def api(dealer):
    return ApiClient(dealer, system="crm", scopes=ALL)


def address(customer):
    return f"{CUSTOMERS}{customer.pk}/"


def by_number(number):
    return f"{CUSTOMERS}by-external-number/{number}/"


def kinds(customer):
    events = Event.objects.filter(customer_id=customer.pk).order_by("pk")
    return list(events.values_list("kind", flat=True))


def errors_of(document):
    return {error["field"]: error["code"] for error in document["errors"]}


# --- creating -----------------------------------------------------------------------------------


def test_a_customer_is_stored_as_sent(api, dealer):
    response = api.post(ERIKA, CUSTOMERS)

    assert response.status_code == 201, response.content
    shown = response.json()
    customer = Customer.objects.for_dealer(dealer).get(pk=shown["id"])
    assert (customer.full_name, customer.email_key) == (
        "Erika Musterfrau",
        "erika.musterfrau@example.org",
    )
    assert customer.phone_key == "+491713920012"
    assert shown["address"] == {**ERIKA["address"], "country": "DE"}
    assert response["ETag"] == f'"{customer.pk}-1"'
    assert response["Location"] == f"http://testserver{address(customer)}"
    assert response["Cache-Control"] == "no-store"


def test_german_names_mean_the_same(api):
    body = {"anrede": "Frau", "nachname": "Groß", "adresse": {"plz": "01067", "ort": "Dresden"}}

    shown = api.post(body, CUSTOMERS).json()

    assert (shown["salutation"], shown["last_name"]) == ("ms", "Groß")
    assert shown["address"]["postal_code"] == "01067"


def test_making_one_is_told_and_written_down(api):
    shown = api.post(ERIKA, CUSTOMERS).json()

    customer = Customer.objects.get(pk=shown["id"])
    [event] = Event.objects.filter(customer_id=customer.pk)
    assert (event.kind, event.sender) == (EventKind.CUSTOMER_CREATED, "api:crm")
    assert event.data == {}
    assert customer.history.count() == 1


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"last_name": "Groß", "farbe": "rot"}, {"farbe": "unknown_field"}),
        ({"nachname": "Groß", "adresse": {"hausnr": 1}}, {"adresse.hausnr": "unknown_field"}),
        ({"last_name": "Groß", "nachname": "Groß"}, {"nachname": "field_given_twice"}),
        ({"last_name": "Groß", "email": "groß@"}, {"email": "invalid"}),
        ({"last_name": "Groß", "telefon": "anrufen!"}, {"telefon": "invalid"}),
        ({"last_name": "Groß", "phone": "0171 3920012 oder 030 23125 101"}, {"phone": "invalid"}),
        ({"last_name": 5}, {"last_name": "invalid"}),
        ({"last_name": "x" * 101}, {"last_name": "max_length"}),
        ({"company": "A", "address": {"postal_code": "?"}}, {"address.postal_code": "invalid"}),
        ({"last_name": "Groß", "address": "Köln"}, {"address": "invalid"}),
        ({}, {"": "customer_unnamed"}),
        ({"note": "nur eine Notiz"}, {"": "customer_unnamed"}),
        ({"company": "A", "dealer": 2}, {"dealer": "unknown_field"}),
        ({"company": "A", "version": 7}, {"version": "unknown_field"}),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(api, problem, body, errors):
    document = problem(api.post(body, CUSTOMERS), 400)

    assert errors_of(document) == errors
    assert not Customer.objects.exists()


def test_the_same_request_again_is_the_same_customer(api):
    first = api.post(ERIKA, CUSTOMERS, idempotency_key="k-1")
    again = api.post(ERIKA, CUSTOMERS, idempotency_key="k-1")

    assert again.json() == first.json()
    assert again["Idempotent-Replayed"] == "true"
    assert (again["ETag"], again["Location"]) == (first["ETag"], first["Location"])
    assert Customer.objects.count() == 1


def test_the_same_idempotency_key_with_another_body_is_refused(api, problem):
    api.post(ERIKA, CUSTOMERS, idempotency_key="k-1")

    document = problem(api.post({"company": "Musterbau"}, CUSTOMERS, idempotency_key="k-1"), 422)

    assert document["code"] == "idempotency_key_reused"


def test_an_idempotency_key_is_not_answered_from_another_address(dealer, problem):
    api = ApiClient(dealer, scopes=[*ALL, Scope.LEADS_WRITE])
    api.post(
        {"external_number": "K-9", "note": "x", "company": "A"}, CUSTOMERS, idempotency_key="k"
    )

    problem(api.post({"subject": "Golf"}, idempotency_key="k"), 422)


def test_a_number_that_another_has_is_a_conflict(api, dealer, problem):
    make_customer(dealer, external_number="K-1")

    assert problem(api.post(ERIKA, CUSTOMERS), 409)["code"] == "external_number_taken"


def test_a_number_that_another_dealers_customer_has_is_free(api):
    make_customer(external_number="K-1")

    assert api.post(ERIKA, CUSTOMERS).status_code == 201


# --- reading ------------------------------------------------------------------------------------


def test_customers_of_others_do_not_exist(api, problem):
    other = make_customer()

    assert api.get(CUSTOMERS).json()["results"] == []
    for method in ("GET", "PATCH", "DELETE"):
        problem(api.send(method, address(other), {"note": "x"}), 404)
    other.refresh_from_db()
    assert (other.note, other.deleted_at) == ("", None)


@pytest.mark.parametrize("pk", [0, 2**63, 10**30])
def test_ids_that_nothing_has_are_not_found(api, problem, pk):
    for method in ("GET", "PATCH", "DELETE"):
        problem(api.send(method, f"{CUSTOMERS}{pk}/", {"note": "x"}), 404)


def test_one_that_became_part_of_another_leads_there(api, dealer):
    kept = make_customer(dealer)
    gone = make_customer(dealer, merged_into=kept, deleted_at=timezone.now())

    read = api.get(address(gone))
    change = api.send("PATCH", address(gone), {"note": "x"})

    assert (read.status_code, change.status_code) == (301, 308)
    for response in (read, change):
        assert response["Location"] == f"http://testserver{address(kept)}"
        assert response.json() == {"merged_into": kept.pk}


def test_who_has_it_already_is_told_so(api, dealer):
    customer = make_customer(dealer)
    etag = api.get(address(customer))["ETag"]

    assert api.get(address(customer), if_none_match=etag).status_code == 304
    assert api.get(address(customer), if_none_match='"0-0"').status_code == 200


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"email": "ERIKA@example.org"}, ["Erika"]),
        ({"phone": "+49 171 3920012"}, ["Erika"]),
        ({"external_number": "K-1"}, ["Erika"]),
        ({"search": "muster erik"}, ["Erika"]),
        ({"search": "0171/3920012"}, ["Erika"]),
        ({"search": "köln"}, ["Jana", "Erika"]),
        ({"updated_since": "2199-01-01T00:00:00Z"}, []),
        ({"updated_since": "2020-01-01T00:00:00Z"}, ["Erika", "Jana"]),
        ({"ordering": "created_at"}, ["Erika", "Jana"]),
        ({}, ["Jana", "Erika"]),
    ],
)
def test_the_list_is_narrowed(api, dealer, params, found):
    make_customer(
        dealer,
        first_name="Erika",
        last_name="Musterfrau",
        email="erika@example.org",
        phone="0171 3920012",
        external_number="K-1",
        city="Köln",
    )
    make_customer(dealer, city="Köln")
    make_customer(dealer, deleted_at=timezone.now())

    results = api.get(CUSTOMERS, params).json()["results"]

    assert [customer["first_name"] for customer in results] == found


@pytest.mark.parametrize("params", [{"farbe": "rot"}, {"email": "x"}, {"phone": "x"}, {"page": 1}])
def test_what_the_list_does_not_know_is_refused(api, problem, params):
    problem(api.get(CUSTOMERS, params), 400)


def test_pages_follow_each_other(api, dealer):
    made = [make_customer(dealer).pk for _ in range(5)]

    seen, url = [], f"{CUSTOMERS}?page_size=2"
    while url:
        page = api.get(url).json()
        seen += [customer["id"] for customer in page["results"]]
        url = page["next"]

    assert seen == made[::-1]


def test_the_cost_does_not_depend_on_the_number_of_customers(
    api, dealer, django_assert_num_queries
):
    api.get(CUSTOMERS)
    for _ in range(3):
        make_customer(dealer)
    with django_assert_num_queries(3):  # the key, its count, the customers
        assert len(api.get(CUSTOMERS).json()["results"]) == 3


# --- changing -----------------------------------------------------------------------------------


def test_only_what_is_named_changes(api, dealer):
    customer = make_customer(dealer, note="alt")
    postal_code = customer.postal_code

    response = api.send(
        "PATCH", address(customer), {"mobil": "0171 3920012", "adresse": {"ort": "Halle"}}
    )

    assert response.status_code == 200, response.content
    customer.refresh_from_db()
    assert (customer.mobile_key, customer.city) == ("+491713920012", "Halle")
    assert (customer.postal_code, customer.note, customer.version) == (postal_code, "alt", 2)
    assert response["ETag"] == f'"{customer.pk}-2"'
    [event] = Event.objects.filter(customer_id=customer.pk)
    assert event.kind == EventKind.CUSTOMER_UPDATED
    assert event.data == {"changed": ["mobile", "city"]}


def test_null_clears(api, dealer):
    customer = make_customer(dealer, note="alt", country="AT")

    api.send("PATCH", address(customer), {"note": None, "email": None, "address": None})

    customer.refresh_from_db()
    assert (customer.note, customer.email, customer.email_key) == ("", "", "")
    assert (customer.street, customer.postal_code, customer.country) == ("", "", "DE")


def test_a_change_to_what_it_is_already_is_none(api, dealer):
    customer = make_customer(dealer)

    response = api.send("PATCH", address(customer), {"first_name": customer.first_name})

    assert response["ETag"] == f'"{customer.pk}-1"'
    assert kinds(customer) == []


def test_nobody_is_left_without_a_name(api, dealer, problem):
    customer = make_customer(dealer, last_name="", email="", phone="")

    document = problem(api.send("PATCH", address(customer), {"first_name": None}), 400)

    assert document["errors"][0]["code"] == "customer_unnamed"


def test_a_change_to_another_version_is_refused(api, dealer, problem):
    customer = make_customer(dealer)
    etag = api.get(address(customer))["ETag"]
    assert api.send("PATCH", address(customer), {"note": "a"}, if_match=etag).status_code == 200

    for method in ("PATCH", "DELETE"):
        document = problem(api.send(method, address(customer), {"note": "b"}, if_match=etag), 412)
        assert document["code"] == "precondition_failed"
    customer.refresh_from_db()
    assert (customer.note, customer.deleted_at) == ("a", None)


@pytest.mark.parametrize("mark", ["*", 'W/"{}"', '"{}"', '"other", "{}"'])
def test_the_version_it_has_is_accepted(api, dealer, mark):
    customer = make_customer(dealer)
    etag = mark.format(f"{customer.pk}-1")

    assert api.send("PATCH", address(customer), {"note": "a"}, if_match=etag).status_code == 200


def test_a_compressed_answers_mark_can_be_sent_back(api, dealer):
    customer = make_customer(dealer)
    etag = api.get(address(customer), accept_encoding="gzip")["ETag"]

    assert etag.startswith("W/")
    assert api.send("PATCH", address(customer), {"note": "a"}, if_match=etag).status_code == 200


# --- by its own number --------------------------------------------------------------------------


def test_a_number_sent_for_the_first_time_makes_a_customer(api, dealer):
    response = api.send("PUT", by_number("K/1 ä"), {"nachname": "Groß"})

    assert response.status_code == 201, response.content
    customer = Customer.objects.get()
    assert (customer.external_number, customer.last_name) == ("K/1 ä", "Groß")
    assert response["Location"] == f"http://testserver{address(customer)}"


def test_the_same_number_again_changes_it(api):
    api.send("PUT", by_number("K-1"), {"last_name": "Groß", "note": "bleibt"})
    response = api.send("PUT", by_number("K-1"), {"last_name": "Klein"})

    assert response.status_code == 200
    customer = Customer.objects.get()
    assert (customer.last_name, customer.note, customer.version) == ("Klein", "bleibt", 2)


def test_a_customer_is_read_by_its_number(api, dealer, problem):
    customer = make_customer(dealer, external_number="K-1")
    make_customer(external_number="K-2")

    assert api.get(by_number("K-1")).json()["id"] == customer.pk
    problem(api.get(by_number("K-2")), 404)


def test_address_and_body_name_the_same_number(api, problem):
    assert api.send("PUT", by_number("K-1"), ERIKA).status_code == 201

    document = problem(api.send("PUT", by_number("K-2"), {"kundennummer": "K-1"}), 400)
    assert errors_of(document) == {"kundennummer": "other_number"}


def test_the_number_of_a_merged_customer_changes_the_one_that_is_left(api, dealer):
    kept = make_customer(dealer, external_number="K-2")
    make_customer(dealer, external_number="K-1", merged_into=kept, deleted_at=timezone.now())

    shown = api.send("PUT", by_number("K-1"), {"note": "neu"}).json()

    kept.refresh_from_db()
    assert (shown["id"], kept.note, kept.external_number) == (kept.pk, "neu", "K-2")


def test_what_a_system_deleted_it_can_bring_back(api, dealer):
    customer = make_customer(dealer, external_number="K-1")
    api.send("DELETE", address(customer))

    response = api.send("PUT", by_number("K-1"), {"note": "wieder da"})

    assert response.status_code == 200, response.content
    assert api.get(address(customer)).json()["note"] == "wieder da"
    assert kinds(customer)[-2:] == [EventKind.CUSTOMER_RESTORED, EventKind.CUSTOMER_UPDATED]


def test_what_the_office_deleted_stays_deleted(api, dealer, problem):
    customer = make_customer(
        dealer, external_number="K-1", deleted_at=timezone.now(), deleted_by="Sabine"
    )

    document = problem(api.send("PUT", by_number("K-1"), {"note": "x"}), 409)

    assert document["code"] == "customer_deleted"
    customer.refresh_from_db()
    assert customer.deleted_at is not None


def test_a_version_is_never_that_of_a_customer_to_be(api, problem):
    problem(api.send("PUT", by_number("K-1"), {"last_name": "Groß"}, if_match="*"), 412)


# --- deleting -----------------------------------------------------------------------------------


def test_a_deleted_customer_is_gone_but_not_lost(api, dealer, problem):
    customer = make_customer(dealer)

    response = api.send("DELETE", address(customer))

    assert (response.status_code, response.content) == (204, b"")
    problem(api.get(address(customer)), 404)
    problem(api.send("DELETE", address(customer)), 404)
    customer.refresh_from_db()
    assert customer.deleted_by == "api:crm"
    assert kinds(customer) == [EventKind.CUSTOMER_DELETED]


def test_a_customer_with_leads_stays(api, dealer, problem):
    customer = make_customer(dealer)
    lead = make_lead(dealer, customer=customer)

    response = api.send("DELETE", address(customer), accept_language="en")
    document = problem(response, 409)
    assert document["code"] == "customer_in_use"
    assert "1 lead points" in document["detail"]

    lead.deleted_at = timezone.now()
    lead.save()
    assert api.send("DELETE", address(customer)).status_code == 204


# --- rights -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", CUSTOMERS, Scope.CUSTOMERS_READ),
        ("GET", "{}", Scope.CUSTOMERS_READ),
        ("GET", by_number("K-1"), Scope.CUSTOMERS_READ),
        ("POST", CUSTOMERS, Scope.CUSTOMERS_WRITE),
        ("PATCH", "{}", Scope.CUSTOMERS_WRITE),
        ("PUT", by_number("K-1"), Scope.CUSTOMERS_WRITE),
        ("DELETE", "{}", Scope.CUSTOMERS_DELETE),
    ],
)
def test_each_action_needs_its_right(dealer, problem, method, path, scope):
    customer = make_customer(dealer, external_number="K-1")
    path = path.format(address(customer))
    lacking = [one for one in Scope.values if one != scope]

    response = ApiClient(dealer, system="a", scopes=lacking).send(method, path, {"note": "x"})
    assert scope in problem(response, 403)["detail"]
    body = {"company": "Musterbau"}
    assert ApiClient(dealer, system="b", scopes=[scope]).send(method, path, body).status_code < 300


def test_a_new_customer_costs_a_fixed_number_of_queries(api, django_assert_max_num_queries):
    api.post(ERIKA, CUSTOMERS)
    with django_assert_max_num_queries(16):  # three look for duplicates
        body = {**ERIKA, "external_number": "K-2"}
        assert api.post(body, CUSTOMERS, idempotency_key="k").status_code == 201


def test_whom_a_new_or_changed_customer_may_be_is_suggested(api):
    api.post(ERIKA, CUSTOMERS)
    pk = api.post({"last_name": "Weber", "email": "karl@example.org"}, CUSTOMERS).json()["id"]
    assert not MatchSuggestion.objects.exists()

    api.send("PATCH", f"{CUSTOMERS}{pk}/", {"email": ERIKA["email"]})

    assert MatchSuggestion.objects.get().customer_id == pk


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs writers at the same time")
def test_the_same_number_at_once_makes_one_customer():
    dealer = make_dealer()
    barrier, codes = threading.Barrier(8), []
    clients = [ApiClient(dealer, system="crm", scopes=ALL) for _ in range(8)]

    def put(client):
        try:
            barrier.wait(timeout=20)
            response = client.send("PUT", by_number("K-1"), {"last_name": "Groß"})
            codes.append(response.status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=put, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert sorted(codes) == [200] * 7 + [201]
    assert Customer.objects.count() == 1
