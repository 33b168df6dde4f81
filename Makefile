.DEFAULT_GOAL := help
PYTHON ?= python3
.PHONY: help env test lint pins

help: ## what there is
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*## /\t/'

env: .venv/.made ## only build the environment in .venv

.venv/.made: requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	touch .venv/.made

test: env ## the suite: the rules and the reading of files
	.venv/bin/python -m pytest

lint: env ## ruff on what the suite covers
	.venv/bin/ruff check abeyance/rules abeyance/intake abeyance/fence abeyance/pauses abeyance/casefile tests/rules
