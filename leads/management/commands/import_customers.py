"""`manage.py import_customers`: a list of customers from a file."""

from leads.management.importing import ListCommand
from leads.models import ListKind


class Command(ListCommand):
    kind = ListKind.CUSTOMERS
