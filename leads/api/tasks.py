"""Tasks: what somebody has to do about a lead, until when."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from leads.api import operations
from leads.api.bases import (
    Fields,
    KeyViewSet,
    body_of,
    check_if_match,
    none_of,
    read_fields,
    respond,
    show_row,
)
from leads.api.errors import error_detail
from leads.api.filters import (
    MomentFilter,
    NumberFilter,
    StrictFilterBackend,
    TextFilter,
    WordFilter,
    YesNoFilter,
)
from leads.api.idempotency import Answer
from leads.api.pagination import NewestFirst
from leads.api.schema import problem_example
from leads.api.task_fields import (
    EXAMPLE,
    REQUEST,
    REQUEST_GERMAN,
    TASK_CHANGE_NAMES,
    TASK_NAMES,
    TaskChangeSerializer,
    TaskSerializer,
    TaskWriteSerializer,
)
from leads.models.api_key import Scope
from leads.models.lead import Lead
from leads.models.task import Task
from leads.services import tasks
from leads.services.forwarding import resolve_lead
from leads.services.handling import LeadGone

_LARGEST_ID = 2**63 - 1


class UnknownReference(ValidationError):
    """Well-formed, but there is no such lead or colleague (any more)."""

    status_code = 422


class TaskOrder(NewestFirst):
    orderings: ClassVar = {"created_at": datetime, "due_at": datetime, "updated_at": datetime}
    default_ordering = "-created_at"
    implied_orderings: ClassVar = {"updated_since": "updated_at", "due_before": "due_at"}


class TaskFilter(FilterSet):
    lead = NumberFilter("lead_id", least=1, most=_LARGEST_ID, help_text=_("Id of a lead."))
    owner = TextFilter(
        "owner__email", lookup_expr="iexact", help_text=_("E-mail of the colleague in charge.")
    )
    kind = WordFilter(words=Task.Kind, help_text=_("Tasks of one kind."))
    is_open = YesNoFilter("done_at", "isnull", help_text=_("Still to be done."))
    due_before = MomentFilter(
        "due_at", "lt", help_text=_("Due earlier; the list then begins with the oldest.")
    )
    updated_since = MomentFilter(
        "updated_at",
        "gte",
        help_text=_("Changed then or later; the list then begins with the oldest change."),
    )


_UNKNOWN_LEAD = _("There is no lead with this id.")
_UNKNOWN_OWNER = _("Nobody with this e-mail works here.")
_READ: dict[str, Any] = {"tag": "tasks", "scope": Scope.TASKS_READ}
_WRITE: dict[str, Any] = {"tag": "tasks", "scope": Scope.TASKS_WRITE}
_REFERENCES = [
    problem_example(422, code, message, [{"field": field, "code": code, "detail": message}])
    for field, code, message in (
        ("lead", "unknown_lead", _UNKNOWN_LEAD),
        ("owner", "unknown_owner", _UNKNOWN_OWNER),
    )
]


@extend_schema_view(
    list=extend_schema(
        **operations.listing(
            "tasks_list",
            TaskSerializer,
            EXAMPLE,
            summary=_("List tasks"),
            description=_("What is to be done and what was done, newest first."),
            **_READ,
        )
    ),
    retrieve=extend_schema(
        **operations.reading(
            "tasks_retrieve",
            TaskSerializer,
            EXAMPLE,
            summary=_("Read a task"),
            description=_("A task of another dealer answers 404, like one that does not exist."),
            **_READ,
        )
    ),
    create=extend_schema(
        **operations.creating(
            "tasks_create",
            TaskWriteSerializer,
            {"english": REQUEST, "german": REQUEST_GERMAN},
            TaskSerializer,
            EXAMPLE,
            summary=_("Create a task"),
            description=_("Something that a colleague has to do about a lead, until a time."),
            errors=_REFERENCES,
            has_etag=True,
            **_WRITE,
        )
    ),
    partial_update=extend_schema(
        **operations.changing(
            "tasks_update",
            TaskChangeSerializer,
            {"english": {"is_done": True}, "german": {"erledigt": True}},
            TaskSerializer,
            {**EXAMPLE, "version": 2, "is_done": True, "done_at": "2026-03-05T16:40:00+01:00"},
            summary=_("Change a task"),
            description=_("Only what is named changes; null clears. With `is_done` it is done."),
            errors=_REFERENCES[1:],
            **_WRITE,
        )
    ),
    destroy=extend_schema(
        **operations.deleting(
            "tasks_delete",
            summary=_("Delete a task"),
            description=_("For good. What was done should be marked as done instead."),
            **_WRITE,
        )
    ),
)
class TaskViewSet(mixins.ListModelMixin, KeyViewSet):
    scopes: ClassVar = {
        "list": Scope.TASKS_READ,
        "retrieve": Scope.TASKS_READ,
        "create": Scope.TASKS_WRITE,
        "partial_update": Scope.TASKS_WRITE,
        "destroy": Scope.TASKS_WRITE,
    }
    filter_backends = [StrictFilterBackend]
    filterset_class = TaskFilter
    pagination_class = TaskOrder
    serializer_class = TaskSerializer

    def get_queryset(self) -> QuerySet[Task]:
        if self.is_described:
            return none_of(Task)
        found = Task.objects.for_dealer(self.caller.dealer).filter(lead__deleted_at=None)
        return found.select_related("lead", "owner")

    def retrieve(self, request: Request, pk: int) -> Response:
        return self._shown(self.get_object())

    def create(self, request: Request) -> Response:
        answer = self.answer_once(request, self._create)
        where = {"pk": answer.body["id"]}
        return respond(answer, location=reverse("api:task-detail", kwargs=where, request=request))

    def _create(self, body: dict[str, Any]) -> Answer:
        now = timezone.now()
        fields = read_fields(body, TaskWriteSerializer, TASK_NAMES)
        columns = self._columns(fields)
        if columns.get("owner") is None:
            columns.pop("owner", None)
        task = self._made(fields, now=now, sender=self.caller.sender, **columns)
        if fields.values.get("is_done"):
            tasks.finish_task(task, now=now)
        return Answer(201, dict(TaskSerializer(task).data))

    def _made(self, fields: Fields, **values: Any) -> Task:
        lead = self._lead(fields)
        try:
            return tasks.create_task(lead, **values)
        except LeadGone:  # at this moment; looked up again, it is what it became part of
            return self._made(fields, **values)

    def partial_update(self, request: Request, pk: int) -> Response:
        fields = read_fields(
            body_of(request), TaskChangeSerializer, TASK_CHANGE_NAMES, partial=True
        )
        with transaction.atomic():
            task = self._locked(pk)
            tasks.change_task(task, self._columns(fields))
            if fields.values.get("is_done") is True:
                tasks.finish_task(task, now=timezone.now())
            elif fields.values.get("is_done") is False:
                tasks.reopen_task(task)
        return self._shown(task)

    def destroy(self, request: Request, pk: int) -> Response:
        with transaction.atomic():
            self._locked(pk).delete()
        return Response(status=204)

    def _locked(self, pk: int) -> Task:
        try:
            task = tasks.lock_task(self.caller.dealer, pk)
        except Task.DoesNotExist as error:
            raise Http404 from error
        check_if_match(self.request, task)
        return task

    def _columns(self, fields: Fields) -> dict[str, Any]:
        """What is named, as columns; null clears, where there is something to clear."""
        given = fields.values
        columns: dict[str, Any] = {
            name: given[name] or "" for name in ("title", "note") if name in given
        }
        if "kind" in given:
            columns["kind"] = given["kind"] or Task.Kind.FOLLOW_UP
        if "due_at" in given:
            columns["due_at"] = given["due_at"]
        if "owner" in given:
            columns["owner"] = self._owner(fields)
        return columns

    def _owner(self, fields: Fields) -> Any:
        email = fields.values["owner"]
        if not email:
            return None
        try:
            return tasks.owner_named(self.caller.dealer, email)
        except tasks.UnknownOwner as error:
            raise _unknown(fields, "owner", _UNKNOWN_OWNER) from error

    def _lead(self, fields: Fields) -> Lead:
        lead = resolve_lead(self.caller.dealer, fields.values["lead"])
        if lead is None:
            raise _unknown(fields, "lead", _UNKNOWN_LEAD)
        return lead

    def _shown(self, task: Task) -> Response:
        return show_row(self.request, task, lambda: TaskSerializer(task).data)


def _unknown(fields: Fields, name: str, message: Any) -> UnknownReference:
    detail = error_detail(message, f"unknown_{name}")
    return UnknownReference({fields.renaming.spell(name): [detail]})
