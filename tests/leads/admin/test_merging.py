"""Merging in the admin: compare, choose, merge, undo; who may, and where old links lead."""

import re

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leads.models import Customer, Lead, MatchSuggestion, Merge, Role
from leads.services.deleting import delete_leads
from leads.services.merging import merge_customers, merge_leads
from tests import builders
from tests.leads.admin.conftest import messages_of, text_of
from tests.leads.admin.test_lead import form_data
from tests.leads.services.racing import while_it_is_merged
from tests.leads.services.test_receiving import on_postgresql

MANAGER = Role.MANAGER


def page_of(row):
    return reverse(f"admin:leads_{row._meta.model_name}_change", args=[row.pk])


def work_page(lead, page):
    return reverse(f"admin:leads_lead_{page}", args=[lead.pk])


def compare_url(kept, merged, **query):
    name = f"admin:leads_{kept._meta.model_name}_merge"
    return reverse(name, args=[kept.pk, merged.pk], query=query)


def different_url(one, other):
    return reverse("admin:leads_customer_different", args=[one.pk, other.pk])


def undo_url(merge):
    return reverse("admin:leads_merge_undo", args=[merge.pk])


def suggest(customer, candidate, reason="same_phone_other_name", **values):
    return MatchSuggestion.objects.create(
        dealer=customer.dealer,
        customer=customer,
        candidate=candidate,
        reason=reason,
        created_at=timezone.now(),
        **values,
    )


def merged_now(kept, merged):
    service = merge_customers if isinstance(kept, Customer) else merge_leads
    return service(kept, merged, values={}, by=None, now=timezone.now())


@pytest.fixture
def manager(office):
    return builders.make_user(office.ours, role=MANAGER)


@pytest.fixture
def pair(office):
    return (
        builders.make_customer(office.ours, first_name="Eva", last_name="Alt", mobile=""),
        builders.make_customer(
            office.ours, first_name="Eva", last_name="Neu", mobile="0170 1234567"
        ),
    )


@pytest.fixture
def leads(office):
    customer = builders.make_customer(office.ours)
    return (
        builders.make_lead(office.ours, customer=customer, subject="Octavia gesucht"),
        builders.make_lead(office.ours, customer=customer, subject="Rückruf erbeten"),
    )


def choices_of(page):
    """Name of the choice → the side that is preselected."""
    found = re.findall(r'<input type="radio" name="take-(\w+)" value="(\w+)" checked', page)
    return dict(found)


class TestCompare:
    def test_shows_both_sides_and_what_differs(self, browse, manager, pair):
        suggest(*pair)
        builders.make_lead(manager.dealers().get(), customer=pair[1], subject="Probefahrt Enyaq")

        page = text_of(browse(manager).get(compare_url(*pair)))

        for shown in ("Eva Alt", "Eva Neu", "Same phone, other name", "Probefahrt Enyaq"):
            assert shown in page
        chosen = choices_of(page)
        # What only one of them knows is preselected; what both say stays as it is.
        assert chosen["mobile"] == "merged"
        assert chosen["last_name"] == "kept"
        assert "first_name" not in chosen
        assert "fields are the same" in page

    def test_sides_can_be_swapped(self, browse, manager, pair):
        page = text_of(browse(manager).get(compare_url(*pair, next="/admin/")))

        swapped = compare_url(pair[1], pair[0])
        assert f'href="{swapped}?next=%2Fadmin%2F"' in page

    def test_leads_show_their_enquiries(self, browse, manager, leads):
        builders.make_enquiry(lead=leads[1], subject="Noch frei?")

        page = text_of(browse(manager).get(compare_url(*leads)))

        for shown in ("Octavia gesucht", "Rückruf erbeten", "Noch frei?", leads[0].number):
            assert shown in page

    def test_nothing_about_creditworthiness_without_the_right(self, office, browse, leads):
        Lead.objects.filter(pk=leads[0].pk).update(precheck="positive")
        seller = builders.make_user(office.ours, role=MANAGER)
        trusted = builders.make_user(office.ours, role=MANAGER, sees_creditworthiness=True)

        assert "precheck" not in text_of(browse(seller).get(compare_url(*leads)))
        assert "take-precheck" in text_of(browse(trusted).get(compare_url(*leads)))

    def test_leads_of_two_customers_lead_to_these_first(self, office, browse, manager):
        one, other = builders.make_lead(office.ours), builders.make_lead(office.ours)

        page = text_of(browse(manager).get(compare_url(one, other)))

        assert "Merge the customers first." in page
        assert compare_url(one.customer, other.customer) in page
        assert "lo-primary" not in page

    def test_a_hostile_name_is_only_text(self, browse, manager, pair):
        Customer.objects.filter(pk=pair[0].pk).update(last_name="<script>alert(1)</script>")

        assert "<script>alert(1)" not in text_of(browse(manager).get(compare_url(*pair)))

    @pytest.mark.parametrize("kind", ["customers", "leads"])
    def test_costs_the_same_however_much_there_is(self, office, browse, manager, pair, leads, kind):
        rows = pair if kind == "customers" else leads
        client = browse(manager)
        url = compare_url(*rows)
        client.get(url)
        with CaptureQueriesContext(connection) as few:
            client.get(url)
        for row in rows:
            for _number in range(10):
                if kind == "customers":
                    builders.make_lead(office.ours, customer=row)
                else:
                    builders.make_enquiry(lead=row)
                    builders.make_activity(row)

        with CaptureQueriesContext(connection) as many:
            client.get(url)

        assert len(many) == len(few)


class TestMerge:
    def test_takes_what_was_chosen_and_offers_to_undo(self, browse, manager, pair):
        client = browse(manager)
        chosen = {"take-last_name": "merged", "take-mobile": "kept", "seen": "1-1"}

        page = client.post(compare_url(*pair), chosen, follow=True)

        kept = Customer.objects.get(pk=pair[0].pk)
        assert (kept.last_name, kept.mobile) == ("Neu", "")
        merge = Merge.objects.get()
        assert (merge.kept_id, merge.merged_id, merge.by) == (pair[0].pk, pair[1].pk, manager)
        assert page.redirect_chain[-1][0] == page_of(kept)
        [message] = messages_of(page)
        assert "The customers are merged." in message
        assert f'action="{undo_url(merge)}"' in message
        assert message in text_of(page)  # the button is a button

    def test_the_button_of_the_message_works(self, office, manager, pair):
        """With the check against forged requests, as in the browser."""
        client = Client(enforce_csrf_checks=True)
        client.force_login(manager)
        token = client.get(compare_url(*pair)).cookies["csrftoken"].value
        page = client.post(
            compare_url(*pair), {"seen": "1-1", "csrfmiddlewaretoken": token}, follow=True
        )
        form = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', messages_of(page)[0])

        client.post(undo_url(Merge.objects.get()), {"csrfmiddlewaretoken": form[1]})

        assert Merge.objects.get().undone_by == manager

    def test_returns_to_where_it_came_from(self, browse, manager, pair):
        back = reverse("admin:leads_matchsuggestion_changelist")

        answer = browse(manager).post(compare_url(*pair), {"seen": "1-1", "next": back})

        assert answer["Location"] == back

    def test_never_returns_to_another_site(self, browse, manager, pair):
        data = {"seen": "1-1", "next": "https://example.org/"}

        assert browse(manager).post(compare_url(*pair), data)["Location"] == page_of(pair[0])

    def test_leads_are_merged(self, browse, manager, leads):
        data = {"seen": "1-1", "take-subject": "merged"}

        page = browse(manager).post(compare_url(*leads), data, follow=True)

        kept = Lead.objects.get(pk=leads[0].pk)
        assert kept.subject == "Rückruf erbeten"
        assert f"{leads[1].number} is now part of {leads[0].number}." in text_of(page)
        assert f"Merged with {leads[1].full_name}" in text_of(page)

    def test_what_changed_meanwhile_is_compared_again(self, browse, manager, pair):
        Customer.objects.filter(pk=pair[1].pk).update(version=2)

        page = browse(manager).post(compare_url(*pair), {"seen": "1-1"}, follow=True)

        assert "compare them again" in messages_of(page)[0]
        assert not Merge.objects.exists()

    @pytest.mark.parametrize("seen", ["", "1", "a-b", "²-1", "1-1-1", "9" * 40 + "-1"])
    def test_a_form_that_compared_nothing_merges_nothing(self, browse, manager, pair, seen):
        browse(manager).post(compare_url(*pair), {"seen": seen})

        assert not Merge.objects.exists()

    def test_a_side_that_is_none_merges_nothing(self, browse, manager, pair):
        data = {"seen": "1-1", "take-last_name": "both"}

        page = browse(manager).post(compare_url(*pair), data, follow=True)

        assert messages_of(page) == ["Please choose again."]
        assert not Merge.objects.exists()

    def test_what_is_hidden_cannot_be_chosen(self, browse, manager, leads):
        Lead.objects.filter(pk=leads[0].pk).update(precheck="negative")
        Lead.objects.filter(pk=leads[1].pk).update(precheck="positive")

        browse(manager).post(compare_url(*leads), {"seen": "1-1", "take-precheck": "merged"})

        assert Lead.objects.get(pk=leads[0].pk).precheck == "negative"

    def test_whoever_comes_second_is_led_to_the_result(self, browse, manager, pair):
        merged_now(*pair)

        page = browse(manager).post(compare_url(*pair), {"seen": "1-1"}, follow=True)

        assert page.redirect_chain[-1][0] == page_of(pair[0])
        assert "already been merged" in messages_of(page)[0]
        assert Merge.objects.count() == 1

    @pytest.mark.parametrize("pk", [10**18, 10**30])
    def test_a_number_that_nobody_has_is_not_found(self, browse, manager, pair, pk):
        url = reverse("admin:leads_customer_merge", args=[pair[0].pk, pk])

        assert browse(manager).get(url).status_code == 404


class TestRights:
    @pytest.mark.parametrize("role", [Role.SELLER, Role.AUDITOR])
    @pytest.mark.parametrize("kind", ["customers", "leads"])
    def test_others_may_look_but_not_merge(self, office, browse, pair, leads, role, kind):
        rows = pair if kind == "customers" else leads
        client = browse(builders.make_user(office.ours, role=role))

        page = client.get(compare_url(*rows))

        assert page.status_code == 200
        assert "lo-primary" not in text_of(page)
        assert client.post(compare_url(*rows), {"seen": "1-1"}).status_code == 403
        assert not Merge.objects.exists()

    @pytest.mark.parametrize("role", [Role.SELLER, Role.AUDITOR])
    def test_others_may_not_decide_or_undo(self, office, browse, pair, role):
        client = browse(builders.make_user(office.ours, role=role))
        third = builders.make_customer(office.ours)
        suggestion = suggest(pair[0], third, decision="different", decided_at=timezone.now())

        assert client.post(different_url(*pair)).status_code == 403
        done = merged_now(*pair)
        assert client.post(undo_url(done)).status_code in (403, 404)
        reopen = reverse("admin:leads_matchsuggestion_reopen", args=[suggestion.pk])
        assert client.post(reopen).status_code in (403, 404)
        done.refresh_from_db()
        suggestion.refresh_from_db()
        assert (done.undone_at, suggestion.decision) == (None, "different")

    def test_a_right_at_another_dealer_does_not_count(self, office, browse, pair):
        user = builders.make_user(office.ours, role=Role.SELLER)
        builders.make_membership(office.theirs, user, role=MANAGER)
        client = browse(user)

        assert client.post(compare_url(*pair), {"seen": "1-1"}).status_code == 403
        assert client.post(different_url(*pair)).status_code == 403
        assert client.post(undo_url(merged_now(*pair))).status_code == 404

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_rows_of_another_dealer_do_not_exist(self, office, browse, manager, pair, method):
        foreign = builders.make_customer(office.theirs)
        send = getattr(browse(manager), method)

        for kept, merged in ((pair[0], foreign), (foreign, pair[0])):
            assert send(compare_url(kept, merged)).status_code == 404
        theirs = merged_now(foreign, builders.make_customer(office.theirs))
        if method == "post":
            assert send(different_url(pair[0], foreign)).status_code == 404
            assert send(undo_url(theirs)).status_code == 404

    def test_rows_of_two_dealers_of_one_user_are_not_compared(self, office, browse, pair):
        both = builders.make_user(office.ours, office.theirs, role=MANAGER)
        foreign = builders.make_customer(office.theirs)

        assert browse(both).get(compare_url(pair[0], foreign)).status_code == 404

    def test_leads_of_other_locations_are_not_merged(self, office, browse, leads):
        here, there = builders.make_location(office.ours), builders.make_location(office.ours)
        Lead.objects.filter(pk=leads[1].pk).update(location=there)
        user = builders.make_user(office.ours, role=MANAGER, locations=[here])

        assert browse(user).post(compare_url(*leads), {"seen": "1-1"}).status_code == 404

    def test_merges_of_leads_of_other_locations_are_not_undone(self, office, browse, leads):
        here, there = builders.make_location(office.ours), builders.make_location(office.ours)
        Lead.objects.filter(pk=leads[1].pk).update(location=there)
        done = merged_now(*(Lead.objects.get(pk=lead.pk) for lead in leads))
        Lead.objects.filter(pk=leads[0].pk).update(location=here)
        client = browse(builders.make_user(office.ours, role=MANAGER, locations=[here]))

        listed = client.get(reverse("admin:leads_merge_changelist"))

        assert leads[1].number not in text_of(listed)
        assert client.post(undo_url(done)).status_code == 404

    @pytest.mark.parametrize("name", ["customer_different", "merge_undo", "matchsuggestion_reopen"])
    def test_nothing_happens_by_a_link(self, browse, manager, pair, name):
        args = [pair[0].pk, pair[1].pk] if name == "customer_different" else [1]

        assert browse(manager).get(reverse(f"admin:leads_{name}", args=args)).status_code == 405

    def test_forged_requests_are_refused(self, manager, pair):
        client = Client(enforce_csrf_checks=True)
        client.force_login(manager)
        done = merged_now(pair[0], builders.make_customer(pair[0].dealer))

        for url in (compare_url(*pair), different_url(*pair), undo_url(done)):
            assert client.post(url, {"seen": "1-1"}).status_code == 403


class TestUndo:
    @pytest.mark.parametrize("kind", ["customers", "leads"])
    def test_from_the_page_of_the_kept_one(self, browse, manager, pair, leads, kind):
        kept, merged = pair if kind == "customers" else leads
        done = merged_now(kept, merged)
        client = browse(manager)
        page = text_of(client.get(page_of(kept)))
        assert f"Merged with {merged.full_name} on " in page
        assert f'action="{undo_url(done)}"' in page

        page = client.post(undo_url(done), {"next": page_of(kept)}, follow=True)

        assert page.redirect_chain[-1][0] == page_of(kept)
        assert "The merge is undone." in messages_of(page)[0]
        assert page_of(merged) in messages_of(page)[0]
        assert client.get(page_of(merged)).status_code == 200
        assert undo_url(done) not in text_of(client.get(page_of(kept)))

    def test_twice_says_so(self, browse, manager, pair):
        done = merged_now(*pair)
        client = browse(manager)
        client.post(undo_url(done))

        page = client.post(undo_url(done), follow=True)

        assert "This merge has been undone already." in messages_of(page)

    def test_what_comes_first_is_said(self, office, browse, manager, pair):
        leads = [builders.make_lead(office.ours, customer=one) for one in pair]
        done = merged_now(*pair)
        merged_now(*(Lead.objects.get(pk=lead.pk) for lead in leads))

        page = browse(manager).post(undo_url(done), follow=True)

        assert messages_of(page) == [
            f"First undo the merge of the leads {leads[1].number} and {leads[0].number}."
        ]

    def test_the_list_tells_who_when_and_what(self, browse, manager, pair, leads):
        merged_now(*leads)
        by_somebody = merge_customers(*pair, values={}, by=manager, now=timezone.now())
        client = browse(manager)

        page = text_of(client.get(reverse("admin:leads_merge_changelist")))

        for shown in ("Eva Alt", "Eva Neu", str(manager), leads[0].number, leads[1].number):
            assert shown in page
        assert f'formaction="{undo_url(by_somebody)}"' in page
        filtered = client.get(reverse("admin:leads_merge_changelist"), {"kind": "customer"})
        assert list(filtered.context["cl"].result_list) == [by_somebody]

    def test_the_list_ends_at_the_wall(self, office, browse, manager, pair):
        ours = merged_now(*pair)
        theirs = [builders.make_customer(office.theirs, last_name="Fremdling") for _ in range(2)]
        merged_now(*theirs)

        page = browse(manager).get(reverse("admin:leads_merge_changelist"))

        assert list(page.context["cl"].result_list) == [ours]
        assert "Fremdling" not in text_of(page)

    def test_an_auditor_sees_merges_and_undoes_none(self, office, browse, pair):
        done = merged_now(*pair)
        client = browse(builders.make_user(office.ours, role=Role.AUDITOR))

        page = text_of(client.get(reverse("admin:leads_merge_changelist")))

        assert "Eva Neu" in page
        assert undo_url(done) not in page

    def test_what_it_remembers_is_not_shown(self, browse, manager, pair):
        done = merge_customers(*pair, values={"email": "merged"}, by=None, now=timezone.now())
        url = reverse("admin:leads_merge_change", args=[done.pk])

        assert pair[0].email not in text_of(browse(manager).get(url))

    def test_the_list_costs_the_same_for_three_and_for_thirty(self, office, browse, manager):
        client = browse(manager)
        url = reverse("admin:leads_merge_changelist")

        def make(count):
            for _number in range(count):
                rows = [builders.make_customer(office.ours) for _ in range(2)]
                merged_now(*rows)

        make(3)
        client.get(url)
        with CaptureQueriesContext(connection) as few:
            client.get(url)
        make(27)
        with CaptureQueriesContext(connection) as many:
            client.get(url)

        assert len(many) == len(few)


class TestOldLinks:
    @pytest.mark.parametrize("kind", ["customers", "leads"])
    def test_lead_to_the_kept_one(self, browse, manager, pair, leads, kind):
        kept, merged = pair if kind == "customers" else leads
        merged_now(kept, merged)

        page = browse(manager).get(page_of(merged), follow=True)

        assert page.redirect_chain == [(page_of(kept), 302)]
        assert "was merged with this one" in messages_of(page)[0]

    def test_do_not_cross_the_wall(self, office, browse, manager):
        theirs = [builders.make_customer(office.theirs) for _ in range(2)]
        merged_now(*theirs)

        assert browse(manager).get(page_of(theirs[1])).status_code == 404

    def test_do_not_lead_to_another_location(self, office, browse, leads):
        here, there = builders.make_location(office.ours), builders.make_location(office.ours)
        merged_now(*leads)
        Lead.objects.filter(pk=leads[0].pk).update(location=there)
        user = builders.make_user(office.ours, role=MANAGER, locations=[here])

        assert browse(user).get(page_of(leads[1])).status_code == 404

    @pytest.mark.parametrize(
        ("page", "data"),
        [
            ("activity", {"kind": "note", "text": "Ruft wieder an."}),
            ("task", {"kind": "follow_up", "title": "Anrufen", "due_at": "2026-03-03T09:00"}),
        ],
    )
    def test_what_is_added_goes_to_the_kept_one(self, browse, manager, leads, page, data):
        kept, merged = leads
        merged_now(kept, merged)

        answer = browse(manager).post(work_page(merged, page), data, follow=True)

        assert answer.redirect_chain == [(page_of(kept), 302)]
        assert f"was merged with {kept.number}" in messages_of(answer)[0]
        rows = {"activity": kept.activities.filter(kind="note"), "task": kept.tasks}[page]
        assert rows.count() == 1

    @pytest.mark.parametrize("page", ["activity", "task", "change"])
    def test_nothing_is_added_to_a_lead_in_the_bin(self, browse, manager, leads, page):
        lead = leads[0]
        delete_leads(Lead.objects.filter(pk=lead.pk), now=timezone.now())
        data = {"kind": "note", "text": "x", "subject": "x"}

        answer = browse(manager).post(work_page(lead, page), data, follow=True)

        assert answer.redirect_chain == [("/admin/leads/lead/", 302)]
        assert "bin" in messages_of(answer)[0]
        assert "not saved" in messages_of(answer)[0]
        assert not lead.activities.filter(kind="note").exists()

    @pytest.mark.parametrize("page", ["activity", "task", "change"])
    def test_foreign_leads_in_the_bin_do_not_exist(self, office, browse, manager, page):
        lead = builders.make_lead(office.theirs, deleted_at=timezone.now())

        assert browse(manager).post(work_page(lead, page), {}).status_code == 404

    def test_a_form_that_stood_open_changes_nothing(self, browse, manager, pair):
        merged_now(*pair)

        page = browse(manager).post(
            page_of(pair[1]), {"last_name": "Später", "country": "DE"}, follow=True
        )

        assert page.redirect_chain == [(page_of(pair[0]), 302)]
        assert "What you entered was not saved." in messages_of(page)
        merged = Customer.objects.get(pk=pair[1].pk)
        assert (merged.last_name, merged.merged_into_id) == ("Neu", pair[0].pk)


class TestDuplicates:
    def test_those_to_decide_come_first_the_others_behind_a_chip(self, office, browse, manager):
        waiting, different, merged = (
            suggest(builders.make_customer(office.ours), builders.make_customer(office.ours), **one)
            for one in (
                {},
                {"decision": "different", "decided_at": timezone.now(), "decided_by": manager},
                {"decision": "merged", "decided_at": timezone.now()},
            )
        )
        client = browse(manager)
        url = reverse("admin:leads_matchsuggestion_changelist")

        def listed(**query):
            return list(client.get(url, query).context["cl"].result_list)

        assert listed() == [waiting]
        assert listed(decision="different") == [different]
        assert listed(decision="merged") == [merged]

    def test_each_row_can_be_compared_or_called_different(self, browse, manager, pair):
        suggest(pair[1], pair[0])
        url = reverse("admin:leads_matchsuggestion_changelist")

        page = text_of(browse(manager).get(url))

        # The older one is kept.
        assert f'href="{compare_url(*pair)}?next=' in page
        assert f'formaction="{different_url(*pair)}?next=' in page

    def test_different_is_remembered_and_can_be_taken_back(self, browse, manager, pair):
        suggestion = suggest(*pair)
        client = browse(manager)

        page = client.post(different_url(*pair), follow=True)

        suggestion.refresh_from_db()
        assert (suggestion.decision, suggestion.decided_by) == ("different", manager)
        reopen = reverse("admin:leads_matchsuggestion_reopen", args=[suggestion.pk])
        assert f'action="{reopen}"' in messages_of(page)[0]
        client.post(reopen)
        suggestion.refresh_from_db()
        assert suggestion.decision == ""

    def test_the_sidebar_counts_those_to_decide(self, office, browse, manager, pair):
        suggest(*pair)
        suggest(pair[0], builders.make_customer(office.ours, deleted_at=timezone.now()))
        suggest(pair[1], builders.make_customer(office.ours), decision="different")

        page = browse(manager).get(reverse("admin:index"))

        [entry] = [
            item
            for group in page.context["sidebar_navigation"]
            for item in group["items"]
            if item["link"] == reverse("admin:leads_matchsuggestion_changelist")
        ]
        assert entry["badge"] == "1"

    def test_pages_offer_to_compare_until_it_is_decided(self, office, browse, manager, pair):
        suggestion = suggest(*pair)
        lead = builders.make_lead(office.ours, customer=pair[0])
        client = browse(manager)
        pages = [page_of(pair[0]), page_of(pair[1]), page_of(lead)]

        for url in pages:
            assert compare_url(pair[1], pair[0]) in text_of(client.get(url))
        suggestion.decision = "different"
        suggestion.save()
        for url in pages:
            assert compare_url(pair[1], pair[0]) not in text_of(client.get(url))


class TestFromLists:
    def act(self, client, rows):
        model = rows[0]._meta.model_name
        data = {"action": "merge_selected", "_selected_action": [row.pk for row in rows]}
        return client.post(reverse(f"admin:leads_{model}_changelist"), data)

    @pytest.mark.parametrize("kind", ["customers", "leads"])
    def test_two_selected_are_compared(self, browse, manager, pair, leads, kind):
        rows = pair if kind == "customers" else leads

        answer = self.act(browse(manager), rows)

        assert answer["Location"].startswith(compare_url(*rows) + "?next=")

    def test_one_or_three_are_not(self, office, browse, manager, leads):
        third = builders.make_lead(office.ours)
        client = browse(manager)

        for rows in (leads[:1], [*leads, third]):
            answer = self.act(client, rows)
            assert "Please select exactly two." in [
                str(one) for one in get_messages(answer.wsgi_request)
            ]

    def test_those_who_may_not_merge_have_no_such_action(self, office, browse, leads):
        client = browse(builders.make_user(office.ours, role=Role.SELLER))

        page = client.get(reverse("admin:leads_lead_changelist"))

        assert "merge_selected" not in text_of(page)
        assert "merge/" not in self.act(client, leads).get("Location", "")

    def test_the_page_of_a_lead_offers_the_others_of_its_customer(self, office, browse, leads):
        merge = compare_url(*leads)

        for role, is_offered in ((MANAGER, True), (Role.SELLER, False)):
            client = browse(builders.make_user(office.ours, role=role))
            assert (merge in text_of(client.get(page_of(leads[0])))) is is_offered


@on_postgresql
@pytest.mark.django_db(transaction=True)
class TestAtThatInstant:
    """Somebody else merges the lead after the page has looked it up."""

    def test_what_was_edited_is_refused_and_the_kept_one_shown(self, browse, manager, leads):
        kept, merged = leads
        client = browse(manager)
        data = form_data(client, merged, subject="Nachgetragen")

        answer = while_it_is_merged(
            kept, merged, lambda: client.post(page_of(merged), data, follow=True)
        )

        assert answer.redirect_chain == [(page_of(kept), 302)]
        assert "What you entered was not saved." in messages_of(answer)
        assert not Lead.objects.filter(subject="Nachgetragen").exists()

    def test_what_is_added_goes_to_the_kept_one(self, browse, manager, leads):
        kept, merged = leads
        client = browse(manager)
        data = {"kind": "call", "text": "Erreicht."}

        answer = while_it_is_merged(
            kept, merged, lambda: client.post(work_page(merged, "activity"), data, follow=True)
        )

        assert answer.redirect_chain == [(page_of(kept), 302)]
        assert f"was merged with {kept.number}" in messages_of(answer)[0]
        assert kept.activities.filter(kind="call").count() == 1
        assert not merged.activities.filter(kind="call").exists()
