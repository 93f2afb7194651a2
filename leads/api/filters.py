"""What a list of leads can be narrowed by. A name or value that nobody knows is an error: an
answer that ignored it would look right and be wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

import django_filters
from django import forms
from django.db.models import Choices, Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from drf_spectacular.drainage import set_override
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from leads.api.errors import error_detail, invalid
from leads.models.api_key import ApiKey
from leads.models.catalog import CatalogEntry, Category, Source, Stage, Status, Tag
from leads.models.dealer import Dealer, Location
from leads.models.enquiry import Enquiry
from leads.models.keys import catalog_key, phone_key, search_terms
from leads.models.lead import Lead
from leads.models.lead_type import LeadType
from leads.models.unmapped import UnmappedName
from leads.models.wishes import Urgency
from leads.services.german_values import parse_bool, parse_datetime

_LARGEST_ID = 2**63 - 1
# In an address "+" means a blank: "…T09:00:00+01:00" arrives as "…T09:00:00 01:00".
_LOST_PLUS = re.compile(r" (?=[0-9]{2}:?[0-9]{2}$)")


class _ParsedField(forms.CharField):
    """Text that `parse` turns into a value; its ValueError becomes the field's error."""

    parse: Any = None

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if value is None:  # the parameter is not there; an empty one is as wrong as any other
            return None
        try:
            return type(self).parse(text)
        except ValueError as error:
            raise forms.ValidationError(str(error), "invalid") from error


def _parse_moment(text: str) -> datetime:
    is_full = "T" in text or text.count(":") > 1
    return parse_datetime(_LOST_PLUS.sub("+", text) if is_full else text)


class _MomentField(_ParsedField):
    parse = staticmethod(_parse_moment)


class _YesNoField(_ParsedField):
    parse = staticmethod(parse_bool)


class MomentFilter(django_filters.Filter):
    field_class = _MomentField

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        words = {"description": options["help_text"], "examples": ["2026-03-02T09:15:00+01:00"]}
        set_override(self, "field", {"type": "string", "format": "date-time", **words})


class YesNoFilter(django_filters.Filter):
    field_class = _YesNoField

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        set_override(self, "field", {"type": "boolean", "description": options["help_text"]})


class TextFilter(django_filters.CharFilter):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, max_length=200, **options)
        words = {"description": options["help_text"], "maxLength": 200}
        set_override(self, "field", {"type": "string", **words})


class NumberFilter(django_filters.Filter):
    """A whole number from `least` to `most`."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, least: int, most: int, **options: Any) -> None:
        super().__init__(*args, min_value=least, max_value=most, **options)
        words = {"description": options["help_text"], "minimum": least, "maximum": most}
        set_override(self, "field", {"type": "integer", **words})


class WordFilter(django_filters.ChoiceFilter):
    """One of a few words."""

    def __init__(self, *args: Any, words: type[Choices], **options: Any) -> None:
        super().__init__(*args, choices=words.choices, **options)
        described = {"description": options["help_text"], "enum": words.values}
        set_override(self, "field", {"type": "string", **described})


class LeadFilter(FilterSet):
    status = TextFilter(method="by_status", help_text=_("Name or key of a status."))
    stage = WordFilter(
        "status__stage", words=Stage, help_text=_("Where the status stands in the sale.")
    )
    is_open = YesNoFilter(method="by_is_open", help_text=_("Neither won nor lost nor invalid."))
    source = TextFilter(method="by_source", help_text=_("Name or key of a source."))
    category = TextFilter(method="by_category", help_text=_("Name or key of a category."))
    tag = TextFilter(method="by_tag", help_text=_("Name or key of a tag."))
    owner = TextFilter(
        "owner__email", lookup_expr="iexact", help_text=_("E-mail of the colleague in charge.")
    )
    has_owner = YesNoFilter(method="by_has_owner", help_text=_("Whether somebody is in charge."))
    location = TextFilter(
        method="by_location", help_text=_("Name or BDK partner number of a location.")
    )
    lead_type = TextFilter(method="by_lead_type", help_text=_("Id of a lead type."))
    urgency = WordFilter(words=Urgency, help_text=_("How urgent it is."))
    customer = NumberFilter(
        "customer_id", least=1, most=_LARGEST_ID, help_text=_("Id of a customer.")
    )
    vehicle = NumberFilter(
        "vehicle_id", least=1, most=_LARGEST_ID, help_text=_("Id of a stock car.")
    )
    number = TextFilter(help_text=_("The number people use, such as L-2026-000123."))
    external_id = TextFilter(
        method="by_external_id", help_text=_("Your own number, exactly as you sent it.")
    )
    has_phone = YesNoFilter(method="by_has_phone", help_text=_("Whether a phone can be called."))
    has_email = YesNoFilter(method="by_has_email", help_text=_("Whether there is an e-mail."))
    score_min = NumberFilter("score", "gte", least=0, most=100, help_text=_("At least so many."))
    score_max = NumberFilter("score", "lte", least=0, most=100, help_text=_("At most so many."))
    is_test = YesNoFilter(help_text=_("Test leads only, or none of them."))
    is_spam = YesNoFilter(help_text=_("Suspected spam only, or none of it."))
    enquired_since = MomentFilter("enquired_at", "gte", help_text=_("Asked then or later."))
    enquired_until = MomentFilter("enquired_at", "lt", help_text=_("Asked earlier."))
    received_since = MomentFilter("received_at", "gte", help_text=_("Received then or later."))
    received_until = MomentFilter("received_at", "lt", help_text=_("Received earlier."))
    updated_since = MomentFilter(
        "updated_at",
        "gte",
        help_text=_("Changed then or later; the list then begins with the oldest change."),
    )
    updated_until = MomentFilter("updated_at", "lt", help_text=_("Changed earlier."))
    follow_up_until = MomentFilter(
        "follow_up_at", "lt", help_text=_("With a follow-up before that time.")
    )
    search = TextFilter(
        method="by_words",
        help_text=_("Parts of words in name, contact data, subject, vehicle and numbers."),
    )

    class Meta:
        model = Lead
        fields: list[str] = []

    @property
    def _caller(self) -> ApiKey:
        return cast(ApiKey, self.request.auth)

    def by_status(self, leads: QuerySet[Lead], name: str, value: str) -> QuerySet[Lead]:
        return leads.filter(status__in=self._entries(Status, name, value))

    def by_source(self, leads: QuerySet[Lead], name: str, value: str) -> QuerySet[Lead]:
        return leads.filter(source__in=self._entries(Source, name, value))

    def by_category(self, leads: QuerySet[Lead], name: str, value: str) -> QuerySet[Lead]:
        return leads.filter(category__in=self._entries(Category, name, value))

    def by_tag(self, leads: QuerySet[Lead], name: str, value: str) -> QuerySet[Lead]:
        tagged = Lead.tags.through.objects.filter(tag__in=self._entries(Tag, name, value))
        return leads.filter(pk__in=tagged.values("lead"))

    def by_location(self, leads: QuerySet[Lead], name: str, value: str) -> QuerySet[Lead]:
        key = catalog_key(value)
        found = [one for one in _locations(self._caller.dealer) if key in names_of_location(one)]
        return leads.filter(location__in=_some(found, name))

    def by_lead_type(self, leads: QuerySet[Lead], name: str, value: str) -> QuerySet[Lead]:
        # Those of a pre-check are no more found than they are shown.
        types = LeadType.objects.for_dealer(self._caller.dealer).filter(precheck="")
        return leads.filter(lead_type__in=_some(types.filter(key=value.lower()), name))

    def by_external_id(self, leads: QuerySet[Lead], name: str, value: str) -> QuerySet[Lead]:
        return leads.filter(pk__in=leads_named(self._caller, value))

    def by_is_open(self, leads: Any, name: str, value: bool) -> QuerySet[Lead]:
        return leads.open() if value else leads.filter(status__stage__in=Stage.closed())

    def by_has_owner(self, leads: QuerySet[Lead], name: str, value: bool) -> QuerySet[Lead]:
        return leads.filter(owner__isnull=not value)

    def by_has_phone(self, leads: QuerySet[Lead], name: str, value: bool) -> QuerySet[Lead]:
        return self._with(value, leads, Q(phone_key="", mobile_key=""))

    def by_has_email(self, leads: QuerySet[Lead], name: str, value: bool) -> QuerySet[Lead]:
        return self._with(value, leads, Q(email_key=""))

    def _with(self, wanted: bool, leads: QuerySet[Lead], lacking: Q) -> QuerySet[Lead]:
        return leads.filter(~lacking if wanted else lacking)

    def by_words(self, leads: QuerySet[Lead], name: str, value: str) -> QuerySet[Lead]:
        return with_words(leads, value)

    def _entries(self, model: type[CatalogEntry], name: str, value: str) -> list[int]:
        key = catalog_key(value)
        entries = model.objects.for_dealer(self._caller.dealer)
        return _some(entries.filter(Q(name_key=key) | Q(key=key)), name)


class StrictFilterBackend(DjangoFilterBackend):
    """Filters a list by its FilterSet and refuses parameters that it does not name."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        if view.action != "list":
            return queryset
        known = {
            *self.get_filterset_class(view, queryset).base_filters,
            *view.paginator.parameters,
            *getattr(view, "answer_parameters", ()),  # what the answer shows, not which rows
        }
        unknown = sorted(set(request.query_params) - known)[:20]
        if unknown:
            detail = error_detail(_("Unknown parameter."), "unknown_parameter")
            raise ValidationError({name[:80]: [detail] for name in unknown})
        return super().filter_queryset(request, queryset, view)


def with_words(rows: Any, text: str) -> Any:
    """The rows whose search text has all these words, or this phone number."""
    if number := phone_key(text):
        return rows.filter(search_text__contains=number)
    for word in search_terms(text):
        rows = rows.filter(search_text__contains=word)
    return rows


def leads_named(caller: ApiKey, external_id: str) -> QuerySet[Any, Any]:
    """The ids of the caller's leads that one of its own numbers stands for; at most one."""
    enquiries = Enquiry.objects.for_dealer(caller.dealer)
    # Saying "not empty" lets both databases use the partial index.
    named = enquiries.filter(~Q(external_id=""), sender=caller.sender, external_id=external_id)
    return named.order_by().values("lead")


def location_names(dealer: Dealer) -> set[str]:
    """The catalog keys of everything that a location of the dealer is called; two queries."""
    assigned = UnmappedName.objects.for_dealer(dealer).exclude(location=None)
    return {
        *(key for location in _locations(dealer) for key in names_of_location(location)),
        *assigned.values_list("name_key", flat=True),
    }


def names_of_location(location: Location) -> set[str]:
    """Compared here and not by the database: SQLite knows no upper case of "ö"."""
    return set(map(catalog_key, location.names()))


def _locations(dealer: Dealer) -> QuerySet[Location]:
    return Location.objects.for_dealer(dealer)


def _some(found: Iterable[Model], name: str) -> list[int]:
    """The ids found; none at all means that the client misspelt something."""
    ids = [one.pk for one in found]
    if not ids:
        raise invalid(name, _("There is no such entry."), "unknown_value")
    return ids
