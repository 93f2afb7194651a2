"""AM-20 … AM-22, AM-28 and AM-29: what came back about single cars. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from integrations.automanager.causes import Cause, cause_of
from integrations.automanager.checks_interface import about
from integrations.automanager.situation import AppView, Found, Sent
from integrations.models import Action, Severity, Transmission

_NAMED = 5
# A sold car that is still online, a car that is not online; otherwise old data are online.
_SEVERITY_OF: dict[str, Severity] = {
    Action.DELETE: Severity.CRITICAL,
    Action.CREATE: Severity.ERROR,
}
_COSTS = ("requested", "booked")


def refused(view: AppView) -> Iterator[Found]:
    """AM-20: only the newest transmission of each car counts."""
    for sent in _refused(view):
        severity = _SEVERITY_OF.get(sent.action, Severity.WARNING)
        facts = {"action": sent.action, "words": _words(sent), "sent_at": sent.at.isoformat()}
        yield about(view, "AM-20", severity, sent, **facts)


def _refused(view: AppView) -> Iterator[Sent]:
    for sent in view.sent.values():
        if sent.result != Transmission.Result.ERROR:
            continue
        car = view.car_of(sent)
        # What a car that is gone could not be created or changed for does not matter any more.
        if sent.action != Action.DELETE and car is not None and car.is_gone:
            continue
        yield sent


def common_causes(view: AppView) -> Iterator[Found]:
    """AM-21: one cause behind several refusals of AM-20."""
    groups: dict[tuple[Cause, str], list[Sent]] = defaultdict(list)
    for sent in _refused(view):
        groups[cause_of(sent.feedback)].append(sent)
    for (cause, words), sents in groups.items():
        if len(sents) >= view.limits.cause_vehicles:
            yield Found(
                check="AM-21",
                severity=Severity.ERROR,
                app=view.app,
                location_id=view.app.location_id,
                subject=f"{cause}:{words}" if words else str(cause),
                facts={
                    "cause": str(cause),
                    "words": words,
                    "cars": len(sents),
                    "names": [one.number or one.vin or one.external_id for one in sents[:_NAMED]],
                },
            )


def accepted_with_warning(view: AppView) -> Iterator[Found]:
    """AM-22."""
    for sent in view.sent.values():
        if sent.result == Transmission.Result.WARNING:
            yield about(view, "AM-22", Severity.INFO, sent, words=_words(sent))


def unexpected_bookings(view: AppView) -> Iterator[Found]:
    """AM-28: bookings that nobody wanted, and a jump of their number."""
    for sent in view.sent.values():
        if not sent.booked:
            continue
        car = view.car_of(sent)
        release = view.releases.get(car.pk) if car else None
        if release is None:
            continue
        booked = {one["code"]: one["label"] for one in sent.bookings if one["status"] in _COSTS}
        extra = sorted(set(booked) - set(release.wanted))
        if extra:
            words = ", ".join(booked[code] or code for code in extra)
            yield about(view, "AM-28", Severity.WARNING, sent, words=words)
    now, before = sum(one.booked for one in view.sent.values()), view.booked_before
    if before and now * 100 >= before * (100 + view.limits.bookings_growth_percent):
        yield Found(
            check="AM-28",
            severity=Severity.WARNING,
            app=view.app,
            location_id=view.app.location_id,
            facts={"before": before, "now": now},
        )


def unnamed_cars(view: AppView) -> Iterator[Found]:
    """AM-29, for cars that may go out: they cannot be matched with ads and leads."""
    for release in view.released:
        if not release.car.number and not release.car.vin:
            yield about(view, "AM-29", Severity.INFO, release.car, name=release.car.title)


def _words(sent: Sent) -> str:
    """What the platform said, without repeating itself: "Verbrauchsangabe fehlt (50060)"."""
    told = [
        f"{one['text'] or one['field']} ({one['code']})" if one["code"] else one["text"]
        for one in sent.feedback
    ]
    return "; ".join(dict.fromkeys(filter(None, told)))[:300]
