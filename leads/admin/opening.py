"""Opening hours and closed days, on the page of their location."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import TimeField
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from unfold.admin import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminTextInputWidget

from leads.admin.inlines import DealerTabularInline
from leads.models import ClosedDay, Location, OpeningHours
from leads.services.calendar import USUAL_WEEK, calendars_of

_USUAL = [
    {"weekday": day, "opens": opens, "closes": closes}
    for day, hours in USUAL_WEEK.items()
    for opens, closes in hours
]


# As people write a time; browsers show their own fields for it in the language of the browser.
_WRITTEN = ["%H:%M", "%H.%M", "%H"]


class WeekFormSet(PaginationInlineFormSet):
    """A location that has no hours yet shows the usual ones; saved, they are its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound and not self.initial_form_count():
            self.initial_extra = _USUAL

    def clean(self) -> None:
        super().clean()
        kept = [
            form
            for form in self.forms
            if form not in self.deleted_forms and {"weekday", "opens", "closes"} <= _said(form)
        ]
        kept.sort(key=lambda form: (form.cleaned_data["weekday"], form.cleaned_data["opens"]))
        for before, form in pairwise(kept):
            earlier, later = before.cleaned_data, form.cleaned_data
            if earlier["weekday"] == later["weekday"] and later["opens"] < earlier["closes"]:
                message = _("This overlaps with %(hours)s of the same day.")
                hours = f"{_clock(earlier['opens'])} – {_clock(earlier['closes'])}"
                form.add_error("opens", ValidationError(message % {"hours": hours}))


def _said(form: forms.ModelForm) -> set[str]:
    return {name for name, value in getattr(form, "cleaned_data", {}).items() if value is not None}


def _clock(value: Any) -> str:
    return time_format(value, "TIME_FORMAT")


class OpeningHoursInline(DealerTabularInline):
    model = OpeningHours
    formset = WeekFormSet
    fields = ["weekday", "opens", "closes"]
    hide_title = True
    verbose_name_plural = gettext_lazy("Opening hours")

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 0 if obj is None or obj.opening_hours.exists() else len(_USUAL)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, TimeField):
            kwargs["input_formats"] = _WRITTEN
            attributes = UnfoldAdminTextInputWidget({"placeholder": "08:00"}).attrs
            kwargs["widget"] = forms.TimeInput(attributes, format=_WRITTEN[0])
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class ClosedDayInline(DealerTabularInline):
    model = ClosedDay
    fields = ["first_on", "last_on", "name"]
    hide_title = True
    verbose_name_plural = gettext_lazy("Closed days")


def opening_now(location: Location) -> str:
    """ "Geöffnet bis 18:00", "Geschlossen, öffnet wieder Mo., 23.11., 08:00" """
    calendar, now = calendars_of([location])[location.pk], timezone.now()
    if closes_at := calendar.closes_at(now):
        return _("Open until %(time)s.") % {"time": _clock(timezone.localtime(closes_at))}
    opens_at = calendar.next_open(now)
    if opens_at is None:
        return _("Closed for more than a year.")
    written = pgettext("time of a schedule", "D, M j, H:i")
    return _("Closed, opens again %(time)s.") % {
        "time": date_format(timezone.localtime(opens_at), written)
    }
