"""ADF by HTTP POST: what the sender hears, and what became of its prospects."""

import pytest

from leads.models import IntakeEntry, Lead, Outcome, UnmappedName
from tests.builders import make_api_key, make_dealer, make_location
from tests.integrations.api.conftest import Sender, failing, sample, with_key

ADF = "/api/v1/adf/"
XML = "application/x-adf+xml"
PERSON = "<customer><contact><name part='last'>Weiß</name></contact></customer>"


@pytest.fixture
def portal(dealer):
    return with_key(dealer, ADF, XML)


def adf(*prospects):
    return f"<adf>{''.join(prospects)}</adf>".encode()


def prospect(number, person=PERSON):
    return f"<prospect><id source='p'>{number}</id>{person}</prospect>"


def assert_refused(answer, status):
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/json"
    assert set(answer.json()) == {"message"}
    assert answer.json()["message"]


# --- taken -------------------------------------------------------------------------------------


def test_the_sample_becomes_a_lead(portal, dealer):
    location = make_location(dealer, bdk_partner_number="0012345")
    answer = portal.post(sample("adf.xml"))

    assert answer.status_code == 201
    assert answer.json() == {
        "results": [{"source": "portal.example.org", "id": "P-2026-000815", "status": "created"}]
    }
    lead = Lead.objects.for_dealer(dealer).get()
    assert lead.last_name == "Müßiggänger"
    assert lead.location == location
    assert lead.trade_in_wished
    assert lead.source.name == "Beispielportal"
    assert lead.sender == "adf:portal"


def test_the_awkward_sample_brings_one_more_lead_and_a_duplicate(portal):
    portal.post(sample("adf.xml"))
    answer = portal.post(sample("adf_awkward.txt"))

    assert [one["status"] for one in answer.json()["results"]] == ["created", "duplicate"]
    assert [one["source"] for one in answer.json()["results"]] == [
        "Beispielportal",
        "portal.example.org",
    ]
    first, second = Lead.objects.order_by("pk")
    # What was sent again has changed nothing.
    assert first.message.startswith("Probefahrt am Wochenende")
    assert second.last_name == "Musterfrau"


def test_a_resend_that_is_the_first_to_arrive_is_a_lead(portal):
    answer = portal.post(sample("adf_awkward.txt"))
    assert [one["status"] for one in answer.json()["results"]] == ["created", "created"]

    answer = portal.post(sample("adf.xml"))
    assert answer.json()["results"][0]["status"] == "duplicate"
    assert Lead.objects.count() == 2
    assert Lead.objects.get(last_name="Müßiggänger").vehicle_name


@pytest.mark.parametrize("name", ["adf.xml", "adf_awkward.txt"])
def test_a_repeat_is_a_duplicate(portal, name):
    portal.post(sample(name))
    leads = Lead.objects.count()
    answer = portal.post(sample(name))

    assert answer.status_code == 201
    assert {one["status"] for one in answer.json()["results"]} == {"duplicate"}
    assert Lead.objects.count() == leads


def test_the_same_prospect_twice_in_a_message_is_one_lead(portal):
    answer = portal.post(adf(prospect(1), prospect(1), prospect(2)))

    statuses = [one["status"] for one in answer.json()["results"]]
    assert statuses == ["created", "duplicate", "created"]
    assert Lead.objects.count() == 2


def test_a_bad_prospect_stops_only_itself(portal):
    answer = portal.post(adf(prospect(1), prospect(2, "<customer>"), prospect(3, "")))

    statuses = [one["status"] for one in answer.json()["results"]]
    assert answer.status_code == 201
    assert statuses == ["created", "quarantined", "quarantined"]
    assert Lead.objects.count() == 1
    assert IntakeEntry.objects.filter(outcome=Outcome.QUARANTINED).count() == 2
    # Asked again, the answer is the same: it still waits for somebody.
    again = portal.post(adf(prospect(2, "<customer>")))
    assert [one["status"] for one in again.json()["results"]] == ["quarantined"]


def test_the_same_person_asking_again_is_a_new_enquiry_of_the_case(portal):
    person = (
        "<customer><contact><name part='last'>Weiß</name>"
        "<email>weiss@example.org</email></contact></customer>"
    )
    portal.post(adf(prospect(1, person)))
    answer = portal.post(adf(prospect(2, person)))

    assert answer.json()["results"][0]["status"] == "created"
    assert Lead.objects.get().enquiry_count == 2


@pytest.mark.parametrize(
    "content_type",
    [XML, "application/xml", "text/xml", "text/xml; charset=iso-8859-1", "Application/XML"],
)
def test_three_media_types_are_taken(portal, content_type):
    assert portal.post(sample("adf.xml"), content_type=content_type).status_code == 201


def test_umlauts_survive_a_wrong_declaration(portal):
    text = sample("adf.xml").decode()
    portal.post(text.encode("cp1252"))

    assert Lead.objects.get().last_name == "Müßiggänger"


def test_the_address_works_without_its_last_slash(dealer):
    assert with_key(dealer, ADF.rstrip("/"), XML).post(sample("adf.xml")).status_code == 201


def test_a_key_that_may_not_add_to_the_catalogues_does_not(dealer):
    careful = with_key(dealer, ADF, XML, creates_entries=False)
    careful.post(sample("adf.xml"))

    assert Lead.objects.get().source.key == "website"
    name = UnmappedName.objects.for_dealer(dealer).get(kind="source")
    assert (name.name, name.sender) == ("Beispielportal", "adf:portal")


# --- refused -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b" ",
        b"Hallo",
        b"<adf></adf>",
        b"<prospect>",
        b"<prospect" * 1000,
        b"\x00\xff\xfe",
        b"<!DOCTYPE adf [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><adf><prospect>"
        b"<customer><comments>&x;</comments></customer></prospect></adf>",
    ],
    ids=lambda body: repr(body[:16]),
)
def test_without_a_prospect_it_is_refused_and_kept(portal, body):
    assert_refused(portal.post(body), 400)
    entry = IntakeEntry.objects.get()
    assert entry.outcome == Outcome.QUARANTINED
    assert entry.reason
    assert not Lead.objects.exists()


def test_a_bomb_of_entities_is_not_unfolded(portal):
    levels = "".join(
        f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" if n else "<!ENTITY l0 'lol'>" for n in range(10)
    )
    text = f"<!DOCTYPE lolz [{levels}]><adf>{prospect(1, '<customer>&l9;</customer>')}</adf>"

    assert_refused(portal.post(text.encode()), 400)


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", "image/png", ""])
def test_other_media_types_are_refused_and_kept(portal, content_type):
    answer = portal.post(sample("adf.xml"), content_type=content_type or "x")

    assert_refused(answer, 415)
    assert "application/x-adf+xml" in answer.json()["message"]
    assert IntakeEntry.objects.get().outcome == Outcome.REJECTED


def test_a_body_over_1_mb_is_refused_and_its_beginning_kept(portal):
    assert_refused(portal.post(b"<prospect>" + b"x" * 2_000_000), 413)
    entry = IntakeEntry.objects.get()
    assert entry.outcome == Outcome.REJECTED
    assert len(entry.raw) < 100_000


def test_without_a_key_nothing_is_taken(db):
    assert_refused(Sender(ADF, XML).post(sample("adf.xml")), 401)
    assert_refused(Sender(ADF, XML, authorization="Bearer x").post(sample("adf.xml")), 401)
    assert not IntakeEntry.objects.exists()


def test_a_key_that_may_not_write_is_refused(dealer):
    reader = with_key(dealer, ADF, XML, scopes=["leads:read"])

    assert_refused(reader.post(sample("adf.xml")), 403)
    assert not IntakeEntry.objects.exists()


def test_a_key_that_asks_too_often_waits(dealer):
    portal = with_key(dealer, ADF, XML, rate_per_minute=1)
    portal.post(adf(prospect(1)))
    answer = portal.post(adf(prospect(2)))

    assert_refused(answer, 429)
    assert int(answer["Retry-After"]) > 0


def test_only_post_is_known(portal):
    assert portal.client.get(ADF, headers=portal.headers).status_code == 405


def test_trouble_of_our_own_is_503_until_it_is_booked(portal):
    with failing("leads_intakeentry"):
        assert_refused(portal.post(sample("adf.xml")), 503)
    with failing("leads_lead"):
        answer = portal.post(sample("adf.xml"))
    assert answer.status_code == 201
    assert answer.json()["results"][0]["status"] == "quarantined"


# --- walls -------------------------------------------------------------------------------------


def test_the_key_decides_about_the_dealer(portal, dealer):
    other = with_key(make_dealer(), ADF, XML)
    make_location(make_dealer(), bdk_partner_number="0012345")
    portal.post(sample("adf.xml"))
    answer = other.post(sample("adf.xml"))

    assert answer.json()["results"][0]["status"] == "created"
    assert Lead.objects.for_dealer(dealer).get().location is None
    assert Lead.objects.count() == 2


def test_two_systems_may_use_the_same_numbers(portal, dealer):
    _key, secret = make_api_key(dealer, system="other")
    other = Sender(ADF, XML, authorization=f"Api-Key {secret}")
    portal.post(adf(prospect(1)))

    body = adf(prospect(1, PERSON.replace("Weiß", "Schwarz")))
    assert other.post(body).json()["results"][0]["status"] == "created"


def test_nothing_personal_is_logged(portal, caplog):
    portal.post(sample("adf.xml") + b"x")
    portal.post(sample("adf.xml")[:-200])

    for secret in ("Jürgen", "Müßig", "juergen", "04069027"):
        assert secret not in caplog.text
