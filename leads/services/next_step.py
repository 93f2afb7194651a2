"""What to do next with a lead, in a few words."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from leads.models.catalog import Stage
from leads.models.lead import Lead

_AFTER_ANSWER: dict[str, Promise] = {
    Stage.NOT_REACHED: _("Try again"),
    Stage.APPOINTMENT: _("Prepare the appointment"),
    Stage.TEST_DRIVE: _("Prepare the test drive"),
    Stage.OFFER: _("Ask about the offer"),
}


def next_step(lead: Lead) -> Promise | str:
    """The step from status, wishes and contact data; "" for a closed lead. No query, provided
    that the status is loaded."""
    if not lead.status.is_open:
        return ""
    if lead.owner_id is None:
        return _("Assign")
    if not lead.is_contactable:
        return _("Find contact data")
    if lead.first_response_at is None:
        return _first_answer(lead)
    if step := _AFTER_ANSWER.get(lead.status.stage):
        return step
    return _("Follow up") if lead.follow_up_at else _("Set a follow-up")


def _first_answer(lead: Lead) -> Promise:
    if lead.callback_wished:
        return _("Call back")
    if lead.test_drive_wished:
        return _("Arrange the test drive")
    if lead.contract_expiring:
        return _("Talk about the expiring contract")
    return (
        pgettext_lazy("what to do", "Call") if lead.phone or lead.mobile else _("Write an e-mail")
    )
