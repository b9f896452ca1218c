# Every task of a developer. `make` alone lists them.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
AS_ROOT := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
PYTEST := $(BIN)/pytest --durations=10 -n auto --maxprocesses=8 --dist=loadfile
COMPILE = uv pip compile --quiet --generate-hashes --no-header --no-emit-index-url --no-emit-find-links \
	--python-version 3.11 $(UPGRADE)

.PHONY: help setup browser check format lint types imports fix test faults planted demo sandbox pictures bench bench-figures workbook replay quarter soak docs fonts lock clean
.DEFAULT_GOAL := help

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 15

setup: $(STAMP) ## Create .venv from requirements/dev.lock; quick when nothing changed

$(STAMP): requirements/dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; v < (3, 11) and sys.exit(f"Python 3.11 or newer is needed; this is {v[0]}.{v[1]}. Try: make setup PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes -r requirements/dev.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

# The chat page is tested in a real browser, and needs letters to draw Chinese with.
browser:
	@command -v chromium >/dev/null && [ -n "$$(fc-list :lang=zh)" ] || { \
		echo "Installing Debian's chromium and fonts-noto-cjk for the tests of the chat page."; \
		$(AS_ROOT) apt-get update -qq && $(AS_ROOT) env DEBIAN_FRONTEND=noninteractive \
			apt-get install -y -qq --no-install-recommends chromium fontconfig fonts-noto-cjk >/dev/null; } || { \
		echo "Please install chromium and a Chinese font (Debian: apt install chromium fonts-noto-cjk)."; exit 1; }

check: format lint types imports ## Format, lint, strict types, import contracts (make -k check: show all that fails)

format: $(STAMP)
	$(BIN)/ruff format --check .

lint: $(STAMP)
	$(BIN)/ruff check .

types: $(STAMP)
	$(BIN)/mypy src tests benchmarks

imports: $(STAMP)
	$(BIN)/lint-imports --no-logo

fix: $(STAMP) ## Format and mend what ruff can mend by itself
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: $(STAMP) browser ## All tests but the slow ones; one file: .venv/bin/pytest tests/unit/test_x.py
	$(PYTEST)

faults: $(STAMP) ## The slow tests: kill loops, full disks, long replays
	$(PYTEST) -m slow

planted: $(STAMP) ## Break the code in named ways; every bug must turn a test red (one: .venv/bin/python -m tests.faults.planted 429)
	$(BIN)/python -m tests.faults.planted

demo: $(STAMP) ## Play a week of the made-up town on this machine
	@$(BIN)/wangge demo

sandbox: $(STAMP) ## Chat with the made-up town in a browser
	@$(BIN)/wangge sandbox

pictures: $(STAMP) browser ## Take the screenshots of the READMEs and docs/ again
	$(BIN)/python docs/pictures.py

bench: $(STAMP) ## Measure speed beside a stock bot and aiogram (one round: .venv/bin/python -m benchmarks --quick)
	$(BIN)/python -m benchmarks

bench-figures: $(STAMP) ## Time the figures over a town-year and a county-decade beside DuckDB (20 minutes; 1: .venv/bin/python -m benchmarks.figures --only town-year)
	$(BIN)/python -m benchmarks.figures

workbook: $(STAMP) ## Time tables of 100,000 rows and their memory beside openpyxl's streaming
	$(BIN)/python -m benchmarks.workbook

replay: $(STAMP) ## Play a year of the made-up town, 11,572 valid events by chat, and check every figure (half an hour)
	$(BIN)/python -m tests.faults.replay

quarter: $(STAMP) ## The same for July to September, 2,917 events
	$(BIN)/python -m tests.faults.replay --from 2025-07-01 --days 92

soak: $(STAMP) ## Let a town work for months and see that the bot stays small (UPDATES=1000000: for ten times as long)
	$(BIN)/python -m benchmarks.soak --updates $(or $(UPDATES),100000)

docs: $(STAMP) ## Write the pages of docs/ that derive from code
	$(BIN)/python docs/generate.py

fonts: $(STAMP) ## Make the fonts of the pictures again from Debian's fonts-noto-cjk and unicode-data
	@test -e /usr/share/unicode/Unihan_OtherMappings.txt.bz2 -a -e /usr/share/fonts/opentype/noto || \
		$(AS_ROOT) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends fonts-noto-cjk unicode-data >/dev/null
	$(BIN)/python tools/fonts.py

lock: ## Pin dependencies again after a change in pyproject.toml (make lock UPGRADE=--upgrade: newest versions)
	set -e; tools=$$(mktemp -d); trap 'rm -rf "$$tools"' EXIT; \
	$(PYTHON) -m venv "$$tools" && "$$tools/bin/pip" install --quiet uv; \
	"$$tools/bin/"$(COMPILE) -o requirements/run.lock pyproject.toml requirements/build.in; \
	"$$tools/bin/"$(COMPILE) --extra sandbox --extra dev -o requirements/dev.lock pyproject.toml requirements/build.in

clean: ## Remove the environment, caches and what was built
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist src/*.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
