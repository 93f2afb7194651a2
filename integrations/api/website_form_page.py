"""The page of a website form, to be linked or embedded by the dealer.

Everybody may see it, so there is no session and no cookie; a CSRF token would protect nothing and
could not live without one. Other websites are kept out by the check of the origin, and framed it
can be by those alone that the dealer has named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from integrations.api.admission import fields_of, find_form, is_from_allowed_website, must_wait
from integrations.api.enquiry_form import EnquiryForm
from integrations.models import WebsiteForm
from integrations.models.website_form import FormField
from integrations.website_form.schema import CONSENT_PREFIX, TOKEN, Json
from integrations.website_form.sync import submit
from integrations.website_form.traps import PageToken, is_suspicious_page
from leads.api.parsers import MAX_BYTES, declared_length
from leads.models.keys import clean_text
from leads.models.vehicle import Vehicle

_TEMPLATES = "integrations/website_form"
# The part of the page that says what is wrong; the browser moves the focus there, without script
# and also inside a frame, where it ignores autofocus.
_ERRORS = "#errors"
_VEHICLE = "vehicle_ref"

# status → heading, what to do
_REFUSALS = {
    403: (
        gettext_lazy("This website may not use the form."),
        gettext_lazy("Please open the form on the dealer's own website and send it from there."),
    ),
    404: (
        gettext_lazy("This form cannot be reached"),
        gettext_lazy("It does not exist any more, or it is switched off at the moment."),
    ),
    413: (
        gettext_lazy("That was too much"),
        gettext_lazy("Please go back and shorten your message."),
    ),
}

View = Callable[..., HttpResponse]


class SeeOther(HttpResponseRedirect):
    """Look there next, by GET: reloading the page that follows sends nothing again."""

    status_code = 303


def _in_german(view: View) -> View:
    """Dealers write their own texts in German, so the page around them is German too."""

    @wraps(view)
    def translated(*args: Any, **kwargs: Any) -> HttpResponse:
        with translation.override(settings.LANGUAGE_CODE):
            return view(*args, **kwargs)

    return translated


# --- views -----------------------------------------------------------------------------------


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@_in_german
def form_page(request: HttpRequest, form_key: str) -> HttpResponse:
    form = find_form(form_key)
    if form is None or not form.is_active:
        return _unavailable(request)
    now = timezone.now()
    if request.method != "POST":
        token = PageToken.of(form, now=now)
        number = clean_text(request.GET.get("vehicle", ""))
        initial = {TOKEN: token.signed(form), _VEHICLE: number}
        return _show(request, form, EnquiryForm(form, initial=initial))
    return _take(request, form, now=now)


@require_safe
@_in_german
def thanks_page(request: HttpRequest, form_key: str) -> HttpResponse:
    form = find_form(form_key)
    if form is None or not form.is_active:
        return _unavailable(request)
    return _answer(request, form, "thanks.html", {"form": form})


def thank(form: WebsiteForm) -> HttpResponse:
    """To the thanks: the dealer's page or ours, never an address from the request."""
    # The mark at the end takes the place of "#errors", which browsers would carry over.
    return SeeOther(form.thank_you_url or _address("website-form-thanks", form) + "#thanks")


@_in_german
def show_errors(
    request: Any, refused: EnquiryForm, fields: Mapping[str, Json], *, now: datetime
) -> HttpResponse:
    """Our page with what is wrong, for an HTML form of the dealer's own page."""
    form = refused.settings
    # As if it had been opened in time: they have filled in everything already.
    token = PageToken.of(form, now=now - timedelta(seconds=form.min_seconds))
    enquiry = EnquiryForm(form, {**fields, TOKEN: token.signed(form)})
    for error in refused.non_field_errors():
        if error not in enquiry.non_field_errors():
            enquiry.add_error(None, error)
    return _show(request, form, enquiry, status=422)


# --- steps -----------------------------------------------------------------------------------


def _take(request: HttpRequest, form: WebsiteForm, *, now: datetime) -> HttpResponse:
    if not is_from_allowed_website(request, form):
        return _unavailable(request, status=403)
    if declared_length(request) > MAX_BYTES:
        return _unavailable(request, status=413)
    fields = fields_of(request.POST)
    token = PageToken.read(fields.get(TOKEN), form, now=now)
    if seconds := must_wait(request, form, now=now):
        return _ask_for_patience(request, form, fields, seconds)
    if form.consents and not (token and token.has_current_wordings(form)):
        return _ask_again(request, form, fields, now=now)
    enquiry = EnquiryForm(form, fields)
    if not enquiry.is_valid():
        return _show(request, form, enquiry, status=422)
    is_spam = is_suspicious_page(form, fields, token, now=now)
    submit(form, fields, is_spam=is_spam, now=now)
    return thank(form)


def _ask_again(
    request: HttpRequest, form: WebsiteForm, fields: Mapping[str, Json], *, now: datetime
) -> HttpResponse:
    """Nobody can agree to a wording that was not on the page: show it, with the boxes empty."""
    unticked = {
        name: value for name, value in fields.items() if not name.startswith(CONSENT_PREFIX)
    }
    token = PageToken.of(form, now=now)
    enquiry = EnquiryForm(form, {**unticked, TOKEN: token.signed(form)})
    enquiry.add_error(None, _("Please read and tick the consents again: the wording is new."))
    return _show(request, form, enquiry, status=422)


def _ask_for_patience(
    request: HttpRequest, form: WebsiteForm, fields: Mapping[str, Json], seconds: int
) -> HttpResponse:
    enquiry = EnquiryForm(form, fields)
    minutes = -(-seconds // 60)
    message = ngettext(
        "Too many attempts. Please try again in %(n)d minute.",
        "Too many attempts. Please try again in %(n)d minutes.",
        minutes,
    )
    enquiry.add_error(None, message % {"n": minutes})
    response = _show(request, form, enquiry, status=429)
    response["Retry-After"] = str(seconds)
    return response


def _show(
    request: HttpRequest, form: WebsiteForm, enquiry: EnquiryForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "enquiry": enquiry,
        "car": _stock_car(form, enquiry[_VEHICLE].value()),
        "asks_for": {field.value: form.asks_for(field) for field in FormField},
        "consents": [enquiry[CONSENT_PREFIX + one["purpose"]] for one in form.consents],
        "action": _address("website-form", form) + _ERRORS,
    }
    return _answer(request, form, "form.html", context, status=status)


def _stock_car(form: WebsiteForm, number: Any) -> Vehicle | None:
    """The car that the page was opened for, if this dealer has it to sell."""
    if not isinstance(number, str) or not number:
        return None
    cars = Vehicle.objects.for_dealer(form.dealer_id).filter(state=Vehicle.State.IN_STOCK)
    return cars.filter(internal_number=number).first()


def _address(name: str, form: WebsiteForm) -> str:
    return reverse(name, args=[form.key])


def _unavailable(request: HttpRequest, *, status: int = 404) -> HttpResponse:
    """For what nobody can correct in the form itself."""
    heading, hint = _REFUSALS[status]
    context = {"heading": heading, "hint": hint}
    return render(request, f"{_TEMPLATES}/unavailable.html", context, status=status)


def _answer(
    request: HttpRequest,
    form: WebsiteForm,
    template: str,
    context: Mapping[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    response = render(request, f"{_TEMPLATES}/{template}", dict(context), status=status)
    response["Cache-Control"] = "no-store"  # what was typed in is in it
    response["Content-Language"] = settings.LANGUAGE_CODE
    policy = {
        "default-src": [NONE],
        "style-src": [SELF],
        "script-src": [NONE],
        # Browsers check where a form leads to the end, so the dealer's thanks are named too.
        "form-action": [SELF, *_origin_of(form.thank_you_url)],
    }
    if form.allowed_origins:
        policy["frame-ancestors"] = form.allowed_origins
        # The older header knows no list of websites; the policy says the same and more.
        response.xframe_options_exempt = True
    response._csp_replace = policy  # type: ignore[attr-defined]  # as django-csp's decorator does
    return response


def _origin_of(address: str) -> list[str]:
    parts = urlsplit(address)
    return [f"{parts.scheme}://{parts.netloc}"] if parts.netloc else []
