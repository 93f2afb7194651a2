"""Customers: the people and companies behind the leads."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from leads.api import operations
from leads.api.bases import (
    KeyViewSet,
    MovedTo,
    body_of,
    check_if_match,
    none_of,
    read_fields,
    respond,
    show_row,
)
from leads.api.customer_fields import (
    CUSTOMER_NAMES,
    EXAMPLE,
    REQUEST,
    REQUEST_GERMAN,
    CustomerSerializer,
    CustomerWriteSerializer,
    columns_of,
)
from leads.api.customer_filters import CustomerFilter, CustomerOrder
from leads.api.errors import error_detail, invalid
from leads.api.filters import StrictFilterBackend
from leads.api.idempotency import Answer
from leads.models.api_key import Scope
from leads.models.customer import Customer
from leads.models.keys import clean_text
from leads.services import customers
from leads.services.forwarding import resolve_customer

_MAX_NUMBER = 64


class NumberTaken(APIException):
    status_code = 409
    default_code = "external_number_taken"
    default_detail = _("Another customer has this number; it may have been deleted or merged.")


class InUse(APIException):
    status_code = 409
    default_code = "customer_in_use"
    default_detail = _("Leads point to this customer. Delete or merge those first.")


class DeletedByStaff(APIException):
    status_code = 409
    default_code = "customer_deleted"
    default_detail = _("The customer with this number was deleted in the office.")


_READ: dict[str, Any] = {"tag": "customers", "scope": Scope.CUSTOMERS_READ}
_WRITE: dict[str, Any] = {"tag": "customers", "scope": Scope.CUSTOMERS_WRITE}
_CONFLICTS = [operations.of_class(NumberTaken)]
_NUMBER = OpenApiParameter(
    "external_number",
    {"type": "string", "minLength": 1, "maxLength": _MAX_NUMBER},
    OpenApiParameter.PATH,
    description=_("Your number for the customer."),
)


@extend_schema_view(
    list=extend_schema(
        **operations.listing(
            "customers_list",
            CustomerSerializer,
            EXAMPLE,
            summary=_("List customers"),
            description=_(
                "Newest first. Those who were deleted or became part of another are left out; "
                "the change feed tells of them."
            ),
            **_READ,
        )
    ),
    retrieve=extend_schema(
        **operations.reading(
            "customers_retrieve",
            CustomerSerializer,
            EXAMPLE,
            summary=_("Read a customer"),
            description=_(
                "A customer of another dealer answers 404, like one that does not exist. One that "
                "became part of another answers 301 with the way to that one."
            ),
            merges=True,
            **_READ,
        )
    ),
    create=extend_schema(
        **operations.creating(
            "customers_create",
            CustomerWriteSerializer,
            {"english": REQUEST, "german": REQUEST_GERMAN},
            CustomerSerializer,
            EXAMPLE,
            summary=_("Create a customer"),
            description=_(
                "Always a new one. A lead that comes in finds its customer by itself; you need "
                "not create one before."
            ),
            errors=_CONFLICTS,
            **_WRITE,
        )
    ),
    partial_update=extend_schema(
        **operations.changing(
            "customers_update",
            CustomerWriteSerializer,
            {"english": {"mobile": "0171 3920012", "note": None}, "german": {"mobil": None}},
            CustomerSerializer,
            {**EXAMPLE, "version": 2, "mobile": "0171 3920012"},
            summary=_("Change a customer"),
            description=_(
                "Only what is named changes; null clears. Leads keep the contact data that they "
                "came with."
            ),
            errors=_CONFLICTS,
            merges=True,
            **_WRITE,
        )
    ),
    destroy=extend_schema(
        **operations.deleting(
            "customers_delete",
            summary=_("Delete a customer"),
            description=_(
                "Into the bin, from which the office can bring it back. Refused as long as leads "
                "point to it."
            ),
            errors=[operations.of_class(InUse)],
            merges=True,
            tag="customers",
            scope=Scope.CUSTOMERS_DELETE,
        )
    ),
)
class CustomerViewSet(mixins.ListModelMixin, KeyViewSet):
    scopes: ClassVar = {
        "list": Scope.CUSTOMERS_READ,
        "retrieve": Scope.CUSTOMERS_READ,
        "read_by_number": Scope.CUSTOMERS_READ,
        "create": Scope.CUSTOMERS_WRITE,
        "partial_update": Scope.CUSTOMERS_WRITE,
        "put_by_number": Scope.CUSTOMERS_WRITE,
        "destroy": Scope.CUSTOMERS_DELETE,
    }
    filter_backends = [StrictFilterBackend]
    filterset_class = CustomerFilter
    pagination_class = CustomerOrder
    serializer_class = CustomerSerializer

    def get_queryset(self) -> QuerySet[Customer]:
        if self.is_described:
            return none_of(Customer)
        return Customer.objects.for_dealer(self.caller.dealer)

    def retrieve(self, request: Request, pk: int) -> Response:
        return self._shown(self._present(pk))

    def create(self, request: Request) -> Response:
        def act(body: dict[str, Any]) -> Answer:
            fields = read_fields(body, CustomerWriteSerializer, CUSTOMER_NAMES)
            return self._stored(columns_of(fields.values))

        return self._answered(self.answer_once(request, act))

    def partial_update(self, request: Request, pk: int) -> Response:
        fields = read_fields(
            body_of(request), CustomerWriteSerializer, CUSTOMER_NAMES, partial=True
        )
        with transaction.atomic():
            customer = self._locked(pk)
            self._change(customer, columns_of(fields.values))
        return self._shown(customer)

    @extend_schema(
        **operations.changing(
            "customers_put_by_external_number",
            CustomerWriteSerializer,
            {"english": {**REQUEST, "external_number": "K-10815"}},
            CustomerSerializer,
            EXAMPLE,
            summary=_("Create or change a customer by your number"),
            description=_(
                "Creates the customer with this number (201), or changes it (200): only what is "
                "named, null clears. Of one that became part of another, that one is changed. "
                "What you have deleted yourself comes back; what the office has deleted does not."
            ),
            parameters=[_NUMBER],
            errors=[*_CONFLICTS, operations.of_class(DeletedByStaff)],
            may_create=True,
            **_WRITE,
        )
    )
    def put_by_number(self, request: Request, external_number: str) -> Response:
        fields = read_fields(body_of(request), CustomerWriteSerializer, CUSTOMER_NAMES)
        number = _same_number(external_number, fields.values, fields.renaming.spell)
        columns = columns_of(fields.values)
        with transaction.atomic():
            customer = customers.lock_by_number(self.caller.dealer, number)
            if customer is None:
                check_if_match(request, None)
                return self._answered(self._stored({**columns, "external_number": number}))
            check_if_match(request, customer)
            self._bring_back(customer)
            # Of one that became part of another the number stays what it is.
            columns.pop("external_number", None)
            self._change(customer, columns)
        return self._shown(customer)

    def destroy(self, request: Request, pk: int) -> Response:
        with transaction.atomic():
            customer = self._locked(pk)
            try:
                customers.delete_customer(customer, now=timezone.now(), sender=self.caller.sender)
            except customers.CustomerInUse as error:
                raise InUse(_in_use(error.leads)) from error
        return Response(status=204)

    @extend_schema(
        **operations.reading(
            "customers_retrieve_by_external_number",
            CustomerSerializer,
            EXAMPLE,
            summary=_("Read a customer by your number"),
            description=_("Of one that became part of another, that one is read."),
            parameters=[_NUMBER],
            has_id=False,
            errors=[operations.NOT_FOUND],
            **_READ,
        )
    )
    def read_by_number(self, request: Request, external_number: str) -> Response:
        if not _can_be_stored(external_number):
            raise Http404
        customer = customers.find_by_number(self.caller.dealer, external_number)
        if customer is None:
            raise Http404
        return self._shown(customer)

    def _shown(self, customer: Customer) -> Response:
        return show_row(self.request, customer, lambda: CustomerSerializer(customer).data)

    def _present(self, pk: int) -> Customer:
        customer = resolve_customer(self.caller.dealer, pk)
        if customer is None:
            raise Http404
        if customer.pk != pk:
            address = reverse(
                "api:customer-detail", kwargs={"pk": customer.pk}, request=self.request
            )
            raise MovedTo(customer.pk, address)
        return customer

    def _locked(self, pk: int) -> Customer:
        try:
            customer = customers.lock_customer(self.caller.dealer, pk)
        except Customer.DoesNotExist as error:
            self._present(pk)  # says where it is, if it became part of another
            raise Http404 from error
        check_if_match(self.request, customer)
        return customer

    def _stored(self, columns: dict[str, Any]) -> Answer:
        with _refusals():
            customer = customers.create_customer(
                self.caller.dealer, columns, now=timezone.now(), sender=self.caller.sender
            )
        return Answer(201, dict(CustomerSerializer(customer).data))

    def _change(self, customer: Customer, columns: dict[str, Any]) -> None:
        with _refusals():
            customers.change_customer(
                customer, columns, now=timezone.now(), sender=self.caller.sender
            )

    def _bring_back(self, customer: Customer) -> None:
        """What a system deleted itself comes back when it sends it again; what staff have deleted
        stays deleted, or a nightly comparison would undo it."""
        if customer.deleted_at is None:
            return
        if customer.deleted_by != self.caller.sender:
            raise DeletedByStaff
        customers.restore_customer(customer, now=timezone.now(), sender=self.caller.sender)

    def _answered(self, answer: Answer) -> Response:
        where = {"pk": answer.body["id"]}
        return respond(
            answer, location=reverse("api:customer-detail", kwargs=where, request=self.request)
        )


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """What the service refuses, as an answer."""
    try:
        yield
    except customers.CustomerUnnamed as error:
        message = _("Give a name, a company, an e-mail or a phone.")
        raise ValidationError([error_detail(message, "customer_unnamed")]) from error
    except customers.ExternalNumberTaken as error:
        raise NumberTaken from error


def _in_use(leads: int) -> str:
    return ngettext(
        "%(n)d lead points to this customer. Delete or merge it first.",
        "%(n)d leads point to this customer. Delete or merge them first.",
        leads,
    ) % {"n": leads}


def _can_be_stored(number: str) -> bool:
    """Whether a body could name it, too; PostgreSQL refuses even to look for NUL."""
    return 1 <= len(number) <= _MAX_NUMBER and clean_text(number) == number


def _same_number(in_address: str, fields: dict[str, Any], spell: Any) -> str:
    """The number in the address; raises ValidationError if the body names another."""
    if not _can_be_stored(in_address):
        message = _("1 to 64 characters, no control characters, no blanks at the ends.")
        raise invalid("external_number", message)
    in_body = fields.get("external_number")
    if in_body and in_body != in_address:
        message = _("The address names another number.")
        raise invalid(spell("external_number"), message, "other_number")
    return in_address
