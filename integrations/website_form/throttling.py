"""How often one caller may send a form: counted in the database, shared by all processes."""

from __future__ import annotations

import ipaddress
import math
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from integrations.models import FormAttempts, WebsiteForm

_SPANS = {
    FormAttempts.Span.MINUTE: timedelta(minutes=1),
    FormAttempts.Span.HOUR: timedelta(hours=1),
}


@transaction.atomic
def seconds_to_wait(form: WebsiteForm, address: str, *, now: datetime) -> int:
    """Count this attempt; 0 if it is within the limits, else how long the caller has to wait.

    Limits per caller and form: settings.FORM_ATTEMPTS_PER_MINUTE and …_PER_HOUR. Three queries.
    """
    caller = caller_of(address, now=now)
    begins = {span: _begin(now, length) for span, length in _SPANS.items()}
    # Whoever sees it first writes it; the constraint lets one of two win.
    FormAttempts.objects.bulk_create(
        [
            FormAttempts(
                dealer_id=form.dealer_id, form=form, caller=caller, span=span, starts_at=begin
            )
            for span, begin in begins.items()
        ],
        ignore_conflicts=True,
    )
    now_running = Q()
    for span, begin in begins.items():
        now_running |= Q(span=span, starts_at=begin)
    rows = FormAttempts.objects.for_dealer(form.dealer_id).filter(
        now_running, form=form, caller=caller
    )
    rows.update(count=F("count") + 1)
    counts = dict(rows.values_list("span", "count"))
    limits = {
        FormAttempts.Span.MINUTE: settings.FORM_ATTEMPTS_PER_MINUTE,
        FormAttempts.Span.HOUR: settings.FORM_ATTEMPTS_PER_HOUR,
    }
    ends = [begins[span] + _SPANS[span] for span, limit in limits.items() if counts[span] > limit]
    return max((math.ceil((end - now).total_seconds()) for end in ends), default=0)


def forget_attempts(*, now: datetime) -> int:
    """Delete the counts that limit nothing any more; how many."""
    deleted, _by_model = FormAttempts.objects.outdated(now).delete()
    return deleted


def caller_of(address: str, *, now: datetime) -> str:
    """The caller without the address: keyed with the secret of the office, another one each day.

    Of an IPv6 address only the network counts: one customer of a provider has a whole /64.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        network = address
    else:
        network = str(ipaddress.ip_network((ip, 64 if ip.version == 6 else 32), strict=False))
    day = timezone.localdate(now).isoformat()
    salt = f"integrations.website_form.caller {day}"
    return salted_hmac(salt, network, algorithm="sha256").hexdigest()


def _begin(now: datetime, length: timedelta) -> datetime:
    """The begin of the minute or hour; both are the same in every zone with whole hours."""
    if length == timedelta(minutes=1):
        return now.replace(second=0, microsecond=0)
    return now.replace(minute=0, second=0, microsecond=0)
