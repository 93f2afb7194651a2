"""A lead by the number that the caller's own system has for it: read it, or bring it up to date."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from leads.api import descriptions
from leads.api.bases import PreconditionFailed, present_lead, respond
from leads.api.bringing import BringsLeads
from leads.api.errors import invalid
from leads.api.filters import leads_named
from leads.api.idempotency import Answer, hash_of
from leads.api.parsers import read_raw
from leads.api.views import ReadsLeads, check_version, names_version
from leads.models.api_key import Scope
from leads.models.keys import clean_text
from leads.services.changing import lock_dealer, lock_lead

_MAX_LENGTH = 64  # of Enquiry.external_id
_NAMES = ("external_id", "externe_id")


@extend_schema_view(
    retrieve=extend_schema(**descriptions.RETRIEVE_BY_EXTERNAL_ID),
    update=extend_schema(**descriptions.UPSERT),
)
class LeadByExternalIdViewSet(ReadsLeads, BringsLeads):
    """The number is everything between `by-external-id/` and the last slash."""

    scopes: ClassVar = {"retrieve": Scope.LEADS_READ, "update": Scope.LEADS_WRITE}

    def retrieve(self, request: Request, external_id: str) -> Response:
        pk = self._pk(external_id) if _is_clean(external_id) else None
        if pk is None:
            raise NotFound
        lead = self.get_queryset().filter(pk=pk).first()
        return self.show_one(request, lead or present_lead(request, pk, "api:lead-detail"))

    def update(self, request: Request, external_id: str) -> Response:
        answer = self.bring(request, partial(self._upsert, external_id))
        where = {"pk": answer.body["id"]}
        return respond(answer, location=reverse("api:lead-detail", kwargs=where, request=request))

    def _upsert(self, external_id: str, body: dict[str, Any]) -> Answer:
        now = timezone.now()
        whole = _with_number(body, external_id)
        draft = self.read(whole, now=now, content_hash=hash_of(whole))
        with transaction.atomic():
            self._check_version(external_id)
            if names_version(self.request):
                # Without a hash it is compared column by column: the same body again may now win.
                draft = replace(draft, overrides_staff=True, content_hash="")
            return self.receive(draft, read_raw(self.request).decode(), now=now)

    def read_again(self, body: dict[str, Any], **options: Any) -> None:
        super().read_again(_with_number(body, self.kwargs["external_id"]), **options)

    def _check_version(self, external_id: str) -> None:
        """If-Match: only this version. If-None-Match: * – only if there is none yet."""
        headers = self.request.headers
        if headers.get("If-None-Match", "*") != "*":
            raise invalid("If-None-Match", _("Only * is understood here."))
        if "If-Match" not in headers and "If-None-Match" not in headers:
            return
        dealer = lock_dealer(self.caller.dealer)
        pk = self._pk(external_id)
        lead = lock_lead(dealer, pk) if pk else None
        if lead is None:
            if "If-Match" in headers:
                raise PreconditionFailed
        elif "If-None-Match" in headers:
            raise PreconditionFailed
        else:
            check_version(self.request, translation.get_language(), lead)

    def _pk(self, external_id: str) -> int | None:
        return leads_named(self.caller, external_id).values_list("lead", flat=True).first()


def _is_clean(external_id: str) -> bool:
    """Whether it can have been stored at all; PostgreSQL refuses to look for NUL."""
    return bool(external_id) and clean_text(external_id) == external_id


def _with_number(body: dict[str, Any], external_id: str) -> dict[str, Any]:
    """The body with the number of the address, which it may repeat but not contradict."""
    if not _is_clean(external_id):
        message = _("This cannot be a number: it has blanks or control characters at its ends.")
        raise invalid("external_id", message)
    if len(external_id) > _MAX_LENGTH:
        too_long = _("At most {max_length} characters.").format(max_length=_MAX_LENGTH)
        raise invalid("external_id", too_long, "max_length")
    for name in _NAMES:
        if body.get(name, external_id) != external_id:
            message = _("The address names another number.")
            raise invalid(name, message, "differs_from_address")
    rest = {name: value for name, value in body.items() if name not in _NAMES}
    return {**rest, "external_id": external_id}
