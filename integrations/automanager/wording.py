"""What was found, in a sentence with its figures. It is made when it is shown, in the language of
whoever reads it; facts never hold personal data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.automanager.instructions import title_of
from integrations.models import Action, Finding, StockCar


def sentence_of(finding: Finding) -> str:
    """What was found, in one sentence: "Zurückgewiesen bei der Neuanlage: Verbrauchsangabe fehlt
    (50060)." """
    said = finding.facts
    match finding.check_code:
        case "SRC-01" | "SRC-02":
            return " ".join(said["problems"])
        case "SRC-03":
            codes = ", ".join(said["codes"])
            return _("No location here has this code: %(codes)s.") % {"codes": codes}
        case code if code < "AM-20":
            return _about_export(code, said)
        case code if code < "AM-40":
            return _about_car(code, said)
        case code:
            return _about_lead(code, said)


def _about_export(code: str, said: Mapping[str, Any]) -> str:
    match code:
        case "AM-01":
            return _locked(said)
        case "AM-02" if said["limit"] is not None:
            message = _("%(pending)d × %(action)s waiting, the limit is %(limit)d.")
            return message % {**said, "action": _action(said)}
        case "AM-02":
            message = _("%(pending)d × %(action)s waiting; the limit is not known.")
            return message % {**said, "action": _action(said)}
        case "AM-03":
            return _("Of %(people)d users to be told none is active.") % said
        case "AM-04" if not said["provider"]:
            return _("pixelconcept is not registered as data provider at the platform.")
        case "AM-04":
            return _("The platform does not know the dealer number.")
        case "AM-05" if said["sent_at"]:
            return _("Nothing was sent since %(at)s.") % {"at": _moment(said["sent_at"])}
        case "AM-05":
            return _("Nothing was sent in the last five days.")
        case "AM-06":
            return _behind(said)
        case "AM-07":
            message = _("What was sent at %(at)s is not confirmed.")
            return message % {"at": _moment(said["sent_at"])}
        case "AM-08":
            return _("The last full run carried %(sent)d cars; %(released)d are released.") % said
        case "AM-09":
            at = _moment(said["since_at"])
            return _("%(ads)d ads are not assigned since %(at)s.") % {"ads": said["ads"], "at": at}
        case _other:
            at = _moment(said["checked_at"])
            return _("Before this the export was last checked at %(at)s.") % {"at": at}


def _locked(said: Mapping[str, Any]) -> str:
    since = _moment(said["since_at"]) if said["since_at"] else ""
    if said["limit"] is None or said["actual"] is None:
        return _("Locked since %(at)s.") % {"at": since} if since else _("Locked.")
    message = _("Locked since %(at)s: %(actual)d × %(action)s, allowed are %(limit)d.")
    values = {"at": since or "?", "actual": said["actual"], "limit": said["limit"]}
    return message % {**values, "action": _action(said)}


def _behind(said: Mapping[str, Any]) -> str:
    message = ngettext(
        "%(cars)d car was changed and not sent for %(span)s.",
        "%(cars)d cars were changed and not sent for up to %(span)s.",
        said["cars"],
    )
    return message % {"cars": said["cars"], "span": _span(said["minutes"])}


def _about_car(code: str, said: Mapping[str, Any]) -> str:
    match code:
        case "AM-20":
            message = _("Refused at the %(action)s: %(words)s")
            words = said["words"] or _("no reason given")
            return message % {"action": _action(said), "words": words}
        case "AM-21":
            message = _("%(cars)d cars were refused for the same cause: %(cause)s.")
            return message % {"cars": said["cars"], "cause": _cause(said)}
        case "AM-22":
            words = said["words"] or _("no reason given")
            return _("Accepted, but: %(words)s") % {"words": words}
        case "AM-23":
            return _missing(said)
        case "AM-24":
            return _stray(said)
        case "AM-25":
            message = _("%(ads)d ads online; the older one is %(keep)s, the younger %(remove)s.")
            return message % said
        case "AM-26":
            message = _("Deleted at %(before)s, created again at %(after)s.")
            values = (said["deleted_at"], said["created_at"])
            return message % dict(zip(("before", "after"), map(_moment, values), strict=True))
        case "AM-27":
            message = _("%(shown)s € on the platform instead of %(wanted)s €.")
            shown, wanted = _money(said["shown_price"]), _money(said["wanted_price"])
            return message % {"shown": shown, "wanted": wanted}
        case "AM-28" if "now" in said:
            message = _("%(now)d paid bookings instead of %(before)d some hours ago.")
            return message % said
        case "AM-28":
            return _("Booked, but not wanted: %(words)s.") % said
        case _other:
            return _("The car has neither VIN nor own number: %(name)s.") % said


def _stray(said: Mapping[str, Any]) -> str:
    sentences = {
        StockCar.Status.IN_STOCK: _("The ad %(listing)s is online, but the car is not released."),
        StockCar.Status.SOLD: _("The ad %(listing)s is online, but the car is sold."),
        StockCar.Status.DELETED: _("The ad %(listing)s is online, but the car was deleted."),
    }
    nobody = _("The ad %(listing)s is online, but there is no such car.")
    return sentences.get(said["state"], nobody) % {"listing": said["listing"]}


def _missing(said: Mapping[str, Any]) -> str:
    if said["sent_at"] is None:
        message = _("Released since %(at)s, but not online; nothing was sent for five days.")
        return message % {"at": _moment(said["released_at"])}
    message = _("Released since %(at)s, but not online; last sent at %(sent)s.")
    return message % {"at": _moment(said["released_at"]), "sent": _moment(said["sent_at"])}


def _about_lead(code: str, said: Mapping[str, Any]) -> str:
    match code:
        case "AM-40":
            message = _(
                "%(source)s: no enquiry for %(days)d working days, usually it is about %(usual)d. "
                "The last one came at %(at)s."
            )
            return message % {**said, "at": _moment(said["last_at"])}
        case "AM-41":
            return _gone(said["state"])
        case "AM-42":
            titles = ", ".join(title_of(check) for check in said["checks"])
            return _("About its car: %(titles)s.") % {"titles": titles}
        case _other:
            return _("“%(named)s” is neither a car nor an ad that is known here.") % said


# --- single words ----------------------------------------------------------------------------


def _moment(text: str) -> str:
    moment = timezone.localtime(datetime.fromisoformat(text))
    return date_format(moment, "SHORT_DATETIME_FORMAT")


def _money(text: str) -> str:
    return number_format(Decimal(text), 2, force_grouping=True)


def _action(said: Mapping[str, Any]) -> str:
    return str(Action(said["action"]).label) if said["action"] else _("transmission")


def _span(minutes: int) -> str:
    if minutes < 120:
        return _("%(n)d minutes") % {"n": minutes}
    return _("%(n)d hours") % {"n": minutes // 60}


def _gone(state: str) -> str:
    sentences = {
        "sold": _("The car that was asked for is sold."),
        "deleted": _("The car that was asked for is no longer in the stock."),
        "offline": _("The car that was asked for is offline."),
    }
    return sentences[state]


def _cause(said: Mapping[str, Any]) -> str:
    words = {
        "envkv": _("consumption and emissions (EnVKV)"),
        "mandatory": _("a mandatory field"),
        "model": _("make or model"),
        "price": _("price"),
        "image": _("pictures"),
        "account": _("account or data provider"),
        "booking": _("bookings"),
        "other": said["words"] or _("no reason given"),
    }
    return words[said["cause"]]
