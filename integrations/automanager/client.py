"""The endpoints of Automanager's export control; GET only, nothing there is ever changed.

Source: our own proposal (contract §6 of README.md), since no public interface is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from integrations.http import PartnerClient, PartnerMisconfigured


class AutomanagerClient(PartnerClient):
    # Contract §6: 429 and 5xx are tried three times more.
    repetitions = 3
    repeated_after = (429, 500, 502, 503, 504)

    def __init__(self, base_url: str, token: str) -> None:
        super().__init__(base_url)
        if not token or not token.isascii() or not token.isprintable():
            raise PartnerMisconfigured(_("The access token is missing, or it is not one."))
        self._session.headers["Authorization"] = f"Bearer {token}"

    def export_apps(self, *, cursor: str = "") -> Any:
        return self._ask("/v1/export-apps", cursor)

    def runs(self, app: str, *, since: datetime, until: datetime, cursor: str = "") -> Any:
        return self._ask(f"{_app_path(app)}/runs", cursor, _window(since, until))

    def transmissions(self, app: str, *, since: datetime, until: datetime, cursor: str = "") -> Any:
        """Those that went well too: without `result` there is no filter."""
        return self._ask(f"{_app_path(app)}/transmissions", cursor, _window(since, until))

    def listings(self, app: str, *, cursor: str = "") -> Any:
        return self._ask(f"{_app_path(app)}/listings", cursor)

    def stock(self, *, cursor: str = "") -> Any:
        return self._ask("/v1/stock", cursor)

    @sensitive_variables()
    def _ask(self, path: str, cursor: str, params: Mapping[str, str] | None = None) -> Any:
        """One page as it came. Raises PartnerError."""
        said = dict(params or {})
        if cursor:
            said["cursor"] = cursor
        return self.request("GET", path, params=said)


def _app_path(app: str) -> str:
    if app in ("", ".", ".."):  # would be another address
        raise PartnerMisconfigured(_("“%(text)s” cannot be part of an address.") % {"text": app})
    return f"/v1/export-apps/{quote(app, safe='')}"


def _window(since: datetime, until: datetime) -> dict[str, str]:
    return {"from": since.isoformat(), "to": until.isoformat()}
