# make run    the suite on this machine, in the foreground      make test   everything; what is not installed is skipped
# make demo   the suite with a recorded match, as live events   make check  lint, types, fast tests: under a minute

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -P -m pytest
JOBS ?= 2
LOCKING := -q --upgrade --strip-extras --generate-hashes --allow-unsafe --no-header --no-emit-options \
  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host

.PHONY: run demo setup test check bench proof faults docs lock clean

run: setup
	@$(BIN)/restrike up

demo: setup
	@$(BIN)/python -P deploy/demo.py

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.ready-to-test: $(VENV)/.ready tests/requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r tests/requirements.lock
	@touch $@

test: $(VENV)/.ready-to-test
	$(PYTEST) -n $(JOBS) --dist worksteal

check: $(VENV)/.ready-to-test
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy
	$(PYTEST) -n $(JOBS) --dist loadfile -q -m "not slow" tests/unit tests/contract

bench: $(VENV)/.ready-to-test
	$(BIN)/python -P -m tests.bench

# What takes long: real time, 20 kill rounds a service and a job, a million pieces of garbage, 10 minutes of fuzzing, two
# million events, every fault, a day of eight rings. Results are kept in docs/proof.md.
proof: $(VENV)/.ready-to-test
	RESTRIKE_TEST_LENIENCE=1 RESTRIKE_KILL_ROUNDS=20 RESTRIKE_GARBAGE=1000000 $(PYTEST) -v --timeout 3600 --durations=0 \
	  tests/proof tests/system/test_kills.py tests/system/test_trouble.py tests/system/test_restore.py \
	  tests/system/test_backups.py tests/system/test_care_kills.py tests/system/test_migrate_kills.py \
	  tests/system/test_import_predecessor.py tests/process/test_import_predecessor.py tests/system/test_obs_kills.py \
	  tests/process/test_outboxes.py

# Every fault on a suite under load: time until it is told, until all is well, and what is lost. Part of `make proof`.
faults: $(VENV)/.ready-to-test
	RESTRIKE_TEST_LENIENCE=1 $(PYTEST) -q -s tests/proof/test_faults.py

docs: $(VENV)/.ready-to-test
	$(BIN)/python -P deploy/reference.py

lock: $(VENV)/.ready-to-test
	$(BIN)/pip-compile $(LOCKING) --extra build -o requirements.lock pyproject.toml
	$(BIN)/pip-compile $(LOCKING) --extra build --extra dev --extra fuzz -o tests/requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
