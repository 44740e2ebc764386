# Every target needs only Python >= 3.11 and make; each creates .venv and installs what it needs.
.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-installed
STAMP := $(VENV)/.dev-installed
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
# The first interpreter that runs and is new enough; override with `make PYTHON=/path/to/python3 test`.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3.14 python3; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; done)

.PHONY: help demo check test unit lint types docs bench app format clean

help:  ## say what there is
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

# What the package itself needs; a newcomer's first command waits for no more than this.
$(RUNTIME): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with the venv module is needed (on Debian: apt-get install python3-venv)." >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) (once) ..."
	@$(INSTALL) --upgrade 'pip>=25.1'
	@$(INSTALL) -c constraints.txt -e '.[all]'
	@touch $@

$(STAMP): $(RUNTIME)
	@echo "Installing the development tools into $(VENV) (once) ..."
	@$(INSTALL) -c constraints.txt --group dev
	@touch $@

demo: $(RUNTIME)  ## export 87 tickets to a local Jira; no account needed
	@$(BIN)/jira-session-export demo $(ARGS)

check: lint types  ## what a change needs before it is shown: style, types, unit tests but the slow ones
	@$(BIN)/python -m pytest -n auto --dist worksteal -q -m "not slow" $(ARGS) tests/unit

test: $(STAMP)  ## run all tests
	@echo "Running all tests, with real processes, databases and browsers: eight minutes or so on two cores ('make unit': two)."
	@$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

unit: $(STAMP)  ## run the unit tests
	@$(BIN)/python -m pytest -n auto --dist worksteal -q $(ARGS) tests/unit

lint: $(STAMP)  ## style, formatting, and that imports go downward
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/deptry src

format: $(STAMP)  ## mend style and formatting
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: $(STAMP)  ## mypy, strict; pyright on what hosts write; every public type complete
	@$(BIN)/mypy
	@$(BIN)/pyright
	@answer=$$(PATH="$(CURDIR)/$(BIN):$$PATH" pyright --verifytypes jira_session_export --ignoreexternal) || { echo "$$answer"; exit 1; }
	@echo "Every public type is complete."

docs: $(STAMP)  ## build the documentation into site/, broken links fail
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "The documentation is in site/index.html."

app: $(STAMP)  ## start the reference service with the demo session loaded
	@PYTHONPATH=examples/fastapi_app $(BIN)/python -m app --load examples/data/demo-session.json $(ARGS)

bench: $(STAMP)  ## measure; prints tables
	@for b in imports batches converter store export_overhead bulk listeners; do echo "== $$b"; $(BIN)/python benchmarks/$$b.py || exit 1; done

clean:  ## remove what the other targets made
	rm -rf $(VENV) .venv-newest .demo .service site build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
