"""Telling people of findings: once, inside opening hours, of locks at any time.

What is new, back or worse gets a time at which it is told, in the transaction in which it is found.
When the time has come and it is still open and loud, a mail is written for each person who is named
for it and may see it, and the time is taken away, in one transaction again: so however often
workers die, each of them is told once. The mails themselves go out by integrations/mailing.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Min
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.automanager.instructions import step_of, title_of
from integrations.automanager.wording import sentence_of
from integrations.mailing import new_mail
from integrations.models import Delivery, Finding, Severity
from integrations.models.finding import FindingQuerySet
from leads.access import may_at
from leads.models.dealer import DealerOwnedQuerySet, Membership
from leads.services.calendar import dealer_calendars

RIGHT = "integrations.view_finding"
AT_ONCE = frozenset({"AM-01"})
_TOGETHER = 2000  # findings told of in one transaction
_IN_A_MAIL = 20  # described in one mail; of more, the number


# --- when ------------------------------------------------------------------------------------


def plan(dealer_id: int, news: Collection[Finding], *, now: datetime) -> None:
    """Set on each of these when people are to be told; not stored. Belongs into the transaction in
    which they are. Where nobody is named, nobody will be."""
    if not news:
        return
    lowest = _named(dealer_id).aggregate(lowest=Min("told_of_findings_from"))["lowest"]
    for finding in news:
        finding.tell_at = None
    wanted = [one for one in news if lowest is not None and one.severity >= lowest]
    for finding, at in _times(dealer_id, wanted, now=now):
        finding.tell_at = at


def _times(
    dealer_id: int, findings: Collection[Finding], *, now: datetime
) -> Iterator[tuple[Finding, datetime]]:
    """When people may be told of each: now, or when its location opens next."""
    if not findings:
        return
    calendars = dealer_calendars(dealer_id)
    opens_at: dict[int | None, datetime] = {}
    for finding in findings:
        place = finding.location_id
        if place not in opens_at:
            # Who does not open within a year is told all the same.
            opens_at[place] = calendars.of(place).next_open(now) or now
        yield finding, now if finding.check_code in AT_ONCE else opens_at[place]


def _named(dealer_id: int) -> DealerOwnedQuerySet[Membership]:
    memberships = Membership.objects.for_dealer(dealer_id).exclude(told_of_findings_from=None)
    return memberships.filter(is_active=True, user__is_active=True).exclude(user__email="")


# --- to whom ---------------------------------------------------------------------------------


def tell_due(*, now: datetime) -> int:
    """Write the mails about findings whose time has come; how many findings those were. A round
    of the workers: any number may ask at once."""
    due = Finding.objects.filter(tell_at__lte=now).order_by()
    dealers = list(due.values_list("dealer", flat=True).distinct())
    return sum(_tell(dealer_id, now=now) for dealer_id in dealers)


@transaction.atomic
def _tell(dealer_id: int, *, now: datetime) -> int:
    rows = Finding.objects.for_dealer(dealer_id)
    # Who comes second waits here, and finds that nothing is left to tell.
    due = rows.filter(tell_at__lte=now).select_for_update().order_by("pk")[:_TOGETHER]
    by_time: dict[datetime, list[int]] = defaultdict(list)
    for finding, at in _times(dealer_id, due, now=now):
        by_time[at].append(finding.pk)
    ready = by_time.pop(now, [])
    with translation.override(settings.LANGUAGE_CODE):
        mails = [
            mail
            for membership in _named(dealer_id).select_related("user")
            for mail in _mails(membership, rows.loud().filter(pk__in=ready), now=now)
        ]
    Delivery.objects.bulk_create(mails)
    rows.filter(pk__in=ready).update(tell_at=None)
    for at, pks in by_time.items():  # no worker was there in time
        rows.filter(pk__in=pks).update(tell_at=at)
    return len(ready)


def _mails(
    membership: Membership, findings: FindingQuerySet, *, now: datetime
) -> Iterable[Delivery]:
    """One for each connection, about what this person may see and wants to know."""
    if not may_at(membership.user, RIGHT, membership.dealer_id):
        return
    theirs = findings.for_user(membership.user).filter(
        severity__gte=membership.told_of_findings_from
    )
    by_connection: dict[int, list[Finding]] = defaultdict(list)
    rows = theirs.order_by("-severity", "check_code", "pk")  # a lock is what matters most
    rows = rows.select_related("app", "location", "connection__dealer")
    for finding in rows:
        by_connection[finding.connection_id].append(finding)
    for found in by_connection.values():
        yield new_mail(
            found[0].connection,
            membership.user,
            subject=_subject(found),
            text=_text(found, now=now),
            now=now,
        )


# --- in which words --------------------------------------------------------------------------


def _subject(findings: Sequence[Finding]) -> str:
    """ "Schnittstelle gesperrt (mobile.de) und 2 weitere – Autohaus Beispiel" """
    worst = findings[0]
    what = title_of(worst.check_code)
    if worst.app:
        what = f"{what} ({worst.app.platform})"
    if others := len(findings) - 1:
        more = ngettext("%(what)s and %(n)d more", "%(what)s and %(n)d more", others)
        what = more % {"what": what, "n": others}
    return f"{what} – {worst.connection.dealer}"


def _text(findings: Sequence[Finding], *, now: datetime) -> str:
    as_of = date_format(timezone.localtime(now), "SHORT_DATETIME_FORMAT")
    dealer = findings[0].connection.dealer
    parts = [
        _("What the export control of %(dealer)s has found, as of %(at)s:")
        % {"dealer": dealer, "at": as_of},
        *map(_paragraph, findings[:_IN_A_MAIL]),
    ]
    more = len(findings) - _IN_A_MAIL
    if more > 0:
        sentence = ngettext(
            "%(n)d more finding stands here:", "%(n)d more findings stand here:", more
        )
        parts.append(f"{sentence % {'n': more}}\n{_address('changelist')}")
    parts.append(
        _(
            "You get this mail because you are named for it in LeadOffice, under the settings of "
            "your membership. Each finding is told once, and again only if it comes back or "
            "becomes worse."
        )
    )
    return "\n\n".join(parts) + "\n"


def _paragraph(finding: Finding) -> str:
    severity = capfirst(str(Severity(finding.severity).label))
    where = [
        f"{finding.app.platform} {finding.app.dealer_number}".strip() if finding.app else "",
        finding.location.name if finding.location else "",
        finding.vehicle_number,
    ]
    head = ", ".join(filter(None, [title_of(finding.check_code), *where]))
    lines = [
        f"{severity}: {head}",
        sentence_of(finding),
        _("What to do: %(step)s") % {"step": step_of(finding.check_code)},
        _address("change", finding.pk),
    ]
    return "\n".join(lines)


def _address(page: str, *args: int) -> str:
    return f"{settings.OFFICE_URL}{reverse(f'admin:integrations_finding_{page}', args=args)}"
