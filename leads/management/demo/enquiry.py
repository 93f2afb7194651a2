"""A lead of the demo while it is being written."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from leads.management.demo.channels import Origin
from leads.management.demo.people import Caller
from leads.models import Lead


@dataclass
class Enquiry:
    """A lead that is being written, with what it was made from."""

    lead: Lead
    caller: Caller | None
    origin: Origin
    days_ago: int
    is_first: bool  # of this customer
    theme: str = "stock"  # which of words.MESSAGES

    def recognised(self) -> str:
        """How its customer was found, in the words of the matching."""
        if self.caller is None:
            return _("No contact data.")
        if self.is_first:
            return _("New customer.")
        if self.lead.email:
            return _("E-mail is the same.")
        return _("Phone is the same, name is similar.")
