# Everything runs from a fresh clone: `make demo`, `make test`. Nothing but make and Python 3.11 to 3.13 has to be there.

VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --quiet --disable-pip-version-check
REPORT := demo-report
LOWEST := .venv-lowest
LAB    := sample_pcaps/lab
FUZZ   := .fuzz
WINDOWS ?= .windows
WINDOWS_LIMIT := 600
SECONDS ?= 60
PYTHONS := python3.11 python3.12 python3.13 python3 python
CHROMIUM := chromium chromium-browser google-chrome google-chrome-stable
APT    := DEBIAN_FRONTEND=noninteractive apt-get

.DEFAULT_GOAL := help
.PHONY: help demo test lowest test-lowest test-windows lint docs fuzz bench tshark filters chromium fonts picture clean

help:
	@echo "make demo    analyse a sample capture; says where the report is"
	@echo "make test    the whole test suite"
	@echo "make test-lowest  the tests of judging, with the lowest versions of all dependencies, where Python 3.11 is"
	@echo "make test-windows  tests with Windows' Python under Wine 10, which is set up in $(WINDOWS); needs root and apt-get"
	@echo "make lint    ruff, mypy, the import contracts and bandit"
	@echo "make docs    the documentation as a site; says where it is"
	@echo "make fuzz    hostile octets for SECONDS=60, guided by coverage; exits with an error on a finding"
	@echo "make bench   measures the tool beside others and writes docs/performance.md; BENCH=--quick tries it"
	@echo "make clean   remove what the others made"

demo: $(VENV)/.run tshark
	@$(BIN)/dpm-analyzer analyze $(LAB)/dirty_server.pcap $(LAB)/dirty_segA.pcap $(LAB)/dirty_segB.pcap \
	    --site $(LAB)/site.yaml --out $(REPORT) --force; \
	code=$$?; \
	if [ $$code -gt 1 ]; then exit $$code; fi; \
	echo "The sample holds findings on purpose. Open the report in a browser: $(CURDIR)/$(REPORT)/report.html"

test: $(VENV)/.dev tshark filters chromium fonts
	@$(BIN)/python -m pytest -n auto --dist loadgroup

lowest:
	@if python3.11 -c "" 2>/dev/null; then \
	    $(MAKE) --no-print-directory VENV=$(LOWEST) PYTHONS=python3.11 $(LOWEST)/.lowest; fi

# What old libraries say of newer ones is not ours; which modules a command imports is a matter of their versions.
test-lowest: tshark
	@if ! python3.11 -c "" 2>/dev/null; then \
	    echo "No Python 3.11 was found on PATH: the lowest versions, made for it, are not tried."; exit 0; \
	fi; \
	$(MAKE) --no-print-directory VENV=$(LOWEST) PYTHONS=python3.11 $(LOWEST)/.lowest && \
	$(LOWEST)/bin/python -m pytest -n auto -W ignore::DeprecationWarning $(or $(TESTS),tests/test_cases.py \
	    tests/flows/test_flow_table.py tests/render/test_formats.py tests/rules tests/site tests/charts tests/dissect \
	    tests/api tests/difference)

# Wine is no Windows: it says nothing of real consoles, access lists, virus scanners and limits of memory. The reports of
# this system are made first, for the comparison.
# pytest ends a process whose test takes longer than WINDOWS_LIMIT seconds, and prints where it stood. pytest-xdist then
# reports that test as failed and begins a new process for the rest.
test-windows: $(VENV)/.dev
	@PYTHON=$(CURDIR)/$(BIN)/python tests/windows/set_up.sh $(WINDOWS) && \
	$(BIN)/python -m tests.windows.reports $(WINDOWS)/system/opt/windows/reports && \
	tests/windows/inside.sh $(abspath $(WINDOWS))/system $(CURDIR) sh -c 'cd /project && exec "$$@"' windows \
	    env DPM_ANALYZER_OTHER_REPORTS='Z:\opt\windows\reports' \
	    wine /opt/windows/python/python.exe -m pytest -n 1 --dist loadgroup -p no:cacheprovider \
	    -o faulthandler_timeout=$(WINDOWS_LIMIT) -o faulthandler_exit_on_timeout=true -W ignore::DeprecationWarning \
	    $(or $(TESTS),@tests/windows/tests.txt)

lint: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/mypy --platform win32 analyzer
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml analyzer

# commands.md and python.md are made from the code first; a warning of the generator is an error.
docs: $(VENV)/.docs
	@$(BIN)/python -m docs.pages >/dev/null
	@$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going docs docs/_build
	@echo "Open the documentation in a browser: $(CURDIR)/docs/_build/index.html"

# What is found stays in $(FUZZ)/found, octets as they are; the corpus grows from run to run. atheris is not there for every
# platform, and to build it takes a compiler of its own. Its memory grows with every try, whatever it tries, so that it is
# begun anew every ten minutes.
fuzz: $(VENV)/.dev
	@$(BIN)/python -c "import atheris" 2>/dev/null || $(PIP) install --only-binary=atheris --editable '.[dev,fuzz]' \
	    2>/dev/null || { echo "atheris cannot be installed here: fuzzing is skipped."; exit 0; }; \
	mkdir -p $(FUZZ)/corpus $(FUZZ)/found && $(BIN)/python -m tests.fuzz.seeds $(FUZZ)/seeds || exit 1; \
	left=$(SECONDS); while [ $$left -gt 0 ]; do \
	    if $(BIN)/python -m tests.fuzz.target -max_total_time=$$((left < 600 ? left : 600)) -timeout=20 \
	        -rss_limit_mb=2048 -max_len=4096 -dict=$(FUZZ)/seeds.dict -artifact_prefix=$(FUZZ)/found/ \
	        $(FUZZ)/corpus $(FUZZ)/seeds >$(FUZZ)/log 2>&1; \
	    then grep -E '^#[0-9]+.*(INITED|DONE)|^Done' $(FUZZ)/log; left=$$((left - 600)); \
	    else sed '1,/^INFO: seed corpus/d' $(FUZZ)/log | grep -v '^#' | tail -n 60; \
	        echo "Found something: its octets are in $(FUZZ)/found, what ran in $(FUZZ)/log." >&2; exit 1; fi; \
	done

# The machine should have nothing else to do meanwhile. Peers and captures are put into .bench, beside the project.
bench: $(VENV)/.bench tshark
	@$(BIN)/python -m benchmarks $(BENCH)

# The report of the sample as README.md and the documentation show it.
picture: demo chromium $(VENV)/.dev
	@chromium=$$(for name in $(CHROMIUM); do command -v $$name && break; done); \
	if [ "$$(id -u)" = 0 ]; then alone=--no-sandbox; fi; \
	"$$chromium" --headless $$alone --hide-scrollbars --window-size=1366,1000 --force-device-scale-factor=1 \
	    --screenshot=$(CURDIR)/docs/images/report.png "file://$(CURDIR)/$(REPORT)/report.html" 2>/dev/null; \
	$(BIN)/python -m docs.pictures "$$chromium" $(REPORT)

clean:
	rm -rf $(VENV) $(LOWEST) $(FUZZ) $(WINDOWS) .bench $(REPORT) build dist docs/_build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps stand for an installed package, so that a second run installs nothing.
$(VENV)/.run: pyproject.toml | $(VENV)/.made
	@echo "Installing the package into $(VENV) (first time: a few minutes)"
	@$(PIP) install --editable . || { \
	    echo "pip could not get what the package needs: give it a network or an index that it reaches, then run make again." >&2; exit 1; }
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/.made
	@echo "Installing the package and what its tests need into $(VENV) (first time: a few minutes)"
	@$(PIP) install --editable '.[dev]'
	@touch $@ $(VENV)/.run

$(VENV)/.docs: pyproject.toml | $(VENV)/.made
	@echo "Installing the package and what its documentation needs into $(VENV) (first time: a few minutes)"
	@$(PIP) install --editable '.[docs]'
	@touch $@ $(VENV)/.run

$(VENV)/.lowest: pyproject.toml tests/constraints-lowest.txt | $(VENV)/.made
	@echo "Installing the package with the lowest versions that it admits into $(VENV)"
	@$(PIP) install --constraint tests/constraints-lowest.txt --editable '.[test]'
	@touch $@

$(VENV)/.bench: pyproject.toml | $(VENV)/.made
	@echo "Installing the package into $(VENV) (first time: a few minutes)"
	@$(PIP) install --editable '.[bench]'
	@touch $@ $(VENV)/.run

# A Python is fit when it is of a supported version and can make virtual environments; Debian keeps the latter in a
# package of its own. A name on PATH may be a mere shim: it counts only when it runs.
$(VENV)/.made:
	@fit() { "$$1" -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))" 2>/dev/null; }; \
	whole() { "$$1" -c "import ensurepip, venv" 2>/dev/null; }; \
	choose() { for p in $(PYTHONS); do \
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

# What the exported filters are tried with.
filters:
	@if command -v tcpdump >/dev/null && command -v nft >/dev/null && command -v ip >/dev/null; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing tcpdump and nftables"; \
	    { $(APT) update -qq; $(APT) install -qq -y tcpdump nftables iproute2; } >/dev/null 2>&1 </dev/null || true; \
	fi; \
	command -v tcpdump >/dev/null && command -v nft >/dev/null && command -v ip >/dev/null || \
	    echo "tcpdump, nftables or iproute2 is not installed (Debian: apt-get install): some tests of filters are skipped."

chromium:
	@for name in $(CHROMIUM); do if command -v $$name >/dev/null; then exit 0; fi; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing Chromium"; \
	    { $(APT) update -qq; $(APT) install -qq -y --no-install-recommends chromium fonts-dejavu-core; } >/dev/null 2>&1 </dev/null || true; \
	fi; \
	for name in $(CHROMIUM); do if command -v $$name >/dev/null; then exit 0; fi; done; \
	echo "Chromium is not installed (Debian: apt-get install chromium): the tests of the page are skipped."

# What charts with Japanese names are drawn with.
fonts: $(VENV)/.dev
	@has() { $(BIN)/python -c "import sys; from analyzer.charts import fonts; sys.exit(not fonts.installed(tuple(fonts.folders())))"; }; \
	if has; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing a font with Japanese letters"; \
	    { $(APT) update -qq; $(APT) install -qq -y --no-install-recommends fonts-ipaexfont-gothic; } >/dev/null 2>&1 </dev/null || true; \
	fi; \
	has || echo "No font with Japanese letters is installed (Debian: apt-get install fonts-ipaexfont-gothic): some tests of charts are skipped."
