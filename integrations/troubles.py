"""What goes wrong between us and a partner, in words for people."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from requests.exceptions import SSLError, Timeout
from urllib3.exceptions import NameResolutionError, NewConnectionError
from urllib3.exceptions import TimeoutError as PoolTimeout

_STATUSES: dict[int, str | Promise] = {
    401: gettext_lazy("not signed in"),
    403: gettext_lazy("not allowed"),
    404: gettext_lazy("not to be found there"),
    429: gettext_lazy("too many requests"),
    500: gettext_lazy("trouble there"),
    502: gettext_lazy("trouble there"),
    503: gettext_lazy("not available at present"),
    504: gettext_lazy("not available at present"),
}


def words_for_status(status: int) -> str:
    """Of an HTTP error; "" where its number alone has to do."""
    return str(_STATUSES.get(status, ""))


def words_for_error(error: BaseException) -> str:
    """Why a partner cannot be reached. Libraries wrap the errors of the system in their own, so
    what was wrapped counts as well."""
    causes = list(_causes(error))
    if any(isinstance(one, socket.gaierror | NameResolutionError) for one in causes):
        return _("its name is not known")
    if any(isinstance(one, ConnectionRefusedError) for one in causes):
        return _("nobody answers there")
    if any(isinstance(one, ssl.SSLError | SSLError) for one in causes):
        return _("no safe connection, perhaps because of its certificate")
    if any(isinstance(one, TimeoutError | Timeout | PoolTimeout) for one in causes) and not any(
        isinstance(one, NewConnectionError)  # which urllib3 counts among the timeouts
        for one in causes
    ):
        return _("no answer in time")
    return _("the connection broke off")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it wraps, each once."""
    waiting, seen = [error], set()
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        wrapped = [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
        waiting += [inner for inner in wrapped if isinstance(inner, BaseException)]
