# What a laptop and CI both run. `make` alone lists the targets.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash

# Where rustup puts cargo, for shells that have not read its profile.
export PATH := $(PATH):$(HOME)/.cargo/bin

# Incremental files are only written to be thrown away on a machine that builds once.
ifdef CI
export CARGO_INCREMENTAL := 0
endif

# The dev profile starts the demo soonest: its dependencies build in a fraction of the time that release takes,
# and the tests use the same ones. `make demo PROFILE=release` for a demo that is quicker once it runs.
PROFILE ?= dev
# Arguments for the program: make demo ARGS='--help'
ARGS ?=

HUB := cargo run --profile $(PROFILE) --bin inventory-hub --

PLAYGROUND_SOURCES := $(wildcard playground/src/* playground/src/*/*) \
	playground/index.html playground/vite.config.js playground/package.json

.PHONY: help demo test conformance deny check fmt bench playground schema clean tools

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: tools playground ## run the hub on simulated vendors (ARGS='--help' lists what it can do)
	$(HUB) demo $(ARGS)

test: check ## everything CI checks: formatting, lints, and all tests on SQLite and PostgreSQL
	scripts/with-postgres cargo test --workspace $(ARGS)

# The program as `make test` has built it.
conformance: tools playground ## public tools and clients against the real server (ARGS='apollo urql' runs these alone)
	cargo build --workspace --bin inventory-hub
	scripts/conformance $(ARGS)

deny: tools ## licences, sources and duplicates of dependencies (deny.toml); fetches no database
	scripts/deny

check: tools playground ## formatting and lints, no tests
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

fmt: ## format the Rust sources
	cargo fmt --all

bench: tools playground ## measure the queries and the collectors on both databases
	cargo build --release -p server -p tests --bin inventory-hub --bin bench
	scripts/with-postgres target/release/bench $(ARGS)

playground: tools playground/dist/index.html ## build the GraphQL playground that the server embeds

schema: tools playground ## write schema.graphql as the server has it
	mkdir -p target
	cargo run --quiet --bin inventory-hub -- schema > target/schema.graphql
	mv target/schema.graphql schema.graphql

clean: ## remove everything that was built
	cargo clean
	rm -rf playground/dist playground/node_modules tests/conformance/node_modules tests/conformance/typed/generated

tools:
	@scripts/ensure-tools

# npm writes this file last, so it is newer than the lock file only after a whole installation.
playground/node_modules/.package-lock.json: playground/package-lock.json playground/.npmrc | tools
	cd playground && npm ci --loglevel=error

playground/dist/index.html: playground/node_modules/.package-lock.json $(PLAYGROUND_SOURCES)
	cd playground && npm run build --silent -- --logLevel warn
