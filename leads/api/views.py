"""Leads: list, read, create, change, delete. The doors check the shape, call once, answer."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.http import parse_etags
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from drf_spectacular.views import SpectacularAPIView
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from leads.api import descriptions
from leads.api.bases import (
    KeyViewSet,
    MovedTo,
    PreconditionFailed,
    body_of,
    check_if_match,
    etag_of,
    language_of_the_office,
    none_of,
    present_lead,
    respond,
)
from leads.api.bringing import BringsLeads
from leads.api.errors import error_detail
from leads.api.filters import LeadFilter, StrictFilterBackend
from leads.api.idempotency import Answer, hash_of
from leads.api.pagination import NewestFirst
from leads.api.parsers import read_raw
from leads.api.reading import check_references, read_change
from leads.api.representation import show_received
from leads.api.selecting import PARAMETERS, SelectedLeadSerializer, Selection, selection_of
from leads.models.api_key import Scope
from leads.models.lead import Lead
from leads.services.changing import change_lead
from leads.services.deleting import delete_leads
from leads.services.drafts import LeadDraft
from leads.services.handling import LeadGone
from leads.services.intake import Message


class LeadPages(NewestFirst):
    orderings: ClassVar = {"received_at": datetime, "updated_at": datetime, "score": int}
    # Who asks for changes walks from the oldest to the newest and goes on from there.
    implied_orderings: ClassVar = {"updated_since": "updated_at"}


class ReadsLeads(KeyViewSet):
    """Views that show leads of the caller's dealer."""

    answer_parameters = PARAMETERS
    serializer_class = SelectedLeadSerializer

    def get_queryset(self) -> QuerySet[Lead]:
        if self.is_described:
            return none_of(Lead)
        return self.selection.load(Lead.objects.for_dealer(self.caller.dealer))

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.action in ("list", "retrieve"):
            self.selection: Selection = selection_of(request)

    def show_one(self, request: Request, lead: Lead) -> Response:
        """304 for who has it already. What `expand` adds changes without the lead."""
        etag = etag_of(lead)
        known = parse_etags(request.headers.get("If-None-Match", ""))
        if not self.selection.expand and etag in [one.removeprefix("W/") for one in known]:
            return Response(status=304, headers={"ETag": etag})
        return Response(self.selection.show(lead), headers={"ETag": etag})


@extend_schema_view(
    list=extend_schema(**descriptions.LIST),
    retrieve=extend_schema(**descriptions.RETRIEVE),
    create=extend_schema(**descriptions.CREATE),
    partial_update=extend_schema(**descriptions.CHANGE),
    destroy=extend_schema(**descriptions.DELETE),
)
class LeadViewSet(ReadsLeads, BringsLeads):
    """Leads of the key's dealer."""

    scopes: ClassVar = {
        "list": Scope.LEADS_READ,
        "retrieve": Scope.LEADS_READ,
        "create": Scope.LEADS_WRITE,
        "partial_update": Scope.LEADS_WRITE,
        "destroy": Scope.LEADS_DELETE,
    }
    filter_backends = [StrictFilterBackend]
    filterset_class = LeadFilter
    pagination_class = LeadPages

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response([self.selection.show(lead) for lead in page or []])

    def retrieve(self, request: Request, pk: int) -> Response:
        lead = self.get_queryset().filter(pk=pk).first()
        if lead is None:
            lead = present_lead(request, pk, "api:lead-detail")
        return self.show_one(request, lead)

    def create(self, request: Request) -> Response:
        answer = self.bring(request, self._create)
        where = {"pk": answer.body["id"]}
        return respond(answer, location=reverse("api:lead-detail", kwargs=where, request=request))

    def _create(self, body: dict[str, Any]) -> Answer:
        now = timezone.now()
        draft = self.read(body, now=now, content_hash=hash_of(body))
        return self.receive(draft, read_raw(self.request).decode(), now=now)

    def partial_update(self, request: Request, pk: int) -> Response:
        """Booked like an enquiry, with its outcome, and what is refused as well."""
        try:
            return self._change(request, pk)
        except (PreconditionFailed, MovedTo):
            raise  # nothing is lost: the client knows what to do
        except APIException as error:
            self.book_rejected(request, error, is_change=True)
            raise

    def _change(self, request: Request, pk: int) -> Response:
        now = timezone.now()
        draft = self._read_change(body_of(request), now=now)
        draft = replace(draft, overrides_staff=names_version(request))
        check = partial(check_version, request, translation.get_language())
        message = Message(
            message_id=f"change {uuid.uuid4()}", raw=read_raw(request).decode(), is_change=True
        )
        try:
            with language_of_the_office():
                receipt = change_lead(
                    self.caller.dealer, pk, draft, now=now, check=check, message=message
                )
        except LeadGone as error:
            present_lead(request, pk, "api:lead-detail")
            raise NotFound from error
        return respond(Answer(200, show_received(receipt, draft)))

    def _read_change(self, body: dict[str, Any], *, now: datetime) -> LeadDraft:
        caller = self.caller
        options = {"sender": caller.sender, "creates_entries": caller.creates_entries}
        return check_references(caller.dealer, read_change(body, now=now, **options))

    def read_again(self, body: dict[str, Any], *, now: datetime) -> None:
        if self.action == "partial_update":
            self._read_change(body, now=now)
        else:
            super().read_again(body, now=now)

    def destroy(self, request: Request, pk: int) -> Response:
        caller = self.caller
        check = partial(check_version, request, translation.get_language())
        leads = Lead.objects.for_dealer(caller.dealer).filter(pk=pk)
        with language_of_the_office():
            deleted = delete_leads(leads, now=timezone.now(), sender=caller.sender, check=check)
        if not deleted:
            present_lead(request, pk, "api:lead-detail")
            raise NotFound
        return Response(status=204)


def names_version(request: Request) -> bool:
    """Whether the client says which version it has seen; its values then win over staff's."""
    return "*" not in parse_etags(request.headers.get("If-Match", "*"))


def check_version(request: Request, language: str | None, lead: Lead) -> None:
    """Raises PreconditionFailed in the language of the client."""
    with translation.override(language):
        check_if_match(request, lead)


class SchemaView(SpectacularAPIView):
    """The OpenAPI document; by the header Accept as YAML or JSON."""

    http_method_names = ["get", "head"]
    schema = None

    def get(self, request: Request) -> Response:
        # The library would load the language that a parameter names, whatever it is.
        unknown = sorted(request.query_params)[:20]
        if unknown:
            detail = error_detail(_("Unknown parameter."), "unknown_parameter")
            raise ValidationError({name[:80]: [detail] for name in unknown})
        return self._get_schema_response(request)


class NothingHere(APIView):
    """Every address below /api/ that nothing else answers."""

    authentication_classes = []
    permission_classes = [AllowAny]
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound
