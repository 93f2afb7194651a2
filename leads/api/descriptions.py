"""What the OpenAPI document says about each operation, with examples of requests and answers."""

from __future__ import annotations

from typing import Any

from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from leads.api import operations
from leads.api.examples import LEAD, REQUEST, REQUEST_GERMAN
from leads.api.representation import ReceivedLeadSerializer, WarningSerializer
from leads.api.schema import FieldErrorSerializer, problem_example
from leads.api.selecting import SelectedLeadSerializer, described
from leads.api.serializers import LeadChangeSerializer, LeadCreateSerializer
from leads.models.api_key import Scope
from leads.models.intake import Outcome
from leads.models.warning import WarningCode, warning_text

_CHANGE = {"status": "Kontaktiert", "owner": None, "tags_add": ["rückruf"]}
_CHANGE_GERMAN = {"dringlichkeit": "sofort", "kontakt": {"telefon": "0171 3920012"}}
_KEPT = {"code": WarningCode.STAFF_VALUE_KEPT.value, "field": "owner"}

_WRONG_DAY = problem_example(
    400,
    "validation_error",
    _("This is not a date. Write it like 31.12.2026 or 2026-12-31."),
    [
        {
            "field": "follow_up_on",
            "code": "invalid",
            "detail": _("This is not a date. Write it like 31.12.2026 or 2026-12-31."),
        }
    ],
)
_UNKNOWN_CUSTOMER = problem_example(
    422,
    "unknown_customer",
    _("There is no customer with this id."),
    [
        {
            "field": "customer.id",
            "code": "unknown_customer",
            "detail": _("There is no customer with this id."),
        }
    ],
)
_NOT_STORED = problem_example(
    422,
    "not_stored",
    _("The enquiry could not be stored. It is kept and will be looked at."),
)
_BODY_ERRORS = [_WRONG_DAY, _UNKNOWN_CUSTOMER]
_EXTERNAL_ID = OpenApiParameter(
    "external_id",
    {"type": "string", "minLength": 1, "maxLength": 64},
    OpenApiParameter.PATH,
    description=_("Your own number, percent-encoded; slashes may stay as they are."),
)
_IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description=_("The ETag that you have; 304 if nothing has changed."),
)
_CREATE_ONLY = OpenApiParameter(
    "If-None-Match",
    {"type": "string", "enum": ["*"]},
    OpenApiParameter.HEADER,
    description=_("`*`: only if there is no such lead yet."),
)
_UNKNOWN = _("There is no “%(name)s” here. Use some of these: %(names)s.")
_UNKNOWN_ANSWER = lazy(lambda: str(_UNKNOWN) % {"name": "farbe", "names": "customer, tasks"}, str)()
UNKNOWN_SELECTION = problem_example(
    400,
    "validation_error",
    _UNKNOWN_ANSWER,
    [{"field": "expand", "code": "unknown_value", "detail": _UNKNOWN_ANSWER}],
)
_READ: dict[str, Any] = {"tag": "leads", "scope": Scope.LEADS_READ}
_WRITE: dict[str, Any] = {"tag": "leads", "scope": Scope.LEADS_WRITE}

LIST = operations.listing(
    "leads_list",
    SelectedLeadSerializer,
    LEAD,
    summary=_("List leads"),
    description=_(
        "Newest first. Follow the link `next` to the end; it costs the same on every page. "
        "Filters may be combined; an unknown name or value is an error, not an empty list."
    ),
    parameters=described(),
    **_READ,
)
RETRIEVE = operations.reading(
    "leads_retrieve",
    SelectedLeadSerializer,
    LEAD,
    summary=_("Read a lead"),
    description=_(
        "A lead of another dealer answers 404, like one that was deleted or does not exist."
    ),
    parameters=[*described(), _IF_NONE_MATCH],
    errors=[UNKNOWN_SELECTION],
    merges=True,
    **_READ,
)
RETRIEVE_BY_EXTERNAL_ID = operations.reading(
    "leads_retrieve_by_external_id",
    SelectedLeadSerializer,
    LEAD,
    summary=_("Read a lead by your own number"),
    description=_("The number that your system gave when it sent the lead."),
    parameters=[_EXTERNAL_ID, *described(), _IF_NONE_MATCH],
    has_id=False,
    errors=[operations.NOT_FOUND, UNKNOWN_SELECTION],
    merges=True,
    **_READ,
)
_UNCHANGED = OpenApiResponse(description=_("It has not changed since you read it."))
RETRIEVE["responses"][304] = RETRIEVE_BY_EXTERNAL_ID["responses"][304] = _UNCHANGED
CREATE = operations.creating(
    "leads_create",
    LeadCreateSerializer,
    {"english": REQUEST, "german": REQUEST_GERMAN},
    ReceivedLeadSerializer,
    {**LEAD, "outcome": "created"},
    summary=_("Create a lead"),
    description=_(
        "A subject or contact data is enough. The customer is recognised by id, e-mail, or "
        "phone and name; otherwise a new one is created. If this person has an open lead, the "
        "enquiry becomes part of it (200, `attached`). The same `external_id` again updates "
        "the lead (200). What is odd but usable is taken and named in `warnings`; what cannot "
        "be used is an error and can be seen in the office's intake ledger."
    ),
    errors=[*_BODY_ERRORS, _NOT_STORED],
    **_WRITE,
)
CREATE["responses"][200] = operations.answer(
    ReceivedLeadSerializer,
    {**LEAD, "outcome": "repeated"},
    _("The lead that was here already."),
)
CHANGE = operations.changing(
    "leads_change",
    LeadChangeSerializer,
    {"english": _CHANGE, "german": _CHANGE_GERMAN},
    ReceivedLeadSerializer,
    {
        **LEAD,
        "version": 2,
        "warnings": [{**_KEPT, "message": lazy(warning_text, str)(_KEPT)}],
        "outcome": "updated",
    },
    summary=_("Change a lead"),
    description=_(
        "What is left out stays, null empties a field, lists are replaced as a whole; "
        "`tags_add` and `tags_remove` change single tags. What a colleague has set later than "
        "`changed_at` (all that colleagues have set, if you leave it out) stays, and "
        "`warnings` says so. With `If-Match` you have seen the lead as it is: your values win."
    ),
    errors=_BODY_ERRORS,
    merges=True,
    **_WRITE,
)
UPSERT = operations.changing(
    "leads_upsert",
    LeadCreateSerializer,
    {"english": {name: REQUEST[name] for name in REQUEST if name != "external_id"}},
    ReceivedLeadSerializer,
    {**LEAD, "outcome": "updated"},
    summary=_("Create or update a lead by your own number"),
    description=_(
        "Like creating a lead with this `external_id`, but safe to repeat at any time: 201 if it "
        "is new, 200 if it was here. What is left out stays as it is."
    ),
    parameters=[_EXTERNAL_ID, _CREATE_ONLY, operations.IDEMPOTENCY_KEY],
    errors=[*_BODY_ERRORS, _NOT_STORED, *operations.REPEATS],
    may_create=True,
    **_WRITE,
)
DELETE = operations.deleting(
    "leads_delete",
    summary=_("Delete a lead"),
    description=_(
        "Into the bin: the office can restore it. If your system sends the same `external_id` "
        "again, it comes back; what a colleague has deleted stays deleted (`ignored`)."
    ),
    merges=True,
    tag="leads",
    scope=Scope.LEADS_DELETE,
)


MAX_LEADS_PER_BATCH = 500


class BatchRequestSerializer(serializers.Serializer):
    """Up to 500 leads."""

    leads = serializers.ListField(
        child=LeadCreateSerializer(), min_length=1, max_length=MAX_LEADS_PER_BATCH
    )


class BatchResultSerializer(serializers.Serializer):
    """What became of one lead; as an answer to a single request would say it."""

    status = serializers.IntegerField(
        read_only=True, help_text=_("201 new, 200 was here already, 422 not taken.")
    )
    outcome = serializers.ChoiceField(Outcome.of_requests(), read_only=True)
    id = serializers.IntegerField(read_only=True, allow_null=True)
    number = serializers.CharField(read_only=True, allow_null=True)
    version = serializers.IntegerField(read_only=True, allow_null=True)
    warnings = WarningSerializer(many=True, read_only=True)
    errors = FieldErrorSerializer(  # type: ignore[assignment]
        many=True, read_only=True, help_text=_("Paths as you wrote them within this lead.")
    )


class BatchAnswerSerializer(serializers.Serializer):
    """One result per lead, in the same order."""

    results = BatchResultSerializer(many=True, read_only=True)


_TAKEN = {
    "status": 201,
    "outcome": "created",
    "id": 4711,
    "number": "L-2026-000123",
    "version": 1,
    "warnings": [],
    "errors": [],
}
_REFUSED = {
    "status": 422,
    "outcome": "rejected",
    "id": None,
    "number": None,
    "version": None,
    "warnings": [],
    "errors": [{"field": "kontakt.telefon", "code": "invalid", "detail": _("This must be text.")}],
}
BATCH = operations.creating(
    "leads_batch",
    BatchRequestSerializer,
    {
        "english": {"leads": [REQUEST, {"subject": "Polo gesucht"}]},
        "german": {"anfragen": [REQUEST_GERMAN]},
    },
    BatchAnswerSerializer,
    {"results": [_TAKEN, _REFUSED]},
    summary=_("Create many leads"),
    description=_(
        "Up to 500 leads and 8 MB in one request, with one `Idempotency-Key` for all. The answer "
        "is 200 with a result for each lead, in the same order; a bad one stops only itself."
    ),
    errors=[_WRONG_DAY],
    **_WRITE,
)
BATCH["responses"][200] = operations.answer(
    BatchAnswerSerializer, {"results": [_TAKEN, _REFUSED]}, _("A result for each lead.")
)
del BATCH["responses"][201]
