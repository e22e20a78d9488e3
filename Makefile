# Everything runs in a virtual environment that is made on the way: Python 3.11+ and make suffice.

PYTHON ?= python3
VENV ?= .venv
DJANGO ?= Django
ARGS ?=
PORT ?= 8000
REPOS ?= .

BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast lint docs messages bench clean FORCE

help:
	@echo 'make demo      run the demo site: PORT=8000 REPOS="~/src/django ~/src/flask"'
	@echo 'make test      run the tests on each database within reach: ARGS="-k arc"'
	@echo 'make test-fast run most of them on SQLite, within two minutes'
	@echo 'make lint      check style, types and migrations'
	@echo 'make docs      build the documentation into docs/_build/html'
	@echo 'make messages  collect what is to be translated, and compile the translations'
	@echo 'make bench     measure beside others: ARGS="--engine postgresql --actions 1000000"'
	@echo 'make clean     delete $(VENV), caches and what was built'
	@echo
	@echo 'Another Python or Django, in a virtual environment of its own:'
	@echo '  make test PYTHON=python3.13 VENV=.venv-6.1 DJANGO="Django~=6.1.0"'

demo: $(VENV)/.has-demo
	$(BIN)/python test_project/manage.py demo --port $(PORT) $(REPOS)

test: $(VENV)/.has-test
	@$(BIN)/python tests/run.py $(ARGS)

test-fast: $(VENV)/.has-test
	@STREAM_TEST_FAST=1 STREAM_TEST_DB=sqlite $(BIN)/python -m pytest -q -n 2 tests $(ARGS)

lint: $(VENV)/.has-lint
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python test_project/manage.py makemigrations --check --dry-run

docs: $(VENV)/.has-docs
	$(BIN)/sphinx-build -q -n -W --keep-going -b html docs docs/_build/html
	@echo 'Open docs/_build/html/index.html'

# With GNU gettext. The dates and lines of source would change with every run.
messages: $(VENV)/.has-test
	for app in stream follow; do (cd $$app && '$(abspath $(BIN))/django-admin' makemessages --all \
		--no-location --no-wrap --no-obsolete) || exit; done
	find stream follow -name django.po -exec sed -i.old \
		-e '/^"Report-Msgid-Bugs-To: /d' -e '/^"POT-Creation-Date: /d' {} +
	find stream follow -name django.po.old -delete
	for app in stream follow; do (cd $$app && '$(abspath $(BIN))/django-admin' compilemessages) \
		|| exit; done

bench: $(VENV)/.has-bench
	$(BIN)/python -m benchmarks $(ARGS)

clean:
	rm -rf $(VENV) build dist *.egg-info docs/_build .coverage* .hypothesis
	rm -rf .mypy_cache .pytest_cache .ruff_cache

# The extras of setup.py, each installed on first need and again when the metadata or DJANGO change.
$(VENV)/.has-%: setup.py pyproject.toml $(VENV)/.django
	$(BIN)/python -m pip install --quiet --editable '.[$*]' '$(DJANGO)'
	@touch $@

$(VENV)/.django: FORCE | $(BIN)/python
	@echo '$(DJANGO)' | cmp --silent - $@ || echo '$(DJANGO)' > $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Python 3.11 or newer is needed: make PYTHON=python3.13 …' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
