# The commands of this house; `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

# $(call heading,text), $(call missing,what,package): say what comes next, or what is missing and how to get it.
heading = @printf '\n== %s\n' "$(1)"
missing = { echo "Missing: $(1). Install it with: apt-get install $(2)" >&2; exit 1; }

# Random bytes as URL-safe text; 32 bytes are a Fernet key.
random = $$(head -c $(1) /dev/urandom | base64 -w 0 | tr '+/' '-_')

# Settings as in production, with keys that live as long as one command; the values in .env do not reach it.
with_keys = env DEBUG=False SECRET_KEY="$(call random,48)" FIELD_ENCRYPTION_KEYS="$(call random,32)"
as_in_production = $(with_keys) ALLOWED_HOSTS=leadoffice.example \
	DATABASE_URL="$${DATABASE_URL:-sqlite://:memory:}"

.PHONY: help run bench test test-postgres pytest lint checks schema format lock messages clean chromium

help: ## list the commands
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 22

# --- run ---------------------------------------------------------------------------------------------------

run: export PORT := $(or $(PORT),8000)
run: export OFFICE_URL := $(or $(OFFICE_URL),http://127.0.0.1:$(PORT))
run: export SIMULATOR_PORT := $(or $(SIMULATOR_PORT),8901)
run: .venv/.runtime .env ## start the office on http://127.0.0.1:8000 (PORT=… for another port)
	@.venv/bin/python manage.py migrate -v 0
	@.venv/bin/python manage.py load_demo --if-empty
	@# exec: a signal sent to make alone reaches honcho. /dev/null: only settings.py reads .env.
	@exec .venv/bin/honcho -e /dev/null start -p "$$PORT"

.venv/bin/python:
	@$(PYTHON) -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| $(call missing,Python 3.11 or newer with venv,python3 python3-venv)
	@echo "Making .venv"
	@$(PYTHON) -m venv --clear .venv

.venv/.runtime: requirements.txt .venv/bin/python
	@echo "Installing requirements.txt"
	@.venv/bin/python -m pip install -q --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/.dev: requirements-dev.txt .venv/.runtime
	@echo "Installing requirements-dev.txt"
	@.venv/bin/python -m pip install -q --disable-pip-version-check -r requirements-dev.txt
	@touch $@

.env:
	@umask 077 && printf '%s\n' DEBUG=True "SECRET_KEY=$(call random,48)" \
		"FIELD_ENCRYPTION_KEYS=$(call random,32)" > .env
	@echo "Wrote .env with fresh keys. Keep it: without its keys, stored secrets cannot be read."

# --- test --------------------------------------------------------------------------------------------------

test: lint checks pytest ## check format, lint, types, migrations, settings and API schema, then run all tests

lint: .venv/.dev ## check format, lint and types
	$(call heading,format)
	@.venv/bin/ruff format --check .
	$(call heading,lint)
	@.venv/bin/ruff check .
	$(call heading,templates)
	@$(templates) | xargs -0 -r .venv/bin/djade --target-version 5.2 --check
	$(call heading,types)
	@$(as_in_production) .venv/bin/mypy

checks: .venv/.dev
	$(call heading,migrations)
	@$(as_in_production) .venv/bin/python manage.py makemigrations --check --dry-run
	$(call heading,production settings)
	@$(as_in_production) .venv/bin/python manage.py check --deploy --fail-level WARNING
	$(call heading,API schema)
	@$(as_in_production) $(openapi) --file .venv/openapi.yaml
	@diff -q docs/openapi.yaml .venv/openapi.yaml || { echo "docs/openapi.yaml is out of date: make schema" >&2; exit 1; }

openapi = .venv/bin/python manage.py spectacular --lang en --validate --fail-on-warn
schema: .venv/.dev ## write docs/openapi.yaml, the description of the API for other programs
	@$(as_in_production) $(openapi) --file docs/openapi.yaml

pytest: .venv/.dev chromium ## run all tests (ARGS="tests/leads -k intake" for some of them)
	$(call heading,tests)
	@# Three on two cores: while one waits for a process or a server, two work.
	@.venv/bin/python -m pytest -n 3 --dist loadgroup $(ARGS)

test-postgres: .venv/.dev ## run all tests on a PostgreSQL that exists only for them
	@.ci/with-postgres $(MAKE) pytest

NAME ?= api_create api_batch excel_import excel_export bdk_sync export_checks
bench: .venv/.dev ## run the benchmarks on a PostgreSQL that exists only for them (NAME=api_create, ARGS=--quick)
	@for name in $(NAME); do printf '\n== %s\n' "$$name"; \
		.ci/with-postgres $(with_keys) ALLOWED_HOSTS=127.0.0.1 SECURE_SSL_REDIRECT=False \
		OUTBOUND_ALLOW_LOOPBACK=True \
		.venv/bin/python -m benchmarks.$$name $(ARGS) || exit 1; done

chromium:
	@command -v chromium >/dev/null || if [ "$$(id -u)" = 0 ]; \
		then apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y chromium; \
		else $(call missing,chromium for the browser tests,chromium); fi

# --- work on it --------------------------------------------------------------------------------------------

templates = find . -path ./.venv -prune -o -path './*/templates/*.html' -print0 -o -path './templates/*.html' -print0

format: .venv/.dev ## format the code, mend what can be mended by machine
	@.venv/bin/ruff check --fix-only .
	@.venv/bin/ruff format .
	@$(templates) | xargs -0 -r .venv/bin/djade --target-version 5.2

lock: export UV_CUSTOM_COMPILE_COMMAND := make lock
lock: compile = .venv/bin/uv pip compile -q --universal --generate-hashes --python-version 3.11 \
	--no-emit-index-url --no-emit-find-links
lock: .venv/.dev ## pin requirements*.in with hashes (ARGS=--upgrade for newer versions)
	@$(compile) $(ARGS) requirements.in -o requirements.txt
	@$(compile) $(ARGS) requirements-redis.in -o requirements-redis.txt
	@$(compile) $(ARGS) requirements-dev.in -o requirements-dev.txt

messages: .venv/.dev ## collect the texts to translate (leads, integrations) and compile all translations
	@command -v msgfmt >/dev/null || $(call missing,the gettext tools,gettext)
	@# leadoffice/locale translates the admin theme, whose texts stand elsewhere: it is kept by hand.
	@set -e; for app in leads integrations; do cd $(CURDIR)/$$app && mkdir -p locale \
		&& ../.venv/bin/django-admin makemessages -l de --no-wrap --add-location file; done
	@set -e; for app in leadoffice leads integrations; do cd $(CURDIR)/$$app \
		&& ../.venv/bin/django-admin compilemessages -l de; done

clean: ## remove what can be made again; the database and .env stay
	@rm -rf .venv build staticfiles .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find leadoffice leads integrations tests -name __pycache__ -prune -exec rm -rf {} +
