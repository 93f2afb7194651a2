"""`manage.py export_customers`: write a dealer's customers, or some of them, into a file."""

from leads.api.customer_filters import CustomerFilter
from leads.management.exporting import ExportCommand
from leads.models import ListKind


class Command(ExportCommand):
    kind = ListKind.CUSTOMERS
    filters = CustomerFilter
