"""Settings of LeadOffice; whatever differs between installations comes from the environment.

.env.example explains each variable. Secrets may also be given as files (`SECRET_KEY_FILE`).
"""

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.templatetags.static import static
from django.urls import reverse_lazy

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.FileAwareEnv()
environ.Env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY")
# Fernet keys for columns with secrets and raw messages; the first encrypts, all decrypt.
FIELD_ENCRYPTION_KEYS = env.list("FIELD_ENCRYPTION_KEYS")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"] if DEBUG else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    # The theme overrides templates of the admin and of import-export, so it stands first.
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.import_export",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "import_export",
    "simple_history",
    "rest_framework",
    "rest_framework_api_key",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "django_tasks",
    "django_tasks_db",
    "leads",
    "integrations",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "leads.admin.security.AdminScriptPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]

ROOT_URLCONF = "leadoffice.urls"
WSGI_APPLICATION = "leadoffice.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["ENGINE"] = "leadoffice.sqlite"
    DATABASES["default"]["OPTIONS"] = {
        # IMMEDIATE: a transaction that reads first must not fail when it comes to write.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"]["OPTIONS"] = {
        "options": "-c statement_timeout=60000 -c lock_timeout=10000"
        " -c idle_in_transaction_session_timeout=60000",
        # PostgreSQL plans a statement once for all that say the same with other values. 0, if
        # there is a pooler in between that keeps no prepared statements (PgBouncer before 1.21).
        "server_side_binding": True,
        "prepare_threshold": env.int("DATABASE_PREPARE_THRESHOLD", default=3) or None,
    }

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "leads.User"
AUTHENTICATION_BACKENDS = ["leads.access.MembershipBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
]
LOGIN_URL = reverse_lazy("admin:login")
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")

LANGUAGE_CODE = "de"
LANGUAGES = [("de", "Deutsch"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "leadoffice" / "locale"]
TIME_ZONE = "Europe/Berlin"
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
# Without collectstatic (development, tests) files are served from where they lie.
WHITENOISE_USE_FINDERS = DEBUG
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Web surface
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_AGE = 12 * 60 * 60  # seconds: a working day
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
if not DEBUG:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    # The containers' own probes speak plain http; the API refuses it, since a redirect would hide
    # that a key has just travelled in the clear.
    SECURE_REDIRECT_EXEMPT = [r"^health/", r"^api/v1/"]
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_SECURE = True
    CSRF_COOKIE_NAME = "__Host-csrf"
    if env.bool("BEHIND_TLS_PROXY", default=False):
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        # The theme sets widths and colours by style attributes.
        "style-src": [SELF, "'unsafe-inline'"],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}

# How many proxies of ours stand before us; each adds an address to X-Forwarded-For.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
# How often one caller may send one website form.
FORM_ATTEMPTS_PER_MINUTE = env.int("FORM_ATTEMPTS_PER_MINUTE", default=10)
FORM_ATTEMPTS_PER_HOUR = env.int("FORM_ATTEMPTS_PER_HOUR", default=100)

DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
FILE_UPLOAD_HANDLERS = [
    "leads.admin.uploads.CappedUpload",  # at IMPORT_MAX_BYTES
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# Spreadsheets. How formulas are made harmless: leads/resources/formulas.py
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "export"
IMPORT_MAX_BYTES = env.int("IMPORT_MAX_BYTES", default=50 * 1024 * 1024)
IMPORT_MAX_ROWS = env.int("IMPORT_MAX_ROWS", default=200_000)
# Smaller files are read, shorter lists checked, while their sender waits; others by a worker.
IMPORT_READ_AT_ONCE_BYTES = env.int("IMPORT_READ_AT_ONCE_BYTES", default=1024 * 1024)
IMPORT_CHECK_AT_ONCE = env.int("IMPORT_CHECK_AT_ONCE", default=500)
# Longer workbooks about an import are written by a worker; a bad row counts as four.
IMPORT_WORKBOOK_AT_ONCE = env.int("IMPORT_WORKBOOK_AT_ONCE", default=20_000)
# Rows that are checked or imported in one transaction; others wait for its end.
IMPORT_PORTION = env.int("IMPORT_PORTION", default=1000)
# How long the rows of a list are kept after the last step, for its result workbook.
IMPORT_DAYS = env.int("IMPORT_DAYS", default=30)
# A list of the whole stock in which more of the cars are missing than this (percent), and at least
# so many of them, marks none as gone unless somebody orders it.
STOCK_VANISH_PERCENT = env.int("STOCK_VANISH_PERCENT", default=20)
STOCK_VANISH_LEAST = env.int("STOCK_VANISH_LEAST", default=5)
# A car that several sources of stock name stays with its source if that has come so lately.
STOCK_SOURCE_FRESH_DAYS = env.int("STOCK_SOURCE_FRESH_DAYS", default=3)
IMPORT_MAX_UNPACKED_BYTES = env.int("IMPORT_MAX_UNPACKED_BYTES", default=512 * 1024 * 1024)
IMPORT_MAX_COLUMNS = env.int("IMPORT_MAX_COLUMNS", default=200)
IMPORT_MAX_PARTS = env.int("IMPORT_MAX_PARTS", default=500)
# Workbooks are read by a process of their own, which may take so much (seconds of CPU).
IMPORT_READER_MEMORY_BYTES = env.int("IMPORT_READER_MEMORY_BYTES", default=1024 * 1024 * 1024)
IMPORT_READER_SECONDS = env.int("IMPORT_READER_SECONDS", default=60)
MEDIA_ROOT = env.path("MEDIA_ROOT", default=str(BASE_DIR / "var"))
# How long imports and bulk edits can be undone, and how many leads while somebody waits for it;
# more are taken back by a worker.
UNDO_DAYS = env.int("UNDO_DAYS", default=30)
UNDO_AT_ONCE = env.int("UNDO_AT_ONCE", default=5_000)
# Lists with more leads are written by a worker and wait in the storage for their owner.
EXPORT_AT_ONCE = env.int("EXPORT_AT_ONCE", default=5_000)
# Lists that come in wait here, outside of what is served, until they are imported.
STORAGES["imports"] = {
    "BACKEND": "django.core.files.storage.FileSystemStorage",
    "OPTIONS": {
        "location": Path(MEDIA_ROOT) / "uploads",
        "file_permissions_mode": 0o600,
        "directory_permissions_mode": 0o700,
    },
}
STORAGES["exports"] = {
    "BACKEND": "django.core.files.storage.FileSystemStorage",
    "OPTIONS": {
        "location": Path(MEDIA_ROOT) / "exports",
        "file_permissions_mode": 0o600,
        "directory_permissions_mode": 0o700,
    },
}

# Background work: leads/background says how to declare a task, `manage.py worker` does it.
TASKS: dict[str, Any] = {"default": {"BACKEND": "leads.background.tasks.HouseBackend"}}
if _REDIS := env.str("QUEUE_REDIS_URL", default=""):  # docs/operating.md says what that changes
    INSTALLED_APPS += ["django_rq", "django_tasks_rq"]
    TASKS["default"] = {"BACKEND": "leads.background.redis_queue.RedisBackend"}
    # Seconds: no job of ours takes longer, and one that hangs must end.
    RQ_QUEUES = {"default": {"URL": _REDIS, "DEFAULT_TIMEOUT": 60 * 60}}
    RQ = {
        "JOB_CLASS": "leads.background.redis_queue.HouseJob",
        "WORKER_CLASS": "leads.background.redis_queue.HouseWorker",
    }
# Tasks by the clock: when, as a cron expression in TIME_ZONE.
SCHEDULES = {
    "integrations.tasks.forget_form_attempts": "27 * * * *",
    "integrations.tasks.prune_export_control": "33 3 * * *",
    "integrations.tasks.prune_runs": "35 3 * * *",
    "integrations.tasks.prune_webhooks": "37 3 * * *",
    "integrations.tasks.empty_handovers": "43 3 * * *",
    "leads.tasks.delete_old_exports": "11 * * * *",
    "leads.tasks.delete_old_lists": "57 3 * * *",
    "leads.tasks.delete_raw_messages": "47 3 * * *",
    "leads.tasks.prune": "17 3 * * *",
    "leads.tasks.rescore_all": "5 0 * * *",  # scores age at midnight
}
# How long scheduled fetches and their jobs are kept that went well and brought nothing; a schedule
# of every minute makes 1,440 a day. What brought something or failed is kept for longer.
KEEP_EMPTY_RUNS = timedelta(hours=env.int("KEEP_EMPTY_RUNS_HOURS", default=24))
# Functions that every worker calls between its jobs: every so many seconds.
ROUNDS: dict[str, float] = {
    "integrations.tasks.give_schedules": 60,
    "integrations.tasks.start_connection_jobs": 5,
    "integrations.tasks.fan_out_webhooks": 1,
    "integrations.tasks.deliver_webhooks": 1,
    "integrations.tasks.send_handovers": 1,
    "integrations.tasks.fetch_announced_leads": 2,
    "integrations.tasks.finish_arrivals": 30,
    "integrations.tasks.tell_of_findings": 5,
    "integrations.tasks.send_mails": 5,
}
# Functions that name sources (any spelling) a dealer needs, whatever the leads say: called with the
# number of the dealer before an undone import takes unused ones away.
NEEDED_SOURCES = ["integrations.named_sources.named_sources"]
# Seconds. A worker that was not seen for the lease is taken for dead, and its job is done again.
WORKER_HEARTBEAT = env.float("WORKER_HEARTBEAT", default=3)
WORKER_LEASE = env.float("WORKER_LEASE", default=20)
# How often each worker looks for lost jobs and for tasks whose time has come.
WORKER_HOUSEKEEPING = env.float("WORKER_HOUSEKEEPING", default=5)
# Asked to end, a worker lets its job run on for so long, then gives it back.
WORKER_GRACE = env.float("WORKER_GRACE", default=10)

# Others choose the addresses: other systems those of webhooks, the dealers' administrators those of
# partners and mail servers. So they are in the public internet only, but for these exceptions.
OUTBOUND_PRIVATE_NETWORKS = [
    ip_network(network) for network in env.list("OUTBOUND_PRIVATE_NETWORKS", default=[])
]
OUTBOUND_ALLOW_LOOPBACK = env.bool("OUTBOUND_ALLOW_LOOPBACK", default=DEBUG)
WEBHOOK_PORTS = [int(port) for port in env.list("WEBHOOK_PORTS", default=["443"])]

# With it, and only with it, the operator's monitoring may read /health/connections.
HEALTH_TOKEN = env.str("HEALTH_TOKEN", default="")

# Mail
_EMAIL = env.email_url("EMAIL_URL", default="consolemail://" if DEBUG else "smtp://localhost:25")
EMAIL_BACKEND = _EMAIL["EMAIL_BACKEND"]
EMAIL_HOST = _EMAIL["EMAIL_HOST"]
EMAIL_PORT = _EMAIL["EMAIL_PORT"]
EMAIL_HOST_USER = _EMAIL["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = _EMAIL["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = _EMAIL.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _EMAIL.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10  # seconds
# Where people reach the office: links in mails begin with it.
OFFICE_URL = env.str(
    "OFFICE_URL",
    default="http://127.0.0.1:8000" if DEBUG else f"https://{[*ALLOWED_HOSTS, 'localhost'][0]}",
).rstrip("/")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="leadoffice@localhost")

# Meta's Graph API. A version lives about two years: raise it in time.
META_GRAPH_URL = env.str("META_GRAPH_URL", default="https://graph.facebook.com")
META_GRAPH_VERSION = env.str("META_GRAPH_VERSION", default="v24.0")

# Dr. Klein. Profile A tells test from real business by a parameter, profile B by the address: the
# same address means the opposite in each. integrations/drklein/README.md has the sources.
DRKLEIN_A_URL = env.str("DRKLEIN_A_URL", default="https://api.drkleinservice.de")
DRKLEIN_B_TEST_URL = env.str("DRKLEIN_B_TEST_URL", default="https://testapi.drkleinservice.de")
DRKLEIN_B_LIVE_URL = env.str("DRKLEIN_B_LIVE_URL", default="https://api.drkleinservice.de")
DRKLEIN_TOKEN_URL = env.str(
    "DRKLEIN_TOKEN_URL", default="https://oauth.drkleinservice.de/oauth2/token"
)

# API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["leads.api.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["leads.api.permissions.Denied"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["leads.api.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "leads.api.schema.ProblemSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "UNAUTHENTICATED_USER": None,
    # Answers are JSON; "format" is no parameter of its own.
    "URL_FORMAT_OVERRIDE": None,
}
DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_HANDLER_CLASS": "leads.api.problems.ProblemHandler",
    "EXCEPTION_FORMATTER_CLASS": "leads.api.problems.ProblemFormatter",
    # Development should see what clients see; the log has the traceback.
    "ENABLE_IN_DEBUG_FOR_UNHANDLED_EXCEPTIONS": True,
    # Documented for every operation; the others where they can happen.
    "ALLOWED_ERROR_STATUS_CODES": ["405", "406", "429", "500"],
}
SPECTACULAR_SETTINGS = {
    "TITLE": "LeadOffice API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v[0-9]+",
    "SERVE_AUTHENTICATION": [],
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": ["leads.api.schema.describe", "leads.api.links.link"],
}

# The theme's command palette keeps what it found for minutes; here rights are read at each
# request, and processes keep no state. Nothing else uses the cache.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}

# Admin theme
UNFOLD = {
    "SITE_TITLE": "LeadOffice",
    "SITE_HEADER": "LeadOffice",
    "SITE_SYMBOL": "directions_car",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("leads/favicon.svg"),
        }
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "STYLES": ["leads.admin.display.stylesheet", lambda request: static("leads/theme.css")],
    "DASHBOARD_CALLBACK": "leads.admin.start.dashboard",
    "COMMAND": {"search_models": False, "search_callback": "leads.admin.search.search"},
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": "leads.admin.navigation.navigation",
    },
    # A calm blue instead of the theme's purple, which here is the colour of "in work".
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 254.604)",
            "100": "oklch(93.2% .032 255.585)",
            "200": "oklch(88.2% .059 254.128)",
            "300": "oklch(80.9% .105 251.813)",
            "400": "oklch(70.7% .165 254.624)",
            "500": "oklch(62.3% .214 259.815)",
            "600": "oklch(54.6% .245 262.881)",
            "700": "oklch(48.8% .243 264.376)",
            "800": "oklch(42.4% .199 265.638)",
            "900": "oklch(37.9% .146 265.522)",
            "950": "oklch(28.2% .091 267.935)",
        }
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    # Django's own handlers would write each of its lines a second time.
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        # It tells whole addresses, and some partners want a key in them; integrations/http.py
        # tells each call without.
        "urllib3": {"level": "ERROR"},
    },
}
