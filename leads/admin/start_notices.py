"""The start page's notices: what waits for somebody who keeps the catalogues."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import CharField, Count, Value
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from leads.admin import figures
from leads.admin.wall import dealers_where, rows_at
from leads.models import Category, CloseReason, Source, Status, Tag, UnmappedName, User

SHOWN_TYPES = 5

_CATALOGUES = (Status, Source, CloseReason, Category, Tag)


def notices_for(user: User) -> Iterable[dict[str, str]]:
    yield from _unknown_types(user)
    yield from _automatic_entries(user)


def _unknown_types(user: User) -> Iterable[dict[str, str]]:
    dealers = dealers_where(user, "leads.add_leadtype")
    if dealers == []:
        return
    waiting = figures.names_to_assign(user).filter(kind=UnmappedName.Kind.LEAD_TYPE)
    names = rows_at(waiting, dealers).order_by("name").values_list("name", flat=True)
    found = list(names.distinct()[: SHOWN_TYPES + 1])
    if found:
        shown = ", ".join(found[:SHOWN_TYPES])
        more = " …" if len(found) > SHOWN_TYPES else ""
        tray = reverse("admin:leads_unmappedname_changelist")
        yield {
            "icon": "help",
            "text": _("Leads came with lead types that nobody here knows: %(types)s")
            % {"types": f"{shown}{more}"},
            "url": f"{tray}?kind={UnmappedName.Kind.LEAD_TYPE}",
            "label": pgettext("unknown names", "Assign"),
        }


def _automatic_entries(user: User) -> Iterable[dict[str, str]]:
    """One line per catalogue with entries that leads brought and nobody has reviewed."""
    dealers = dealers_where(user, "leads.change_source")
    if dealers == []:
        return
    counts = [
        rows_at(model.objects.for_user(user), dealers)
        .filter(is_automatic=True)
        .order_by()
        .annotate(catalogue=Value(model._meta.model_name, output_field=CharField()))
        .values("catalogue")
        .annotate(count=Count("pk"))
        .values_list("catalogue", "count")
        for model in _CATALOGUES
    ]
    found = dict(counts[0].union(*counts[1:], all=True))
    for model in _CATALOGUES:
        if count := found.get(str(model._meta.model_name)):
            name = capfirst(str(model._meta.verbose_name_plural))
            yield {
                "icon": "fact_check",
                "text": _("%(catalogue)s: %(count)s new, created from incoming leads")
                % {"catalogue": name, "count": number_format(count)},
                "url": reverse(f"admin:leads_{model._meta.model_name}_changelist")
                + "?is_automatic__exact=1",
                "label": _("Review"),
            }
