# Everything runs from a fresh clone: `make demo`, `make test`. Nothing but make and Python 3.11 to 3.13 has to be there.

VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --quiet --disable-pip-version-check
REPORT := demo-report
LAB    := sample_pcaps/lab
APT    := DEBIAN_FRONTEND=noninteractive apt-get

.DEFAULT_GOAL := help
.PHONY: help demo test lint tshark clean

help:
	@echo "make demo    analyse a sample capture; says where the report is"
	@echo "make test    the whole test suite"
	@echo "make lint    ruff, mypy and the import contracts"
	@echo "make clean   remove what the others made"

demo: $(VENV)/.run tshark
	@$(BIN)/dpm-analyzer analyze $(LAB)/dirty_server.pcap $(LAB)/dirty_segA.pcap $(LAB)/dirty_segB.pcap \
	    --site $(LAB)/site.yaml --out $(REPORT) --force; \
	code=$$?; \
	if [ $$code -gt 1 ]; then exit $$code; fi; \
	echo "The sample holds findings on purpose. Open the report in a browser: $(CURDIR)/$(REPORT)/report.html"

test: $(VENV)/.dev tshark
	@$(BIN)/python -m pytest -n auto --dist loadgroup

lint: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf $(VENV) $(REPORT) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps stand for an installed package, so that a second run installs nothing.
$(VENV)/.run: pyproject.toml | $(VENV)/.made
	@echo "Installing the package into $(VENV) (first time: a few minutes)"
	@$(PIP) install --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/.made
	@echo "Installing the package and what its tests need into $(VENV) (first time: a few minutes)"
	@$(PIP) install --editable '.[dev]'
	@touch $@ $(VENV)/.run

# A Python is fit when it is of a supported version and can make virtual environments; Debian keeps the latter in a
# package of its own. A name on PATH may be a mere shim: it counts only when it runs.
$(VENV)/.made:
	@fit() { "$$1" -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))" 2>/dev/null; }; \
	whole() { "$$1" -c "import ensurepip, venv" 2>/dev/null; }; \
	choose() { for p in python3.11 python3.12 python3.13 python3 python; do \
	    if fit $$p && { [ "$$1" = any ] || whole $$p; }; then echo $$p; return; fi; done; }; \
	python=$$(choose whole); \
	if [ -z "$$python" ] && [ -n "$$(choose any)" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing Debian's python3-venv"; \
	    { $(APT) update -qq; $(APT) install -qq -y python3-venv; } >/dev/null 2>&1 </dev/null || true; \
	    python=$$(choose whole); \
	fi; \
	if [ -z "$$python" ] && [ -n "$$(choose any)" ]; then \
	    echo "$$(choose any) cannot make virtual environments: install python3-venv, then run make again." >&2; exit 1; \
	elif [ -z "$$python" ]; then \
	    echo "No Python from 3.11 to 3.13 was found on PATH: install one, then run make again." >&2; exit 1; \
	fi; \
	rm -rf $(VENV) && $$python -m venv $(VENV)
	@touch $@

tshark:
	@if command -v tshark >/dev/null; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing tshark"; \
	    { $(APT) update -qq; $(APT) install -qq -y tshark; } >/dev/null 2>&1 </dev/null || true; \
	fi; \
	command -v tshark >/dev/null || \
	    echo "tshark is not installed (Debian: apt-get install tshark; macOS: brew install wireshark): going on without."
