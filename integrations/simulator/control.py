"""The control page of the simulator: what goes wrong next, leads by hand, what came in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.simulator.bdk import PARTNER_NUMBER, Reply, Request
from integrations.simulator.imap import USER

if TYPE_CHECKING:
    from integrations.simulator.server import PartnerSimulator

_HERE = ("127.0.0.1", "localhost")
_LOG = 40  # requests shown
# "Until it is switched off" is that many requests.
_ALWAYS = 10_000
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
)

Fault = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """A fault by its name on the page, as the requests from now on meet it."""

    name: str
    words: str | Promise
    faults: Sequence[Fault]


FAULTS = (
    Choice("401", gettext_lazy("401: not signed in"), [{"status": 401}]),
    Choice("401-mid", gettext_lazy("401 in mid-paging (the second one)"), [{}, {"status": 401}]),
    Choice("403", gettext_lazy("403: forbidden"), [{"status": 403}]),
    Choice(
        "429",
        gettext_lazy("429: too many requests, again after 30 s"),
        [{"status": 429, "headers": {"Retry-After": "30"}}],
    ),
    Choice(
        "429-date",
        gettext_lazy("429: too many requests, again after 30 s, told as a date"),
        [{"status": 429, "again_in": 30}],
    ),
    Choice("500", gettext_lazy("500: error"), [{"status": 500}]),
    Choice("503", gettext_lazy("503: maintenance"), [{"status": 503}]),
    Choice("reset", gettext_lazy("connection reset"), [{"reset": True}]),
    Choice("lost", gettext_lazy("done, but the answer is lost"), [{"lost": True}]),
    Choice("cut", gettext_lazy("JSON cut off"), [{"cut": True}]),
    Choice("html", gettext_lazy("HTML instead of JSON"), [{"html": True}]),
    Choice("hang", gettext_lazy("no answer for 60 s"), [{"hang": 60}]),
    Choice("drip", gettext_lazy("one byte every tenth of a second"), [{"drip": 0.1}]),
    Choice("doubled", gettext_lazy("every lead twice on a page"), [{"doubled": True}]),
    Choice("loop", gettext_lazy("the same page again and again"), [{"loop": True}]),
    Choice("large", gettext_lazy("64 MB of nonsense"), [{"megabytes": 64}]),
)
MAIL_FAULTS = (
    Choice("hang", gettext_lazy("never answers when mails are moved"), [{"hang": "MOVE"}]),
    Choice("lose", gettext_lazy("moves, then hangs up"), [{"lose": "MOVE"}]),
    Choice("cut", gettext_lazy("hangs up in the middle of a mail"), [{"cut": "BODY.PEEK[]"}]),
    Choice("drip", gettext_lazy("drips"), [{"drip": "BODY.PEEK[]"}]),
    Choice("flood", gettext_lazy("64 MB of nonsense"), [{"flood": "BODY.PEEK[]"}]),
)


@dataclass(frozen=True, slots=True)
class Place:
    """An address, or several, by the word that names them in `faults`."""

    word: str
    words: str | Promise
    choices: Sequence[Choice] = FAULTS


PLACES = (
    Place("token", gettext_lazy("Signing in (BDK, Dr. Klein)")),
    Place("leads", gettext_lazy("BDK, Meta: leads")),
    Place("lead-receipts", gettext_lazy("BDK: receipts")),
    Place("status-events", gettext_lazy("BDK: status events")),
    Place("vorgang", gettext_lazy("Dr. Klein: cases")),
    Place("export-apps", gettext_lazy("Automanager: export apps")),
    Place("runs", gettext_lazy("Automanager: runs")),
    Place("transmissions", gettext_lazy("Automanager: transmissions")),
    Place("listings", gettext_lazy("Automanager: listings")),
    Place("stock", gettext_lazy("Automanager: stock")),
    Place("vehicles", gettext_lazy("Marketplace: vehicles")),
    Place("count", gettext_lazy("Marketplace: number of vehicles")),
    Place("hook", gettext_lazy("Webhook sink")),
    Place("imap", gettext_lazy("Mailbox (IMAP)"), MAIL_FAULTS),
)


class ControlPage:
    """Answers below /control/ and at the root, to this machine only."""

    def __init__(self, simulator: PartnerSimulator) -> None:
        self._simulator = simulator
        self._actions: dict[str, Callable[[dict[str, str]], None]] = {
            "/control/fault": self._switch_fault,
            "/control/calm": self._calm,
            "/control/lead": self._add_lead,
            "/control/mail": self._add_mail,
        }

    def answer(self, request: Request) -> Reply:
        with translation.override(settings.LANGUAGE_CODE):
            if not _is_from_here(request):
                return Reply(403, {"error": "this machine only"})
            if request.method == "GET":
                return self._page() if request.path == "/" else Reply(404)
            action = self._actions.get(request.path)
            if action is None or request.method != "POST":
                return Reply(404)
            form = parse_qs(request.body.decode(errors="replace"), keep_blank_values=True)
            action({name: values[0].strip() for name, values in form.items()})
            return Reply(303, headers={"Location": "/"})

    def _page(self) -> Reply:
        simulator = self._simulator
        context = {
            "places": [
                {
                    "word": place.word,
                    "words": place.words,
                    "choices": place.choices,
                    "waiting": self._waiting(place),
                }
                for place in PLACES
                if place.word != "imap" or simulator.mailbox is not None
            ],
            "partner_number": PARTNER_NUMBER,
            "leads": len(simulator.bdk.items),
            "acknowledged": len(simulator.bdk.acknowledged),
            "hook_url": f"{simulator.url}/hook",
            "hooks": list(simulator.hooks.hooks),
            "mail_sink": simulator.mail_sink,
            "mailbox": simulator.mailbox,
            "log": simulator.log[-_LOG:][::-1],
        }
        page = render_to_string("integrations/simulator/control.html", context)
        headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
        return Reply(200, page.encode(), "text/html; charset=utf-8", headers=headers)

    def _waiting(self, place: Place) -> str:
        """What the next request there meets, in words."""
        waiting = self._simulator.faults.get(place.word) or []
        if not waiting:
            return ""
        known = [one for one in place.choices if waiting[: len(one.faults)] == [*one.faults]]
        words = str(known[0].words) if known else _("something else")
        if len(waiting) > _ALWAYS // 2:
            return _("%(fault)s, until it is switched off") % {"fault": words}
        return _("%(fault)s, %(n)d more times") % {"fault": words, "n": len(waiting)}

    # What can be done

    def _switch_fault(self, form: dict[str, str]) -> None:
        place = next((one for one in PLACES if one.word == form.get("place")), None)
        choices = place.choices if place else ()
        chosen = next((one for one in choices if one.name == form.get("fault")), None)
        if place is None or chosen is None:
            return
        times = {"1": 1, "3": 3}.get(form.get("times", ""), _ALWAYS)
        self._simulator.faults[place.word] = [*chosen.faults] * times

    def _calm(self, form: dict[str, str]) -> None:
        if word := form.get("place"):
            self._simulator.faults.pop(word, None)
        else:
            self._simulator.faults.clear()

    def _add_lead(self, form: dict[str, str]) -> None:
        self._simulator.bdk.add(_lead(form))

    def _add_mail(self, form: dict[str, str]) -> None:
        if self._simulator.mailbox is None:
            return
        mail = EmailMessage()
        try:
            mail["From"] = form.get("from") or "max.muster@example.com"
            mail["Subject"] = form.get("subject") or "Anfrage"
        except ValueError:  # what cannot be a header
            return
        mail["To"] = USER
        mail["Date"] = timezone.now()
        mail["Message-ID"] = f"<{uuid4()}@example.com>"
        mail.set_content(form.get("text") or "Guten Tag, ist der Wagen noch da?")
        self._simulator.mailbox.put(mail.as_bytes())


def _lead(form: dict[str, str]) -> dict[str, Any]:
    """An item as BDK would send it (contract §4.2)."""
    first, _blank, last = (form.get("name") or "Max Muster").rpartition(" ")
    return {
        "leadId": f"DLC-{uuid4().hex[:12].upper()}",
        "version": 1,
        "bdkLeadTypeId": form.get("type") or "1a",
        "partnernummer": PARTNER_NUMBER,
        "createdAt": timezone.localtime().isoformat(timespec="seconds"),
        "isTest": False,
        "customer": {
            "firstName": first,
            "lastName": last,
            "email": form.get("email") or None,
            "phone": form.get("phone") or None,
        },
        "comment": form.get("text") or None,
    }


def _is_from_here(request: Request) -> bool:
    """Neither a page of somebody else's (Origin) nor a name of somebody else's (Host)."""
    host = urlsplit(f"//{request.headers.get('Host', '')}")
    origin = request.headers.get("Origin")
    if host.hostname not in _HERE:
        return False
    return origin in (None, f"http://{host.netloc}")
