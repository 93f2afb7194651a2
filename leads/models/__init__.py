from leads.models.activity import Activity
from leads.models.api_key import ApiKey, IdempotencyRecord, Scope
from leads.models.catalog import Category, CloseReason, Source, Stage, Status, Tag
from leads.models.customer import Customer
from leads.models.dealer import Dealer, Location, Membership, Role
from leads.models.intake import Channel, IntakeEntry, Outcome
from leads.models.lead import Grade, Lead
from leads.models.lead_type import LeadType
from leads.models.match_suggestion import MatchReason, MatchSuggestion
from leads.models.user import User
from leads.models.vehicle import Vehicle

__all__ = [
    "Activity",
    "ApiKey",
    "Category",
    "Channel",
    "CloseReason",
    "Customer",
    "Dealer",
    "Grade",
    "IdempotencyRecord",
    "IntakeEntry",
    "Lead",
    "LeadType",
    "Location",
    "MatchReason",
    "MatchSuggestion",
    "Membership",
    "Outcome",
    "Role",
    "Scope",
    "Source",
    "Stage",
    "Status",
    "Tag",
    "User",
    "Vehicle",
]
