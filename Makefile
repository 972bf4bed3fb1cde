# make demo          run the service, a stand-in shop and a phone on this machine
# make test          run all tests
# make test-quick    run the tests that need no servers, browsers or long waits
# make check         run ruff and mypy
# make deb           build a Debian package: dist/
# make bench         measure the speed of the service: benchmarks/RESULTS.md
PYTHON ?= python3
PORT ?= 8000
SHOP_PORT ?= 8001
PHONE_PORT ?= 8002
FORM_PORT ?= 8003
OPS_PORT ?= 8004
MAGENTO ?= 2.4.7
OPEN ?= 1
VENV := .venv
BIN := $(VENV)/bin
# Tests start Python hundreds of times. Compiled modules are kept whatever the environment says.
export PYTHONDONTWRITEBYTECODE :=
# Many tests wait for servers, so more run at once than a small machine has processors.
PARALLEL := --dist worksteal --numprocesses
# Twice quiet: only errors are shown.
PIP := $(BIN)/pip --quiet --quiet --disable-pip-version-check
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-header --no-emit-index-url

.PHONY: help demo test test-quick test-packaging deb check audit bench translations settings-page lock clean
.DEFAULT_GOAL := help

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/demo ## run the service with a stand-in shop and a phone until Ctrl-C
	@exec $(BIN)/handoff demo --port $(PORT) --shop-port $(SHOP_PORT) \
	  --phone-port $(PHONE_PORT) --form-port $(FORM_PORT) --ops-port $(OPS_PORT) \
	  --magento $(MAGENTO) \
	  $(if $(filter 0,$(OPEN)),--no-open)

test: $(VENV)/dev ## run all tests; PYTEST_ARGS='-k words' selects some
	@tests/servers.sh
	$(BIN)/pytest $(PARALLEL) 4 $(PYTEST_ARGS)

# SQLite waits for the disk at each commit, but not in a folder that is kept in memory.
test-quick: $(VENV)/dev ## run the tests that need no servers, browsers or long waits
	PYTEST_DEBUG_TEMPROOT=$(wildcard /dev/shm) \
	  $(BIN)/pytest $(PARALLEL) 3 $(PYTEST_ARGS) \
	  -m "not (processes or fuzzing or another_magento or waiting)"

deb: $(VENV)/dev ## build a Debian package in dist/, for the Debian of this machine
	PIP=$(BIN)/pip distribution/build_deb.sh $$($(BIN)/python -c 'import handoff; print(handoff.__version__)')

test-packaging: deb ## try the Debian package and the container image; needs root
	$(BIN)/pytest -rs distribution $(PYTEST_ARGS)

check: $(VENV)/dev ## run ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

audit: $(VENV)/dev ## look for known vulnerabilities of the locked packages; needs the network
	$(PIP) install pip-audit
	$(BIN)/pip-audit --strict --disable-pip --require-hashes -r requirements-dev.txt

bench: $(VENV)/dev ## measure the speed of the service; needs wrk, nginx, Redis and PostgreSQL
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

translations: $(VENV)/dev ## update the catalogues from the sources, and compile them
	mkdir -p build
	$(BIN)/pybabel --quiet extract --mapping-file pyproject.toml --keywords mark_translatable \
	  --no-location --omit-header --output-file build/messages.pot .
	$(BIN)/pybabel --quiet update --input-file build/messages.pot --no-fuzzy-matching \
	  --ignore-obsolete --ignore-pot-creation-date --width 100 --output-dir translations
	$(BIN)/pybabel --quiet compile --directory translations

settings-page: $(VENV)/dev ## write docs/settings.md from the settings in the code
	mkdir -p build
	$(BIN)/python -m handoff.settings.reference_page > build/settings.md
	mv build/settings.md docs/settings.md

# requirements.txt is the product with its build backend. The other two add to it: the sandbox
# for the demo, and the sandbox with the tools of developers.
lock: $(VENV)/dev ## resolve all dependencies again and write the lock files
	$(PIP) install uv
	$(LOCK) --upgrade pyproject.toml --extra mysql --extra postgres --group build -o requirements.txt
	$(LOCK) --upgrade sandbox/pyproject.toml --constraints requirements.txt -o requirements-demo.txt
	$(LOCK) --upgrade pyproject.toml sandbox/pyproject.toml --extra mysql --extra postgres --group build \
	  --group dev --constraints requirements.txt -o requirements-dev.txt

clean: ## remove the virtual environment and the demo's files
	rm -rf $(VENV) instance

$(VENV)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 …" >&2; exit 1; }
	@echo "Making a virtual environment in $(VENV) …"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/demo: requirements.txt requirements-demo.txt pyproject.toml sandbox/pyproject.toml $(VENV)/venv
	@echo "Downloading and installing the Python packages. This takes a minute or two …"
	@$(PIP) install --require-hashes -r requirements.txt -r requirements-demo.txt
	@echo "Installing Handoff and its demo …"
	@$(PIP) install --no-deps --no-build-isolation -e . -e ./sandbox
	@touch $@

$(VENV)/dev: requirements-dev.txt $(VENV)/demo
	@echo "Downloading and installing the tools for tests …"
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@
