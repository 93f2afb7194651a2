"""Background jobs of the demo: some done, one given up, some that a worker will still do."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from integrations.http import PartnerUnavailable
from integrations.models import Connection, Partner
from leads.background import enqueue, queue
from leads.management.demo.times import Calendar
from leads.models import Job

_WORKER = "demo"
_DONE = (("leads.tasks.prune", 214), ("leads.tasks.delete_raw_messages", 2))
_GIVEN_UP = "integrations.tasks.fetch_bdk_leads"
_TO_COME = "leads.tasks.rescore_all"


def make_jobs(calendar: Calendar) -> None:
    """As the workers would have left them this night."""
    for path, returned in _DONE:
        queue.succeed(_claimed(enqueue(path)), returned, now=calendar.now)
    bank = Connection.objects.filter(partner=Partner.BDK).earliest("pk")
    pk = enqueue(_GIVEN_UP, bank.dealer_id, bank.pk)
    job = _claimed(pk)
    while not _give_up(job, calendar):
        job = _claimed(pk)
    enqueue(_TO_COME, run_after=calendar.now + timedelta(hours=8))


def _claimed(pk: UUID) -> Job:
    job: Job = Job.objects.get(pk=pk)
    job.claim(_WORKER)
    return job


def _give_up(job: Job, calendar: Calendar) -> bool:
    """One failed attempt; whether it was the last one."""
    try:
        raise PartnerUnavailable("bank.example.org: 503")
    except PartnerUnavailable as error:
        queue.fail(job, error, now=calendar.now)
    job.refresh_from_db()
    return job.finished_at is not None
