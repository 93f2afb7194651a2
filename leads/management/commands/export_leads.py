"""`manage.py export_leads`: write the leads of a dealer, or some of them, into a file."""

from leads.api.filters import LeadFilter
from leads.management.exporting import ExportCommand
from leads.models import ListKind


class Command(ExportCommand):
    kind = ListKind.LEADS
    filters = LeadFilter
    # Means the numbers of one outside system, and there is none here.
    left_out = frozenset({"external_id"})
