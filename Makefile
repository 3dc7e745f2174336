# One verb per task. `make run` and `make test` do all their own set-up.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DONE   := .setup
# What `make run ARGS="--port 9443"` hands to the program.
ARGS   ?=

RUST_SOURCES := Cargo.toml Cargo.lock $(shell find crates -name '*.rs' -o -name Cargo.toml 2>/dev/null)
WEB_SOURCES  := $(shell find web/src web/messages web/public -type f -not -path '*/paraglide/*' 2>/dev/null) \
                $(wildcard web/*.html web/*.ts web/*.js web/*.json)

help: ## what can be done here
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

# ── set-up, each step only when its inputs changed ──────────────────────────────────────────────

$(DONE)/python: requirements/dev.txt
	@tools/need.sh python
	@mkdir -p $(DONE)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

$(DONE)/npm: web/package-lock.json
	@tools/need.sh node
	@mkdir -p $(DONE)
	cd web && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(DONE)/core: $(RUST_SOURCES) pyproject.toml $(DONE)/python
	@tools/need.sh rust
	@# Not `maturin develop`: it asks pip for dependency groups, which the pip that comes with Python 3.11 lacks.
	MATURIN_PEP517_ARGS=--locked PATH="$(abspath $(BIN)):$$PATH" \
	  $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(DONE)/web: $(WEB_SOURCES) $(DONE)/npm
	cd web && npm run --silent build
	@touch $@

$(DONE)/browsers: tools/browsers.sh
	@mkdir -p $(DONE)
	@tools/browsers.sh
	@touch $@

$(DONE)/valgrind: tools/valgrind.sh
	@mkdir -p $(DONE)
	@tools/valgrind.sh
	@touch $@

$(DONE)/netlab: tools/netlab.sh
	@mkdir -p $(DONE)
	@tools/netlab.sh
	@touch $@

setup: $(DONE)/core $(DONE)/web ## everything that running needs

# ── using it ────────────────────────────────────────────────────────────────────────────────────

run: setup ## start the server (ARGS="--port 9443")
	@exec $(BIN)/causerie up $(ARGS)

demo: setup ## the same, with a meeting of generated people in it (ARGS="--people 6")
	@exec $(BIN)/causerie demo $(ARGS)

wheel: $(DONE)/python $(DONE)/web ## one self-contained wheel in dist/
	@tools/need.sh rust
	rm -rf dist
	$(BIN)/maturin build --release --locked --out dist

# ── working on it ───────────────────────────────────────────────────────────────────────────────

gen: $(DONE)/python ## TypeScript types, JSON Schema and protocol reference from src/causerie/protocol
	PYTHONPATH=src $(BIN)/python -m causerie.protocol.generate

fmt: $(DONE)/python $(DONE)/npm ## format everything
	$(BIN)/ruff format src tests bench tools
	$(BIN)/ruff check --fix --quiet src tests bench tools
	cargo fmt --all
	cd web && npm run --silent format

lint: $(DONE)/core $(DONE)/web ## formatting, types, dependency rules
	$(BIN)/ruff format --check src tests bench tools
	$(BIN)/ruff check src tests bench tools
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest causerie._core --ignore-disjoint-bases
	$(BIN)/lint-imports
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cd web && npm run --silent lint && npm run --silent check

test: test-rust test-python test-forward test-web test-browser test-wheel ## everything that must hold; what CI calls
	@cat $(DONE)/summary-*

test-rust: ## the packet path, on virtual time
	@mkdir -p $(DONE)
	cargo test --workspace --exclude causerie-core --locked -- --quiet 2>&1 | tee $(DONE)/rust.log
	@grep -h '^test result' $(DONE)/rust.log > $(DONE)/summary-1-rust

test-python: setup $(DONE)/netlab ## rooms, messages, server, the engine through Python, aiortc
	$(BIN)/pytest -q -m "not browser and not netlab and not wheel" | tee $(DONE)/python.log
	@tail -n 1 $(DONE)/python.log > $(DONE)/summary-2-python

test-forward: setup $(DONE)/valgrind ## instructions per forwarded packet against those recorded
	cargo build --release --locked --quiet --package forward
	$(BIN)/python -m tools.forward_step check target/release/forward | tee $(DONE)/summary-6-forward

record-forward: setup $(DONE)/valgrind ## record them anew, after a change that is meant
	cargo build --release --locked --quiet --package forward
	$(BIN)/python -m tools.forward_step record target/release/forward

test-web: $(DONE)/npm $(DONE)/web ## the client without a browser
	cd web && NO_COLOR=1 npm run --silent test | tee ../$(DONE)/web.log
	@grep -E '^ *(Test Files|Tests) ' $(DONE)/web.log > $(DONE)/summary-3-web

test-browser: setup $(DONE)/browsers $(DONE)/netlab ## real Chromium and Firefox
	$(BIN)/pytest -q -m browser | tee $(DONE)/browser.log
	@tail -n 1 $(DONE)/browser.log > $(DONE)/summary-4-browser

test-wheel: wheel $(DONE)/browsers ## the wheel alone, without Rust or Node on the PATH
	$(BIN)/pytest -q -m wheel | tee $(DONE)/wheel.log
	@tail -n 1 $(DONE)/wheel.log > $(DONE)/summary-5-wheel

test-netlab: setup $(DONE)/browsers $(DONE)/netlab ## faults of the network against their targets (ARGS="-k f_06")
	@missed=0; timeout 1500 $(BIN)/pytest -q -m netlab tests/netlab $(ARGS) | tee $(DONE)/netlab.log || missed=1; \
	  $(BIN)/python -m bench.render; tail -n 1 $(DONE)/netlab.log; exit $$missed

acceptance: setup $(DONE)/browsers $(DONE)/netlab ## run the tests of the criteria, render docs/reference/acceptance.md
	-$(BIN)/pytest -q -m "not wheel" -k "test_ac_" --acceptance build/acceptance/pytest.json
	cd web && npx vitest run --silent -t "AC-" --reporter=json --outputFile=../build/acceptance/vitest.json
	$(BIN)/python -m tools.acceptance build/acceptance/*.json

bench: setup $(DONE)/browsers ## measured figures into bench/results
	$(BIN)/python -m bench

bench-load: setup ## ours, Janus and LiveKit under load, quiet machine, at most half an hour (ARGS="--runs 5 --minutes 50")
	$(BIN)/python -m bench $(ARGS) loads

screenshots: setup $(DONE)/browsers ## pictures of every screen into build/screenshots
	$(BIN)/python -m tools.screenshots

lock: ## renew the hashed requirement files (needs uv)
	uv pip compile pyproject.toml --python-version 3.11 --universal --generate-hashes --no-emit-index-url --quiet --no-header -o requirements/runtime.txt
	uv pip compile pyproject.toml --group dev --python-version 3.11 --universal --generate-hashes --no-emit-index-url --quiet --no-header -o requirements/dev.txt

clean: ## remove what set-up and builds made
	rm -rf $(VENV) $(DONE) target dist web/node_modules src/causerie/web
	find . -name '*.so' -path './src/*' -delete

.PHONY: help setup run demo wheel gen fmt lint test test-rust test-forward record-forward test-python test-web test-browser test-wheel test-netlab acceptance bench bench-load screenshots lock clean
