# What one does here. Each target installs what it needs first.
#
# Everything is built with one profile into one target directory: RocksDB takes a quarter of an
# hour, and is built once. The directory is in the user's cache, so that the next clone and
# continuous integration find it again.

cache := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/paceline
export CARGO_TARGET_DIR ?= $(cache)/target

.PHONY: help run build test fmt lint

help: ## say this
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

run: build ## build, and serve with the embedded defaults
	"$(CARGO_TARGET_DIR)/release/paceline" serve

build: ## build the program: $CARGO_TARGET_DIR/release/paceline
	@.ci/deps build
	cargo build --release --locked -p paceline-api

# nextest shows what failed better; cargo's own runner does as well.
test: ## run every test
	@.ci/deps test
	@if cargo nextest --version >/dev/null 2>&1; then \
	    set -x; cargo nextest run --release --locked --workspace && cargo test --release --locked --workspace --doc; \
	else \
	    set -x; cargo test --release --locked --workspace; \
	fi

fmt: ## format the code
	cargo fmt --all

lint: ## what a review would find first
	@.ci/deps build
	cargo fmt --all --check
	cargo clippy --release --locked --workspace --all-targets -- --deny warnings
