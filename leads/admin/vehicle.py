"""Vehicles: the stock, and the cars people asked about."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from leads.admin.base import DealerHistoryAdmin
from leads.admin.display import badge, moment, money, month, status_badge, two_lines, with_unit
from leads.admin.filters import LocationFilter, VehicleStateFilter
from leads.admin.wall import user_of
from leads.models import Lead, Vehicle

SHOWN = 20  # leads on a vehicle's page; the rest is behind a link

_TONES = {
    Vehicle.State.UNKNOWN: "outlined",
    Vehicle.State.IN_STOCK: "green",
    Vehicle.State.RESERVED: "amber",
    Vehicle.State.SOLD: "grey",
}


@admin.register(Vehicle)
class VehicleAdmin(DealerHistoryAdmin):
    list_display = ["name_cell", "facts_cell", "price_cell", "state_cell", "leads_cell", "location"]
    list_display_links = ["name_cell"]
    list_select_related = ["location"]
    list_filter = [VehicleStateFilter, LocationFilter]
    list_filter_submit = True
    empty_text = gettext_lazy("Vehicles come with the leads about them, or are entered by hand.")
    search_fields = ["search_text"]
    search_help_text = gettext_lazy("Make, model, own number, VIN")
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("state", "location"),
                    ("internal_number", "vin"),
                    ("make", "model"),
                    ("variant", "fuel"),
                    ("condition", "first_registration"),
                    ("mileage_km", "power_kw"),
                    ("price", "url"),
                ]
            },
        )
    ]
    change_form_outer_before_template = "admin/leads/vehicle/page.html"

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Counts of the leads about the cars on this page: one query, whatever the table."""
        changelist = super().get_changelist_instance(request)
        rows = list(changelist.result_list)
        leads = Lead.objects.for_user(user_of(request)).filter(vehicle__in=rows).order_by()
        found = leads.values("vehicle").annotate(
            total=Count("pk"), open=Count("pk", filter=Q(closed_at=None))
        )
        counts = {one["vehicle"]: one for one in found}
        for vehicle in rows:
            vehicle.counts = counts.get(vehicle.pk, {"total": 0, "open": 0})
        changelist.result_list = rows
        return changelist

    @display(description=gettext_lazy("vehicle"))
    def name_cell(self, vehicle: Vehicle) -> SafeString:
        name = " ".join(filter(None, [vehicle.make, vehicle.model, vehicle.variant]))
        number = vehicle.internal_number or vehicle.vin
        return two_lines(name or number or _("Without a name"), number if name else "")

    @display(description=gettext_lazy("facts"))
    def facts_cell(self, vehicle: Vehicle) -> SafeString:
        first = [capfirst(vehicle.get_condition_display()), month(vehicle.first_registration)]
        second = [with_unit(vehicle.mileage_km, "km"), with_unit(vehicle.power_kw, "kW")]
        facts = [" · ".join(filter(None, part)) for part in (first, [*second, vehicle.fuel])]
        return two_lines(facts[0] or facts[1] or "–", facts[1] if facts[0] else "")

    @display(description=gettext_lazy("price"))
    def price_cell(self, vehicle: Vehicle) -> str:
        return money(vehicle.price) or "–"

    @display(description=gettext_lazy("state"))
    def state_cell(self, vehicle: Vehicle) -> SafeString:
        return badge(capfirst(vehicle.get_state_display()), _TONES[Vehicle.State(vehicle.state)])

    @display(description=gettext_lazy("leads"))
    def leads_cell(self, vehicle: Any) -> str:
        counts = vehicle.counts
        if not counts["total"]:
            return "–"
        return _("%(total)d (%(open)d open)") % {
            "total": counts["total"],
            "open": counts["open"],
        }

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        vehicle = kwargs.get("obj")
        if vehicle is not None:
            context["page"] = self._page(request, vehicle)
        return super().render_change_form(request, context, *args, **kwargs)

    def _page(self, request: HttpRequest, vehicle: Vehicle) -> dict[str, Any]:
        now = timezone.now()
        leads = Lead.objects.for_user(user_of(request)).filter(vehicle=vehicle)
        rows = list(
            leads.select_related("status", "owner").order_by("-received_at", "-pk")[: SHOWN + 1]
        )
        return {
            "vehicle": vehicle,
            "leads": [
                {
                    "lead": lead,
                    "badge": status_badge(lead.status),
                    "at": moment(lead.received_at, now=now),
                    "owner": lead.owner or "",
                }
                for lead in rows[:SHOWN]
            ],
            "has_more": len(rows) > SHOWN,
        }
