# Every task of the project. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EXTENSIONS := $(wildcard domain/*/_*.px[yd])
PYTEST_WORKERS ?= 2
PIP := PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: help setup setup-dev demo up test check bench schema package clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

setup: $(VENV)/.local ## Make the environment in .venv with what one machine needs

setup-dev: $(VENV)/.dev ## The same, with what tests and checks need

demo: $(VENV)/.local ## Backtest real bars through the API, print the result, write build/demo/report.html
	@$(BIN)/agentic-trader demo

up: $(VENV)/.local ## Run the API with GraphiQL until Ctrl-C
	@$(BIN)/agentic-trader serve

test: $(VENV)/.dev .tools-for-tests ## Run every test
	@$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist loadgroup $(PYTEST_ARGS)

check: $(VENV)/.dev ## Format, lint, types, import rules, schema and client drift
	@echo "format"; $(BIN)/ruff format --check .
	@echo "lint"; $(BIN)/ruff check .
	@echo "types"; $(BIN)/mypy
	@echo "import rules"; PYTHONPATH=graphql:. $(BIN)/lint-imports
	@echo "schema drift"; $(BIN)/python -m trader_graphql.export --check
	@echo "client drift"; $(BIN)/python -m trader_graphql.python_client --check

schema: $(VENV)/.dev ## Write graphql/schema.graphql and the Python client made from it
	@$(BIN)/python -m trader_graphql.export
	@$(BIN)/python -m trader_graphql.python_client

bench: $(VENV)/.local .venv-bench/.ready ## Measure against peers, prove agreement, write build/bench.json
	@.venv-bench/bin/python -m tests.benchmarks

package: $(VENV)/.dev ## Build the wheel into dist/
	@$(BIN)/python -m build --wheel --outdir dist .

clean: ## Remove environments and everything that was built
	rm -rf $(VENV) .venv-bench build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis tests/integration/javascript/node_modules
	find domain \( -name '_*.c' -o -name '_*.so' \) -delete

# --- environments: a stamp file is newer than what it was made from -----------------------------

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python is missing: install Python 3.11 or newer (Debian: apt install python3 python3-venv; macOS: brew install python)."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: set PYTHON=python3.11 or install it."; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "Python's venv module is missing: apt install python3-venv."; exit 1; }
	@command -v cc >/dev/null || { echo "A C compiler is missing: apt install build-essential (macOS: xcode-select --install)."; exit 1; }
	@echo "Making the environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --upgrade pip

$(VENV)/.local: pyproject.toml constraints.txt $(EXTENSIONS) | $(VENV)/bin/python
	@if test -f $(VENV)/.dev; then $(MAKE) --no-print-directory $(VENV)/.dev; else \
	  echo "Installing the platform and compiling the engine (about a minute the first time) ..."; \
	  $(PIP) -c constraints.txt -e '.[local]'; fi
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt $(EXTENSIONS) | $(VENV)/bin/python
	@echo "Installing what tests and checks need and compiling the engine ..."
	@$(PIP) -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.local

.venv-bench/.ready: pyproject.toml constraints.txt tests/benchmarks/peers.txt $(EXTENSIONS) | $(VENV)/bin/python
	@echo "Making the environment of the peers in .venv-bench ..."
	@test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	@PYTHONWARNINGS=ignore .venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r tests/benchmarks/peers.txt -e '.[local]'
	@touch $@

.PHONY: .tools-for-tests
.tools-for-tests:
	@command -v node >/dev/null || { echo "Node is missing: install Node 20 or newer (https://nodejs.org, Debian: apt install nodejs npm; macOS: brew install node)."; exit 1; }
	@command -v npm >/dev/null || { echo "npm is missing: apt install npm (macOS: brew install node)."; exit 1; }
	@node -e 'process.exit(+process.versions.node.split(".")[0] < 20 ? 1 : 0)' || { echo "Node 20 or newer is needed."; exit 1; }
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || [[ "$${DATABASE_URL:-}" == postgresql* ]] || { echo "PostgreSQL is missing: apt install postgresql (macOS: brew install postgresql), or set DATABASE_URL."; exit 1; }
