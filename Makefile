# The two commands a newcomer needs: `make demo` and `make test`. Each sets up all it needs.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test setup lint types unit browser services services-stop bench soak fuzz clean

demo: setup
	$(BIN)/wasl demo

# With the real servers for as long as it runs. Three at once, for many tests wait: each has folders, ports, topics and
# a database of its own. The programs they start read our bytecode, also where the environment keeps none.
BYTECODE := PYTHONDONTWRITEBYTECODE= PYTHONPYCACHEPREFIX="$(CURDIR)/.venv/bytecode"
SHARED := -n 3 --dist loadscope

test: setup browser lint types
	$(BYTECODE) $(BIN)/python -m tests.servers run $(BIN)/pytest $(SHARED)

setup: .venv/ready

.venv/ready: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

# Page tests run where Chromium is; with CI=true it is installed, and its absence is a failure.
browser:
	@if [ "$$CI" = "true" ] && ! command -v chromium >/dev/null; then apt-get update -qq && apt-get install -y -qq chromium; fi

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types:
	$(BIN)/mypy

unit:
	$(BIN)/pytest

# Kafka, PostgreSQL and Redis on 127.0.0.1, until services-stop.
services: setup
	@$(BIN)/python -m tests.servers start

services-stop:
	@$(BIN)/python -m tests.servers stop

bench: setup
	$(BIN)/python -m benchmarks.reading
	$(BIN)/python -m benchmarks.mediation
	$(BIN)/python -m benchmarks.flow

# The crash test for an hour (WASL_CRASH_SECONDS says how long).
soak: setup
	WASL_CRASH_SECONDS=$${WASL_CRASH_SECONDS:-3600} $(BIN)/pytest -s tests/crash

# Broken HL7 v2 messages, a million or COUNT of them: none may crash, hang or fill the memory.
fuzz: setup
	$(BIN)/python -m tests.fuzz.run --count $${COUNT:-1000000}

clean:
	rm -rf .venv build dist
