"""What the demo's customers want: car, contract, wishes, and how they say it."""

from datetime import timedelta
from decimal import Decimal
from random import Random

from leads.management.demo import words
from leads.management.demo.enquiry import Enquiry
from leads.management.demo.stock import Stock
from leads.management.demo.times import Calendar
from leads.models import Channel, Lead


def expiring_contract(enquiry: Enquiry, rng: Random) -> None:
    """A contract that ends soon: the car is the customer's own, not one of ours."""
    lead = enquiry.lead
    make, model, variants, *_rest = rng.choice(words.MODELS)
    lead.vehicle_name = f"{make} {model} {rng.choice(variants)}"
    lead.contract_number = f"BDK-{rng.randrange(10**6, 10**7)}"
    lead.contract_ends_on = lead.received_at.date() + timedelta(days=rng.randrange(60, 150))
    lead.final_payment = Decimal(rng.randrange(60, 160) * 100)
    enquiry.theme = "contract"


def wanted_car(enquiry: Enquiry, stock: Stock, rng: Random) -> None:
    """A car of ours, in stock then, or a new one put together on the website."""
    lead = enquiry.lead
    if lead.lead_type and lead.lead_type.vehicle_kind == "new_configured":
        make, model, variants, _fuel, _power, price = rng.choice(words.MODELS)
        lead.vehicle_name = f"{make} {model} {rng.choice(variants)}"
        lead.vehicle_price = Decimal(price + rng.randrange(0, 60) * 100)
        enquiry.theme = "new_car"
        return
    gone = 0.8 if enquiry.days_ago > 60 else 0.4 if enquiry.days_ago > 4 else 0
    vehicle = stock.any_car(rng, at=lead.location, is_sold=rng.random() < gone)
    lead.vehicle = vehicle
    lead.vehicle_name = f"{vehicle.make} {vehicle.model} {vehicle.variant}"
    lead.vehicle_price = vehicle.price
    if enquiry.origin.channel != Channel.MANUAL:
        lead.offer_number = f"OFF-{vehicle.internal_number[3:]}"


def further_wishes(enquiry: Enquiry, calendar: Calendar, rng: Random) -> None:
    """Test drive, callback, trade-in and payment."""
    lead = enquiry.lead
    if lead.vehicle and not enquiry.origin.types:
        lead.test_drive_wished = rng.random() < 0.12
        lead.callback_wished = not lead.test_drive_wished and rng.random() < 0.12
        if rng.random() < 0.15:
            lead.finance_kind = rng.choice(["finance", "finance", "leasing", "cash"])
            lead.finance_interest = lead.finance_kind != "cash"
    lead.trade_in_wished = bool(lead.vehicle) and rng.random() < 0.14
    days_ahead = rng.randrange(1, 8) - enquiry.days_ago
    if lead.test_drive_wished:
        lead.test_drive_on = calendar.on(days_ahead + 1, 12).date()
        lead.test_drive_time = rng.choice(["", "10:30", "14:00", "16:30", "17:15"])
    if lead.callback_wished:
        hour = rng.choice([9, 11, 14, 16, 17])
        lead.callback_from = calendar.on(days_ahead, hour)
        lead.callback_to = calendar.on(days_ahead, hour + 2)
    for theme, is_wished in (
        ("leasing", lead.finance_kind == "leasing"),
        ("finance", lead.finance_kind == "finance"),
        ("trade_in", lead.trade_in_wished),
        ("callback", lead.callback_wished),
        ("test_drive", lead.test_drive_wished),
    ):
        if is_wished and lead.vehicle:
            enquiry.theme = theme
    _finance(lead, rng)


def _finance(lead: Lead, rng: Random) -> None:
    """Figures as a calculator would show them."""
    price = lead.vehicle_price
    if lead.finance_kind not in ("finance", "leasing") or price is None or rng.random() < 0.2:
        return
    lead.term_months = rng.choice([24, 36, 48, 48, 60])
    lead.annual_mileage_km = rng.choice([10_000, 15_000, 20_000])
    if lead.finance_kind == "leasing":
        lead.monthly_rate = _round(price * Decimal("0.012"))
        return
    lead.down_payment = Decimal(rng.choice([0, 1_000, 2_500, 5_000]))
    lead.final_payment = _round(price * Decimal("0.4"))
    lead.effective_rate = Decimal(rng.choice(["3.99", "4.99", "5.49", "5.99"]))
    months = Decimal(lead.term_months)
    interest = price * lead.effective_rate / 100 * months / 24
    lead.monthly_rate = _round((price - lead.down_payment - lead.final_payment + interest) / months)


def _round(amount: Decimal) -> Decimal:
    return max(amount, Decimal(49)).quantize(Decimal("0.01"))


def subject_and_message(enquiry: Enquiry, rng: Random) -> None:
    """What it is about, in a line and in the customer's own words."""
    lead = enquiry.lead
    if not lead.vehicle_name:
        _search(enquiry, rng)
        return
    subjects = {
        "test_drive": "Probefahrt: {car}",
        "callback": "Rückrufbitte: {car}",
        "finance": "Finanzierungsanfrage: {car}",
        "leasing": "Leasinganfrage: {car}",
        "trade_in": "Kauf mit Inzahlungnahme: {car}",
        "contract": "Vertrag läuft aus: {car}",
    }
    subject = subjects.get(enquiry.theme, "Anfrage: {car}")
    if enquiry.origin.is_from_bdk and not lead.contract_expiring:
        subject = f"{lead.source.name}: {{car}}"
    lead.subject = subject.format(car=lead.vehicle_name)[:200]
    message = rng.choice(words.MESSAGES[enquiry.theme])
    lead.message = message.format(
        car=lead.vehicle_name, price=f"{_grouped(lead.vehicle_price or 0)} €"
    )
    if enquiry.origin.source == "bdk_kampagne":
        lead.campaign = rng.choice(["Frühjahrsaktion", "Wechselwochen", "Winterräder inklusive"])


def _grouped(amount: Decimal | int) -> str:
    """21.990, in whatever language this runs."""
    return f"{amount:,.0f}".replace(",", ".")


def _search(enquiry: Enquiry, rng: Random) -> None:
    """Somebody who does not want a certain car yet."""
    lead = enquiry.lead
    subject, lead.message, budgets = rng.choice(words.SEARCHES)
    enquiry.theme = "search"
    if budgets:
        budget = rng.randrange(*budgets) * 1_000
        subject = subject.format(budget=_grouped(budget))
        lead.budget_from, lead.budget_to = Decimal(round(budget * 0.7, -3)), Decimal(budget)
    lead.subject = subject


def category_key(lead: Lead) -> str:
    """The key of the category, "" where the lead does not say."""
    if lead.finance_kind == "leasing":
        return "leasing"
    if lead.lead_type and lead.lead_type.vehicle_kind == "new_configured":
        return "new_car"
    if lead.vehicle is None:
        return ""
    return {"new": "new_car", "demo": "demo_car"}.get(lead.vehicle.condition, "used_car")
