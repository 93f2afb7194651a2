"""Who is writing? By evidence, never by name alone (Anfragen guide, table of §5)."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.models import Customer, Enquiry, MatchReason, MatchSuggestion
from leads.services.drafts import ContactDraft
from leads.services.matching import UnknownCustomer, match_customers, suggest_duplicates
from leads.services.receiving import receive
from tests import builders
from tests.leads.services.test_receiving import at_once, on_postgresql

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


def match(dealer, *contacts, **values):
    """The match of each contact; a dict stands for a contact with nothing else."""
    drafts = [
        builders.make_draft(
            contact=one if isinstance(one, ContactDraft) else ContactDraft(**one), **values
        )
        for one in contacts
    ]
    return match_customers(dealer, drafts, now=NOW)


def somebody(dealer, **values):
    """A customer of whom only this is known."""
    empty = {"first_name": "", "last_name": "", "email": "", "phone": "", "street": ""}
    return builders.make_customer(dealer, **{**empty, "postal_code": "", **values})


def suggested(customer):
    """(who it may be, why) in the order of strength."""
    rows = customer.suggestions.order_by("pk")
    return [(one.candidate, one.reason) for one in rows]


# --- linked ---------------------------------------------------------------------------------------


def test_an_id_given_by_the_sender_wins_over_everything(dealer):
    meant = somebody(dealer, last_name="Anders")
    somebody(dealer, last_name="Groß", email="jana@example.org", external_number="K-1")
    contact = {"last_name": "Groß", "email": "jana@example.org", "external_number": "K-1"}

    [found] = match(dealer, contact, customer_id=meant.pk)

    assert found.customer == meant
    assert found.reason == "Customer given by the sender."


def test_the_banks_number_is_an_id(dealer):
    meant = somebody(dealer, last_name="Alt", email="alt@example.org", external_number="K-1")
    somebody(dealer, last_name="Neu", email="neu@example.org")

    [by_number] = match(
        dealer, {"last_name": "Neu", "email": "neu@example.org", "external_number": "K-1"}
    )
    [number_alone] = match(dealer, {"external_number": "K-1"})

    assert by_number.customer == number_alone.customer == meant
    assert by_number.reason == "Customer number is the same."


@pytest.mark.parametrize(
    "written",
    ["jana.gross@example.org", " Jana.Gross@EXAMPLE.org ", "JANA.GROSS@example.ORG"],
)
def test_the_same_e_mail_links_whatever_the_name(dealer, written):
    known = somebody(dealer, last_name="Groß", email="Jana.Gross@example.org")

    [found] = match(dealer, {"last_name": "Weber", "email": written})

    assert found.customer == known
    assert found.reason == "E-mail is the same."
    assert Customer.objects.count() == 1


@pytest.mark.parametrize(
    ("known_name", "new_name"),
    [
        ("Meier", "Meyer"),
        ("Maier", "Meier"),
        ("Müller", "Mueller"),
        ("Müller", "Muller"),
        ("Größling", "Groessling"),
        ("GRÖSSLING", "größling"),
        ("Weiß", "Weiss"),
        ("Yılmaz", "Yilmaz"),
        ("Meier-Groß", "Meier Groß"),
    ],
)
def test_the_same_phone_links_if_the_name_is_similar(dealer, known_name, new_name):
    known = somebody(dealer, last_name=known_name, phone="0171/1234567")

    [found] = match(dealer, {"last_name": new_name, "mobile": "+49 171 1234567"})

    assert found.customer == known
    assert found.reason == "Phone is the same, name is similar."


@pytest.mark.parametrize(
    ("known", "written"),
    [
        (("Max", "Meier"), ("Max", "Mayr")),  # sounds alike
        (("Stefan", "Müller"), ("Stephan", "Müller")),
        (("Max", "Müller"), ("M.", "Müller")),
        (("Max", "Müller"), ("", "Müller")),
        (("Max", "Müller"), ("", "Max Müller")),
        (("Max", "Müller"), ("Maximilian", "Müller")),
    ],
)
def test_the_same_phone_links_what_may_be_one_person(dealer, known, written):
    customer = somebody(dealer, first_name=known[0], last_name=known[1], phone="0171 1234567")

    [found] = match(
        dealer, {"first_name": written[0], "last_name": written[1], "phone": "0171/1234567"}
    )

    assert (found.customer, found.is_new) == (customer, False)
    assert found.reason == "Phone is the same, name is similar."


@pytest.mark.parametrize("written", [("Müller", "Max"), ("", "Müller, Max"), ("", "Mueller Max")])
def test_swapped_names_with_the_same_phone_are_one_person(dealer, written):
    known = somebody(dealer, first_name="Max", last_name="Müller", phone="0171 1234567")

    [found] = match(
        dealer, {"first_name": written[0], "last_name": written[1], "phone": "0171/1234567"}
    )

    assert found.customer == known
    assert found.reason == "Phone is the same, first and last name are swapped."


def test_phone_and_mobile_are_compared_crosswise(dealer):
    by_phone = somebody(dealer, last_name="Groß", phone="030 23125 101", mobile="0171 1234567")

    for contact in ({"phone": "0171 1234567"}, {"mobile": "030 23125 101"}):
        [found] = match(dealer, {"last_name": "Gross", **contact})
        assert found.customer == by_phone


def test_a_company_is_compared_by_its_own_name(dealer):
    known = somebody(dealer, company="Musterbau GmbH", phone="030 23125 101")

    [found] = match(dealer, {"company": "MUSTERBAU Gmbh", "phone": "030 23125 101"})

    assert found.customer == known


def test_of_several_who_fit_it_is_the_newest(dealer):
    somebody(dealer, last_name="Groß", phone="030 23125 101")
    newest = somebody(dealer, last_name="Groß", phone="030 23125 101")
    somebody(dealer, last_name="Weber", phone="030 23125 101")

    [found] = match(dealer, {"last_name": "Groß", "phone": "030 23125 101"})

    assert found.customer == newest


# --- only suggested -------------------------------------------------------------------------------


def test_an_e_mail_of_several_links_none_of_them(dealer):
    father = somebody(dealer, first_name="Karl", last_name="Groß", email="familie@example.org")
    mother = somebody(dealer, first_name="Eva", last_name="Groß", email="familie@example.org")

    [found] = match(
        dealer, {"first_name": "Tom", "last_name": "Groß", "email": "familie@example.org"}
    )

    assert found.reason == "New customer."
    assert suggested(found.customer) == [
        (mother, MatchReason.SAME_EMAIL_SEVERAL),
        (father, MatchReason.SAME_EMAIL_SEVERAL),
    ]


@pytest.mark.parametrize("mailbox", ["info", "Verkauf", "buero", "kontakt", "office", "noreply"])
def test_a_mailbox_that_many_read_links_nobody(dealer, mailbox):
    colleague = somebody(dealer, last_name="Groß", email=f"{mailbox}@example.org")

    [found] = match(dealer, {"last_name": "Weber", "email": f"{mailbox}@example.org"})

    assert found.customer != colleague
    assert suggested(found.customer) == [(colleague, MatchReason.SAME_SHARED_MAILBOX)]


def test_colleagues_of_one_mailbox_are_told_apart_by_phone_and_name(dealer):
    somebody(dealer, last_name="Groß", email="info@example.org", phone="030 23125 101")
    known = somebody(dealer, last_name="Weber", email="info@example.org", phone="030 23125 102")

    [found] = match(
        dealer, {"last_name": "Weber", "email": "info@example.org", "phone": "03023125102"}
    )

    assert found.customer == known


@pytest.mark.parametrize("other_name", ["Weber", "Schmitz", ""])
def test_a_shared_phone_with_another_name_links_nobody(dealer, other_name):
    """A household, or the switchboard of a company."""
    known = somebody(dealer, last_name="Schmidt", phone="030 23125 101")

    [found] = match(
        dealer, {"first_name": "Eva", "last_name": other_name, "phone": "030 23125 101"}
    )

    assert found.customer != known
    assert suggested(found.customer) == [(known, MatchReason.SAME_PHONE_OTHER_NAME)]


@pytest.mark.parametrize("written", ["Müller", "Mueller"])
def test_another_first_name_at_the_same_phone_is_a_household(dealer, written):
    father = somebody(dealer, first_name="Daniel", last_name="Müller", phone="030 23125 101")

    [found] = match(
        dealer, {"first_name": "Daniela", "last_name": written, "phone": "030 23125 101"}
    )

    assert found.is_new
    assert suggested(found.customer) == [(father, MatchReason.SAME_HOUSEHOLD)]


def test_of_a_household_the_one_who_asks_is_found(dealer):
    father, mother = (
        somebody(dealer, first_name=name, last_name="Müller", phone="030 23125 101")
        for name in ("Karl", "Eva")
    )
    asking = {"last_name": "Müller", "phone": "030 23125 101"}

    matches = match(dealer, {**asking, "first_name": "Karl"}, {**asking, "first_name": "Eva"})

    assert [one.customer for one in matches] == [father, mother]


def test_the_same_name_alone_never_links(dealer):
    known = somebody(dealer, first_name="Max", last_name="Müller", email="max@example.org")

    [found] = match(
        dealer, {"first_name": "max", "last_name": "Mueller", "email": "other@example.org"}
    )

    assert found.customer != known
    assert found.reason == "New customer."
    assert suggested(found.customer) == [(known, MatchReason.SAME_NAME)]


def test_the_same_name_and_address_only_suggest(dealer):
    address = {"street": "Übungsweg 7", "postal_code": "04109"}
    namesake = somebody(dealer, first_name="Max", last_name="Müller")
    neighbour = somebody(dealer, first_name="Max", last_name="Müller", **address)

    [found] = match(
        dealer,
        {"first_name": "Max", "last_name": "Müller", "street": "uebungsweg 7"}
        | {"postal_code": "04109"},
    )

    assert suggested(found.customer) == [
        (neighbour, MatchReason.SAME_NAME_AND_ADDRESS),
        (namesake, MatchReason.SAME_NAME),
    ]


@pytest.mark.parametrize(
    ("known", "written", "reason"),
    [
        (
            {"street": "Hauptstr. 7 a", "postal_code": "04109"},
            {"street": "Hauptstraße 7a", "postal_code": "04109"},
            MatchReason.SAME_NAME_AND_ADDRESS,
        ),
        (
            {"street": "Hauptstr. 7 a", "postal_code": "04109"},
            {"first_name": "Eva", "street": "Hauptstraße 7a", "postal_code": "04109"},
            MatchReason.SAME_HOUSEHOLD,
        ),
        (
            {"company": "Bau GmbH", "postal_code": "04109"},
            {"first_name": "Eva", "last_name": "Adam", "company": "BAU AG", "postal_code": "04109"},
            MatchReason.SAME_COMPANY,
        ),
        (
            {"company": "Bau GmbH", "email": "max@bau.example.de"},
            {
                "first_name": "Eva",
                "last_name": "Adam",
                "company": "Bau",
                "email": "eva@bau.example.de",
            },
            MatchReason.SAME_COMPANY,
        ),
        ({}, {"first_name": "Müller", "last_name": "Max"}, MatchReason.NAMES_SWAPPED),
        ({}, {"first_name": "", "last_name": "Müller, Max"}, MatchReason.NAMES_SWAPPED),
        (
            {"postal_code": "04109"},
            {"last_name": "Möller", "postal_code": "04109"},
            MatchReason.SIMILAR_NAME_AND_PLACE,
        ),
        (
            {"postal_code": "04109"},
            {"first_name": "", "last_name": "Möller", "postal_code": "04109"},
            MatchReason.SIMILAR_NAME_AND_PLACE,
        ),
        ({}, {}, MatchReason.SAME_NAME),
    ],
)
def test_weak_evidence_is_suggested_with_its_reason(dealer, known, written, reason):
    name = {"first_name": "Max", "last_name": "Müller"}
    candidate = somebody(dealer, **{**name, **known})

    [found] = match(dealer, {**name, **written})

    assert found.is_new
    assert suggested(found.customer) == [(candidate, reason)]


@pytest.mark.parametrize(
    ("known", "written"),
    [
        ({"postal_code": "04109"}, {"last_name": "Möller", "postal_code": "04107"}),
        ({"postal_code": "04109"}, {"last_name": "Möller"}),
        ({"postal_code": "04109"}, {"first_name": "Eva", "postal_code": "04109"}),
        (
            {"street": "Hauptstr. 7", "postal_code": "04109"},
            {"last_name": "Adam", "street": "Hauptstr. 7", "postal_code": "04109"},
        ),
        ({"company": "Bau GmbH"}, {"first_name": "Eva", "last_name": "Adam", "company": "Bau"}),
    ],
)
def test_what_means_nothing_is_not_suggested(dealer, known, written):
    """Another place, neighbours, another family, a name that many companies have."""
    name = {"first_name": "Max", "last_name": "Müller"}
    somebody(dealer, **{**name, **known})

    [found] = match(dealer, {**name, **written})

    assert found.is_new
    assert suggested(found.customer) == []


def test_the_strongest_suggestions_come_first(dealer):
    contact = {"first_name": "Max", "last_name": "Müller", "phone": "030 23125 101"}
    contact |= {"street": "Weg 1", "postal_code": "04109"}
    other_name = somebody(dealer, last_name="Weber", phone="030 23125 101")
    swapped = somebody(dealer, first_name="Müller", last_name="Max")
    at_home = somebody(
        dealer, first_name="Max", last_name="Müller", street="Weg 1", postal_code="04109"
    )
    somebody(dealer, first_name="Max", last_name="Müller")

    [found] = match(dealer, contact)

    assert suggested(found.customer) == [
        (other_name, MatchReason.SAME_PHONE_OTHER_NAME),
        (at_home, MatchReason.SAME_NAME_AND_ADDRESS),
        (swapped, MatchReason.NAMES_SWAPPED),
    ]


def test_another_first_name_is_not_even_suggested(dealer):
    somebody(dealer, first_name="Max", last_name="Müller")

    [found] = match(dealer, {"first_name": "Moritz", "last_name": "Müller"})

    assert suggested(found.customer) == []


def test_a_number_that_is_none_links_and_suggests_nobody(dealer):
    somebody(dealer, last_name="Groß", phone="auf Anfrage", email="unbekannt")

    [found] = match(dealer, {"last_name": "Gross2", "phone": "auf Anfrage", "email": "unbekannt"})

    assert found.reason == "New customer."
    assert suggested(found.customer) == []


def test_three_suggestions_are_enough_and_each_is_made_once(dealer):
    contact = {
        "first_name": "Max",
        "last_name": "Müller",
        "phone": "030 23125 101",
        "email": "info@example.org",
    }
    strongest = somebody(
        dealer, **{**contact, "last_name": "Weber"}
    )  # same mailbox and phone, other name
    for _ in range(5):
        somebody(dealer, first_name="Max", last_name="Müller")

    [found] = match(dealer, contact)

    assert [reason for _customer, reason in suggested(found.customer)] == [
        MatchReason.SAME_SHARED_MAILBOX,
        MatchReason.SAME_NAME,
        MatchReason.SAME_NAME,
    ]
    assert suggested(found.customer)[0][0] == strongest


def test_who_is_linked_gets_no_suggestions(dealer):
    somebody(dealer, first_name="Max", last_name="Müller", email="max@example.org")
    somebody(dealer, first_name="Max", last_name="Müller", email="other@example.org")

    match(dealer, {"first_name": "Max", "last_name": "Müller", "email": "max@example.org"})

    assert not MatchSuggestion.objects.exists()


# --- merged and deleted ---------------------------------------------------------------------------


EVERYTHING = {
    "first_name": "Max",
    "last_name": "Müller",
    "email": "max@example.org",
    "phone": "0171 1234567",
    "external_number": "K-1",
}


@pytest.fixture
def merged(dealer):
    """(a customer that became part of another, the other)"""
    kept = somebody(dealer, last_name="Müller", email="mueller@example.org")
    gone = somebody(dealer, **EVERYTHING, deleted_at=NOW, merged_into=kept)
    return gone, kept


@pytest.mark.parametrize(
    "contact",
    [
        {"external_number": "K-1"},
        {"email": "max@example.org"},
        {"last_name": "Müller", "phone": "0171 1234567"},
        EVERYTHING,
    ],
    ids=["number", "e-mail", "phone", "all"],
)
def test_what_a_merged_customer_was_known_by_leads_to_the_other(dealer, merged, contact):
    _gone, kept = merged

    [found] = match(dealer, contact)

    assert (found.customer, found.is_new) == (kept, False)
    assert not MatchSuggestion.objects.exists()


def test_the_id_of_a_merged_customer_leads_to_the_other(dealer, merged):
    gone, kept = merged

    first, second = match(dealer, {}, EVERYTHING, customer_id=gone.pk)

    assert first.customer == second.customer == kept


def test_an_e_mail_that_two_rows_of_one_customer_have_is_one_customers(dealer, merged):
    _gone, kept = merged
    somebody(dealer, email="mueller@example.org", deleted_at=NOW, merged_into=kept)

    [found] = match(dealer, {"last_name": "Müller", "email": "mueller@example.org"})

    assert found.customer == kept


def test_who_is_in_the_bin_is_neither_linked_nor_suggested(dealer):
    gone = somebody(dealer, **EVERYTHING, deleted_at=NOW)

    [found] = match(dealer, EVERYTHING)

    assert found.is_new
    assert found.customer != gone
    assert not MatchSuggestion.objects.exists()


def test_the_number_of_a_customer_in_the_bin_stays_there(dealer):
    """Given twice, the one in the bin could not come back."""
    gone = somebody(dealer, **EVERYTHING, deleted_at=NOW)

    first, second = match(dealer, EVERYTHING, {"external_number": "K-1"})

    gone.refresh_from_db()
    assert gone.external_number == "K-1"
    assert first.customer == second.customer
    assert first.customer.external_number == ""


def test_the_id_of_a_customer_in_the_bin_is_unknown(dealer):
    gone = somebody(dealer, **EVERYTHING, deleted_at=NOW)

    with pytest.raises(UnknownCustomer):
        match(dealer, {}, customer_id=gone.pk)


# --- suggested for stored customers ---------------------------------------------------------------


def test_a_customer_typed_in_is_compared_too(dealer):
    known = somebody(dealer, first_name="Max", last_name="Müller")
    typed = somebody(dealer, first_name="Max", last_name="Müller")

    assert suggest_duplicates(dealer, [typed], now=NOW) == 1
    assert suggested(typed) == [(known, MatchReason.SAME_NAME)]


@pytest.mark.parametrize("decision", ["", MatchSuggestion.Decision.DIFFERENT])
@pytest.mark.parametrize("is_turned_round", [False, True])
def test_a_pair_is_suggested_once_whatever_became_of_it(dealer, decision, is_turned_round):
    one = somebody(dealer, first_name="Max", last_name="Müller")
    other = somebody(dealer, first_name="Max", last_name="Müller")
    pair = (other, one) if is_turned_round else (one, other)
    MatchSuggestion.objects.create(
        dealer=dealer,
        customer=pair[0],
        candidate=pair[1],
        reason=MatchReason.SAME_NAME,
        created_at=NOW,
        decision=decision,
    )

    assert suggest_duplicates(dealer, [one], now=NOW) == 0
    assert suggest_duplicates(dealer, [one, other], now=NOW) == 0
    assert MatchSuggestion.objects.count() == 1


def test_what_would_link_an_enquiry_is_suggested_of_two_stored_customers(dealer):
    known = somebody(dealer, last_name="Meier", phone="0171 1234567")
    typed = somebody(dealer, last_name="Meyer", mobile="0171/1234567")

    suggest_duplicates(dealer, [typed], now=NOW)

    assert suggested(typed) == [(known, MatchReason.SAME_PHONE)]


def test_of_two_the_older_is_the_candidate(dealer):
    older, newer = (somebody(dealer, first_name="Max", last_name="Müller") for _ in range(2))

    suggest_duplicates(dealer, [older], now=NOW)

    assert suggested(newer) == [(older, MatchReason.SAME_NAME)]


def test_two_new_ones_are_one_pair(dealer):
    both = [somebody(dealer, first_name="Max", last_name="Müller") for _ in range(2)]

    assert suggest_duplicates(dealer, both, now=NOW) == 1
    assert suggest_duplicates(dealer, both, now=NOW) == 0


# --- new ones -------------------------------------------------------------------------------------


def test_nothing_in_common_makes_a_new_customer_with_all_that_was_said(dealer):
    contact = builders.make_contact(company="Bau AG", external_number="K-9", street="Weg 1")

    [found] = match(dealer, contact)

    customer = Customer.objects.get()
    assert found.customer == customer
    assert found.reason == "New customer."
    assert customer.dealer == dealer
    for name in (*Customer.CONTACT_FIELDS, "external_number"):
        expected = getattr(contact, name) or ("DE" if name == "country" else "")
        assert getattr(customer, name) == expected, name
    assert customer.name_key == f"joerg {contact.last_name.replace('ß', 'ss').lower()}"
    assert customer.email_key == contact.email
    assert customer.phone_key.startswith("+49")
    assert customer.search_text


@pytest.mark.parametrize(
    "contact",
    [{}, {"city": "Köln", "postal_code": "50667", "salutation": "mr", "title": "Dr."}],
)
def test_without_a_name_or_address_there_is_no_customer(dealer, contact):
    somebody(dealer, city="Köln", postal_code="50667")

    [found] = match(dealer, contact)

    assert found.customer is None
    assert found.reason == "No contact data."
    assert Customer.objects.count() == 1


def test_a_known_customers_data_are_not_changed(dealer):
    known = somebody(dealer, last_name="Groß", email="jana@example.org", city="Kiel")
    before = Customer.objects.values().get()

    match(dealer, {"last_name": "Weber", "email": "jana@example.org", "city": "Köln"})

    assert Customer.objects.values().get() == before
    assert known.history.count() == 1


# --- within one batch -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"email": "jana@example.org"}, {"email": "JANA@example.org"}),
        (
            {"last_name": "Müller", "phone": "0171 1234567"},
            {"last_name": "Mueller", "mobile": "+491711234567"},
        ),
        (
            {"last_name": "Groß", "external_number": "K-1"},
            {"last_name": "Weber", "external_number": "K-1"},
        ),
    ],
    ids=["e-mail", "phone and name", "number"],
)
def test_a_new_person_who_writes_twice_is_one_customer(dealer, first, second):
    one, other = match(dealer, first, second)

    assert one.customer == other.customer == Customer.objects.get()
    assert (one.reason, one.is_new) == ("New customer.", True)
    assert (other.reason != "New customer.", other.is_new) == (True, False)


def test_namesakes_of_one_batch_are_suggested_to_each_other_once(dealer):
    name = {"first_name": "Max", "last_name": "Müller"}

    one, other = match(
        dealer, {**name, "email": "a@example.org"}, {**name, "email": "b@example.org"}
    )

    assert suggested(one.customer) == []
    assert suggested(other.customer) == [(one.customer, MatchReason.SAME_NAME)]


def test_matches_come_in_the_order_of_the_drafts(dealer):
    known = somebody(dealer, email="b@example.org")

    matches = match(
        dealer,
        {"email": "a@example.org"},
        {"email": "b@example.org"},
        {},
        {"email": "c@example.org"},
    )

    emails = [one.customer and one.customer.email for one in matches]
    assert emails == ["a@example.org", "b@example.org", None, "c@example.org"]
    assert matches[1].customer == known


# --- walls ----------------------------------------------------------------------------------------


def test_another_dealers_customer_is_never_linked_nor_suggested(dealer):
    everything = {
        "first_name": "Max",
        "last_name": "Müller",
        "email": "max@example.org",
        "phone": "0171 1234567",
        "street": "Weg 1",
        "postal_code": "04109",
        "external_number": "K-1",
    }
    theirs = somebody(builders.make_dealer(), **everything)

    [found] = match(dealer, everything)

    assert found.customer != theirs
    assert found.customer.dealer == dealer
    assert not MatchSuggestion.objects.exists()


@pytest.mark.parametrize("whose", ["theirs", "nobodys"])
def test_an_id_of_another_dealer_is_as_unknown_as_any(dealer, whose):
    theirs = somebody(builders.make_dealer(), last_name="Groß")
    pk = theirs.pk if whose == "theirs" else theirs.pk + 1000

    with pytest.raises(UnknownCustomer) as caught:
        match(dealer, {"last_name": "Groß"}, customer_id=pk)

    assert caught.value.args == (pk,)
    assert Customer.objects.count() == 1


# --- cost -----------------------------------------------------------------------------------------


def test_matching_500_costs_as_much_as_matching_20():
    costs = []
    for number in (1, 20, 500):
        dealer = builders.make_dealer()
        somebody(dealer, first_name="Max", last_name="Müller")
        contacts = [
            {
                "first_name": "Max",
                "last_name": "Müller",
                "email": f"max{one}@example.org",
                "phone": f"0171 {1_000_000 + one}",
                "external_number": f"K-{one}",
            }
            for one in range(number)
        ]
        with CaptureQueriesContext(connection) as queries:
            match(dealer, *contacts)
        costs.append(len(queries))
        assert Customer.objects.for_dealer(dealer).count() == number + 1

    assert costs[0] <= costs[1] == costs[2]  # a few are written with one statement less
    assert costs[2] <= 5


# --- at once --------------------------------------------------------------------------------------


NAMES = [
    ("Jürgen", "Größling"),
    ("Juergen", "Groessling"),
    ("GRÖSSLING", "JÜRGEN"),
    ("J.", "Grösling"),
    ("jürgen", "größlink"),
]
PHONES = ["0171 3920012", "+49 171 3920012", "0171/39 200 12", "(0171) 3920012"]


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_forty_spellings_of_a_new_person_at_once_are_one_customer(dealer):
    drafts = [
        builders.make_draft(
            contact=ContactDraft(
                first_name=NAMES[one % 5][0],
                last_name=NAMES[one % 5][1],
                phone=PHONES[one % 4],
                email="juergen@example.org" if one % 2 else "",
            )
        )
        for one in range(40)
    ]

    at_once(40, lambda one: receive(dealer, [drafts[one]], now=NOW))

    assert Customer.objects.count() == 1
    assert Enquiry.objects.filter(lead__customer=Customer.objects.get()).count() == 40
    assert not MatchSuggestion.objects.exists()
