"""`manage.py import_vehicles`: a list of vehicles from a file."""

from leads.management.importing import ListCommand
from leads.models import ListKind


class Command(ListCommand):
    kind = ListKind.VEHICLES
