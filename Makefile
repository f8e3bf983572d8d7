# Everything here needs Python 3.11+ with venv, make and git; each target sets up what it uses.
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8080
DAYS ?= 2000
BILLING ?= ledger

.PHONY: demo test faults days soak check bench walk lock clean
.DEFAULT_GOAL := help

help:
	@echo "make demo [RESET=1] [PORT=8080]   the whole system on http://127.0.0.1:8080, no tokens needed"
	@echo "          [BILLING=ledger]        asking the embedded ledger, tmf: TM Forum Open APIs, or abills: ABillS"
	@echo "make test                         every test, also those against a real PostgreSQL"
	@echo "make faults                       proofs by fault: kills, broken networks and databases, overload"
	@echo "make days [DAYS=2000]             simulated days of the whole program, every promise checked"
	@echo "make soak                         both, for hours"
	@echo "make check                        lint, types, layers and tests"
	@echo "make bench                        figures, as ratios within one run"
	@echo "make walk                         docs/walk-*.png: every screen of the demo, drawn anew"
	@echo "make lock                         resolve the lock files anew"

.venv/runtime: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

.venv/development: .venv/runtime requirements-dev.lock
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

demo: .venv/runtime
	@$(BIN)/saldo demo --port $(PORT) --billing $(BILLING) $(if $(RESET),--reset)

test: .venv/development
	$(BIN)/python -m pytest -n 3 -m "not fault"

faults: .venv/development
	$(BIN)/python -m pytest -n 3 -m fault

days: .venv/development
	$(BIN)/python -m tests.simulation --days $(DAYS)

soak:
	FAULTS=soak $(MAKE) faults
	$(MAKE) days DAYS=100000

check: .venv/development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

bench: .venv/development
	$(BIN)/python -m benchmarks

# Without index addresses and with every platform's hashes: any registry that serves the same files will do.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
walk: .venv/development
	$(BIN)/python -m tests.browser.walk

lock:
	@test -x $(BIN)/uv || ($(PYTHON) -m venv .venv && $(BIN)/python -m pip install --quiet uv)
	$(COMPILE) pyproject.toml build.in -o requirements.lock
	$(COMPILE) pyproject.toml build.in --group dev -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf .venv data build
