.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
FUZZ_SECONDS ?= 600
# Each worker is a desk of its own, with its own server; on a server of yours there is one, whose roles it sets up.
WORKERS ?= $(if $(DATABASE_URL),0,auto)
WORDS := abeyance/site/locale/zh_Hant/LC_MESSAGES
.PHONY: help env run test lint bench bench-quick fuzz shots words pins clean

help: ## list what there is
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

env: .venv/.made ## only build the environment, in .venv; its command is .venv/bin/abeyance

.venv/.made: requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch .venv/.made

run: env ## the demonstration on the first run, then the desk, until Ctrl-C
	@$(BIN)/abeyance demo --once
	@exec $(BIN)/abeyance serve

test: env ## the whole suite, in under 10 minutes; what could not be tested is named last
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --maxprocesses 4 --dist worksteal

lint: env ## style and types of everything
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: env ## measure everything, in under 20 minutes, and write docs/measurements.md
	$(BIN)/python -m bench

bench-quick: env ## the same at a smaller size, in under 3 minutes
	$(BIN)/python -m bench --quick

fuzz: env ## hostile files at the reader for longer than the suite does
	$(BIN)/python -m tests.fuzz.run $(FUZZ_SECONDS)

shots: env ## pictures of every page at two widths, in the folder shots (needs Chromium)
	ABEYANCE_TEST_SHOTS=shots $(BIN)/python -m pytest tests/pages/test_every_page.py -k sound

words: env ## gather the sentences of the pages for translation, and compile them (needs gettext)
	cd abeyance && ABEYANCE_HOME=$${TMPDIR:-/tmp}/abeyance-words DJANGO_SETTINGS_MODULE=abeyance.site.settings \
		../$(BIN)/python -m django makemessages -v0 -l zh_Hant --no-location --no-obsolete
	$(BIN)/python tools/sentences >$${TMPDIR:-/tmp}/said.pot
	cd $(WORDS) && msgmerge --quiet --update --backup=none --no-fuzzy-matching said.po $${TMPDIR:-/tmp}/said.pot
	for name in django said; do msgfmt $(WORDS)/$$name.po -o $(WORDS)/$$name.mo || exit; done

pins: ## compile requirements.txt from requirements.in (needs uv)
	uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-emit-index-url \
		--no-emit-find-links --no-header requirements.in -o requirements.txt

clean: ## remove what was built; homes and their data stay
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find abeyance tests bench tools -name __pycache__ -type d -exec rm -rf {} +
