"""What the page of one lead shows above its form."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.admin.display import (
    ago,
    badge,
    mail_link,
    moment,
    money,
    month,
    phone_link,
    score_badge,
    status_badge,
    test_badge,
    urgency_of,
    with_unit,
)
from leads.admin.findings import findings_of_lead
from leads.admin.lead_forms import ActivityForm, StatusForm
from leads.admin.lead_handover_card import handover_card
from leads.admin.lead_tasks import task_card
from leads.admin.lead_timeline import timeline
from leads.admin.match_suggestion import possible_twins
from leads.admin.merge_pages import may_merge, merge_url
from leads.admin.wall import has_right_at, sees_creditworthiness
from leads.models import IntakeEntry, Lead, User, Vehicle
from leads.models.warning import shown_warnings, warning_text
from leads.services.consenting import FINANCE_FORWARDING
from leads.services.next_step import next_step
from leads.services.scoring import breakdown, explain

BEST_REASONS = 3

# Purposes of consents as senders name them, without their "contact_".
_PURPOSES = {
    "phone": gettext_lazy("phone"),
    "email": gettext_lazy("e-mail"),
    "whatsapp": gettext_lazy("WhatsApp"),
    "post": gettext_lazy("post"),
    "newsletter": gettext_lazy("newsletter"),
    "marketing": gettext_lazy("advertising"),
    "privacy": gettext_lazy("privacy notice read"),
    FINANCE_FORWARDING: gettext_lazy("handover for financing"),
}


def lead_page(lead: Lead, *, user: User, now: datetime) -> dict[str, Any]:
    """Everything the page shows about the lead; the number of queries does not depend on how
    much there is."""
    sees = sees_creditworthiness(user, lead)
    may_change = has_right_at(user, "leads.change_lead", lead.dealer_id)
    entries, has_older = timeline(lead, now=now)
    return {
        "lead": lead,
        "name": lead.full_name or _("Without a name"),
        "badges": _badges(lead),
        "findings": findings_of_lead(lead, user=user, now=now),
        **_score(lead, sees=sees, now=now),
        "lead_type": _type_title(lead, sees=sees),
        "wishes": _wishes(lead, sees=sees),
        "vehicle": _vehicle_rows(lead),
        "finance": _finance_rows(lead),
        "further": _further(lead.custom_values),
        "timeline": entries,
        "has_older": has_older,
        "next_step": next_step(lead),
        "tasks": task_card(lead, user=user, now=now),
        "handover": handover_card(lead, user=user, now=now),
        "urgency": urgency_of(lead, now=now),
        "follow_up": moment(lead.follow_up_at, now=now) if lead.follow_up_at else "",
        "answered": ago(lead.first_response_at, now=now) if lead.first_response_at else "",
        "closed": moment(lead.closed_at, now=now) if lead.closed_at else "",
        "contact": _contact_rows(lead),
        "consents": [_consent(one) for one in lead.consents if isinstance(one, dict)],
        "warnings": [
            warning_text(one) for one in shown_warnings(lead.warnings, sees_creditworthiness=sees)
        ],
        "other_leads": _other_leads(lead, user=user, now=now),
        "duplicates": _duplicates(lead),
        "origin": _origin(lead, user=user, now=now),
        "may_change": may_change,
        "is_mine": lead.owner_id == user.pk,
        "activity_form": ActivityForm() if may_change else None,
        "status_form": StatusForm(user=user, dealer_ids={lead.dealer_id}) if may_change else None,
    }


def _score(lead: Lead, *, sees: bool, now: datetime) -> dict[str, Any]:
    """What the score is made of: the best reasons, and every line behind a click."""
    weights = lead.dealer.score_weights
    best = explain(lead, weights=weights, now=now, sees_creditworthiness=sees)
    return {
        "reasons": [line for line in best if line.points > 0][:BEST_REASONS],
        "score_lines": breakdown(lead, weights=weights, now=now, sees_creditworthiness=sees),
    }


def _badges(lead: Lead) -> list[SafeString]:
    test = [test_badge()] if lead.is_test else []
    return [status_badge(lead.status), score_badge(lead), *test]


def _type_title(lead: Lead, *, sees: bool) -> str:
    if lead.lead_type:
        return lead.lead_type.title_for(sees_creditworthiness=sees)
    if lead.lead_type_raw:
        return _("Unknown lead type “%(value)s”") % {"value": lead.lead_type_raw}
    return ""


def _wishes(lead: Lead, *, sees: bool) -> list[SafeString]:
    wishes = []
    if lead.test_drive_wished:
        wishes.append(_joined(_("Test drive"), _day(lead.test_drive_on), lead.test_drive_time))
    if lead.callback_wished:
        wishes.append(_joined(_("Callback"), _period(lead.callback_from, lead.callback_to)))
    if lead.reservation_hint:
        wishes.append(_("Reservation"))
    if lead.finance_kind:
        wishes.append(capfirst(lead.get_finance_kind_display()))
    elif lead.finance_interest:
        wishes.append(_("Interested in financing"))
    if lead.trade_in_wished:
        wishes.append(_("Trade-in"))
    if lead.contract_expiring:
        wishes.append(_joined(_("Contract expires"), _day(lead.contract_ends_on)))
    if sees and lead.precheck:
        wishes.append(_("Credit pre-check: %(result)s") % {"result": lead.get_precheck_display()})
    if lead.preferred_channel or lead.preferred_time:
        channel = lead.get_preferred_channel_display() if lead.preferred_channel else ""
        wishes.append(_joined(_("Prefers"), channel, lead.preferred_time))
    return [badge(wish, "outline") for wish in wishes]


def _joined(*parts: object) -> str:
    return " ".join(str(part) for part in parts if part)


def _day(value: Any) -> str:
    return date_format(value, "SHORT_DATE_FORMAT") if value else ""


def _period(start: datetime | None, end: datetime | None) -> str:
    """ "14.03. 14:00–16:00"; one end alone is enough."""
    first = timezone.localtime(start) if start else None
    last = timezone.localtime(end) if end else None
    if first and last and first.date() == last.date():
        return f"{_day(first)} {date_format(first, 'H:i')}–{date_format(last, 'H:i')}"
    return "–".join(f"{_day(at)} {date_format(at, 'H:i')}" for at in (first, last) if at)


def _shown(rows: Iterable[tuple[Any, Any]]) -> list[tuple[str, Any]]:
    """Label and value of what somebody filled in."""
    return [(capfirst(str(label)), value) for label, value in rows if value not in ("", None)]


def _label(model: type[Model], name: str) -> Any:
    return model._meta.get_field(name).verbose_name  # type: ignore[union-attr]


def _vehicle_rows(lead: Lead) -> dict[str, Any] | None:
    """The stock car if there is one, otherwise what the customer named."""
    car = lead.vehicle
    if car is None and not (lead.vehicle_name or lead.offer_number):
        return None
    facts: list[tuple[Any, Any]] = []
    if car is not None:
        facts = [
            (_label(Vehicle, "state"), car.get_state_display()),
            (_label(Vehicle, "internal_number"), car.internal_number),
            (_label(Vehicle, "vin"), car.vin),
            (_label(Vehicle, "condition"), car.get_condition_display()),
            (_label(Vehicle, "first_registration"), month(car.first_registration)),
            (_("mileage"), with_unit(car.mileage_km, "km")),
            (_("power"), with_unit(car.power_kw, "kW")),
            (_label(Vehicle, "fuel"), car.fuel),
        ]
        if car.price is not None and car.price != lead.vehicle_price:
            facts.append((_("price today"), money(car.price)))
    facts.append((_label(Lead, "offer_number"), lead.offer_number))
    named = " ".join(filter(None, [car.make, car.model, car.variant])) if car else ""
    return {
        "car": car,
        "name": lead.vehicle_name or named,
        "price": money(
            lead.vehicle_price if lead.vehicle_price is not None or not car else car.price
        ),
        "facts": _shown(facts),
    }


def _finance_rows(lead: Lead) -> list[tuple[str, Any]]:
    return _shown(
        [
            (_("down payment"), money(lead.down_payment)),
            (_("term"), with_unit(lead.term_months, _("months"))),
            (_("mileage per year"), with_unit(lead.annual_mileage_km, "km")),
            (_("final payment"), money(lead.final_payment)),
            (_("monthly rate"), money(lead.monthly_rate)),
            (_("effective rate"), _percent(lead.effective_rate)),
            (_label(Lead, "contract_number"), lead.contract_number),
            (_label(Lead, "contract_ends_on"), _day(lead.contract_ends_on)),
            (_("budget"), "–".join(filter(None, [money(lead.budget_from), money(lead.budget_to)]))),
            (_("expected value"), money(lead.expected_value)),
            (_("probability"), "" if lead.probability is None else f"{lead.probability} %"),
        ]
    )


def _percent(value: Any) -> str:
    return "" if value is None else f"{number_format(value, 2)} %"


def _further(values: Any) -> list[tuple[str, str]]:
    """Custom fields of outside systems, as they named them."""
    if not isinstance(values, dict):
        return []
    return [(str(name), str(value)) for name, value in values.items() if value not in ("", None)]


def _contact_rows(lead: Lead) -> list[tuple[str, Any]]:
    return _shown(
        [
            (_("phone"), phone_link(lead.phone)),
            (_("mobile"), phone_link(lead.mobile)),
            (_("e-mail"), mail_link(lead.email)),
            (_("address"), lead.address),
        ]
    )


def _consent(consent: dict[str, Any]) -> dict[str, str]:
    purpose = str(consent.get("purpose") or "").casefold().removeprefix("contact_")
    granted = bool(consent.get("granted"))
    return {
        "purpose": capfirst(str(_PURPOSES.get(purpose, purpose) or _("contact"))),
        "words": _("agreed") if granted else _("not agreed"),
        "tone": "green" if granted else "grey",
        "text": str(consent.get("text") or ""),
    }


def _other_leads(lead: Lead, *, user: User, now: datetime) -> list[dict[str, Any]]:
    if lead.customer_id is None:
        return []
    # Of this user: someone may see some locations only.
    rows = Lead.objects.for_user(user).filter(dealer=lead.dealer_id, customer=lead.customer_id)
    rows = rows.exclude(pk=lead.pk).select_related("status").order_by("-received_at", "-pk")
    merges = may_merge(user, "lead", lead.dealer_id)
    return [
        {
            "lead": other,
            "merge_url": merge_url("lead", lead.pk, other.pk) if merges else "",
            "badge": status_badge(other.status),
            "at": moment(other.received_at, now=now),
        }
        for other in rows[:5]
    ]


def _duplicates(lead: Lead) -> list[dict[str, Any]]:
    """Customers who may be the same person, with the evidence."""
    if lead.customer_id is None:
        return []
    return possible_twins(lead.customer_id, lead.dealer_id, limit=5)


def _origin(lead: Lead, *, user: User, now: datetime) -> dict[str, Any]:
    entries: list[IntakeEntry] = []
    if has_right_at(user, "leads.view_intakeentry", lead.dealer_id):
        rows = IntakeEntry.objects.for_dealer(lead.dealer_id).filter(lead=lead)
        entries = list(rows.defer("raw").order_by("-received_at", "-pk")[:5])
    return {
        "rows": _shown(
            [
                (_label(Lead, "source"), lead.source.name),
                (_label(Lead, "sender"), lead.sender),
                (_label(Lead, "external_id"), lead.external_id),
                (_label(Lead, "campaign"), lead.campaign),
                (_label(Lead, "enquired_at"), moment(lead.enquired_at, now=now)),
                (_label(Lead, "received_at"), moment(lead.received_at, now=now)),
            ]
        ),
        "entries": [
            {
                "entry": entry,
                "words": capfirst(entry.get_outcome_display() or _("not processed yet")),
                "at": moment(entry.received_at, now=now),
            }
            for entry in entries
        ],
    }
