"""Website forms: settings, what they bring, and how they get onto the dealer's website."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanSwitchWidget,
)

from integrations.models import FormDay, WebsiteForm
from integrations.models.website_form import ConsentPurpose, FormField, checked_origin
from leads.admin.base import DealerAdmin
from leads.admin.display import badge, two_lines
from leads.admin.forms import DealerForm

_DAYS = 30
_MAX_ORIGINS = 20
_MAX_WORDING = 1000


class OriginsField(forms.Field):
    """Addresses of websites, one per line."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        """Each once, as browsers name them. Raises ValidationError."""
        lines = value if isinstance(value, list) else str(value or "").splitlines()
        origins = list(dict.fromkeys(checked_origin(line) for line in lines if line.strip()))
        if len(origins) > _MAX_ORIGINS:
            message = _("At most %(count)s websites are possible.") % {"count": _MAX_ORIGINS}
            raise ValidationError(message, code="too_many")
        return origins

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.prepare_value(initial or []) != (data or "")


class _Wording(forms.CharField):
    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3})

    def __init__(self, purpose: ConsentPurpose) -> None:
        super().__init__(label=purpose.label, required=False, max_length=_MAX_WORDING)


class _MustBeTicked(forms.BooleanField):
    widget = UnfoldBooleanSwitchWidget

    def __init__(self) -> None:
        super().__init__(label=gettext_lazy("must be ticked"), required=False)


def _choices(left_out: tuple[FormField, ...]) -> list[tuple[str, Any]]:
    return [(field.value, field.label) for field in FormField if field not in left_out]


class WebsiteFormForm(DealerForm):
    """The lists of a form as people edit them; each purpose of a consent has its wording."""

    allowed_origins = OriginsField(
        label=gettext_lazy("Allowed websites"),
        required=False,
        help_text=gettext_lazy(
            "One per line, like https://www.example.de. Only these may send the form by script "
            "or show our page in a frame."
        ),
    )
    shown_fields = forms.MultipleChoiceField(
        label=gettext_lazy("Also asks for"),
        choices=_choices(FormField.always_shown()),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy("Name, e-mail and phone are always there."),
    )
    required_fields = forms.MultipleChoiceField(
        label=gettext_lazy("Must be filled in"),
        choices=_choices(FormField.never_required()),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy("A name, and an e-mail address or phone number, is always needed."),
    )
    wording_contact_phone = _Wording(ConsentPurpose.CONTACT_PHONE)
    required_contact_phone = _MustBeTicked()
    wording_contact_email = _Wording(ConsentPurpose.CONTACT_EMAIL)
    required_contact_email = _MustBeTicked()
    wording_contact_whatsapp = _Wording(ConsentPurpose.CONTACT_WHATSAPP)
    required_contact_whatsapp = _MustBeTicked()
    wording_marketing = _Wording(ConsentPurpose.MARKETING)
    required_marketing = _MustBeTicked()
    wording_privacy = _Wording(ConsentPurpose.PRIVACY)
    required_privacy = _MustBeTicked()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for consent in self.instance.consents:
            for name in ("text", "required"):
                field = self.fields.get(_field_name(name, consent["purpose"]))
                if field is not None:
                    field.initial = consent[name]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self.instance.consents = [
            {
                "purpose": purpose.value,
                "text": text,
                "required": cleaned[_field_name("required", purpose)],
            }
            for purpose in ConsentPurpose
            if (text := cleaned.get(_field_name("text", purpose), ""))
        ]
        return cleaned


def _field_name(name: str, purpose: str) -> str:
    return f"{'wording' if name == 'text' else name}_{purpose}"


@admin.register(WebsiteForm)
class WebsiteFormAdmin(DealerAdmin):
    form = WebsiteFormForm
    list_display = ["name_cell", "state_cell", "received_cell", "spam_cell", "page_cell"]
    list_display_links = ["name_cell"]
    list_select_related = ["location"]
    list_filter = [("is_active", BooleanRadioFilter)]
    list_filter_submit = True
    search_fields = ["name"]
    autocomplete_fields = ["location"]
    change_form_outer_before_template = "admin/integrations/websiteform/embed.html"
    empty_text = gettext_lazy(
        "A form for your own website: visitors' enquiries arrive here at once."
    )
    fieldsets = [
        (None, {"fields": ["name", "is_active", "location", "source", "campaign"]}),
        (
            gettext_lazy("Texts"),
            {"fields": ["title", "greeting", "thank_you_text", "thank_you_url"]},
        ),
        (gettext_lazy("Fields"), {"fields": ["shown_fields", "required_fields"]}),
        (
            gettext_lazy("Consents"),
            {
                "description": gettext_lazy(
                    "What is left empty is not asked. Another wording gets a new number; each "
                    "lead keeps the wording that its visitor has seen."
                ),
                "fields": [
                    *(
                        (_field_name("text", one), _field_name("required", one))
                        for one in ConsentPurpose
                    ),
                    "privacy_url",
                    "imprint_url",
                ],
            },
        ),
        (gettext_lazy("Protection"), {"fields": ["allowed_origins", "min_seconds"]}),
    ]

    # Rights

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # its wordings prove consents; it can be switched off

    # What is shown

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        since = timezone.localdate() - timedelta(days=_DAYS)
        days = FormDay.objects.filter(form=OuterRef("pk"), day__gt=since).order_by().values("form")
        return (
            super()
            .get_queryset(request)
            .annotate(
                received_lately=Coalesce(Subquery(days.values(n=Sum("received"))), 0),
                spam_lately=Coalesce(Subquery(days.values(n=Sum("spam"))), 0),
            )
        )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[tuple[Any, Any]]:
        fieldsets: list[tuple[Any, Any]] = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        # To look at: the lists as texts instead of the fields that edit them.
        lists = ["shown_text", "required_text", "consents_text", "origins_text"]
        texts = ["name", "is_active", "location", "source", "campaign", "title", "greeting"]
        more = ["thank_you_text", "thank_you_url", "privacy_url", "imprint_url", "min_seconds"]
        before = [one for one in fieldsets if one[1]["fields"] == ["dealer"]]
        return [*before, (None, {"fields": [*texts, *lists, *more]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        texts = ["shown_text", "required_text", "consents_text", "origins_text"]
        return [*super().get_readonly_fields(request, obj), *texts]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        extra = dict(extra_context or {})
        website_form = self.get_object(request, object_id) if object_id else None
        if website_form is not None:
            extra["embedding"] = _embedding(request, website_form)
        return super().changeform_view(request, object_id, form_url, extra)

    @display(description=gettext_lazy("name"), ordering="name")
    def name_cell(self, obj: WebsiteForm) -> SafeString:
        return two_lines(obj.name, obj.location or "")

    @display(description=gettext_lazy("state"), ordering="is_active")
    def state_cell(self, obj: WebsiteForm) -> SafeString:
        return badge(_("On"), "green") if obj.is_active else badge(_("Off"), "grey")

    @display(description=gettext_lazy("received in 30 days"), ordering="received_lately")
    def received_cell(self, obj: Any) -> str:
        return number_format(obj.received_lately, force_grouping=True)

    @display(description=gettext_lazy("suspected spam"))
    def spam_cell(self, obj: Any) -> str:
        if not obj.received_lately:
            return "–"
        share = round(100 * obj.spam_lately / obj.received_lately)
        return _("%(share)d %%") % {"share": share}

    @display(description=gettext_lazy("page"))
    def page_cell(self, obj: WebsiteForm) -> SafeString | str:
        if not obj.is_active:
            return "–"
        return format_html(
            '<a class="lo-link" href="{}" target="_blank" rel="noopener">{}</a>',
            _page(obj),
            _("View page"),
        )

    @display(description=gettext_lazy("also asks for"))
    def shown_text(self, obj: WebsiteForm) -> str:
        return _labels(obj.shown_fields)

    @display(description=gettext_lazy("must be filled in"))
    def required_text(self, obj: WebsiteForm) -> str:
        return _labels(obj.required_fields)

    @display(description=gettext_lazy("allowed websites"))
    def origins_text(self, obj: WebsiteForm) -> str:
        return ", ".join(obj.allowed_origins) or "–"

    @display(description=gettext_lazy("consents"))
    def consents_text(self, obj: WebsiteForm) -> SafeString | str:
        labels = dict(ConsentPurpose.choices)
        lines = [(labels[one["purpose"]], one["version"], one["text"]) for one in obj.consents]
        return format_html_join("", "<p>{} ({}): {}</p>", lines) or "–"


def _labels(names: list[str]) -> str:
    labels = dict(FormField.choices)
    return ", ".join(str(labels[name]) for name in names) or "–"


def _page(website_form: WebsiteForm) -> str:
    return reverse("website-form", args=[website_form.key])


def _embedding(request: HttpRequest, website_form: WebsiteForm) -> dict[str, Any]:
    """What is copied into the dealer's website: (label, text) each."""
    page = request.build_absolute_uri(_page(website_form))
    address = request.build_absolute_uri(reverse("inbound:website-form", args=[website_form.key]))
    shown = {"page": page, "address": address, "form": website_form}
    templates = "admin/integrations/websiteform"
    return {
        "page": page if website_form.is_active else "",
        "snippets": [
            (_("Link"), page, 1),
            (_("Frame"), render_to_string(f"{templates}/frame_snippet.txt", shown).strip(), 3),
            (_("Script"), render_to_string(f"{templates}/script_snippet.txt", shown).strip(), 12),
        ],
    }
