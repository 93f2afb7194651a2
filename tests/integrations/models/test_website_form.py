"""Keys, origins and wordings of website forms."""

import pytest
from django.core.exceptions import ValidationError

from integrations.models import WebsiteForm
from integrations.models.website_form import checked_origin, new_form_key
from tests import builders


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://www.Autohaus.de/", "https://www.autohaus.de"),
        (" https://autohaus.de:443 ", "https://autohaus.de"),
        ("https://autohaus.de:8443", "https://autohaus.de:8443"),
        ("https://autohaus-müller.de", "https://xn--autohaus-mller-psb.de"),
        ("https://straße.de", "https://xn--strae-oqa.de"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://127.0.0.1", "http://127.0.0.1"),
    ],
)
def test_origins_are_written_as_browsers_do(written, origin):
    assert checked_origin(written) == origin


@pytest.mark.parametrize(
    "written",
    [
        "",
        "*",
        "https://*",
        "null",
        "autohaus.de",
        "http://autohaus.de",
        "https://autohaus.de/pfad",
        "https://autohaus.de?x",
        "https://user@autohaus.de",
        "https://autohaus.de:99999",
        "https://autohaus.de; script-src *",
        "https://a b",
        "https://-a.de",
        "javascript:alert(1)",
        "https://[::1",
    ],
)
def test_other_texts_are_no_origins(written):
    with pytest.raises(ValidationError):
        checked_origin(written)


def test_keys_are_long_and_fit_for_addresses():
    keys = {new_form_key() for _ in range(100)}

    assert len(keys) == 100
    assert all(key.replace("-", "").replace("_", "").isalnum() for key in keys)
    assert all(len(key) == 29 for key in keys)


@pytest.mark.django_db
class TestWordings:
    @pytest.fixture
    def form(self):
        return builders.make_website_form(consents=[("privacy", "Eins."), ("marketing", "Ja.")])

    def change(self, form, *texts):
        form.consents = [
            {"purpose": purpose, "text": text, "required": False} for purpose, text in texts
        ]
        form.save()
        form.refresh_from_db()

    def versions(self, form):
        return {one["purpose"]: one["version"] for one in form.consents}

    def test_another_wording_gets_the_next_number(self, form):
        self.change(form, ("privacy", "Zwei."), ("marketing", "Ja."))

        assert self.versions(form) == {"privacy": 2, "marketing": 1}

    def test_the_same_wording_keeps_its_number(self, form):
        self.change(form, ("privacy", "Eins."))

        assert self.versions(form) == {"privacy": 1}
        assert len(form.wordings) == 2

    def test_what_was_asked_once_stays_known(self, form):
        self.change(form)
        self.change(form, ("privacy", "Zwei."))

        assert form.wording("privacy", "1") == ("Eins.", "1")
        assert form.wording("privacy") == ("Zwei.", "2")
        assert form.wording("privacy", "3") is None
        self.change(form, ("privacy", "Eins."))
        assert self.versions(form) == {"privacy": 1}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "values",
    [
        {"allowed_origins": ["http://autohaus.de"]},
        {"shown_fields": ["password"]},
        {"consents": [{"purpose": "anything", "text": "x", "required": False}]},
        {"privacy_url": "javascript:alert(1)"},
        {"imprint_url": "ftp://autohaus.de"},
        {"thank_you_url": "http://autohaus.de/danke"},
    ],
)
def test_what_cannot_be_right_is_refused(values):
    form = WebsiteForm(dealer=builders.make_dealer(), name="Kontakt", **values)

    with pytest.raises(ValidationError):
        form.full_clean()
