# Every target sets itself up: all it needs is GNU make and Python 3.11 or later with venv and pip (or uv).
# Another Python: make serve PYTHON=python3.12. Arguments for the command itself: make serve ARGS="--market busy".

PYTHON ?= python3
ARGS   ?=
BIN    := .venv/bin
READY  := .venv/.installed

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help serve test check bench soak clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

serve: $(READY) ## start the exchange: WebSocket on 8081, HTTP on 8080
	@exec $(BIN)/krakenbox serve $(ARGS)

test: $(READY) ## run the tests, third-party clients included
	@$(BIN)/python -m pytest -q -n auto --dist loadfile $(ARGS)

check: $(READY) ## format, lint, types, imports, tests, then simulated worlds: what a change must pass
	@echo "== format";  $(BIN)/ruff format --check .
	@echo "== lint";    $(BIN)/ruff check --quiet .
	@echo "== types";   $(BIN)/mypy
	@echo "== imports"; $(BIN)/lint-imports --no-logo
	@echo "== tests";   $(MAKE) --no-print-directory test
	@echo "== worlds";  $(BIN)/krakenbox simulate --seeds 200

soak: $(READY) ## run the tests with their full counts, and ten thousand worlds (minutes to hours)
	@KRAKENBOX_SOAK=1 $(BIN)/python -m pytest -q --timeout=7200 $(ARGS)
	@$(BIN)/krakenbox simulate --seeds 10000

bench: $(READY) ## measure this machine and write BENCHMARKS.md
	@$(BIN)/python -m benchmarks $(ARGS)

clean: ## remove the virtual environment and the caches
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

# One environment for all targets, made anew whenever what it is made from changes.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "krakenbox needs Python 3.11 or later; '$(PYTHON)' is $$(command -v $(PYTHON) >/dev/null && $(PYTHON) -V 2>&1 || echo missing)."; \
	  echo "Name another one: make PYTHON=python3.12 ..."; exit 1; } >&2
	@echo "== setting up .venv (once; about a minute)"
	@set -e; if command -v uv >/dev/null 2>&1; then \
	  [ -x $(BIN)/python ] || uv venv --quiet --python "$$(command -v $(PYTHON))" .venv; \
	  uv pip install --quiet --python $(BIN)/python -c constraints.txt -e '.[dev,acceptance,postgres]'; \
	else \
	  [ -x $(BIN)/pip ] || $(PYTHON) -m venv --clear .venv || { rm -rf .venv; \
	    echo "'$(PYTHON) -m venv' failed; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }; \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,acceptance,postgres]'; \
	fi
	@touch $@
