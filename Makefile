# make demo    the service, a stand-in shop and a phone, on this machine
# make test    all tests
# make check   ruff and mypy
# make bench   how fast it is, in ten minutes: benchmarks/RESULTS.md
PYTHON ?= python3
PORT ?= 8000
SHOP_PORT ?= 8001
PHONE_PORT ?= 8002
FORM_PORT ?= 8003
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo test check audit bench translations lock clean
.DEFAULT_GOAL := help

help: ## show this
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/demo ## run the service with a stand-in shop and a phone, till Ctrl-C
	@exec $(BIN)/handoff demo --port $(PORT) --shop-port $(SHOP_PORT) \
	  --phone-port $(PHONE_PORT) --form-port $(FORM_PORT)

test: $(VENV)/dev ## run all tests
	@tests/servers.sh
	$(BIN)/pytest $(PYTEST_ARGS)

check: $(VENV)/dev ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

audit: $(VENV)/dev ## ask PyPI about known holes in the locked packages; needs the network
	$(BIN)/pip install --quiet pip-audit
	$(BIN)/pip-audit --strict --disable-pip --require-hashes -r requirements-dev.txt

bench: $(VENV)/dev ## measure how fast the service is; needs wrk, nginx, Redis and PostgreSQL
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

translations: $(VENV)/dev ## take new words into the catalogues, and compile them
	mkdir -p build
	$(BIN)/pybabel --quiet extract --mapping-file pyproject.toml --keywords lazy_gettext \
	  --no-location --omit-header --output-file build/messages.pot .
	$(BIN)/pybabel --quiet update --input-file build/messages.pot --no-fuzzy-matching \
	  --ignore-obsolete --ignore-pot-creation-date --output-dir translations
	$(BIN)/pybabel --quiet compile --directory translations

lock: $(VENV)/dev ## write the locked lists of packages anew
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml sandbox/pyproject.toml --extra postgres --group build --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-emit-index-url --quiet -o requirements.txt
	$(BIN)/uv pip compile pyproject.toml sandbox/pyproject.toml --extra postgres --group build --group dev --universal \
	  --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --quiet \
	  -o requirements-dev.txt

clean: ## remove the environment and what the demo wrote
	rm -rf $(VENV) instance

$(VENV)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 …" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/demo: requirements.txt pyproject.toml sandbox/pyproject.toml $(VENV)/venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . -e ./sandbox
	@touch $@

$(VENV)/dev: requirements-dev.txt $(VENV)/demo
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
