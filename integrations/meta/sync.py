"""The conversation with Meta: leads are announced to us, then fetched, and looked for at night.

What is still to be fetched stands in our own rows (LeadFetch) with attempts and a lease, so that
any number of workers may ask `fetch_due` and none of them may be missed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from integrations import patience
from integrations.exchanges import recording
from integrations.http import PartnerError
from integrations.meta import mapping
from integrations.meta.client import GraphClient
from integrations.meta.schema import Json, Notice, id_text
from integrations.models import Connection, LeadFetch, Partner
from leads.models.intake import Channel, IntakeEntry
from leads.services.drafts import LeadDraft
from leads.services.intake import Message, Unusable, book, process

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)  # longer than an exchange with its repetitions
_ROUND_SECONDS = 5  # then no other exchange is begun: workers must end in time
# Leads stay readable for so long.
_READABLE = timedelta(days=90)
_OVERLAP = timedelta(days=1)
_CAUGHT_UP = "caught_up_at"
_MAX_PAGES = 50  # of one form in one night


# --- announced -------------------------------------------------------------------------------


def announce(door: Connection, notices: Sequence[Notice], *, now: datetime) -> None:
    """Book announced leads, and that they are to be fetched; when it returns they are on disk.

    `door` is the connection whose address was called. One app serves several pages, so each lead
    goes to the connection of its page, of the same dealer.
    """
    pages = {
        one.page_id: one
        for one in Connection.objects.for_dealer(door.dealer_id)
        .filter(partner=Partner.META)
        .exclude(page_id="")
        .select_related("dealer", "location")
    }
    with translation.override(settings.LANGUAGE_CODE), transaction.atomic(durable=True):
        for page_id in dict.fromkeys(one.page_id for one in notices):
            of_page = [one for one in notices if one.page_id == page_id]
            connection = pages.get(page_id)
            if connection is None:
                _keep_unknown(door, page_id, of_page, now=now)
            else:
                _expect(connection, of_page, now=now)


def _expect(connection: Connection, notices: Sequence[Notice], *, now: datetime) -> None:
    defaults = connection.lead_defaults()
    entries = _book(connection, connection.page_id, notices, defaults, now=now)
    forms = {one.leadgen_id: one.form_id for one in notices}
    _want(connection, (one for one in entries if not one.outcome), forms, now=now)
    Connection.objects.filter(pk=connection.pk).note_received(len(notices), now=now)


def _book(
    owner: Connection,
    page_id: str,
    notices: Sequence[Notice],
    defaults: Mapping[str, str],
    *,
    now: datetime,
) -> list[IntakeEntry]:
    messages = [
        mapping.message_from(one.leadgen_id, notice=one.raw, defaults=defaults) for one in notices
    ]
    return book(
        owner.dealer,
        channel=Channel.META,
        sender=mapping.sender_of(page_id),
        messages=messages,
        now=now,
    )


def _want(
    connection: Connection,
    entries: Iterable[IntakeEntry],
    forms: Mapping[str, str],
    *,
    now: datetime,
) -> None:
    LeadFetch.objects.bulk_create(
        [
            LeadFetch(
                dealer_id=connection.dealer_id,
                connection=connection,
                entry=entry,
                form_id=forms.get(entry.outside_id, ""),
                announced_at=now,
                next_attempt_at=now,
            )
            for entry in {one.pk: one for one in entries}.values()
        ],
        ignore_conflicts=True,  # announced before
    )


def _keep_unknown(
    door: Connection, page_id: str, notices: Sequence[Notice], *, now: datetime
) -> None:
    """Nobody here has a token for this page: a person has to set it up."""
    entries = _book(door, page_id, notices, {}, now=now)
    problem = _("No connection has the page %(page)s. Please set one up; then it is fetched.")
    text = problem % {"page": page_id or "?"}

    def refuse(_entry: IntakeEntry) -> LeadDraft:
        raise Unusable(text)

    new = {one.pk: one for one in entries if not one.outcome}
    process(door.dealer, list(new.values()), refuse, now=now)
    Connection.objects.filter(pk=door.pk).note_error(text, now=now)


def adopt(connection: Connection, *, now: datetime) -> int:
    """Fetch what was announced for this page before it had a connection; how many there are."""
    ours = IntakeEntry.objects.for_dealer(connection.dealer_id)
    orphans = ours.filter(sender=mapping.sender_of(connection.page_id), lead=None, fetch=None)
    entries = list(orphans.defer("raw", "corrected"))
    _want(connection, entries, {}, now=now)
    return len(entries)


# --- fetched ---------------------------------------------------------------------------------


def fetch_due(*, now: datetime, limit: int = 20) -> int:
    """Fetch announced leads whose time has come; how many were tried. A round of the workers."""
    began_at = time.monotonic()
    due = LeadFetch.objects.due(now).order_by("next_attempt_at", "pk")[:limit]
    tried = 0
    for pk in list(due.values_list("pk", flat=True)):
        if time.monotonic() - began_at > _ROUND_SECONDS:
            break
        # Asked again: an error of the one before may have stopped its page.
        if LeadFetch.objects.due(now).filter(pk=pk).exists() and LeadFetch.objects.take_lease(
            pk, now=now, for_=LEASE
        ):
            fetches = LeadFetch.objects.select_related("connection__dealer", "entry")
            fetch = fetches.get(pk=pk)
            # Written last: first what came of the lead.
            with recording(fetch.connection), translation.override(settings.LANGUAGE_CODE):
                _fetch(fetch, now=now)
            tried += 1
    return tried


def _fetch(fetch: LeadFetch, *, now: datetime) -> None:
    try:
        with client_of(fetch.connection) as client:
            lead = client.fetch_lead(fetch.entry.outside_id)
    except PartnerError as error:
        if _holds_lease(fetch):
            _note_failure(fetch, error, now=now)
        return
    if _holds_lease(fetch):
        _store(fetch, lead, now=now)


def _holds_lease(fetch: LeadFetch) -> bool:
    """Whether nobody else has taken it over while Meta was asked."""
    return LeadFetch.objects.filter(pk=fetch.pk, lease_until=fetch.lease_until).exists()


def client_of(connection: Connection) -> GraphClient:
    return GraphClient(
        connection.base_url or settings.META_GRAPH_URL,
        version=settings.META_GRAPH_VERSION,
        access_token=connection.access_token,
        app_secret=connection.client_secret,
    )


@transaction.atomic
def _store(fetch: LeadFetch, lead: dict[str, Json], *, now: datetime) -> None:
    """The lead into the message that announced it, and the message into a lead."""
    entry = (
        IntakeEntry.objects.for_dealer(fetch.dealer_id).select_for_update().get(pk=fetch.entry_id)
    )
    entry.raw = mapping.with_lead(entry.raw, lead)
    entry.content_hash = mapping.hash_of(lead)
    entry.save(update_fields=["raw", "content_hash"])
    process(fetch.connection.dealer, [entry], mapping.parse, now=now)
    fetch.state = LeadFetch.State.FETCHED
    fetch.attempts += 1
    fetch.last_error, fetch.lease_until = "", None
    fetch.save(update_fields=["state", "attempts", "last_error", "lease_until"])
    Connection.objects.filter(pk=fetch.connection_id).note_received(0, now=now)


def _note_failure(fetch: LeadFetch, error: PartnerError, *, now: datetime) -> None:
    reaction = mapping.reaction_to(error)
    fetch.last_error, fetch.lease_until = str(error)[:300], None
    logger.warning("fetch %s: %s (%s)", fetch.pk, reaction.name, error.code or error.status)
    connections = Connection.objects.filter(pk=fetch.connection_id)
    if reaction == mapping.Reaction.PAUSE:
        connections.update(paused_at=now)
        advice = _("Nothing is fetched until a new page access token or app secret is entered.")
        connections.note_error(f"{error} {advice}", now=now)
        fetch.save(update_fields=["last_error", "lease_until"])
        return
    connections.note_error(f"{error} {error.advice}", now=now)
    fetch.attempts += 1
    fetch.refusals += reaction == mapping.Reaction.GONE
    wait = mapping.wait_after(reaction, attempts=fetch.attempts, refusals=fetch.refusals)
    if wait is None:
        _give_up(fetch, now=now)
        return
    fetch.next_attempt_at = now + wait
    fetch.save(
        update_fields=["attempts", "refusals", "next_attempt_at", "last_error", "lease_until"]
    )
    if reaction == mapping.Reaction.SLOW_DOWN:
        others = LeadFetch.objects.due(now).filter(connection=fetch.connection_id)
        others.update(next_attempt_at=fetch.next_attempt_at)


@transaction.atomic
def _give_up(fetch: LeadFetch, *, now: datetime) -> None:
    """It stays visible in quarantine, and can be fetched again by hand."""
    fetch.state = LeadFetch.State.UNAVAILABLE
    fetch.save(update_fields=["state", "attempts", "refusals", "last_error", "lease_until"])
    text = _("Meta does not give this lead: %(problem)s") % {"problem": fetch.last_error}

    def refuse(_entry: IntakeEntry) -> LeadDraft:
        raise Unusable(text)

    process(fetch.connection.dealer, [fetch.entry], refuse, now=now)


def fetch_again(fetches: Iterable[LeadFetch], *, now: datetime) -> int:
    """Start anew with what was given up; how many there are."""
    given_up = LeadFetch.objects.filter(
        pk__in=[one.pk for one in fetches], state=LeadFetch.State.UNAVAILABLE
    )
    return given_up.update(
        state=LeadFetch.State.WAITING, attempts=0, refusals=0, next_attempt_at=now
    )


# --- looked for at night ---------------------------------------------------------------------


def catch_up(connection: Connection, *, now: datetime) -> int:
    """Leads of the page's forms that were never announced or could not be fetched, as after a
    token that was no longer valid; how many were found. Raises PartnerError.

    Looks back to the last time it came to its end, at most as far as leads can be read. Forms are
    known from what was announced.
    """
    last = parse_datetime(str(connection.cursors.get(_CAUGHT_UP, "")))
    since = max(now - _READABLE, (last - _OVERLAP) if last else now - _READABLE)
    known = LeadFetch.objects.filter(connection=connection).exclude(form_id="").order_by()
    forms = sorted(known.values_list("form_id", flat=True).distinct())
    found = 0
    with translation.override(settings.LANGUAGE_CODE), client_of(connection) as client:
        if not forms:  # a success is one only if Meta was asked
            client.check_page(connection.page_id)
        for form_id in forms:
            for leads in _pages(client, form_id, since):
                found += _take_found(connection, leads, now=now)
    connection.cursors = {**connection.cursors, _CAUGHT_UP: now.isoformat()}
    connection.paused_at = None
    connection.save(update_fields=["cursors", "paused_at"])
    Connection.objects.filter(pk=connection.pk).note_received(found, now=now)
    return found


@dataclass(frozen=True, slots=True)
class CaughtUp:
    found: int
    failed: int  # connections
    left_alone: tuple[str, ...] = ()  # why, for people


def look_for_missed(
    connections: Iterable[Connection], *, now: datetime, anyway: bool = False
) -> CaughtUp:
    """`catch_up` for all of these; trouble with one does not stop the others. `anyway`, as a
    person may ask: also for what is paused, which goes on if that works."""
    found = failed = 0
    left_alone: list[str] = []
    with translation.override(settings.LANGUAGE_CODE):
        for connection in connections:
            try:
                patience.check(connection, anyway=anyway, now=now)
                with recording(connection):
                    found += catch_up(connection, now=now)
            except patience.NotYet as reason:
                left_alone.append(str(reason))
            except PartnerError as error:
                failed += 1
                logger.warning("connection %s: no catching up: %s", connection.pk, error.code)
                problem = f"{error} {error.advice}"
                Connection.objects.filter(pk=connection.pk).note_error(problem, now=now)
    return CaughtUp(found, failed, tuple(left_alone))


def _pages(client: GraphClient, form_id: str, since: datetime) -> Iterable[list[dict[str, Json]]]:
    after = ""
    seen: set[str] = set()
    for _number in range(_MAX_PAGES):
        page = client.fetch_form_leads(form_id, since=since, after=after)
        yield page.leads
        ids = {id_text(one.get("id")) for one in page.leads}
        if not page.after or page.after == after or ids <= seen:
            return
        seen |= ids
        after = page.after


def _take_found(connection: Connection, leads: Sequence[dict[str, Json]], *, now: datetime) -> int:
    """Those that are not here yet, or only as an announcement."""
    named = {leadgen_id: one for one in leads if (leadgen_id := id_text(one.get("id")))}
    sender = mapping.sender_of(connection.page_id)
    ours = IntakeEntry.objects.for_dealer(connection.dealer_id).filter(sender=sender)
    done = ours.filter(message_id__in=named).exclude(lead=None)
    for leadgen_id in done.values_list("message_id", flat=True):
        del named[leadgen_id]
    if not named:
        return 0
    defaults = connection.lead_defaults()
    messages: list[Message] = [
        mapping.message_from(leadgen_id, lead=lead, defaults=defaults)
        for leadgen_id, lead in named.items()
    ]
    with transaction.atomic(durable=True):
        entries = book(
            connection.dealer, channel=Channel.META, sender=sender, messages=messages, now=now
        )
        forms = {one: id_text(lead.get("form_id")) for one, lead in named.items()}
        _want(connection, entries, forms, now=now)
    fetches = LeadFetch.objects.filter(entry__in=entries).select_related(
        "connection__dealer", "entry"
    )
    for fetch in fetches:
        _store(fetch, named[fetch.entry.outside_id], now=now)
    return len(named)
