# The two commands a newcomer needs: `make demo` and `make test`. Each sets up all it needs.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test setup lint types unit browser bench soak clean

demo: setup
	$(BIN)/wasl demo

test: setup browser lint types unit

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

clean:
	rm -rf .venv build dist
