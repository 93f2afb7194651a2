"""The doors of the API: check the shape, call once, answer."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from drf_spectacular.views import SpectacularAPIView
from drf_standardized_errors.formatter import flatten_errors
from rest_framework import mixins, viewsets
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from leads.api import descriptions
from leads.api.drafting import draft_lead
from leads.api.errors import error_detail
from leads.api.field_names import Renaming
from leads.api.filters import LeadFilter, StrictFilterBackend, locations_named
from leads.api.idempotency import Answer, StillRunning, answer_once, hash_of, key_of
from leads.api.pagination import NewestFirst
from leads.api.parsers import check_length, parse_object, read_raw
from leads.api.permissions import HasScope
from leads.api.reasons import reason_for
from leads.api.representation import JOINED, LeadSerializer, ReceivedLeadSerializer
from leads.api.serializers import LeadCreateSerializer
from leads.models.api_key import ApiKey, Scope
from leads.models.customer import Customer
from leads.models.intake import Channel
from leads.models.lead import Lead
from leads.models.warning import WarningCode
from leads.services.drafts import DraftWarning, LeadDraft
from leads.services.intake import Message, book, process
from leads.services.rejecting import book_rejected


class UnknownCustomerId(ValidationError):
    """Well-formed, but there is no such customer (any more)."""

    status_code = 422


class NotStored(APIException):
    """Booked and quarantined: people will look at it, but there is no lead."""

    status_code = 422
    default_code = "not_stored"
    default_detail = _("The enquiry could not be stored. It is kept and will be looked at.")


@extend_schema_view(
    list=extend_schema(**descriptions.LIST),
    retrieve=extend_schema(**descriptions.RETRIEVE),
    create=extend_schema(**descriptions.CREATE),
)
class LeadViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Leads of the key's dealer."""

    http_method_names = ["get", "head", "post"]
    permission_classes = [HasScope]
    scopes = {
        "list": Scope.LEADS_READ,
        "retrieve": Scope.LEADS_READ,
        "create": Scope.LEADS_WRITE,
    }
    filter_backends = [StrictFilterBackend]
    filterset_class = LeadFilter
    pagination_class = NewestFirst
    serializer_class = LeadSerializer
    queryset = Lead.objects.none()  # for the schema alone

    @property
    def caller(self) -> ApiKey:
        return cast(ApiKey, self.request.auth)

    def get_queryset(self) -> QuerySet[Lead]:
        if getattr(self, "swagger_fake_view", False):
            return Lead.objects.none()
        leads = Lead.objects.for_dealer(self.caller.dealer)
        return leads.select_related(*JOINED).prefetch_related("tags")

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response["Cache-Control"] = "no-store"  # personal data
        return super().finalize_response(request, response, *args, **kwargs)

    def create(self, request: Request) -> Response:
        now = timezone.now()
        try:
            answer = self._answer(request, now)
        except StillRunning:
            raise  # nothing is lost: the first request brings the lead
        except APIException as error:
            self._book_rejected(request, error, now)
            raise
        if answer.status_code == NotStored.status_code:
            raise NotStored
        response = Response(answer.body, status=answer.status_code)
        if answer.status_code == 201:
            response["Location"] = reverse(
                "api:lead-detail", kwargs={"pk": answer.body["id"]}, request=request
            )
        if answer.is_replayed:
            response["Idempotent-Replayed"] = "true"
        return response

    def _answer(self, request: Request, now: datetime) -> Answer:
        check_length(request)
        key = key_of(request)
        body = cast(dict[str, Any], request.data) or {}
        content_hash = hash_of(body)

        def act() -> Answer:
            draft = self._draft(body, content_hash, now)
            return self._receive(draft, key, now)

        return answer_once(self.caller, key, content_hash, act, now=now)

    def _draft(self, body: dict[str, Any], content_hash: str, now: datetime) -> LeadDraft:
        """Raises ValidationError with the names of fields as the client wrote them."""
        renaming = Renaming(body)
        serializer = LeadCreateSerializer(data=renaming.body)
        errors = dict(renaming.errors)
        if not serializer.is_valid():
            for error in flatten_errors(serializer.errors):
                detail = error_detail(error.detail, error.code)
                errors.setdefault(renaming.spell(error.attr or ""), []).append(detail)
        if errors:
            raise ValidationError(errors)
        draft = draft_lead(
            serializer.validated_data,
            sender=self.caller.sender,
            content_hash=content_hash,
            now=now,
        )
        if not draft.subject and draft.contact.is_empty and draft.customer_id is None:
            message = _("Give at least a subject or contact data that can be used.")
            raise ValidationError([error_detail(message, "subject_or_contact_required")])
        if draft.customer_id is not None:
            self._check_customer(draft.customer_id, renaming.spell("customer.id"))
        return self._with_location_checked(draft)

    def _with_location_checked(self, draft: LeadDraft) -> LeadDraft:
        if not draft.location or locations_named(draft.location, self.caller.dealer):
            return draft
        odd = DraftWarning(WarningCode.VALUE_UNKNOWN, draft.location, "location")
        return replace(draft, warnings=(*draft.warnings, odd))

    def _check_customer(self, pk: int, field: str) -> None:
        if not Customer.objects.for_dealer(self.caller.dealer).filter(pk=pk).exists():
            detail = error_detail(_("There is no customer with this id."), "unknown_customer")
            raise UnknownCustomerId({field: [detail]})

    def _receive(self, draft: LeadDraft, key: str, now: datetime) -> Answer:
        """Book, process and show; everything inside the caller's transaction."""
        caller = self.caller
        message = Message(
            # A key may come again after its time with another body, which is another message.
            message_id=f"{key[:160] or 'message'} {uuid.uuid4()}",
            raw=read_raw(self.request).decode(),
            outside_id=draft.external_id,
        )
        with _language_of_the_office():
            entries = book(
                caller.dealer,
                channel=Channel.API,
                sender=caller.sender,
                messages=[message],
                now=now,
            )
            [receipt] = process(caller.dealer, entries, lambda _entry: draft, now=now)
        if receipt is None:
            return Answer(NotStored.status_code, {})
        lead = self.get_queryset().get(pk=receipt.lead.pk)
        said = [warning.as_json() for warning in draft.warnings]
        context = {"outcome": receipt.outcome, "warnings": said}
        shown = ReceivedLeadSerializer(lead, context=context).data
        return Answer(201 if receipt.is_new else 200, dict(shown))

    def _book_rejected(self, request: Request, error: APIException, now: datetime) -> None:
        caller = self.caller
        with _language_of_the_office():
            book_rejected(
                caller.dealer,
                channel=Channel.API,
                sender=caller.sender,
                raw=read_raw(request).decode(errors="backslashreplace"),
                reason=reason_for(error, again=lambda: self._check(request, now)),
                now=now,
            )

    def _check(self, request: Request, now: datetime) -> None:
        """Raises what is wrong with the request itself, in the language of now."""
        check_length(request)
        key_of(request)
        self._draft(parse_object(read_raw(request) or b"{}"), "", now)


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


def _language_of_the_office() -> Any:
    """What is written down is read by staff, whatever language the client asked for."""
    return translation.override(settings.LANGUAGE_CODE)
