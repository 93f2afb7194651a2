"""How things look and read in the office: badges, times, money, phone numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from urllib.parse import quote

from django.http import HttpRequest
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import npgettext, pgettext

from leads.models import Grade, Lead, Stage, Status
from leads.models.keys import display_phone, phone_key

DUE_SOON = timedelta(hours=1)

_TONE_OF_STAGE = {
    Stage.NEW: "blue",
    Stage.WON: "green",
    Stage.LOST: "grey",
    Stage.INVALID: "struck",
}
_TONE_OF_GRADE = {
    Grade.HOT: "red",
    Grade.WARM: "amber",
    Grade.COLD: "blue",
    Grade.UNQUALIFIED: "grey",
}


def stylesheet(request: HttpRequest) -> str:
    """What the theme adds to each of its pages."""
    return static("leads/admin.css")


# --- badges ----------------------------------------------------------------------------------


def badge(words: object, tone: str, *, title: object = "") -> SafeString:
    """Words on a colour: blue, violet, green, grey, struck, red, alarm, amber or outlined."""
    return format_html('<span class="lo-badge lo-{}" title="{}">{}</span>', tone, title, words)


def tone_of(status: Status) -> str:
    return _TONE_OF_STAGE.get(Stage(status.stage), "violet")


def status_badge(status: Status) -> SafeString:
    return badge(status.name, tone_of(status), title=capfirst(status.get_stage_display()))


def score_badge(lead: Lead) -> SafeString:
    grade = lead.grade
    return badge(f"{capfirst(str(grade.label))} {lead.score}", _TONE_OF_GRADE[grade])


def test_badge() -> SafeString:
    return badge(_("Test"), "outlined")


# --- time ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TimeWords:
    """A time in words, how pressing it is (a badge's tone or ""), and exactly."""

    words: str
    tone: str
    exact: str

    def __str__(self) -> str:
        return self.__html__()  # templates ask for this first, and it is safe

    def __html__(self) -> SafeString:
        if not self.tone:
            return format_html('<span title="{}">{}</span>', self.exact, self.words)
        return badge(self.words, self.tone, title=self.exact)


def moment(at: datetime, *, now: datetime) -> str:
    """ "Di., 14.03., 15:20", with the year if it is not this one."""
    at, now = timezone.localtime(at), timezone.localtime(now)
    if at.year == now.year:
        return date_format(at, pgettext("date format", "D, M j, H:i"))
    return date_format(at, pgettext("date format", "D, M j, Y, H:i"))


def ago(at: datetime, *, now: datetime) -> str:
    """ "vor 12 Min." up to a day, then the moment."""
    if timedelta(0) <= now - at < timedelta(days=1):
        return _("%(span)s ago") % {"span": span(now - at)}
    return moment(at, now=now)


def span(length: timedelta) -> str:
    """Whole minutes, hours or days, as they stand behind a preposition ("seit 2 Tagen")."""
    minutes = max(1, int(length.total_seconds() // 60))
    if minutes < 60:
        return npgettext("span of time", "%(n)d min.", "%(n)d min.", minutes) % {"n": minutes}
    if minutes < 24 * 60:
        n = minutes // 60
        return npgettext("span of time", "%(n)d hr.", "%(n)d hrs.", n) % {"n": n}
    n = minutes // (24 * 60)
    return npgettext("span of time", "%(n)d day", "%(n)d days", n) % {"n": n}


def due(at: datetime, *, now: datetime) -> TimeWords:
    """A due time: overdue in red, within the hour in amber, otherwise "heute 15:00"."""
    exact = moment(at, now=now)
    if at < now:
        return TimeWords(_("overdue for %(span)s") % {"span": span(now - at)}, "red", exact)
    if at - now <= DUE_SOON:
        return TimeWords(_("due in %(span)s") % {"span": span(at - now)}, "amber", exact)
    days = (timezone.localdate(at) - timezone.localdate(now)).days
    clock = date_format(timezone.localtime(at), "H:i")
    if days == 0:
        return TimeWords(_("today %(time)s") % {"time": clock}, "", exact)
    if days == 1:
        return TimeWords(_("tomorrow %(time)s") % {"time": clock}, "", exact)
    return TimeWords(exact, "", exact)


def urgency_of(lead: Lead, *, now: datetime) -> TimeWords | None:
    """What presses most: an overdue follow-up, then an unanswered enquiry, then the follow-up.

    Who owns a contract that ends has not asked anything: there is time as the lead type says.
    """
    if not lead.status.is_open:
        return None
    if lead.follow_up_at and lead.follow_up_at < now:
        return due(lead.follow_up_at, now=now)
    if lead.first_response_at is None and lead.contract_expiring:
        return due(lead.answer_until, now=now)
    if lead.first_response_at is None:
        words = _("waiting for %(span)s") % {"span": span(now - lead.enquired_at)}
        return TimeWords(words, "amber", moment(lead.enquired_at, now=now))
    return due(lead.follow_up_at, now=now) if lead.follow_up_at else None


# --- values ----------------------------------------------------------------------------------


def money(value: Decimal | None) -> str:
    """ "21.990 €", with cents only if there are any; "" for None."""
    if value is None:
        return ""
    places = 0 if value == value.to_integral_value() else 2
    return _("€%(amount)s") % {"amount": number_format(value, places, force_grouping=True)}


def with_unit(value: int | None, unit: object) -> str:
    """ "31.500 km"; "" for None."""
    if value is None:
        return ""
    return f"{number_format(value, force_grouping=True)} {unit}"


def month(value: str) -> str:
    """ "2024-05" → "05/2024"; anything else as it is."""
    year, dash, number = value.partition("-")
    return f"{number}/{year}" if dash and len(year) == 4 else value


def phone_link(phone: str, *, css: str = "lo-link") -> SafeString | str:
    """A number to call; one that is not a phone number stays text."""
    key = phone_key(phone)
    if not key:
        return phone
    return format_html('<a class="{}" href="tel:{}">{}</a>', css, key, display_phone(phone))


def mail_link(address: str) -> SafeString | str:
    if not address:
        return ""
    return format_html(
        '<a class="lo-link" href="mailto:{}">{}</a>', quote(address, safe="@+"), address
    )


def two_lines(first: object, second: object = "") -> SafeString:
    """A cell of a list: what matters, and below it what goes with it; both stay on one line."""
    if not second:
        return format_html('<span class="lo-cell"><span class="lo-line">{}</span></span>', first)
    return format_html(
        '<span class="lo-cell"><span class="lo-line">{}</span>'
        '<span class="lo-line lo-sub">{}</span></span>',
        first,
        second,
    )
