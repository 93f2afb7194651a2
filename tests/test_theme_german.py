"""The theme speaks German: whatever text the packages below our pages bring has a translation.

Their texts are collected from the installed packages, so an upgrade that adds some fails here.
"""

import ast
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.test import Client
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import override, trans_real
from django.utils.translation.template import templatize
from django.views.defaults import server_error

from leads.models import Role
from tests import builders

PACKAGES = ("unfold", "import_export", "simple_history", "rest_framework_api_key")
APPS = [config for config in apps.get_app_configs() if config.name.split(".")[0] in PACKAGES]
DJANGO = [apps.get_app_config("admin"), apps.get_app_config("auth")]
OWN = [apps.get_app_config("leads"), apps.get_app_config("integrations")]

# Django's own collector turns a template into calls of gettext; these are their arguments.
STRING = r"""(u?'(?:[^'\\]|\\.)*'|u?"(?:[^"\\]|\\.)*")"""
CALL = re.compile(rf"\b(gettext|ngettext|_)\(\s*{STRING}(?:\s*,\s*{STRING})?")
MARKERS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}


def texts_of_template(source):
    """(text, whether it has a plural) of each text to translate."""
    for name, text, plural in CALL.findall(templatize(source)):
        yield ast.literal_eval(text), name == "ngettext" and bool(plural)


def texts_of_module(source):
    for node in ast.walk(ast.parse(source)):
        name = getattr(getattr(node, "func", None), "id", "")
        if name in MARKERS and node.args and isinstance(node.args[0], ast.Constant):
            yield node.args[0].value, name.startswith("n")


def texts_of(config):
    root = Path(config.path)
    for path in [*root.rglob("*.html"), *root.rglob("*.py")]:
        parts = path.relative_to(root).parts
        # The theme's additions are apps of their own.
        if "migrations" in parts or (config.name == "unfold" and parts[0] == "contrib"):
            continue
        collect = texts_of_template if path.suffix == ".html" else texts_of_module
        yield from collect(path.read_text(encoding="utf-8"))


def german(text, has_plural=False):
    """The German text that our pages show, or None."""
    return trans_real.translation("de")._catalog.get((text, 0) if has_plural else text)


def untranslated(texts):
    return sorted({text for text, has_plural in texts if not german(text, has_plural)})


@pytest.mark.parametrize("config", APPS, ids=lambda config: config.name)
def test_every_text_of_the_package_has_a_german_one(config):
    assert untranslated(texts_of(config)) == []


TEMPLATES = sorted(Path(settings.BASE_DIR, "templates").rglob("*.html"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: "/".join(path.parts[-3:]))
def test_every_text_of_our_own_templates_has_a_german_one(path):
    """They belong to no app, so their texts stand in leadoffice/locale, kept by hand."""
    assert untranslated(texts_of_template(path.read_text(encoding="utf-8"))) == []


def test_new_texts_would_be_noticed():
    template = """{% load i18n %}
        {% translate "Save" %} {% trans 'Brand new' as title %} {{ title|default:_("Also new") }}
        {% blocktranslate count n=rows %}{{ n }} oak{% plural %}{{ n }} oaks{% endblocktranslate %}
    """
    module = (
        'label = _("Save")\nhint = gettext_lazy("New in" " two parts")\nother = print("no text")'
    )

    assert untranslated(texts_of_template(template)) == ["%(n)s oak", "Also new", "Brand new"]
    assert untranslated(texts_of_module(module)) == ["New in two parts"]


def test_the_theme_has_texts_at_all():
    counts = {config.name: len(set(texts_of(config))) for config in APPS}

    assert counts["unfold"] > 100
    assert counts["import_export"] > 20
    assert counts["simple_history"] > 20


@pytest.mark.parametrize("config", APPS, ids=lambda config: config.name)
def test_nobody_is_addressed_as_du(config):
    du = re.compile(
        r"\b(du|dich|dir|dein\w*|klicke|wähle|stelle|lade|korrigiere|führe)\b", re.IGNORECASE
    )
    shown = [german(text, has_plural) for text, has_plural in texts_of(config)]

    # Said to developers only.
    ours = [text for text in shown if text and "is_valid" not in text]
    assert [text for text in ours if du.search(text)] == []


# --- pages --------------------------------------------------------------------------------------


class Words(HTMLParser):
    """What a person reads on a page: text and the attributes that are shown or read out."""

    SHOWN = {"placeholder", "title", "alt", "aria-label"}

    def __init__(self, html):
        super().__init__()
        self.found = set()
        self.silent = 0  # inside of scripts, styles and the names of symbols
        self.open = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.found.update(self.clean(values[name]) for name in self.SHOWN & values.keys())
        if tag in {"input", "br", "img", "hr", "link", "meta"}:
            return
        silences = tag in {"script", "style"} or "material-symbols" in (values.get("class") or "")
        self.open.append((tag, silences))
        self.silent += silences

    def handle_endtag(self, tag):
        while self.open:
            name, silences = self.open.pop()
            self.silent -= silences
            if name == tag:
                return

    def handle_data(self, data):
        if not self.silent:
            self.found.add(self.clean(data))

    def clean(self, text):
        return " ".join((text or "").split())


@cache
def english_words():
    """Texts of theme, libraries and Django that read otherwise in German; without those that are
    our own as well, which have a catalogue of their own."""
    own = {text.casefold() for config in OWN for text, _ in texts_of(config) if text}
    return {words for words in _english_words() if words.casefold() not in own}


def _english_words():
    for config in [*APPS, *DJANGO]:
        for text, has_plural in texts_of(config):
            words = " ".join(text.split()) if isinstance(text, str) else ""
            translated = german(text, has_plural)
            # Texts with values in them cannot be found again as they stand.
            if words and "%(" not in words and "{" not in words and translated != text:
                yield words


@pytest.fixture
def dealer(db):
    return builders.make_dealer()


@pytest.fixture
def pages(dealer):
    """Address of each page that the theme, a library or Django draws."""
    lead = builders.make_lead(dealer)
    lead.save()
    used = lead.source
    own = type(used).objects.create(dealer=dealer, name="Messe")
    key, _secret = builders.make_api_key(dealer)
    member = builders.make_user(dealer, role=Role.SELLER)
    return {
        "start": reverse("admin:index"),
        "list": reverse("admin:leads_lead_changelist"),
        "filtered list": reverse("admin:leads_lead_changelist") + "?q=zzz&view=overdue",
        "catalogue": reverse("admin:leads_source_changelist"),
        "add form": reverse("admin:leads_source_add"),
        "change form": reverse("admin:leads_source_change", args=[own.pk]),
        "delete": reverse("admin:leads_source_delete", args=[own.pk]),
        "delete in use": reverse("admin:leads_source_delete", args=[used.pk]),
        "history": reverse("admin:leads_lead_history", args=[lead.pk]),
        "log": reverse("admin:leads_source_history", args=[own.pk]),
        "imports": reverse("admin:leads_listimport_changelist"),
        "new import": reverse("admin:leads_listimport_add"),
        "export": reverse("admin:leads_lead_export"),
        "import of a catalogue": reverse("admin:leads_source_import"),
        "export of a catalogue": reverse("admin:leads_source_export"),
        "password": reverse("admin:password_change"),
        "users": reverse("admin:leads_user_changelist"),
        "new user": reverse("admin:leads_user_add"),
        "user": reverse("admin:leads_user_change", args=[member.pk]),
        "password of a user": reverse("admin:auth_user_password_change", args=[member.pk]),
        "keys": reverse("admin:leads_apikey_changelist"),
        "key": reverse("admin:leads_apikey_change", args=[quote(key.pk)]),
        "everything": reverse("admin:app_list", args=["leads"]),
        "found": reverse("admin:search") + "?extended=1&s=octavia",
        "found nothing": reverse("admin:search") + "?extended=1&s=zzzz",
    }


def left_overs(response):
    assert response.status_code == 200
    return sorted(Words(response.content.decode()).found & english_words())


@pytest.fixture
def german_client(client):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    return client


def test_no_page_shows_english(german_client, pages):
    german_client.force_login(builders.make_user(is_superuser=True))

    found = {name: left_overs(german_client.get(url)) for name, url in pages.items()}

    assert {name: words for name, words in found.items() if words} == {}


def test_signing_in_and_out_is_german(german_client, db):
    user = builders.make_user(is_superuser=True)
    login = reverse("admin:login")

    assert left_overs(german_client.get(login)) == []
    refused = german_client.post(login, {"username": user.username, "password": "falsch"})
    assert left_overs(refused) == []
    assert "Benutzername oder Passwort stimmt nicht." in refused.content.decode()
    german_client.force_login(user)
    assert left_overs(german_client.post(reverse("admin:logout"))) == []


def test_english_can_be_chosen(german_client, db):
    login = reverse("admin:login")
    german_client.post(reverse("set_language"), {"language": "en", "next": login})

    assert "Welcome back to" in german_client.get(login).content.decode()


def test_english_would_be_noticed(client, db):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"

    assert {"Log in", "Welcome back to"} <= set(left_overs(client.get(reverse("admin:login"))))


# --- when something goes wrong --------------------------------------------------------------------


def test_a_missing_page_says_so_in_german(german_client, db):
    german_client.force_login(builders.make_user(is_superuser=True))

    answer = german_client.get(reverse("admin:leads_lead_change", args=[987654]))

    assert answer.status_code == 404
    assert "gehört nicht zu Ihrem Händler" in answer.content.decode()


def test_a_refused_page_says_so_in_german(german_client, dealer):
    german_client.force_login(builders.make_user(dealer))

    answer = german_client.get(reverse("admin:leads_user_changelist"))

    assert answer.status_code == 403
    assert "Dafür reichen Ihre Rechte nicht" in answer.content.decode()


def test_a_page_that_is_too_old_says_so_in_german(db):
    strict = Client(enforce_csrf_checks=True, headers={"accept-language": "de"})

    answer = strict.post(reverse("admin:login"), {"username": "x", "password": "x"})

    assert answer.status_code == 403
    assert "Seite veraltet" in answer.content.decode()


def test_a_failure_says_so_in_german_and_without_the_database(rf, db, django_assert_num_queries):
    with override("de"), django_assert_num_queries(0):
        answer = server_error(rf.get("/"))

    assert answer.status_code == 500
    assert "Hier ist etwas schiefgegangen" in answer.content.decode()


def shown_names(model_admin):
    """What lists, filters and read-only pages show by the names of columns."""
    filters = [one[0] if isinstance(one, tuple) else one for one in model_admin.list_filter]
    shown = [*model_admin.list_display, *model_admin.readonly_fields, *filters]
    return {one for one in shown if isinstance(one, str)}


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model.__name__)
def test_no_column_is_called_by_its_name_in_the_code(model):
    model_admin = admin.site._registry[model]
    renamed = {
        one[0] for one in model_admin.list_filter if isinstance(one, tuple) and has_words(one[1])
    }
    columns = {field.name: field for field in model._meta.get_fields() if field.concrete}
    for name in shown_names(model_admin) - renamed:
        if name in columns and not hasattr(model_admin, name):
            assert isinstance(columns[name].verbose_name, Promise), name


def has_words(filter_class):
    return bool(getattr(filter_class, "words", ""))
