"""Health checks: ok or not for load balancers, more for a monitoring that has the token."""

import hmac

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from integrations.health import Light
from integrations.health_report import report


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """The process answers. Does not touch the database: a restart would not mend that."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """The process can do its work: the database answers and has every migration."""
    if _is_ready():
        return JsonResponse({"status": "ok"})
    response = JsonResponse({"status": "unavailable"}, status=503)
    response["Retry-After"] = "10"  # seconds
    return response


@never_cache
@require_safe
def connections(request: HttpRequest) -> JsonResponse:
    """How the connections are, in ids and codes; 503 while one of them fails. For the operator's
    monitoring, with HEALTH_TOKEN as bearer token; without that setting there is no such page."""
    if not settings.HEALTH_TOKEN:
        raise Http404
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    if not hmac.compare_digest(given.encode(), settings.HEALTH_TOKEN.encode()):
        refused = JsonResponse({"status": "unauthorized"}, status=401)
        refused["WWW-Authenticate"] = "Bearer"
        return refused
    found = report(now=timezone.now())
    return JsonResponse(found.as_json(), status=503 if found.light == Light.RED else 200)


def _is_ready() -> bool:
    try:
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return False
