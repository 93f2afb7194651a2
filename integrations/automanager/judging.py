"""The table of checks, and running those whose data are known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from integrations.automanager import checks_ads as ads
from integrations.automanager import checks_interface as interface
from integrations.automanager import checks_leads as leads
from integrations.automanager import checks_vehicles as vehicles
from integrations.automanager.fields import explained
from integrations.automanager.limits import Limits, limits_of
from integrations.automanager.reading import Part, Reading, lists_missing, reading_names
from integrations.automanager.silence import silent_sources, working_days_before
from integrations.automanager.situation import AppView, Found, Stock, view_of
from integrations.models import ExportApp, Listing, Severity, Transmission
from leads.services.calendar import dealer_calendars

_APPS, _RUNS, _SENT, _ADS, _STOCK = (
    Part.APPS,
    Part.RUNS,
    Part.TRANSMISSIONS,
    Part.LISTINGS,
    Part.STOCK,
)


@dataclass(frozen=True, slots=True)
class Check:
    """A check of one export, and the lists it needs."""

    code: str
    needs: tuple[Part, ...]
    find: Callable[[AppView], Iterable[Found]]


CHECKS = (
    Check("AM-01", (_APPS,), interface.locked),
    Check("AM-02", (_APPS, _STOCK), interface.lock_near),
    Check("AM-03", (_APPS,), interface.nobody_told),
    Check("AM-04", (_APPS,), interface.provider_missing),
    Check("AM-05", (_APPS, _RUNS), interface.file_silent),
    Check("AM-06", (_APPS, _SENT, _STOCK), interface.api_behind),
    Check("AM-07", (_APPS, _RUNS), interface.unconfirmed),
    Check("AM-08", (_APPS, _RUNS, _STOCK), interface.count_off),
    Check("AM-09", (_APPS,), interface.reconciliation_open),
    Check("AM-10", (), interface.checked_too_rarely),
    Check("AM-20", (_APPS, _SENT), vehicles.refused),
    Check("AM-21", (_APPS, _SENT), vehicles.common_causes),
    Check("AM-22", (_APPS, _SENT), vehicles.accepted_with_warning),
    Check("AM-23", (_APPS, _SENT, _STOCK, _ADS), ads.missing_ads),
    Check("AM-24", (_APPS, _SENT, _STOCK, _ADS), ads.orphan_ads),
    Check("AM-27", (_APPS, _SENT, _STOCK, _ADS), ads.wrong_prices),
    Check("AM-28", (_APPS, _SENT, _STOCK), vehicles.unexpected_bookings),
    Check("AM-29", (_APPS, _STOCK), vehicles.unnamed_cars),
)
# These compare exports with each other, or look at the dealer's leads.
DUPLICATES, ANEW = "AM-25", "AM-26"
SOURCE, CONTRACT, CODES = "SRC-01", "SRC-02", "SRC-03"


@dataclass
class Judgement:
    """`covered`: (check, export's pk; None: not about one export) that were looked at.
    `skipped`: [{"check", "app", "reason"}], in words."""

    found: list[Found] = field(default_factory=list)
    covered: set[tuple[str, int | None]] = field(default_factory=set)
    skipped: list[dict[str, str]] = field(default_factory=list)

    def skip(self, check: str, app: ExportApp | None, reason: str) -> None:
        self.skipped.append({"check": check, "app": str(app or ""), "reason": reason})


def judge_exports(reading: Reading) -> Judgement:
    """All checks of the exports. Seven queries per export, and a few."""
    judgement = Judgement()
    _judge_source(judgement, reading)
    apps = reading.apps if reading.has(_APPS) else _stored_apps(reading)
    stock = Stock.of(reading.connection)
    for app in apps:
        _judge_app(judgement, reading, app, stock)
    if not reading.has(_APPS) and not apps:
        for code in [*(check.code for check in CHECKS if check.needs), DUPLICATES, ANEW]:
            judgement.skip(code, None, _reason([_APPS]))
    _judge_gone(judgement, reading)
    _judge_together(judgement, reading, apps)
    return judgement


def _stored_apps(reading: Reading) -> list[ExportApp]:
    """Those that were there before Automanager stopped answering."""
    rows = ExportApp.objects.filter(connection=reading.connection, gone_at=None).order_by("pk")
    return [app for app in rows.select_related("location") if reading.wanted(app)]


def _judge_app(judgement: Judgement, reading: Reading, app: ExportApp, stock: Stock) -> None:
    limits = limits_of(reading.connection.limits, app=app.external_id)
    view = view_of(app, stock, limits=limits, as_of=reading.as_of)
    is_off = app.state == ExportApp.State.INACTIVE
    for check in CHECKS:
        missing = lists_missing(reading, _needs(check, app), app)
        if missing:
            judgement.skip(check.code, app, _reason(missing))
            continue
        judgement.covered.add((check.code, app.pk))
        if not is_off:
            judgement.found += check.find(view)


def _needs(check: Check, app: ExportApp) -> Iterable[Part]:
    """AM-02 and AM-08 count the released cars only where Automanager does not."""
    if check.code in ("AM-02", "AM-08") and app.released_vehicles is not None:
        return [part for part in check.needs if part != _STOCK]
    return check.needs


def _judge_gone(judgement: Judgement, reading: Reading) -> None:
    """Nothing is wrong any more with exports that are no longer there."""
    if not reading.has(_APPS):
        return
    gone = ExportApp.objects.filter(connection=reading.connection).exclude(gone_at=None)
    codes = [*(check.code for check in CHECKS), DUPLICATES, ANEW]
    judgement.covered |= {(code, app.pk) for app in gone for code in codes if reading.wanted(app)}


def _judge_together(judgement: Judgement, reading: Reading, apps: list[ExportApp]) -> None:
    """AM-25 and AM-26: with all exports of the connection, about those that were read."""
    everything = ExportApp.objects.filter(connection=reading.connection, gone_at=None)
    by_pk = {app.pk: app for app in everything.exclude(state=ExportApp.State.INACTIVE)}
    listed = _known(judgement, reading, apps, DUPLICATES, _ADS)
    if listed:
        found = ads.duplicate_ads(_live_ads(by_pk), by_pk)
        judgement.found += [one for one in found if one.app and one.app.pk in listed]
    sent = _known(judgement, reading, apps, ANEW, _SENT)
    if sent:
        days = limits_of(reading.connection.limits).recreated_days
        anew = ads.created_anew(_moves(reading, by_pk, days), by_pk, days=days)
        judgement.found += [one for one in anew if one.app and one.app.pk in sent]


def _known(
    judgement: Judgement, reading: Reading, apps: list[ExportApp], code: str, part: Part
) -> set[int]:
    """The exports of which the list is known; they are covered by the check."""
    known = set()
    for app in apps:
        missing = lists_missing(reading, (_APPS, part), app)
        if missing:
            judgement.skip(code, app, _reason(missing))
        else:
            known.add(app.pk)
            judgement.covered.add((code, app.pk))
    return known


def _live_ads(apps: Iterable[int]) -> Iterator[ads.LiveAd]:
    rows = Listing.objects.filter(app__in=list(apps)).live().order_by("app", "pk")
    names = ("app_id", "listing_id", "vehicle_number", "vin", "created_at", "first_seen_at")
    for app, listing, number, vin, created_at, seen_at in rows.values_list(*names).iterator():
        yield ads.LiveAd(app, listing, number, vin, created_at or seen_at)


def _moves(reading: Reading, apps: Iterable[int], days: int) -> Iterator[ads.Move]:
    rows = Transmission.objects.filter(
        app__in=list(apps),
        at__gt=reading.as_of - timedelta(days=days),
        action__in=("create", "delete"),
        result__in=(Transmission.Result.OK, Transmission.Result.WARNING),
    )
    names = ("app_id", "at", "vehicle_number", "vin", "action")
    for row in rows.order_by("at", "pk").values_list(*names).iterator():
        yield ads.Move(*row)


def _judge_source(judgement: Judgement, reading: Reading) -> None:
    """A source that fails is a finding, never "all is well"."""
    problems = list(dict.fromkeys(reading.problems))
    told = explained(reading.remarks)
    judgement.covered |= {(SOURCE, None), (CONTRACT, None)}
    if reading.is_cut_off:
        facts = {"problems": problems}
        judgement.found.append(Found(check=SOURCE, severity=Severity.ERROR, facts=facts))
    elif problems or told:
        severity = Severity.ERROR if reading.is_failed else Severity.WARNING
        facts = {"problems": [*problems, *told]}
        judgement.found.append(Found(check=CONTRACT, severity=severity, facts=facts))
    if not reading.has(_APPS):
        return
    judgement.covered.add((CODES, None))
    if reading.foreign_codes and not reading.connection.location_id:
        facts = {"codes": sorted(reading.foreign_codes)[:20]}
        judgement.found.append(Found(check=CODES, severity=Severity.WARNING, facts=facts))


def _reason(missing: list[Part]) -> str:
    names = reading_names()
    return _("not known as a whole: %(lists)s") % {
        "lists": ", ".join(names[one] for one in missing)
    }


# --- leads -----------------------------------------------------------------------------------


def judge_leads(reading: Reading, *, is_part: bool) -> Judgement:
    """AM-40 … AM-43, for the dealer as a whole. `is_part`: only some exports were asked about."""
    judgement = Judgement()
    codes = ("AM-40", "AM-41", "AM-42", "AM-43")
    if is_part:
        for code in codes:
            judgement.skip(code, None, _("only some exports were looked at"))
        return judgement
    connection = reading.connection
    limits = limits_of(connection.limits)
    _judge_silence(judgement, connection.dealer_id, limits=limits, now=reading.now)
    if not reading.has(_STOCK):
        for code in codes[1:]:
            judgement.skip(code, None, _reason([_STOCK]))
        return judgement
    view = leads.lead_view_of(connection.dealer_id)
    judgement.found += leads.cars_gone(view)
    judgement.found += leads.cars_faulty(view)
    judgement.found += leads.cars_unknown(view, limits=limits, now=reading.now)
    judgement.covered |= {(code, None) for code in codes[1:]}
    return judgement


def _judge_silence(judgement: Judgement, dealer_id: int, *, limits: Limits, now: datetime) -> None:
    calendar = dealer_calendars(dealer_id).of_any
    window = working_days_before(now, limits.silent_working_days, calendar)
    if not window.days:
        judgement.skip("AM-40", None, _("closed for a week"))
        return
    judgement.covered.add(("AM-40", None))
    judgement.found += silent_sources(dealer_id, window, calendar, limits=limits, now=now)
