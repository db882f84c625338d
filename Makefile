# Bare `make` lists the targets. Every target sets up what it needs and works in a fresh clone.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
SETUP := $(VENV)/.set-up
PINS := $(VENV)/pins
# A process for each core; a file of tests stays together, since some share what they set up.
SPREAD ?= -n auto --dist loadfile

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 15

.PHONY: setup
setup: $(SETUP) ## install everything into .venv, from exact pins

# Dependency groups need pip 25.1, and pins for builds 25.3; Python may bring an older one.
$(SETUP): pyproject.toml constraints.txt src/codexctl/__init__.py
	@echo "setting up $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq -c constraints.txt pip
	@$(BIN)/python -m pip install -qq -c constraints.txt --build-constraint constraints.txt \
	    -e '.[all]' --group dev
	@touch $@

.PHONY: demo
demo: $(SETUP) ## the main job against the emulator: no account, no network
	@$(BIN)/codexctl demo

.PHONY: test
test: $(SETUP) ## the tests, but for the slow ones
	@$(BIN)/pytest $(SPREAD) -m 'not slow'

.PHONY: test-all
test-all: $(SETUP) ## the tests with long fuzzing, soak runs and the wheel
	@$(BIN)/pytest $(SPREAD)

.PHONY: check
check: format-check lint types imports coverage wheel ## everything that has to pass before a change lands

.PHONY: format
format: $(SETUP) ## format the code, and mend what the linter can
	@$(BIN)/ruff check --fix-only --quiet
	@$(BIN)/ruff format

.PHONY: format-check
format-check: $(SETUP) ## fail where `make format` would change a file
	@$(BIN)/ruff format --check

.PHONY: lint
lint: $(SETUP) ## ruff
	@$(BIN)/ruff check

.PHONY: types
types: $(SETUP) ## mypy and basedpyright, both strict
	@$(BIN)/mypy
	@$(BIN)/basedpyright

.PHONY: imports
imports: $(SETUP) ## the arrows between the rooms
	@$(BIN)/lint-imports

.PHONY: coverage
coverage: $(SETUP) ## the tests again, child processes included, and the floor of what they cover
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest $(SPREAD) -m 'not slow'
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

.PHONY: wheel
wheel: $(SETUP) ## build wheel and sdist, install the wheel by itself and use it
	@$(BIN)/pytest tests/integration/test_wheel.py

.PHONY: bench
bench: $(SETUP) ## start-up and streaming beside plain requests, 2 minutes
	@$(BIN)/python tests/benchmarks/bench.py

.PHONY: record
record: $(SETUP) ## record the tapes in cassettes/ and examples/ anew, against the emulator
	@$(BIN)/python tests/record.py

.PHONY: constraints
constraints: ## choose the newest versions that pyproject.toml allows, and pin them
	@rm -rf $(PINS)
	@$(PYTHON) -m venv $(PINS)
	@$(PINS)/bin/python -m pip install -qq --upgrade pip setuptools
	@$(PINS)/bin/python -m pip install -qq -e '.[all]' --group dev
	@{ grep '^#' constraints.txt; \
	    $(PINS)/bin/python -m pip freeze --all --exclude-editable; } > $(PINS)/constraints.txt
	@mv $(PINS)/constraints.txt constraints.txt
	@rm -rf $(PINS)

.PHONY: clean
clean: ## remove everything that is generated, .venv included
	@rm -rf $(VENV) build dist htmlcov *.egg-info .coverage .coverage.* .hypothesis .*_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
