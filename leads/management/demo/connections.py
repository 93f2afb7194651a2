"""How a demo dealer is connected: with the simulator of the partners, and with its own website."""

from typing import Any

from django.utils import timezone

from integrations.models import Connection, Partner, WebsiteForm
from integrations.schedules import give_schedules
from leads.models import Dealer, Location

EXPORTS_NAME = "Automanager (Simulator)"


def connect(dealer: Dealer, *, simulator_port: int) -> None:
    """The dealer's test connections, a mailbox among them, which talk to the simulator on this
    machine, and a form for the dealer's website."""
    simulator = f"http://127.0.0.1:{simulator_port}"
    bank, is_new = _connection(
        dealer,
        "BDK Leadservice (Simulator)",
        {"base_url": f"{simulator}/bdk", "token_url": f"{simulator}/bdk/oauth/token"},
        {
            "client_id": "leadoffice-demo",
            "client_secret": "demo-secret",
        },
    )
    _connection(
        dealer,
        EXPORTS_NAME,
        {"base_url": f"{simulator}/automanager"},
        {
            "partner": Partner.AUTOMANAGER,
            "access_token": "demo-automanager-token",
            "limits": {"silent_expected": 1},  # a small dealer notices sooner
        },
    )
    _connection(
        dealer,
        "Marketplace (Simulator)",
        {"base_url": f"{simulator}/marketplace"},
        {
            "partner": Partner.MARKETPLACE,
            "access_token": "demo-marketplace-key",
        },
    )
    _mailbox(dealer, port=simulator_port + 1)
    _connection(
        dealer,
        "Dr. Klein (Simulator)",
        {
            "base_url": f"{simulator}/drklein/b-test",
            "token_url": f"{simulator}/drklein/oauth2/token",
        },
        {
            "partner": Partner.DRKLEIN,
            "profile": Connection.Profile.B,
            "client_id": "leadoffice-demo",
            "client_secret": "demo-secret",
            "case_source": "AUTOHAUS_DEMO",
        },
    )
    give_schedules(Connection.objects.for_dealer(dealer), now=timezone.now())
    if is_new:  # whoever looks at the demo presses the button
        bank.schedules.filter(job="fetch").update(crontab="", next_at=None)
    _website_form(dealer)


def _connection(
    dealer: Dealer, name: str, address: dict[str, Any], values: dict[str, Any]
) -> tuple[Connection, bool]:
    """Made once; the simulator may have another address each time."""
    return Connection.objects.update_or_create(
        dealer=dealer,
        name=name,
        defaults=address,
        create_defaults={"mode": Connection.Mode.TEST, **address, **values},
    )


def _mailbox(dealer: Dealer, *, port: int) -> None:
    _connection(
        dealer,
        "Postfach (Simulator)",
        {"mail_port": port},
        {
            "partner": Partner.MAIL,
            "location": Location.objects.for_dealer(dealer).order_by("pk").first(),
            "mail_host": "127.0.0.1",
            "mail_encryption": "none",
            "client_id": "leads@autohaus.example.org",
            "client_secret": "demo-mail",
        },
    )


def _website_form(dealer: Dealer) -> None:
    by_phone = {
        "purpose": "contact_phone",
        "text": "Ich möchte zu meiner Anfrage angerufen werden.",
        "required": False,
    }
    WebsiteForm.objects.get_or_create(
        dealer=dealer,
        name="Kontaktformular",
        defaults={
            "title": "Ihre Anfrage an uns",
            "greeting": "Schreiben Sie uns, wir melden uns innerhalb eines Arbeitstages.",
            "allowed_origins": ["http://localhost:8000"],
            "consents": [by_phone],
        },
    )
