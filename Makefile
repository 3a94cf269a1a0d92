# `make` alone prints the targets.
PYTHON ?= python3
BIN := .venv/bin
# most tests wait for a server or a process: one more process than cores gains, and any more disturbs those with limits of time
WORKERS ?= 3
PIP := $(BIN)/pip install -qq --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help install run test lint clean

help: ## print this
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-9s %s\n", $$1, $$2}'

install: .venv/installed ## install into .venv what a run needs, in the locked versions

run: .venv/installed ## the demo: crawl a small newsroom on this machine, then serve the search page (ONCE=1: end there)
	@$(BIN)/broadsheet demo $(if $(ONCE),--once)

# where the environment forbids compiled files, each of some hundred processes would compile our modules anew
test: export PYTHONDONTWRITEBYTECODE :=
test: .venv/dev ## run the tests in $(WORKERS) processes; a package's alone, in one: make test ARGS=tests/news
	@$(BIN)/python -m pytest $(or $(ARGS),-n $(WORKERS) --dist loadfile --no-loadscope-reorder)

lint: .venv/dev ## check style, types and the import contract
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

clean: ## remove .venv
	rm -rf .venv

.venv/installed: requirements.lock requirements-build.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Broadsheet needs Python 3.11 or newer as $(PYTHON): install it (Debian: apt install python3.11 python3.11-venv, macOS: brew install python@3.13), or name one: make PYTHON=python3.13 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "$(PYTHON) has no venv: install it (Debian, Ubuntu: apt install python3-venv)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing into .venv (about a minute)"
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --require-hashes -r requirements-build.lock --upgrade --target .venv/build
	@PYTHONPATH=.venv/build $(PIP) --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev: .venv/installed requirements-dev.lock
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@
