# Everything sets itself up: Python 3.11 (or newer) and make are enough.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
ONCE ?=
GPU ?=
# Processes that share the tests.
WORKERS ?= logical

.DEFAULT_GOAL := help
.PHONY: help install demo test lint bench bench-all lock clean

help:  ## Show the targets.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

# Stamps make the set-up run once, and again only when what is installed has changed.
$(VENV)/.runtime: requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.runtime requirements-test.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.txt
	@touch $@

# The same versions, and the libraries of CUDA beside them.
$(VENV)/.gpu: $(VENV)/.runtime requirements-gpu.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-gpu.txt
	@touch $@

install: $(VENV)/.runtime $(if $(GPU),$(VENV)/.gpu)  ## Build the virtual environment; GPU=1 with CUDA's libraries.

demo: $(VENV)/.runtime  ## Train, rank, register and serve on the shipped data; ONCE=1 ends after the first answer.
	$(BIN)/forecast demo $(if $(ONCE),--once)

test: $(VENV)/.test  ## Run all tests that need pip only.
	$(BIN)/pytest --numprocesses $(WORKERS) --dist worksteal

lint: $(VENV)/.test  ## Check style and types.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.test  ## Measure the README's table anew, beside the peer (see benchmarks/README.md).
	$(BIN)/python -m benchmarks headline

bench-all: $(VENV)/.test  ## Run every benchmark; they take a night.
	$(BIN)/python -m benchmarks

lock:  ## Resolve pyproject.toml anew into the locked, hashed sets.
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/pip install --quiet --disable-pip-version-check uv
	$(VENV)-lock/bin/python scripts/lock.py

clean:  ## Remove the virtual environments and caches.
	rm -rf $(VENV) $(VENV)-lock .pytest_cache .ruff_cache .mypy_cache *.egg-info
