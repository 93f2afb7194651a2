"""Dr. Klein's endpoint for cases ("Vorgänge"), in both profiles. Source: README.md here.

Every call makes a new case there, so nothing here repeats one, except after 401: then it was not
taken.
"""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from integrations.http import Answer, PartnerClient, PartnerUnavailable, checked_address
from integrations.models import Connection
from integrations.signing_in import ClientCredentials, SignedInClient

SCOPE = "drkleinrk-api/vorgang:import"
_PATH = "/vorgang"
_REAL = "?environment=PRODUCTION"


def case_url(connection: Connection) -> str:
    """Where a case of this connection goes. Raises PartnerMisconfigured.

    The profile and whether it is a test decide together: without the parameter, the address of
    profile A is the test, and the very same address of profile B is real business.
    """
    is_live = connection.mode == Connection.Mode.LIVE
    base = checked_address(connection.base_url or usual_address(connection)).rstrip("/")
    is_marked = is_live and connection.profile == Connection.Profile.A
    return f"{base}{_PATH}{_REAL if is_marked else ''}"


def usual_address(connection: Connection) -> str:
    if connection.profile == Connection.Profile.A:
        return str(settings.DRKLEIN_A_URL)
    is_live = connection.mode == Connection.Mode.LIVE
    return str(settings.DRKLEIN_B_LIVE_URL if is_live else settings.DRKLEIN_B_TEST_URL)


def client_for(connection: Connection) -> ProfileAClient | ProfileBClient:
    """Raises PartnerMisconfigured."""
    is_a = connection.profile == Connection.Profile.A
    return ProfileAClient(connection) if is_a else ProfileBClient(connection)


def _headers(trace_id: UUID) -> dict[str, str]:
    # Their own example declares a form around its JSON; it is JSON.
    return {"Content-Type": "application/json; charset=utf-8", "X-TraceId": str(trace_id)}


class ProfileAClient(PartnerClient):
    """Signs every call with a token that Dr. Klein's support has issued."""

    repetitions = 0
    total_timeout = 65.0  # seconds: connecting 5, reading 60

    def __init__(self, connection: Connection) -> None:
        self._url = case_url(connection)
        super().__init__(connection.base_url or usual_address(connection))
        self._token = connection.client_secret

    @sensitive_variables()
    def create_case(self, body: bytes, *, trace_id: UUID) -> Answer:
        """Whatever they answer. Raises PartnerUnavailable."""
        headers = {"X-Authentication": self._token, **_headers(trace_id)}
        return self.send("POST", self._url, data=body, headers=headers)

    def try_out(self) -> str:
        """What can be said without making a case."""
        return _("The settings are complete. Profile A can only be tried with a case.")


class ProfileBClient(SignedInClient):
    repetitions = 0
    total_timeout = 65.0

    def __init__(self, connection: Connection) -> None:
        self._url = case_url(connection)
        credentials = ClientCredentials(
            token_url=connection.token_url or settings.DRKLEIN_TOKEN_URL,
            client_id=connection.client_id,
            client_secret=connection.client_secret,
            scope=connection.scope or SCOPE,
        )
        super().__init__(connection.base_url or usual_address(connection), credentials)

    @sensitive_variables()
    def create_case(self, body: bytes, *, trace_id: UUID) -> Answer:
        """Whatever they answer, once more if the token was not taken. Raises PartnerUnavailable
        and, if they refuse to sign us in, PartnerMisconfigured."""
        answer = self._post(body, trace_id)
        if answer.status == 401:
            self._token = ""  # withdrawn before its time
            answer = self._post(body, trace_id)
        return answer

    def try_out(self) -> str:
        """Signs in. Raises PartnerUnavailable and PartnerMisconfigured."""
        self._signed_in()
        return _("Signing in works. No case was made.")

    @sensitive_variables()
    def _post(self, body: bytes, trace_id: UUID) -> Answer:
        headers = {**self._signed_in(), **_headers(trace_id)}
        return self.send("POST", self._url, data=body, headers=headers)

    @sensitive_variables()
    def _signed_in(self) -> dict[str, str]:
        try:
            return self._authorization()
        except PartnerUnavailable as error:
            error.may_have_arrived = False  # the case, of which nobody has heard yet
            raise
