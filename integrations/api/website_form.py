"""The address that a dealer's website sends its form to, by script or as a plain HTML form.

Cookies play no part here, and none is set: there is no session that another website could abuse,
so no CSRF token is needed. What keeps other websites out is the check of the origin.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from django.conf import settings
from django.http import HttpResponseBase, QueryDict
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import (
    APIException,
    NotFound,
    ParseError,
    PermissionDenied,
    Throttled,
)
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from integrations.api import website_form_page as page
from integrations.api.admission import fields_of, find_form, is_from_allowed_website, must_wait
from integrations.api.enquiry_form import EnquiryForm
from integrations.api.website_form_description import SUBMIT
from integrations.models import WebsiteForm
from integrations.website_form.schema import Json
from integrations.website_form.sync import (
    KeyUsedOtherwise,
    Submission,
    submit,
    text_to_book,
)
from integrations.website_form.traps import is_suspicious
from leads.api.parsers import (
    MAX_BYTES,
    PayloadTooLarge,
    StrictJSONParser,
    check_length,
    declared_length,
    read_raw,
)
from leads.models.intake import Channel
from leads.services.rejecting import book_rejected

_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,150}")
_PREFLIGHT_SECONDS = "600"


class WebsiteFormView(APIView):
    """Takes one enquiry. 422 says {"errors": {field: [sentence]}}, other errors are problems."""

    authentication_classes = []
    permission_classes = [AllowAny]
    parser_classes = [StrictJSONParser, FormParser, MultiPartParser]
    http_method_names = ["post", "options"]
    form: WebsiteForm | None = None

    # Before and after

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        return super().perform_content_negotiation(request, force=True)  # browsers want HTML

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            raise PermissionDenied(_("The API answers over https only."), "https_required")
        super().initial(request, *args, **kwargs)
        form = find_form(kwargs["form_key"])
        if form is None:
            raise NotFound
        self.form = form
        if not form.is_active:
            raise PermissionDenied(_("This form is switched off."), "form_off")
        if not is_from_allowed_website(request, form):
            raise PermissionDenied(_("This website may not use the form."), "origin_not_allowed")

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        patch_vary_headers(response, ["Origin"])
        origin = request.headers.get("Origin", "")
        if self.form is not None and origin in self.form.allowed_origins:
            # Without credentials: cookies are neither sent nor wanted.
            response["Access-Control-Allow-Origin"] = origin
            response["Access-Control-Expose-Headers"] = "Retry-After"
        return response

    # Requests

    @extend_schema(exclude=True)
    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """What browsers ask before a script of another website may post."""
        return Response(
            status=204,
            headers={
                "Access-Control-Allow-Methods": "POST",
                "Access-Control-Allow-Headers": "Content-Type, Idempotency-Key",
                "Access-Control-Max-Age": _PREFLIGHT_SECONDS,
                "Allow": "POST, OPTIONS",
            },
        )

    @extend_schema(**SUBMIT)
    def post(self, request: Request, form_key: str) -> HttpResponseBase:
        form, now = _given(self.form), timezone.now()
        if seconds := must_wait(request, form, now=now):
            raise Throttled(wait=seconds)
        try:
            _check_size(request)
            fields = _read(request)
        except APIException:
            self._book_rejected(read_raw(request).decode(errors="backslashreplace"), [], now)
            raise
        enquiry = EnquiryForm(form, fields)
        if request.FILES:
            enquiry.add_error(None, _("Files cannot be sent here."))
        if not enquiry.is_valid():
            return self._refuse(request, enquiry, fields, now)
        try:
            submission = submit(
                form,
                fields,
                is_spam=is_suspicious(form, fields),
                idempotency_key=_idempotency_key(request),
                now=now,
            )
        except KeyUsedOtherwise:
            message = _("This Idempotency-Key was used before with another body.")
            return Response({"errors": {"form": [message]}}, status=422)
        return self._accept(request, submission)

    def _accept(self, request: Request, submission: Submission) -> HttpResponseBase:
        if _is_plain_html(request):
            return page.thank(_given(self.form))
        return Response({"reference": submission.reference}, status=201)

    def _refuse(
        self, request: Request, enquiry: EnquiryForm, fields: Mapping[str, Json], now: datetime
    ) -> HttpResponseBase:
        if _is_plain_html(request):
            return page.show_errors(request, enquiry, fields, now=now)
        form = _given(self.form)
        raw = text_to_book(form, fields, is_spam=is_suspicious(form, fields))
        self._book_rejected(raw, list(enquiry.problems), now)
        return Response({"errors": enquiry.problems}, status=422)

    def _book_rejected(self, raw: str, names: list[str], now: datetime) -> None:
        """A program that never sends it right would lose every enquiry without anybody noticing."""
        form = _given(self.form)
        with translation.override(settings.LANGUAGE_CODE):
            reason = _("It cannot be read.")
            if names:
                reason = _("Missing or not usable: %(fields)s.") % {"fields": ", ".join(names)}
            book_rejected(
                form.dealer,
                channel=Channel.FORM,
                sender=form.sender,
                raw=raw,
                reason=reason,
                now=now,
            )


def _given(form: WebsiteForm | None) -> WebsiteForm:
    """`initial` has found it, or nothing else is reached."""
    if form is None:
        raise NotFound
    return form


def _check_size(request: Request) -> None:
    check_length(request)
    if declared_length(request) > MAX_BYTES:
        raise PayloadTooLarge


def _read(request: Request) -> Mapping[str, Json]:
    data = request.data
    if not isinstance(data, QueryDict):
        return cast(Mapping[str, Json], data)  # the parser knows objects only
    return {name: value for name, value in fields_of(data).items() if name not in request.FILES}


def _idempotency_key(request: Request) -> str:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return ""
    if not _IDEMPOTENCY_KEY.fullmatch(key):
        raise ParseError(_("1 to 150 printable ASCII characters without blanks."), "invalid_key")
    return key


def _is_plain_html(request: Request) -> bool:
    """A form of a web page that the browser itself sends, without a script."""
    is_json = (request.content_type or "").startswith("application/json")
    return not is_json and "text/html" in request.headers.get("Accept", "")
