"""`manage.py import_leads`: a list of leads from a file."""

from leads.management.importing import ListCommand
from leads.models import ListKind


class Command(ListCommand):
    kind = ListKind.LEADS
