"""Who is calling: the API key in the Authorization header."""

from __future__ import annotations

import re
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request
from rest_framework_api_key.permissions import KeyParser

from leads.models.api_key import ApiKey

# What the library makes: 8 characters to find the row, 32 random ones. Anything else is refused
# before the database sees it.
_KEY = re.compile(r"[A-Za-z0-9]{8}\.[A-Za-z0-9]{32}")
_LAST_USE_PRECISION = timedelta(minutes=1)


class _BearerParser(KeyParser):
    keyword = "Bearer"


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Api-Key …` or `Bearer …`; `request.auth` becomes the ApiKey.

    Read from the database at each request, so a revoked key is out at the next one. Cookies
    play no part here.
    """

    parsers = (KeyParser(), _BearerParser())

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            raise PermissionDenied(_("The API answers over https only."), "https_required")
        if not request.META.get("HTTP_AUTHORIZATION"):
            return None
        sent = next(filter(None, (parser.get(request) for parser in self.parsers)), "")
        key = self._find(sent.strip())
        if key is None:
            raise AuthenticationFailed(_("This API key is unknown, revoked or expired."))
        self._note_use(key)
        return AnonymousUser(), key

    def authenticate_header(self, request: Request) -> str:
        return 'Api-Key realm="LeadOffice"'

    def _find(self, sent: str) -> ApiKey | None:
        """The valid key of an active dealer; one query."""
        if not _KEY.fullmatch(sent):
            return None
        key = ApiKey.objects.usable(sent[:8])
        if key is None or not key.is_valid(sent) or key.has_expired or not key.dealer.is_active:
            return None
        return key

    def _note_use(self, key: ApiKey) -> None:
        """Last use to the minute, so that reading does not mean writing each time."""
        now = timezone.now()
        stale = now - _LAST_USE_PRECISION
        if key.last_used_at is None or key.last_used_at < stale:
            same = ApiKey.objects.for_dealer(key.dealer_id).filter(pk=key.pk)
            same.filter(Q(last_used_at=None) | Q(last_used_at__lt=stale)).update(last_used_at=now)
