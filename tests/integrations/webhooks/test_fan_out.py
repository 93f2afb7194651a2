"""From what happened to who is told."""

import json
import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from integrations.models import WebhookDelivery
from integrations.webhooks.fan_out import fan_out
from leads.models import Event, EventKind
from leads.services.events import customer_event, lead_event, record
from tests.builders import make_customer, make_dealer, make_lead, make_webhook

NOW = timezone.now()


def tell(lead, kind=EventKind.LEAD_CREATED, **data):
    record([lead_event(kind, lead, now=NOW, **data)])


@pytest.mark.django_db
class TestFanOut:
    def test_each_event_becomes_one_delivery_for_each_webhook(self):
        lead = make_lead()
        first, second = make_webhook(lead.dealer), make_webhook(lead.dealer)
        tell(lead)

        assert fan_out(now=NOW) == 1
        assert fan_out(now=NOW) == 0
        deliveries = WebhookDelivery.objects.order_by("endpoint")
        assert [one.endpoint for one in deliveries] == [first, second]
        assert {one.dealer for one in deliveries} == {lead.dealer}
        assert {one.next_attempt_at for one in deliveries} == {NOW}
        assert len({one.message_id for one in deliveries}) == 2

    def test_the_message_holds_numbers_and_no_personal_data(self):
        lead = make_lead()
        make_webhook(lead.dealer)
        tell(lead, EventKind.LEAD_STATUS_CHANGED, changed=["status"])
        fan_out(now=NOW)

        body = WebhookDelivery.objects.get().body
        assert json.loads(body) == {
            "type": "lead.status_changed",
            "timestamp": NOW.isoformat(),
            "data": {
                "changed": ["status"],
                "dealer": lead.dealer_id,
                "lead": lead.pk,
                "customer": lead.customer_id,
            },
        }
        for word in (lead.last_name, lead.email, lead.phone, lead.subject):
            assert word not in body

    def test_that_a_credit_check_was_made_is_not_told(self):
        lead = make_lead()
        make_webhook(lead.dealer)
        tell(lead, EventKind.LEAD_UPDATED, changed=["precheck", "message"])
        fan_out(now=NOW)

        assert json.loads(WebhookDelivery.objects.get().body)["data"]["changed"] == ["message"]

    def test_an_events_own_data_cannot_name_another_lead_or_dealer(self):
        lead = make_lead()
        make_webhook(lead.dealer)
        Event.objects.create(
            dealer=lead.dealer, kind="lead.updated", lead_id=lead.pk, at=NOW, data={"lead": 0}
        )
        fan_out(now=NOW)

        assert json.loads(WebhookDelivery.objects.get().body)["data"]["lead"] == lead.pk

    def test_events_of_customers_are_told_too(self):
        customer = make_customer()
        make_webhook(customer.dealer)
        record([customer_event(EventKind.CUSTOMER_MERGED, customer, now=NOW, merged_into=7)])
        fan_out(now=NOW)

        data = json.loads(WebhookDelivery.objects.get().body)["data"]
        assert data == {"dealer": customer.dealer_id, "customer": customer.pk, "merged_into": 7}

    def test_only_the_kinds_that_a_webhook_wants(self):
        lead = make_lead()
        make_webhook(lead.dealer, kinds=["lead.closed", "lead.created"])
        for kind in (EventKind.LEAD_CREATED, EventKind.LEAD_UPDATED, EventKind.LEAD_CLOSED):
            tell(lead, kind)
        fan_out(now=NOW)

        kinds = WebhookDelivery.objects.order_by("pk").values_list("kind", flat=True)
        assert list(kinds) == ["lead.created", "lead.closed"]

    def test_no_event_crosses_the_wall(self):
        lead, stranger = make_lead(), make_webhook()
        tell(lead)
        fan_out(now=NOW)

        assert not WebhookDelivery.objects.for_dealer(stranger.dealer).exists()

    @pytest.mark.parametrize("is_dealer_active", [True, False])
    def test_nothing_for_what_is_switched_off(self, is_dealer_active):
        dealer = make_dealer(is_active=is_dealer_active)
        make_webhook(dealer, is_active=not is_dealer_active)
        tell(make_lead(dealer))

        assert fan_out(now=NOW) == 1
        assert not WebhookDelivery.objects.exists()

    def test_what_happened_before_a_webhook_existed_is_not_told(self):
        lead = make_lead()
        tell(lead)
        fan_out(now=NOW)
        make_webhook(lead.dealer)

        assert fan_out(now=NOW) == 0
        assert not WebhookDelivery.objects.exists()

    def test_a_limited_number_at_a_time_the_oldest_first(self):
        lead = make_lead()
        make_webhook(lead.dealer)
        for kind in (EventKind.LEAD_CREATED, EventKind.LEAD_UPDATED, EventKind.LEAD_CLOSED):
            tell(lead, kind)

        assert fan_out(now=NOW, limit=2) == 2
        assert fan_out(now=NOW, limit=2) == 1
        kinds = WebhookDelivery.objects.order_by("pk").values_list("kind", flat=True)
        assert list(kinds) == ["lead.created", "lead.updated", "lead.closed"]

    def test_the_number_of_queries_does_not_depend_on_the_number_of_events(
        self, django_assert_num_queries
    ):
        leads = [make_lead() for _n in range(3)]
        for lead in leads:
            make_webhook(lead.dealer)
        tell(leads[0])
        with django_assert_num_queries(7):  # two of them are the transaction
            fan_out(now=NOW)
        for lead in leads * 10:
            tell(lead)
        with django_assert_num_queries(7):
            assert fan_out(now=NOW) == 30

    def test_looking_for_nothing_takes_one_query(self, django_assert_num_queries):
        with django_assert_num_queries(1):
            fan_out(now=NOW)


@pytest.mark.django_db(transaction=True)
class TestTransactions:
    def test_what_is_rolled_back_is_never_told(self):
        lead = make_lead()
        make_webhook(lead.dealer)
        with transaction.atomic():
            tell(lead)
            transaction.set_rollback(True)

        assert fan_out(now=NOW) == 0
        assert not WebhookDelivery.objects.exists()

    @pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
    def test_many_workers_make_each_delivery_once(self):
        lead = make_lead()
        make_webhook(lead.dealer)
        for _n in range(60):
            tell(lead)
        found = []

        def work():
            try:
                while taken := fan_out(now=NOW, limit=5):
                    found.append(taken)
            finally:
                connection.close()

        workers = [threading.Thread(target=work) for _n in range(6)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(timeout=60)
        while taken := fan_out(now=NOW, limit=5):  # a worker ends when the rest is locked
            found.append(taken)

        assert sum(found) == 60
        assert WebhookDelivery.objects.count() == 60
