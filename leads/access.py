"""Who may do what: the rights of each role, read from the memberships at each request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import Model

from leads.models.dealer import Dealer, Membership, Role
from leads.models.user import User

_LOOK = ("view",)
_WORK = ("view", "add", "change")
_ALL = ("view", "add", "change", "delete")
_AS_LIST = ("import", "export")


def _permissions(actions: Iterable[str], *models: str) -> set[str]:
    """("view",), "leads.lead" → {"leads.view_lead"}"""
    return {
        f"{app}.{action}_{name}"
        for app, name in (model.split(".") for model in models)
        for action in actions
    }


_BUSINESS = ("leads.lead", "leads.customer", "leads.activity", "leads.task", "leads.vehicle")
_CATALOGS = (
    "leads.status",
    "leads.source",
    "leads.leadtype",
    "leads.closereason",
    "leads.category",
    "leads.tag",
)
_LISTS = ("leads.columnname", "leads.listvalue")  # what the words in lists mean
_OFFICE = ("leads.dealer", "leads.location", "leads.membership", "leads.scoreweights")
_OPENING = ("leads.openinghours", "leads.closedday")
_TECHNICAL = (
    "integrations.connection",
    "integrations.connectionschedule",
    "integrations.syncrun",
    "integrations.exchange",
    "integrations.delivery",
    "integrations.leadfetch",
    "integrations.handover",
    "integrations.websiteform",
    "integrations.webhookendpoint",
    "integrations.webhookdelivery",
)
_EXPORT_CONTROL = (
    "integrations.exportapp",
    "integrations.exportrun",
    "integrations.transmission",
    "integrations.listing",
    "integrations.stockcar",
    "integrations.exportcheck",
    "integrations.finding",
)

_SELLER = (
    _permissions(_WORK, "leads.lead", "leads.customer", "leads.activity", "leads.task")
    | _permissions(_LOOK, "leads.vehicle", "leads.location", "leads.matchsuggestion", *_CATALOGS)
    | _permissions(_LOOK, *_OPENING)
    | _permissions(_LOOK, "integrations.connection", "integrations.syncrun")
    | _permissions(_LOOK, "integrations.connectionschedule", *_EXPORT_CONTROL)
    | {"integrations.pull_connection", "leads.undo_own_changebatch"}
    # To order a handover; "change" is to decide what became of an unclear one.
    | _permissions(("view", "add"), "integrations.handover")
)
_MANAGER = (
    _SELLER
    | _permissions((*_ALL, *_AS_LIST), "leads.tag")
    | _permissions(_WORK, "leads.vehicle")
    | _permissions(_LOOK, "leads.intakeentry", "leads.membership", "integrations.delivery")
    | _permissions(_LOOK, "leads.merge", "integrations.leadfetch", "integrations.websiteform")
    | _permissions(_LOOK, "leads.scoreweights")
    | _permissions(("change",), "integrations.handover")
    | _permissions(("change",), "integrations.finding")  # to acknowledge it
    | _permissions(_LOOK, "integrations.webhookendpoint", "integrations.webhookdelivery")
    | _permissions(("view", "change"), "leads.unmappedname")
    | _permissions(_ALL, *_LISTS)
    | _permissions(_LOOK, "leads.export", "leads.listimport")
    | {"leads.import_lead", "leads.import_customer", "leads.import_vehicle"}
    | {"leads.export_lead", "leads.export_customer", "leads.export_vehicle"}
    | {"leads.assign_lead", "leads.replay_intakeentry"}
    | {"leads.merge_customer", "leads.merge_lead"}
    | {"leads.view_changebatch", "leads.undo_changebatch"}
)
_ADMINISTRATOR = (
    _MANAGER
    | _permissions(_ALL, *_BUSINESS, *_CATALOGS, "leads.location", "leads.membership")
    | _permissions(_ALL, *_OPENING)
    | _permissions(_AS_LIST, *_CATALOGS)
    | _permissions(_ALL, "leads.apikey", "integrations.connection")
    | _permissions(_WORK, "integrations.websiteform")
    | _permissions(("change",), "integrations.connectionschedule")
    | _permissions(_LOOK, "integrations.exchange")
    | _permissions(_ALL, "integrations.webhookendpoint")
    | _permissions(("change",), "integrations.webhookdelivery")  # to send it again
    | _permissions(("view", "change"), "leads.dealer", "leads.scoreweights")
    | {"leads.view_raw"}
)
_AUDITOR = _permissions(
    _LOOK,
    "leads.intakeentry",
    "leads.unmappedname",
    "leads.apikey",
    "leads.merge",
    "leads.changebatch",
    "leads.export",
    "leads.listimport",
    *_LISTS,
    *_BUSINESS,
    *_CATALOGS,
    *_OFFICE,
    *_OPENING,
    *_TECHNICAL,
    *_EXPORT_CONTROL,
)

PERMISSIONS_OF_ROLE: dict[str, frozenset[str]] = {
    Role.SELLER: frozenset(_SELLER),
    Role.MANAGER: frozenset(_MANAGER),
    Role.ADMINISTRATOR: frozenset(_ADMINISTRATOR),
    Role.AUDITOR: frozenset(_AUDITOR),
}


def permissions_of(membership: Membership) -> frozenset[str]:
    rights = PERMISSIONS_OF_ROLE[membership.role]
    if membership.sees_creditworthiness:
        return rights | {"leads.view_creditworthiness"}
    return rights


def may_at(user: User, right: str, dealer_id: int) -> bool:
    """Whether the user has the right at this dealer, read anew: for work that was ordered before.
    Superusers have every right."""
    if user.is_superuser or not user.is_active:
        return user.is_active
    here = [one for one in user.active_memberships if one.dealer_id == dealer_id]
    return any(right in permissions_of(one) for one in here)


class MembershipBackend(ModelBackend):
    """Passwords as Django does them, rights from memberships.

    Asked about an object, the rights are those in the object's dealer; asked in general, those
    in any dealer (then the list is scoped). Rows shared by all dealers are read-only here.
    """

    def get_all_permissions(self, user_obj: Any, obj: Model | None = None) -> set[str]:
        if not isinstance(user_obj, User) or not user_obj.is_active:
            return set()
        memberships = user_obj.active_memberships
        if isinstance(obj, Dealer):
            memberships = [m for m in memberships if m.dealer_id == obj.pk]
        elif obj is not None and hasattr(obj, "dealer_id"):
            if obj.dealer_id is None:
                return {
                    right
                    for membership in memberships
                    for right in permissions_of(membership)
                    if ".view_" in right
                }
            memberships = [m for m in memberships if m.dealer_id == obj.dealer_id]
        return {right for membership in memberships for right in permissions_of(membership)}

    def has_perm(self, user_obj: Any, perm: str, obj: Model | None = None) -> bool:
        return perm in self.get_all_permissions(user_obj, obj)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return any(
            right.startswith(f"{app_label}.") for right in self.get_all_permissions(user_obj)
        )
