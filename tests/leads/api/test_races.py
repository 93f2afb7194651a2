"""Many at once, and clients that vanish: one effect each. Real threads and real HTTP, on both
databases; on SQLite nobody may hear that the database is locked."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from leads.models import Customer, Enquiry, IntakeEntry, Lead, Outcome, Source
from tests.leads.api.conftest import LEADS
from tests.leads.api.serving import served

TIMES = 40

pytestmark = pytest.mark.django_db(transaction=True)

# One person, as forms, portals and telephones write it.
NAMES = [
    {"name": "Jörg Größling"},
    {"name": "JÖRG GRÖSSLING"},
    {"name": "Joerg Groessling"},
    {"name": "Größling, Jörg"},
    {"name": "Herr Dr. Jörg Größling"},
    {"first_name": "jörg", "last_name": "größling"},
    {"first_name": "Größling", "last_name": "Jörg"},
    {"first_name": "Jo\u0308rg", "last_name": "Gro\u0308ßling"},  # letter and accent apart
]
STREETS = ["Hauptstraße 5", "Hauptstr. 5", "HAUPTSTRASSE 5", "Haupt-Str. 5"]
PHONES = [
    "030 23125101",
    "(030) 23125-101",
    "+49 30 23125 101",
    "0049 30 23125101",
    "+49 (0)30/23125101",
]
EMAILS = [
    "joerg.groessling@example.org",
    "JOERG.GROESSLING@EXAMPLE.ORG",
    " Joerg.Groessling@Example.org ",
    "mailto:joerg.groessling@example.org",
    "joerg.groessling@EXAMPLE.org",
]


def at_once(function, numbers=range(TIMES)):
    """What `function(number)` returns for each, each called in a thread of its own, all of them
    let go at one moment."""
    ready = threading.Barrier(len(numbers))

    def one(number):
        ready.wait()
        return function(number)

    with ThreadPoolExecutor(len(numbers)) as pool:
        return list(pool.map(one, numbers))


def until_answered(function):
    """The same for clients that repeat what is answered with 409, until it no longer is."""
    answers = {}
    while waiting := [number for number in range(TIMES) if number not in answers]:
        for number, answer in zip(waiting, at_once(function, waiting), strict=True):
            if answer[0] != 409:
                answers[number] = answer
    return [answers[number] for number in range(TIMES)]


def statuses(answers):
    return dict(Counter(status for status, _headers, _body in answers))


def test_one_key_makes_one_lead_and_everybody_gets_the_same_answer(api):
    body = {"subject": "Golf", "contact": {"name": "Erika Musterfrau"}}

    with served(api.secret) as office:
        answers = until_answered(lambda _n: office.post(body, idempotency_key="k-1"))

    assert statuses(answers) == {201: TIMES}
    assert all(body == answers[0][2] for _status, _headers, body in answers)
    replayed = [headers.get("Idempotent-Replayed") for _status, headers, _body in answers]
    assert Counter(replayed) == {"true": TIMES - 1, None: 1}
    assert Lead.objects.count() == IntakeEntry.objects.count() == 1


def test_one_key_for_different_leads_makes_one_of_them(api):
    with served(api.secret) as office:
        answers = until_answered(
            lambda n: office.post({"subject": f"Golf {n}"}, idempotency_key="k-1")
        )

    assert statuses(answers) == {201: 1, 422: TIMES - 1}
    assert Lead.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "spellings"), [("phone", PHONES), ("email", EMAILS)], ids=["phone", "email"]
)
def test_one_new_person_in_many_spellings_is_one_customer_with_forty_enquiries(
    api, field, spellings
):
    def post(n):
        contact = {**NAMES[n % len(NAMES)], field: spellings[n % len(spellings)]}
        address = {"street": STREETS[n % len(STREETS)], "postal_code": "10115", "city": "Berlin"}
        return office.post({"external_id": f"w-{n}", "contact": contact, "address": address})

    with served(api.secret) as office:
        answers = at_once(post)

    assert statuses(answers) == {201: 1, 200: TIMES - 1}, answers[0]
    outcomes = Counter(body["outcome"] for _status, _headers, body in answers)
    assert outcomes == {"created": 1, "attached": TIMES - 1}
    assert Customer.objects.count() == 1
    lead = Lead.objects.get()
    assert lead.enquiry_count == TIMES
    assert Enquiry.objects.filter(lead=lead).count() == TIMES
    assert IntakeEntry.objects.filter(lead=lead).count() == TIMES


def test_a_new_source_is_created_once(api):
    names = ["Große Börse", "GROSSE BÖRSE", " große  börse ", "Große\u00a0Bo\u0308rse"]

    with served(api.secret) as office:
        answers = at_once(
            lambda n: office.post({"subject": "Golf", "source": names[n % len(names)]})
        )

    assert statuses(answers) == {201: TIMES}, answers[0]
    source = Source.objects.get(is_automatic=True)
    assert Lead.objects.filter(source=source).count() == TIMES


def test_one_number_put_by_many_is_one_lead(api):
    path = f"{LEADS}by-external-id/crm-1/"

    with served(api.secret) as office:
        answers = at_once(lambda n: office.send("PUT", path, {"subject": f"Golf {n}"}))

    assert statuses(answers) == {201: 1, 200: TIMES - 1}, answers[0]
    assert Lead.objects.count() == Enquiry.objects.count() == 1


@pytest.mark.parametrize("aborts", [False, True], ids=["closes", "aborts"])
def test_clients_that_vanish_before_the_answer_and_come_again_make_one_lead(api, aborts):
    body = {"subject": "Golf", "contact": {"email": "erika@example.org"}}

    with served(api.secret) as office:
        at_once(lambda _n: office.send_and_vanish(body, aborts=aborts, idempotency_key="k-1"))
        answers = until_answered(lambda _n: office.post(body, idempotency_key="k-1"))

    assert statuses(answers) == {201: TIMES}
    assert len({body["id"] for _status, _headers, body in answers}) == 1
    assert Lead.objects.count() == 1
    assert IntakeEntry.objects.get().outcome == Outcome.CREATED


def test_a_client_that_vanishes_in_the_middle_of_its_request_and_comes_again_makes_one_lead(api):
    body = {"subject": "Golf", "contact": {"email": "erika@example.org"}}

    with served(api.secret) as office:
        office.send_and_vanish(body, share=0.5, idempotency_key="k-1")
        answers = until_answered(lambda _n: office.post(body, idempotency_key="k-1"))

    assert statuses(answers) == {201: TIMES}
    assert Lead.objects.count() == 1
    # What came of the first attempt cannot be used, but can be seen.
    outcomes = IntakeEntry.objects.values_list("outcome", flat=True)
    assert Counter(outcomes) == {Outcome.CREATED: 1, Outcome.REJECTED: 1}
