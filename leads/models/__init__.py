from leads.models.activity import Activity
from leads.models.api_key import ApiKey, ApiUsage, IdempotencyRecord, Scope
from leads.models.background import Job, JobState, JobStatus, Schedule, Worker
from leads.models.batch_memory import EnquiryChange, EntryChange, TagChange
from leads.models.catalog import Category, CloseReason, Source, Stage, Status, Tag
from leads.models.change_batch import ChangeBatch
from leads.models.customer import Customer
from leads.models.dealer import Dealer, Location, Membership, Role
from leads.models.enquiry import Enquiry
from leads.models.event import Event, EventKind
from leads.models.export import (
    Export,
    ExportFormat,
    ExportOrigin,
    ExportState,
    ExportTemplate,
)
from leads.models.import_memory import ColumnName, ImportTemplate, ListValue
from leads.models.intake import Channel, IntakeEntry, Outcome
from leads.models.lead import Grade, Lead
from leads.models.lead_type import LeadType
from leads.models.list_import import (
    ImportOrigin,
    ImportState,
    ListImport,
    ListRow,
    OnExisting,
    Plan,
    RowOutcome,
)
from leads.models.list_kind import ListKind
from leads.models.match_suggestion import MatchReason, MatchSuggestion
from leads.models.merge import Merge
from leads.models.one_of import OneOf
from leads.models.opening import ClosedDay, OpeningHours, Weekday
from leads.models.score_weights import ScoreWeights
from leads.models.severity import Severity
from leads.models.task import Task
from leads.models.unmapped import UnmappedName
from leads.models.user import User
from leads.models.vehicle import Vehicle

__all__ = [
    "Activity",
    "ApiKey",
    "ApiUsage",
    "Category",
    "ChangeBatch",
    "Channel",
    "CloseReason",
    "ClosedDay",
    "ColumnName",
    "Customer",
    "Dealer",
    "Enquiry",
    "EnquiryChange",
    "EntryChange",
    "Event",
    "EventKind",
    "Export",
    "ExportFormat",
    "ExportOrigin",
    "ExportState",
    "ExportTemplate",
    "Grade",
    "IdempotencyRecord",
    "ImportOrigin",
    "ImportState",
    "ImportTemplate",
    "IntakeEntry",
    "Job",
    "JobState",
    "JobStatus",
    "Lead",
    "LeadType",
    "ListImport",
    "ListKind",
    "ListRow",
    "ListValue",
    "Location",
    "MatchReason",
    "MatchSuggestion",
    "Membership",
    "Merge",
    "OnExisting",
    "OneOf",
    "OpeningHours",
    "Outcome",
    "Plan",
    "Role",
    "RowOutcome",
    "Schedule",
    "Scope",
    "ScoreWeights",
    "Severity",
    "Source",
    "Stage",
    "Status",
    "Tag",
    "TagChange",
    "Task",
    "UnmappedName",
    "User",
    "Vehicle",
    "Weekday",
    "Worker",
]
