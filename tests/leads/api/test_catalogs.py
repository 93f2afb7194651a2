"""The lists that leads are sorted by, and the stock cars, over the API."""

import pytest

from leads.models import CloseReason, LeadType, Scope, Source, Status, Tag, Vehicle
from leads.models.wishes import Precheck
from tests.builders import make_dealer, make_location, make_vehicle
from tests.leads.api.conftest import ApiClient

V1 = "/api/v1/"
CATALOGS = (
    "statuses",
    "sources",
    "categories",
    "close-reasons",
    "tags",
    "locations",
    "lead-types",
)


@pytest.fixture
def api(dealer):
    return ApiClient(dealer, scopes=[Scope.CATALOGS_READ, Scope.VEHICLES_READ])


def read(api, name, **params):
    response = api.get(f"{V1}{name}/", params)
    assert response.status_code == 200, response.content
    return response.json()["results"]


def test_statuses_say_where_in_the_sale_they_stand(api, dealer):
    own = Status.objects.create(dealer=dealer, name="Angezahlt", stage="won", is_automatic=True)
    Status.objects.create(dealer=make_dealer(), name="Fremd")

    found = read(api, "statuses")

    names = {one["name"] for one in found}
    assert "Fremd" not in names
    assert names == set(Status.objects.for_dealer(dealer).values_list("name", flat=True))
    [mine] = [one for one in found if one["id"] == own.pk]
    assert (mine["stage"], mine["is_open"], mine["is_automatic"]) == ("won", False, True)
    assert mine["is_shared"] is False
    assert all(one["is_shared"] for one in found if one["id"] != own.pk)


def test_entries_come_with_key_and_spellings(api, dealer):
    source = Source.objects.create(dealer=dealer, name="Messe", aliases=["Expo"], is_active=False)

    [found] = read(api, "sources", is_active="false")

    assert found == {
        "id": source.pk,
        "key": None,
        "name": "Messe",
        "aliases": ["Expo"],
        "position": 100,
        "is_active": False,
        "is_automatic": False,
        "is_shared": False,
    }


def test_close_reasons_name_their_outcome(api):
    outcomes = {one["name"]: one["outcome"] for one in read(api, "close-reasons")}

    assert outcomes == dict(CloseReason.objects.values_list("name", "outcome"))


def test_locations_are_those_of_the_dealer(api, dealer):
    location = make_location(dealer, name="Filiale Köln", bdk_partner_number="0012345")
    make_location()

    [found] = read(api, "locations")

    assert (found["id"], found["name"]) == (location.pk, "Filiale Köln")
    assert found["bdk_partner_number"] == "0012345"
    assert found["address"]["state"] == "NW"


def test_lead_types_that_tell_a_pre_check_are_not_there(api):
    telling = LeadType.objects.exclude(precheck="")
    assert telling.exists()

    found = read(api, "lead-types")

    assert {one["id"] for one in found} == set(
        LeadType.objects.filter(precheck="").values_list("key", flat=True)
    )
    text = str(found)
    for lead_type in telling:
        assert lead_type.title not in text
        assert f"'{lead_type.key}'" not in text
    assert not any(word in text for word in Precheck.values if word)


def test_long_lists_come_in_pages(api, dealer):
    for number in range(7):
        Tag.objects.create(dealer=dealer, name=f"Tag {number}")

    seen, url = [], f"{V1}tags/?page_size=3"
    while url:
        page = api.get(url).json()
        seen += [one["id"] for one in page["results"]]
        url = page["next"]

    assert seen == sorted(Tag.objects.for_dealer(dealer).values_list("id", flat=True))


@pytest.mark.parametrize("name", CATALOGS)
def test_each_catalogue_costs_three_queries_and_needs_the_right(
    api, dealer, problem, django_assert_num_queries, name
):
    make_location(dealer)
    api.get(f"{V1}{name}/")
    with django_assert_num_queries(3):  # the key, its count, the entries
        read(api, name)
    response = ApiClient(dealer, system="a", scopes=[Scope.LEADS_READ]).get(f"{V1}{name}/")
    assert Scope.CATALOGS_READ in problem(response, 403)["detail"]
    for params in ({"farbe": "rot"}, {"is_active": ""}, {"is_active": "vielleicht"}):
        problem(api.get(f"{V1}{name}/", params), 400)
    problem(api.post({}, f"{V1}{name}/"), 405)


# --- vehicles -----------------------------------------------------------------------------------


def test_a_car_is_shown_with_its_location(api, dealer):
    location = make_location(dealer)
    car = make_vehicle(dealer, location=location)

    shown = api.get(f"{V1}vehicles/{car.pk}/").json()

    assert (shown["internal_number"], shown["price"]) == (car.internal_number, "23500.00")
    assert shown["location"] == {"id": location.pk, "name": location.name}
    assert "search_text" not in shown


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, ["Golf", "Octavia"]),
        ({"internal_number": "T-1"}, ["Octavia"]),
        ({"vin": "wtester 0000000002"}, ["Golf"]),
        ({"state": "sold"}, ["Golf"]),
        ({"condition": "used"}, ["Octavia"]),
        ({"search": "skoda oct"}, ["Octavia"]),
        ({"updated_since": "2020-01-01T00:00:00Z"}, ["Octavia", "Golf"]),
    ],
)
def test_cars_are_narrowed(api, dealer, params, found):
    make_vehicle(dealer, internal_number="T-1", vin="WTESTER0000000001")
    make_vehicle(
        dealer,
        model="Golf",
        make="Volkswagen",
        internal_number="T-2",
        vin="WTESTER0000000002",
        state=Vehicle.State.SOLD,
        condition="new",
    )
    make_vehicle()

    assert [car["model"] for car in read(api, "vehicles", **params)] == found


def test_cars_of_others_do_not_exist(api, problem):
    problem(api.get(f"{V1}vehicles/{make_vehicle().pk}/"), 404)
    problem(api.get(f"{V1}vehicles/{2**63}/"), 404)


def test_cars_cost_three_queries_and_need_their_right(
    api, dealer, problem, django_assert_num_queries
):
    for _ in range(3):
        make_vehicle(dealer, location=make_location(dealer))
    api.get(f"{V1}vehicles/")
    with django_assert_num_queries(3):
        assert len(read(api, "vehicles")) == 3
    other = ApiClient(dealer, system="a", scopes=[Scope.CATALOGS_READ])
    assert Scope.VEHICLES_READ in problem(other.get(f"{V1}vehicles/"), 403)["detail"]
