"""What all addresses share that partners call in their own formats: bodies and error answers."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, PermissionDenied, UnsupportedMediaType
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from leads.api.bases import KeyViewSet
from leads.api.parsers import (
    MAX_BYTES,
    PayloadTooLarge,
    check_length,
    declared_length,
    read_raw,
)
from leads.models.api_key import Scope
from leads.models.intake import Channel
from leads.services.intake import Message
from leads.services.rejecting import book_rejected


class WrongMediaType(UnsupportedMediaType):
    """With a sentence that names the types of this address."""


class _Door(APIView):
    """Speaks the language of the office, and answers errors as {"message": …}.

    Not part of the OpenAPI document: who calls here follows the partner's own description; ours is
    the README.md of the package.
    """

    schema = None
    http_method_names = ["post"]

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        # What is wrong with a message is written down for staff, too.
        with translation.override(settings.LANGUAGE_CODE):
            return super().dispatch(request, *args, **kwargs)

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        response.data = self.error_body(response.data)
        response.content_type = None  # the renderer's: it is no problem document any more
        return response

    def error_body(self, problem: dict[str, Any]) -> dict[str, Any]:
        return {"message": problem["detail"]}


class OpenDoor(_Door):
    """For partners that prove themselves in a way of their own."""

    authentication_classes = []
    permission_classes = [AllowAny]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            raise PermissionDenied(_("The API answers over https only."), "https_required")
        super().initial(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response["Cache-Control"] = "no-store"
        return super().finalize_response(request, response, *args, **kwargs)


class KeyDoor(_Door, KeyViewSet):
    """For partners with an API key. What is turned away stands in the ledger all the same."""

    scopes = {"create": Scope.LEADS_WRITE}
    channel: Channel
    # Errors whose message is in the ledger already.
    kept: tuple[type[APIException], ...] = ()

    @property
    def sender(self) -> str:
        raise NotImplementedError

    def create(self, request: Request) -> Response:
        now = timezone.now()
        try:
            return self.take(request, now)
        except self.kept:
            raise
        except APIException as error:
            book_rejected(
                self.caller.dealer,
                channel=self.channel,
                sender=self.sender,
                raw=text_of(read_raw(request)),
                reason=str(error.detail),
                now=now,
            )
            raise

    def take(self, request: Request, now: datetime) -> Response:
        """Answer one message; raises APIException for what is not taken."""
        raise NotImplementedError


def check_media_type(request: Request, known: Collection[str]) -> None:
    sent = (request.content_type or "").partition(";")[0].strip().lower()
    if sent not in known:
        raise WrongMediaType(
            sent, _("Send the message as %(types)s.") % {"types": ", ".join(known)}
        )


def read_body(request: Request) -> bytes:
    """The body as it came. Raises PayloadTooLarge; `read_raw` then has its beginning."""
    check_length(request)
    body = read_raw(request)
    if declared_length(request) > MAX_BYTES:
        raise PayloadTooLarge
    return body


def text_of(body: bytes) -> str:
    """A body for the ledger, whatever it is."""
    return body.decode(errors="backslashreplace")


def unreadable(text: str) -> Message:
    """A message named by its content, since nobody can tell its own name."""
    return Message(message_id=hashlib.sha256(text.encode()).hexdigest(), raw=text)
