# Everything sets itself up: Python 3.11 (or newer) and make are enough.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
ONCE ?=
GPU ?=
UPGRADE ?=
# Processes that share the tests, and how they are run: the slowest ten are named at the end.
WORKERS ?= logical
PYTEST := $(BIN)/pytest --durations 10 --durations-min 1
SHARED := --numprocesses $(WORKERS) --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help install demo test test-fast test-services soak lint bench bench-all lock clean

help:  ## Show the targets.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

# Stamps make the set-up run once, and again only when what is installed has changed.
$(VENV)/.runtime: requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# What an extra adds, in versions that go with the others: `gpu`, `postgres`, `test`.
$(VENV)/.%: $(VENV)/.runtime requirements-%.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-$*.txt
	@touch $@

install: $(VENV)/.runtime $(if $(GPU),$(VENV)/.gpu)  ## Build the virtual environment; GPU=1 with CUDA's libraries.

demo: $(VENV)/.runtime  ## Train, rank, register and serve on the shipped data; ONCE=1 ends after the first answer.
	$(BIN)/forecast demo $(if $(ONCE),--once)

test: $(VENV)/.test  ## Run all tests that need pip only.
	$(PYTEST) $(SHARED)

test-fast: $(VENV)/.test  ## Run those of them that train nothing and start nothing; a minute at most.
	$(PYTEST) $(SHARED) -m fast

test-services: $(VENV)/.test $(VENV)/.postgres  ## Run the tests that need Debian's packages: postgresql.
	$(PYTEST) -rs tests/services

soak: $(VENV)/.test  ## Kill jobs and send odd requests for a long time, others every time.
	$(PYTEST) $(SHARED) -m soak --soak --timeout 7200

lint: $(VENV)/.test  ## Check style and types.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.test  ## Measure the README's table anew, beside the peer (see benchmarks/README.md).
	$(BIN)/python -m benchmarks headline

bench-all: $(VENV)/.test  ## Run every benchmark; they take a night.
	$(BIN)/python -m benchmarks

lock:  ## Resolve pyproject.toml into the locked, hashed sets; UPGRADE=1 takes the newest versions.
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/pip install --quiet --disable-pip-version-check uv
	$(VENV)-lock/bin/python scripts/lock.py $(if $(UPGRADE),--upgrade)

clean:  ## Remove the virtual environments and caches.
	rm -rf $(VENV) $(VENV)-lock .pytest_cache .ruff_cache .mypy_cache *.egg-info
