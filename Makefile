# Everything a person needs; `make run` and `make test` set up what they use.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# Each clone builds in its own folder: cargo names a workspace's crates by their place in it, so two
# clones that share one would take each other's for their own.
export CARGO_TARGET_DIR ?= $(CURDIR)/target

.PHONY: help run test test-rust test-console test-browser browser lint fmt eval bench bench-runs bench-idle bench-api bench-scale bench-load soak bench-mail bench-index bench-retrieval bench-guards bench-injection bench-triggers attacks chaos train-answerability train-injection openapi clean console setup

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# Without the heavy crates: the index is the exact one in memory, and embedders are asked by HTTP.
run: console ## Build what is needed and start the service with the demo shop
	cargo build --profile quick -p countersign --no-default-features
	exec $(CARGO_TARGET_DIR)/quick/countersign serve --demo

console: console/dist/index.html

console/node_modules/.package-lock.json: console/package-lock.json
	cd console && npm ci --no-audit --no-fund
	@touch $@

console/dist/index.html: console/node_modules/.package-lock.json $(shell find console/src console/public console/index.html console/scripts console/vite.config.ts -type f 2>/dev/null)
	cd console && npm run build
	@touch $@

setup: ## Install what the tests need
	scripts/setup-tests.sh

# The browser drives the binary that the Rust tests need as well, so that one is built and no second.
test: setup ## Run every test
	$(MAKE) --no-print-directory test-console
	cargo nextest run --workspace --all-features --no-run
	$(MAKE) --no-print-directory browser
	$(MAKE) --no-print-directory test-rust

test-rust:
	cargo nextest run --workspace --all-features --no-fail-fast

test-console: console/node_modules/.package-lock.json
	cd console && npm test

test-browser:
	cargo build -p countersign --no-default-features
	$(MAKE) --no-print-directory browser

browser: console
	cd console && npm run --silent check:size
	cd console && COUNTERSIGN_BIN=$(CARGO_TARGET_DIR)/debug/countersign CONSOLE_PORT=$$(python3 -c \
	  'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])') npm run e2e

lint: console/node_modules/.package-lock.json ## Check formatting, lints and types
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --all-features -- -D warnings
	cd console && npm run lint
	@if command -v cargo-deny >/dev/null; then cargo deny --offline check bans licenses sources; fi

fmt: ## Format the code
	cargo fmt --all

openapi: ## Write openapi.json and the console's types from the code
	cargo run -q -p countersign -- openapi > openapi.json.new && mv openapi.json.new openapi.json
	cd console && npm run generate

eval: ## Run every suite of evaluations, and print the table (COUNTERSIGN_DATA: the folder of public data)
	cargo build --profile quick -p countersign --no-default-features
	cargo build --profile quick -p countersign-evals
	COUNTERSIGN_DATA=$(abspath $(or $(COUNTERSIGN_DATA),../shared/data)) $(CARGO_TARGET_DIR)/quick/countersign eval run

bench: bench-runs bench-idle bench-api bench-scale ## Run every benchmark of the service under load (soak takes longer)

bench-runs: ## Complete runs per second, durable, on SQLite and Postgres (PROCESSES=1,2,4: that many on one Postgres)
	cargo build --profile dist -p countersign
	cargo run --profile dist -q -p countersign --no-default-features --features testing --example bench_runs

bench-idle: ## 100,000 waiting runs: memory, listing, resuming
	cargo build --profile dist -p countersign
	cargo run --profile dist -q -p countersign --no-default-features --features testing --example bench_idle

bench-api: ## The API under rising rates, reads and writes mixed: p50, p99, memory (BENCH_RATES, BENCH_TICKETS)
	cargo build --profile dist -p countersign
	cargo run --profile dist -q -p countersign --no-default-features --features testing --example bench_api

bench-scale: ## 1,000 workspaces and 1,000,000 tickets: lists and searches (SCALE_WORKSPACES, SCALE_TICKETS)
	cargo build --profile dist -p countersign
	cargo run --profile dist -q -p countersign --no-default-features --features testing --example bench_scale

bench-load: console ## Pages in a browser: how long until they are of use, with an empty cache and a full one
	cargo build --profile dist -p countersign
	@rm -f $(CARGO_TARGET_DIR)/bench-load.jsonl
	cd console && BENCH_OUT=$(CARGO_TARGET_DIR)/bench-load.jsonl COUNTERSIGN_BIN=$(CARGO_TARGET_DIR)/dist/countersign \
	  CONSOLE_PORT=$$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])') \
	  npx playwright test --project=bench --workers=1
	@cat $(CARGO_TARGET_DIR)/bench-load.jsonl

soak: ## 20 minutes of steady load, and whether memory stays what it is (SOAK_MINUTES, SOAK_RATE)
	cargo build --profile dist -p countersign
	cargo run --profile dist -q -p countersign --no-default-features --features testing --example soak

bench-mail: ## Quoted text and signatures split off real mails: speed (COUNTERSIGN_DATA: the folder with email/)
	cargo run --release -q -p countersign --example bench_quoted

bench-index: ## Documents cut, and the embedded index at 20,000 and 200,000 chunks: building, searching, recall, memory
	cargo run --release -q -p countersign-qdrant --no-default-features --features edge --example bench_index $(CHUNKS)

bench-retrieval: ## Questions finding their documents by words, vectors and both (COUNTERSIGN_DATA: the folder with retrieval/)
	cargo run --release -q -p countersign-embed --features testing --example bench_retrieval

bench-guards: ## Personal data in texts: speed, recall and precision, beside Presidio where it can be installed (COUNTERSIGN_DATA: the folder with pii/)
	scripts/setup-presidio.sh $(CARGO_TARGET_DIR)/presidio
	COUNTERSIGN_PRESIDIO=$(CARGO_TARGET_DIR)/presidio/bin/python cargo run --release -q -p countersign-guards --example bench_guards

bench-injection: ## Instructions hidden in texts: speed (COUNTERSIGN_DATA: the folder with intents/)
	cargo run --release -q -p countersign-guards --example bench_injection

bench-triggers: ## Words that call for a person: speed, and how many ordinary messages trip each trigger (COUNTERSIGN_DATA: the folder with intents/ and email/)
	cargo run --release -q -p countersign-guards --example bench_triggers

chaos: ## Several processes on one Postgres through CHAOS_FAULTS faults (300) drawn from CHAOS_SEED: do the books balance?
	CHAOS_FAULTS=$(or $(CHAOS_FAULTS),300) CHAOS_SEED=$(or $(CHAOS_SEED),7) cargo nextest run -p countersign --no-default-features --features testing --test chaos --no-capture -E 'test(books_balance)'

attacks: ## A model that obeys every attack of the public sets, wherever it stands (COUNTERSIGN_DATA: the folder with injection/)
	COUNTERSIGN_DATA=$(abspath $(or $(COUNTERSIGN_DATA),../shared/data)) cargo nextest run -p countersign --no-default-features --features testing --test engine --no-capture -E 'test(wherever_an_attack_stands)'

train-answerability: ## Train the model that says whether passages can answer (COUNTERSIGN_DATA: the folder with intents/)
	cargo run -q -p countersign-rag --example train_answerability

train-injection: ## Train the model that tells instructions for a model (COUNTERSIGN_DATA: the folder with injection/ and intents/)
	cargo run --release -q -p countersign-guards --example train_injection

clean: ## Remove what was built here
	rm -rf console/dist console/node_modules
	cargo clean
