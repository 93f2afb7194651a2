"""Vehicles: the stock, and the cars people asked about."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from leads.admin.display import badge, money, month, two_lines, with_unit
from leads.admin.filters import LocationFilter, VehicleStateFilter
from leads.admin.findings import findings_of_vehicle, vehicle_chips
from leads.admin.leads_of import LeadsOfAdmin
from leads.admin.list_export import ListExport
from leads.admin.vehicle_exports import ads_of, transmissions_of
from leads.admin.wall import user_of
from leads.models import Vehicle

_TONES = {
    Vehicle.State.UNKNOWN: "outlined",
    Vehicle.State.IN_STOCK: "green",
    Vehicle.State.RESERVED: "amber",
    Vehicle.State.SOLD: "grey",
    Vehicle.State.GONE: "grey",
}


@admin.register(Vehicle)
class VehicleAdmin(ListExport, LeadsOfAdmin):
    import_export_change_list_template = "admin/leads/vehicle/change_list.html"
    lead_column = "vehicle"
    list_display = ["name_cell", "facts_cell", "price_cell", "state_cell", "leads_cell", "location"]
    list_display_links = ["name_cell"]
    list_select_related = ["location"]
    list_filter = [VehicleStateFilter, LocationFilter]
    list_filter_submit = True
    empty_text = gettext_lazy(
        "Vehicles come with the leads about them or with a list, or are entered by hand."
    )
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
        changelist = super().get_changelist_instance(request)
        chips = vehicle_chips(changelist.result_list, user=user_of(request))
        for vehicle in changelist.result_list:
            vehicle.finding = chips.get(vehicle.pk, "")
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
    def state_cell(self, vehicle: Any) -> SafeString:
        state = badge(capfirst(vehicle.get_state_display()), _TONES[Vehicle.State(vehicle.state)])
        return format_html('<span class="lo-stack">{}{}</span>', state, vehicle.finding)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        vehicle = kwargs.get("obj")
        if vehicle is not None:
            user, now = user_of(request), timezone.now()
            context["page"] = {
                "vehicle": vehicle,
                "findings": findings_of_vehicle(vehicle, user=user, now=now),
                **ads_of(vehicle, user=user, now=now),
                **transmissions_of(vehicle, user=user, asked=request.GET, now=now),
                **self.newest_leads(request, vehicle, now=now),
            }
        return super().render_change_form(request, context, *args, **kwargs)
