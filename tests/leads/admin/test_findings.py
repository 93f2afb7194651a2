"""What the export control found, on the pages of leads and cars: found by the checks themselves."""

from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from integrations.automanager.findings import acknowledge
from integrations.models import Finding, Listing, StockCar, Transmission
from leads import access
from leads.admin.vehicle_exports import SHOWN
from leads.models import Role
from tests import builders
from tests.integrations.automanager.nursery import (
    NOW,
    ad,
    ago,
    app,
    car,
    look,
    make_automanager,
    refusal,
    sent,
    vehicle,
)
from tests.leads.admin.conftest import text_of

LEADS, CARS = "/admin/leads/lead/", "/admin/leads/vehicle/"
DAY = timedelta(days=1)
SCRIPT = "<script>alert(1)</script>"


def make_car(dealer, n=1, **values):
    told = vehicle(n)
    defaults = {"internal_number": told["number"], "vin": told["vin"]}
    return builders.make_vehicle(dealer, **{**defaults, **values})


def refused(n=1, name=None, **values):
    return sent(n, name, **{"result": "error", "feedback": [refusal()], **values})


def page(browse, user, row, **query):
    url = reverse(f"admin:leads_{row._meta.model_name}_change", args=[row.pk])
    response = browse(user).get(url, query)
    assert response.status_code == 200
    return response


def numbers(response):
    return {lead.number for lead in response.context["cl"].result_list}


def finding_of(code):
    return Finding.objects.open().get(check_code=code)


def quieten(*codes, by):
    rows = Finding.objects.filter(check_code__in=codes)
    acknowledge(rows, note="Die Werkstatt weiß Bescheid.", by=by, now=timezone.now())


@pytest.fixture
def seller(office):
    return builders.make_user(office.ours)


@pytest.fixture
def exports(office):
    return make_automanager(office.ours)


# --- the page of a lead ----------------------------------------------------------------------


def test_whoever_answers_a_lead_reads_what_is_wrong_with_its_car(browse, office, exports, seller):
    lead = builders.make_lead(office.ours, vehicle=make_car(office.ours))
    look(exports, sends=[refused()])

    response = page(browse, seller, lead)

    text = text_of(response)
    for code, sentence, step in (
        ("AM-42", "About its car: Car refused by the platform.", "Check price and data before"),
        ("AM-20", "Verbrauchsangabe fehlt (50060)", "Correct the field that is named"),
    ):
        assert sentence in text
        assert step in text
        url = reverse("admin:integrations_finding_change", args=[finding_of(code).pk])
        assert f'href="{url}"' in text
        assert browse(seller).get(url).status_code == 200
    assert text.index("About its car") < text.index("Verbrauchsangabe") < text.index("lo-head")


def test_of_a_sold_car_the_lead_says_so_and_of_an_unknown_one(browse, office, exports, seller):
    sold = builders.make_lead(office.ours, vehicle=make_car(office.ours))
    unknown = builders.make_lead(office.ours, offer_number="4711", received_at=NOW - DAY)
    look(exports, stock=[car(status="sold")], ads=[], sends=[])

    assert "The car that was asked for is sold." in text_of(page(browse, seller, sold))
    text = text_of(page(browse, seller, unknown))
    assert "“4711” is neither a car nor an ad that is known here." in text


def test_what_was_acknowledged_stays_small_with_its_note(browse, office, exports, seller):
    lead = builders.make_lead(office.ours, vehicle=make_car(office.ours))
    look(exports, sends=[refused()])
    quieten("AM-20", by=builders.make_user(office.ours, first_name="Käthe", last_name="Lang"))

    text = text_of(page(browse, seller, lead))

    assert "Check price and data before answering." in text
    assert "Correct the field that is named" not in text
    assert "Note: Die Werkstatt weiß Bescheid." in text
    assert "Käthe Lang" in text


def test_what_the_platform_only_remarked_is_not_shown_with_the_lead(
    browse, office, exports, seller
):
    stock_car = make_car(office.ours)
    lead = builders.make_lead(office.ours, vehicle=stock_car)
    look(exports, sends=[sent(result="warning", feedback=[refusal("Nur drei Bilder")])])

    assert "Nur drei Bilder" not in text_of(page(browse, seller, lead))
    assert "Nur drei Bilder" in text_of(page(browse, seller, stock_car))


def test_a_closed_lead_needs_no_warning(browse, office, exports, seller):
    lead = builders.make_lead(office.ours, vehicle=make_car(office.ours))
    look(exports, sends=[refused()])
    lead.status = builders.shared_status("lost")
    lead.save()

    client = browse(seller)

    assert "Verbrauchsangabe" not in text_of(page(browse, seller, lead))
    assert "Check the car" not in text_of(client.get(LEADS))
    assert numbers(client.get(LEADS, {"view": "finding"})) == set()


# --- walls and rights ------------------------------------------------------------------------


def test_the_same_number_at_another_dealer_is_another_car(browse, office, seller):
    theirs = make_automanager(office.theirs)
    builders.make_lead(office.theirs, vehicle=make_car(office.theirs))
    look(theirs, sends=[refused()])
    ours = make_car(office.ours)
    lead = builders.make_lead(office.ours, vehicle=ours)
    client = browse(seller)

    for text in (
        text_of(page(browse, seller, lead)),
        text_of(page(browse, seller, ours)),
        text_of(client.get(LEADS)),
        text_of(client.get(CARS)),
        text_of(client.get("/admin/")),
    ):
        for word in ("Verbrauchsangabe", "Check the car", "refused", "123456", "start-exports"):
            assert word not in text
    assert client.get(LEADS, {"view": "finding"}).context["cl"].result_count == 0


def test_nobody_sees_findings_without_the_right(browse, office, exports, seller, monkeypatch):
    rights = access.PERMISSIONS_OF_ROLE[Role.SELLER]
    hidden = ("finding", "transmission", "listing")
    less = {right for right in rights if not right.endswith(hidden)}
    monkeypatch.setitem(access.PERMISSIONS_OF_ROLE, Role.SELLER, frozenset(less))
    stock_car = make_car(office.ours)
    lead = builders.make_lead(office.ours, vehicle=stock_car)
    look(exports, sends=[refused()])
    client = browse(seller)

    for text in (
        text_of(page(browse, seller, lead)),
        text_of(page(browse, seller, stock_car)),
        text_of(client.get(LEADS)),
        text_of(client.get(CARS)),
        text_of(client.get("/admin/")),
    ):
        for word in ("Verbrauchsangabe", "Check the car", "refused", "123456", "?view=finding"):
            assert word not in text


# --- lists -----------------------------------------------------------------------------------


def test_the_list_marks_leads_and_finds_them(browse, office, exports, seller):
    ours = office.ours
    gone = builders.make_lead(ours, vehicle=make_car(ours))
    faulty = builders.make_lead(ours, vehicle=make_car(ours, 2))
    fine = builders.make_lead(ours, vehicle=make_car(ours, 3))
    stock = [car(1, status="sold"), car(2), car(3)]
    look(exports, stock=stock, sends=[refused(2)], ads=[ad(2), ad(3)])
    client = browse(seller)

    whole = client.get(LEADS)

    rows = {lead.pk: lead.row.enquiry() for lead in whole.context["cl"].result_list}
    assert "Car is gone" in rows[gone.pk]
    assert "Check the car" in rows[faulty.pk]
    assert "lo-badge" not in rows[fine.pk]
    assert "?view=finding" in text_of(whole)
    assert numbers(client.get(LEADS, {"view": "finding"})) == {gone.number, faulty.number}

    quieten("AM-41", by=seller)

    assert numbers(client.get(LEADS, {"view": "finding"})) == {faulty.number}
    assert "Car is gone" not in text_of(client.get(LEADS))


def test_without_automanager_the_chip_is_absent(browse, office, seller):
    builders.make_lead(office.ours)

    assert "?view=finding" not in text_of(browse(seller).get(LEADS))


def test_the_list_of_cars_names_the_worst_and_counts_the_rest(browse, office, exports, seller):
    wrong, fine = make_car(office.ours), make_car(office.ours, 2)
    builders.make_lead(office.ours, vehicle=wrong)
    look(
        exports,
        stock=[car(1, price="18000.00"), car(2)],
        sends=[refused(1, action="delete")],
        ads=[ad(1), ad(2)],
    )

    response = browse(seller).get(CARS)

    chips = {one.pk: one.finding for one in response.context["cl"].result_list}
    assert "Car refused by the platform +1" in chips[wrong.pk]
    assert chips[fine.pk] == ""


# --- the page of a car -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("release", "wanted"), [({}, "€18,000"), ({"individual_price": "17500.50"}, "€17,500.50")]
)
def test_the_page_of_a_car_shows_its_ads_and_what_was_sent(
    browse, office, exports, seller, release, wanted
):
    stock_car = make_car(office.ours)
    lead = builders.make_lead(office.ours, vehicle=stock_car)
    look(
        exports,
        stock=[car(price="18000.00", release=release), car(2)],
        sends=[refused(at=ago(hours=2)), sent(2)],
        ads=[ad(), ad(2, "fremd-2")],
    )

    response = page(browse, seller, stock_car)

    text = text_of(response)
    assert "€20,000" in text
    assert f"Stock: {wanted}<" in text
    assert 'href="https://boerse.example.org/ad-1"' in text
    assert "Verbrauchsangabe fehlt (50060)" in text
    assert "Correct the field that is named" in text
    assert "Correct the price where it comes from" in text
    assert "fremd-2" not in text
    assert "Check the car" in text  # beside the lead
    assert lead.subject in text


def test_a_car_that_no_export_knows_shows_nothing_of_them(browse, office, exports, seller):
    text = text_of(page(browse, seller, make_car(office.ours, 7)))

    assert "Ads on the platforms" not in text
    assert "Transmissions" not in text
    assert "findings-title" not in text


def test_older_transmissions_are_a_click_away(browse, office, exports, seller):
    stock_car = make_car(office.ours)
    moments = [ago(hours=n) for n in range(SHOWN + 2)]
    # Two at the same moment stand on both sides of the border.
    moments[SHOWN] = moments[SHOWN - 1]
    look(exports, sends=[sent(name=f"t-{n}", at=at) for n, at in enumerate(moments)])
    last = Transmission.objects.of_vehicle(stock_car)[SHOWN - 1]

    first = page(browse, seller, stock_car)
    older = page(browse, seller, stock_car, before=last.pk)

    assert f'href="?before={last.pk}#transmissions"' in text_of(first)
    assert len(first.context["page"]["sent"]) == SHOWN
    assert len(older.context["page"]["sent"]) == 2
    assert "Show older ones" not in text_of(older)
    assert "Show the newest" in text_of(older)


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "²", "0"])
def test_an_odd_address_begins_at_the_newest(browse, office, exports, seller, before):
    stock_car = make_car(office.ours)
    look(exports)

    assert len(page(browse, seller, stock_car, before=before).context["page"]["sent"]) == 1


def test_what_partners_write_stays_text_and_leads_nowhere(browse, office, exports, seller):
    stock_car = make_car(office.ours)
    lead = builders.make_lead(office.ours, vehicle=stock_car)
    hostile = refused(feedback=[refusal(SCRIPT)], bookings=[{"code": SCRIPT, "status": "booked"}])
    look(
        exports,
        apps=[app(platform=SCRIPT)],
        stock=[car(title=SCRIPT)],
        sends=[hostile],
        ads=[ad(name=SCRIPT)],
    )
    # Whatever wrote the row: a browser is sent to the web only.
    Transmission.objects.update(listing_url="javascript:alert(1)", listing_id=SCRIPT)
    client = browse(seller)

    for text in (
        text_of(page(browse, seller, stock_car)),
        text_of(page(browse, seller, lead)),
        text_of(client.get("/admin/")),
        text_of(client.get(CARS)),
        text_of(client.get(LEADS)),
    ):
        assert SCRIPT not in text
        assert "javascript:alert" not in text
    assert escape(SCRIPT) in text_of(page(browse, seller, stock_car))


@pytest.mark.parametrize("model", [StockCar, Transmission])
def test_words_that_nobody_understood_are_said_to_be_unknown(
    browse, office, exports, seller, model
):
    stock_car = make_car(office.ours)
    look(exports)
    model.objects.update(**{"status" if model is StockCar else "result": ""})
    Listing.objects.update(gone_at=timezone.now(), currency="CHF")

    text = text_of(page(browse, seller, stock_car))

    assert ("State not known" if model is StockCar else "Result not known") in text
    assert "20000.00 CHF" in text
    assert "gone since" in text


# --- cost ------------------------------------------------------------------------------------


def test_pages_ask_no_more_for_more_findings(browse, office, exports, seller):
    ours = office.ours
    cars = [make_car(ours, n) for n in range(1, 9)]
    leads = [builders.make_lead(ours, vehicle=one, owner=seller) for one in cars]
    client = browse(seller)
    urls = [LEADS, f"{LEADS}?view=finding", CARS, "/admin/"]
    urls += [reverse("admin:leads_lead_change", args=[leads[0].pk])]
    urls += [reverse("admin:leads_vehicle_change", args=[cars[0].pk])]

    def count():
        found = {}
        for url in urls:
            with CaptureQueriesContext(database) as queries:
                assert client.get(url).status_code == 200
            found[url] = len(queries)
        return found

    stock = [car(n) for n in range(1, 9)]
    look(exports, stock=stock, sends=[refused(1)], ads=[ad(n) for n in range(1, 9)])
    count()  # the first look of a session, and of a process, asks more
    few = count()
    sends = [refused(n, f"t-{n}-{m}", at=ago(hours=m)) for n in range(1, 9) for m in range(1, 4)]
    more_ads = [ad(n, f"ad-{n}-{m}") for n in range(1, 9) for m in range(3)]
    look(exports, stock=stock, sends=sends, ads=more_ads)
    quieten("AM-25", by=seller)

    assert count() == few


def test_the_list_of_leads_asks_for_findings_once(browse, office, exports, seller):
    for n in range(1, 4):
        builders.make_lead(office.ours, vehicle=make_car(office.ours, n))
    look(exports, stock=[car(n, status="sold") for n in range(1, 4)], sends=[], ads=[])
    client = browse(seller)
    with CaptureQueriesContext(database) as queries:
        client.get(LEADS)

    assert sum('FROM "integrations_finding"' in one["sql"] for one in queries) <= 2
