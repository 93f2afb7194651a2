"""How the connections are, for programs: ids and codes only, no names and no words of partners."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.conf import settings

from integrations.health import Health, Light, health_of
from integrations.models import Connection
from leads.models.background import Worker


@dataclass(frozen=True, kw_only=True, slots=True)
class ConnectionReport:
    id: int
    dealer: int
    partner: str
    mode: str
    light: str
    code: str
    last_success_at: datetime | None
    last_error_at: datetime | None
    next_at: datetime | None
    waiting: int
    unclear: int
    quarantined: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """`light` is the worst of all; red too while no worker is alive."""

    light: Light
    checked_at: datetime
    has_worker: bool
    healths: list[Health]

    def as_json(self) -> dict[str, object]:
        return {
            "light": self.light.value,
            "checked_at": self.checked_at,
            "has_worker": self.has_worker,
            "connections": [asdict(_told(one)) for one in self.healths],
        }


def report(*, now: datetime) -> Report:
    healths = health_of(Connection.objects.all(), now=now)
    lease = timedelta(seconds=settings.WORKER_LEASE)
    has_worker = Worker.objects.alive(lease).exists()
    # Grey is nobody's trouble.
    worst = next((one.light for one in healths if one.light != Light.GREY), Light.GREEN)
    light = worst if has_worker else Light.RED
    return Report(light=light, checked_at=now, has_worker=has_worker, healths=healths)


def _told(health: Health) -> ConnectionReport:
    connection = health.connection
    slots = [one.next_at for one in connection.schedules.all() if one.next_at]
    return ConnectionReport(
        id=connection.pk,
        dealer=connection.dealer_id,
        partner=connection.partner,
        mode=connection.mode,
        light=health.light.value,
        code=health.code,
        last_success_at=connection.last_success_at,
        last_error_at=connection.last_error_at,
        next_at=min(slots, default=None),
        waiting=health.counts.waiting,
        unclear=health.counts.unclear,
        quarantined=health.counts.quarantined,
    )
