"""`manage.py export_vehicles`: write a dealer's vehicles, or some of them, into a file."""

from leads.api.vehicles import VehicleFilter
from leads.management.exporting import ExportCommand
from leads.models import ListKind


class Command(ExportCommand):
    kind = ListKind.VEHICLES
    filters = VehicleFilter
