"""Requests of Schemathesis, made to be about the rows of one dealer and to try one thing at a time.

As they are drawn, nearly every number in an address leads nowhere, and nearly every body or query
breaks a rule that no schema can say. Whatever else they try would stay behind that one error. What
is wrong on purpose stays wrong.
"""

import re

from django.utils import timezone
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import CoveragePhaseData

from integrations.webhooks.endpoints import send_test
from tests.builders import (
    make_api_key,
    make_customer,
    make_dealer,
    make_handover,
    make_lead,
    make_task,
    make_vehicle,
    make_webhook,
    make_website_form,
)

BODY, HEADER, PATH, QUERY = (
    getattr(ParameterLocation, name) for name in ("BODY", "HEADER", "PATH", "QUERY")
)
WEBHOOK = "http://127.0.0.1:9/hook"
# An answer before has said their values, or the dealer's catalogues.
KNOWN_FROM_BEFORE = ["cursor", "after", "status", "source", "lead_type", "category", "tag"]
KNOWN_FROM_BEFORE += ["location", "owner"]
VERSIONS = ["If-Match", "If-None-Match"]
# The second is refused where the first is given.
TWINS = [("follow_up_on", "follow_up_at"), ("tags", "tags_add"), ("tags", "tags_remove")]


class Office:
    """One dealer with a row of every kind."""

    def __init__(self):
        self.dealer = make_dealer()
        customer = make_customer(self.dealer, external_number="K-4711")
        lead = make_lead(self.dealer, customer=customer, external_id="web-4711")
        make_handover(lead)
        webhook = make_webhook(self.dealer, url=WEBHOOK)
        self.ids = {
            "leads": lead.pk,
            "customers": customer.pk,
            "tasks": make_task(lead).pk,
            "vehicles": make_vehicle(self.dealer).pk,
            "webhooks": webhook.pk,
        }
        self.names = {
            "external_id": lead.external_id,
            "external_number": customer.external_number,
            "message_id": send_test(webhook, now=timezone.now()).message_id,
            "form_key": make_website_form(self.dealer).key,
        }
        lead_is = {"subject": "Golf gesucht"}
        customer_is = {"last_name": "Musterfrau"}
        # operation → a body that is just enough
        self.enough = {
            "leads_create": lead_is,
            "leads_upsert": lead_is,
            "customers_create": customer_is,
            "customers_put_by_external_number": customer_is,
            "tasks_create": {"lead": lead.pk, "due_at": "2026-03-06T09:00:00+01:00"},
            "activities_create": {"kind": "note", "text": "Ruft morgen zurück."},
            "webhooks_create": {"name": "CRM", "url": WEBHOOK},
        }

    def headers(self, scopes):
        """Of the clients that have a new key with these rights."""
        _key, secret = make_api_key(self.dealer, scopes=scopes)
        return {
            "Authorization": f"Bearer {secret}",
            "Accept-Encoding": "identity",
            "Accept-Language": "en",
        }

    def aim(self, case):
        """Let the address name a row that is here, unless addresses are what is tried."""
        if is_valid(case, PATH) and tried_by(case)[0] != PATH:
            collection = case.operation.path.split("/")[3]
            known = {**self.names, "id": self.ids.get(collection)}
            for name in case.path_parameters:
                case.path_parameters[name] = known[name]

    def isolate(self, case):
        """Leave out what would be refused whatever is tried, and bring what is always needed."""
        location, name = tried_by(case)
        for one in VERSIONS:
            if one != name:
                case.headers.pop(one, None)
        if location == QUERY and name in case.query:
            case.query = {name: case.query[name]}
        elif is_valid(case, QUERY):
            for one in KNOWN_FROM_BEFORE:
                case.query.pop(one, None)
        if isinstance(case.body, dict):
            self._isolate_in_body(case)

    def _isolate_in_body(self, case):
        operation = operation_id(case)
        enough = self.enough.get(operation, {})
        field = tried_field(case)
        if field in case.body:
            case.body = {**enough, field: case.body[field]}
        if is_valid(case, BODY):
            bodies = case.body["leads"] if operation == "leads_batch" else [case.body]
            for body in bodies:
                self._complete(body, enough)

    def _complete(self, body, enough):
        for one, other in TWINS:
            if one in body:
                body.pop(other, None)
        for name, value in enough.items():
            body[name] = body.get(name) or value
        if "lead" in enough:
            body["lead"] = enough["lead"]
        if "url" in body:
            body["url"] = WEBHOOK
        if "last_name" in enough:
            body.pop("external_number", None)  # it stands in the address


def is_valid(case, location):
    component = case.meta.components.get(location)
    return component is None or component.mode.is_positive


def tried_by(case):
    """(location, name) of the parameter whose values this request is one of, if there is one."""
    data = case.meta.phase.data
    if isinstance(data, CoveragePhaseData):
        return data.parameter_location, data.parameter
    return None, None


def tried_field(case):
    """The field of the body whose values this request is one of, if there is one."""
    data = case.meta.phase.data
    if not isinstance(data, CoveragePhaseData) or data.parameter_location != BODY:
        return None
    wrong = re.match(r"/properties/(\w+)/", data.location or "")
    right = re.match(r"Object with valid '(\w+)' value", data.description)
    found = wrong or right
    return found and found[1]


def operation_id(case):
    return case.operation.definition.raw["operationId"]
