"""What comes in by asking: page after page into the intake ledger, then into the office."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from integrations import outbox, patience
from integrations.bdk.sync import BdkMailbox, MessagePage
from integrations.http import PartnerError, PartnerRefused, PartnerUnavailable
from integrations.models import Connection, Partner, SyncRun
from integrations.running import Order, Progress, Run, close, note_health, running, told, watch
from integrations.webhooks.fan_out import fan_out
from leads.models.intake import IntakeEntry, Outcome
from leads.models.user import User
from leads.services import intake

logger = logging.getLogger(__name__)

PULL = {Partner.BDK: BdkMailbox}

# After this no further page is fetched and nothing more sent; the next run goes on.
READING_SECONDS = 10 * 60
SENDING_SECONDS = 5 * 60
BATCH = 200  # entries made into leads in one transaction
_SENDING_ENDS = READING_SECONDS + SENDING_SECONDS


def pull(
    connection: Connection,
    *,
    now: datetime,
    order: Order | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
    started_by: User | None = None,
) -> SyncRun:
    """Fetch what is new at the partner, make leads of it, acknowledge it, report statuses.

    Each page is committed with its receipts and its cursor before anything else happens to it,
    so a crash at any point leads to repetition, never to loss (BDK contract §4.7, rule 1).
    `dry_run` reads and parses, stores nothing and returns an unsaved run. `progress` hears how
    many messages each page brought.

    Raises AlreadyRunning, and NotYet while the partner is to be left alone. What goes wrong at the
    partner is told by the run, in the language of the office; anything else is noted there and
    raised.
    """
    with running(
        connection,
        now=now,
        order=order or Order(anyway=started_by is not None),
        progress=progress,
        started_by=started_by,
        is_stored=not dry_run,
    ) as run:
        (_rehearse if dry_run else _perform)(run)
        return run.record


def _perform(run: Run) -> None:
    try:
        with (
            told(run, is_permanent=patience.is_permanent),
            PULL[Partner(run.connection.partner)](run.connection) as mailbox,
        ):
            _finish_interrupted(run, mailbox)
            _read(run, mailbox, _take_in)
            _send(run, mailbox)
    finally:
        watch(run)
        close(run)
        run.record.save()
        note_health(run)


def _rehearse(run: Run) -> None:
    try:
        with PULL[Partner(run.connection.partner)](run.connection) as mailbox:
            _read(run, mailbox, _look_at)
    except PartnerError as error:
        run.is_failed = True
        run.note(error)
    close(run)


# --- steps -----------------------------------------------------------------------------------


def _read(
    run: Run, mailbox: BdkMailbox, take: Callable[[Run, BdkMailbox, str, MessagePage], None]
) -> None:
    """Hand every page of every site to `take`. A site that is refused leaves the others alone;
    a partner out of reach ends the reading. Raises PartnerMisconfigured, TakenOver."""
    sites = mailbox.sites()
    if not sites:
        run.problems.append(_("No active location has a Partnernummer. Please enter it there."))
    readable = 0
    paused = run.connection.paused_sites
    for former in set(paused) - set(sites):  # corrected at the location, or closed
        del paused[former]
    for site in sites:
        if _is_paused(run, site):
            continue
        try:
            _read_site(run, mailbox, site, take)
            readable += 1
            run.connection.paused_sites.pop(site, None)
        except PartnerRefused as error:
            run.note(error, about=f"{site}: ")
            _pause(run, site, error)
        except PartnerUnavailable as error:
            run.is_failed = True
            run.note(error)
            return
    run.is_failed = run.is_failed or not readable


def _read_site(
    run: Run,
    mailbox: BdkMailbox,
    site: str,
    take: Callable[[Run, BdkMailbox, str, MessagePage], None],
) -> None:
    reconciles = run.order.reconcile
    cursor = "" if run.order.full or reconciles else run.connection.cursors.get(site, "")
    with closing(mailbox.pages(site, cursor=cursor, waiting_only=reconciles)) as pages:
        for page in pages:
            run.hold()
            take(run, mailbox, site, page)
            run.record.pages += 1
            run.record.received += len(page.messages)
            run.progress(len(page.messages))
            if page.repeats:
                message = _(
                    "%(site)s: BDK says there is more but sends the same page again. What came is"
                    " stored; please tell BDK."
                )
                run.problems.append(message % {"site": site})
            if run.seconds > READING_SECONDS:
                logger.warning("connection %s: out of time", run.connection.pk)
                return


def _is_paused(run: Run, site: str) -> bool:
    """Whether the partner has refused this site and nobody asks for it anyway."""
    paused, order = run.connection.paused_sites.get(site), run.order
    if paused is None or order.anyway or order.full or order.reconcile:
        return False
    message = _(
        "%(site)s is paused since BDK refused it (%(answer)s). Please check the Partnernummer with"
        " BDK; “Fetch now” tries again."
    )
    run.problems.append(message % {"site": site, "answer": paused["answer"]})
    return True


def _pause(run: Run, site: str, error: PartnerRefused) -> None:
    if error.status in patience.SITE_REFUSED:
        since = run.connection.paused_sites.get(site, {}).get("since", run.clock.isoformat())
        answer = f"{error.status} {error.code}".strip()
        run.connection.paused_sites[site] = {"since": since, "answer": answer}


def _take_in(run: Run, mailbox: BdkMailbox, site: str, page: MessagePage) -> None:
    """One transaction: the messages as they came, their receipts, and how far we have read."""
    connection = run.connection
    with transaction.atomic():
        entries = intake.book(
            connection.dealer,
            channel=mailbox.channel,
            sender=mailbox.sender(site),
            messages=page.messages,
            now=run.now,
        )
        acknowledgeable = [entry for entry in entries if entry.outside_id]
        outbox.enqueue(connection, acknowledgeable, recipient=site, now=run.now)
        if page.cursor and not run.order.reconcile:
            connection.cursors = {**connection.cursors, site: page.cursor}
            connection.save(update_fields=["cursors"])
    new = {entry.pk: entry for entry in entries if not entry.outcome}
    run.record.repeated += len(entries) - len(new)
    _process(run, mailbox, list(new.values()))


def _finish_interrupted(run: Run, mailbox: BdkMailbox) -> None:
    """Make leads of what an interrupted run has booked and left behind.

    The ledger lists a page by message_id, version 10 before 9. Taken like that, 9 would be ignored
    and with it what a later version does not clear: its customer, its car, that it is a test.
    In which order two contents of one version came is not known any more; that is a conflict
    in either, for a person to decide.
    """
    waiting = IntakeEntry.objects.for_dealer(run.connection.dealer_id).unprocessed()
    senders = [mailbox.sender(site) for site in mailbox.sites()]
    waiting = waiting.filter(sender__in=senders)
    names = waiting.order_by("pk").values_list("pk", "received_at", "message_id")
    in_order = sorted(names, key=lambda name: (name[1], mailbox.version(name[2])))
    for start in range(0, len(in_order), BATCH):
        batch = [pk for pk, _at, _id in in_order[start : start + BATCH]]
        entries = waiting.in_bulk(batch)
        _process(run, mailbox, [entries[pk] for pk in batch if pk in entries])


def _process(run: Run, mailbox: BdkMailbox, entries: Sequence[IntakeEntry]) -> None:
    """Make leads of the entries, in this order: a later message may change an earlier one's."""
    for start in range(0, len(entries), BATCH):
        run.hold()
        batch = entries[start : start + BATCH]
        intake.process(run.connection.dealer, batch, mailbox.parse, now=run.now)
        run.record.count(entry.outcome for entry in batch)
        _count_new(run, batch)


def _count_new(run: Run, entries: Sequence[IntakeEntry]) -> None:
    """Types that nobody knows yet, and how new the newest lead is."""
    new = [one.lead for one in entries if one.outcome in (Outcome.CREATED, Outcome.ATTACHED)]
    leads = [lead for lead in new if lead is not None]
    run.record.unknown_types += sum(lead.lead_type_id is None for lead in leads)
    asked = [lead.last_enquired_at or lead.enquired_at for lead in leads]
    known = run.connection.newest_lead_at
    run.connection.newest_lead_at = max([*asked, *([known] if known else [])], default=None)


def _look_at(run: Run, mailbox: BdkMailbox, site: str, page: MessagePage) -> None:
    """What `_take_in` would do, without storing anything: only readable or not is counted."""
    for message in page.messages:
        entry = IntakeEntry(
            sender=mailbox.sender(site),
            raw=message.raw,
            content_hash=message.content_hash,
            received_at=run.now,
        )
        try:
            mailbox.parse(entry)
        except intake.Unusable:
            run.record.quarantined += 1


def _send(run: Run, mailbox: BdkMailbox) -> None:
    """What waits in the outbox: receipts, then statuses."""
    while fan_out(now=run.now):  # so that no worker is needed for it
        run.hold()
    limits = outbox.Limits(before=run.hold, is_over=lambda: run.seconds > _SENDING_ENDS)
    delivered = outbox.deliver(run.connection, mailbox, now=run.now, limits=limits)
    run.record.acknowledged += delivered.acknowledged
    run.record.reported += delivered.reported
    for problem in delivered.problems:
        message = _("Messages to BDK are waiting: %(problem)s They are sent with a later run.")
        run.problems.append(message % {"problem": problem})
    for error in delivered.errors:
        run.heed(error)
