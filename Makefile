# What one does here. Each target installs what it needs first.
#
# Everything is built with one profile into one target directory: RocksDB takes a quarter of an
# hour, and is built once. The directory is in the user's cache, so that the next clone and
# continuous integration find it again.

cache := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/paceline
export CARGO_TARGET_DIR ?= $(cache)/target
# Where `.ci/deps` puts promtool, if the system has none.
export PATH := $(PATH):$(cache)/prometheus/usr/bin

.PHONY: help run build test bench bench-save bench-compare instructions bench-floor growth hot-product load load-payments load-cards peak-sale soak crash simulate google overload fuzz fmt lint

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

bench: ## every criterion bench
	@.ci/deps build
	cargo bench --locked -p paceline-benches $(if $(STAGE),--bench $(STAGE))

# Named by what is measured: `make bench-save` before a change, `make bench-compare` after it.
bench-save: ## keep every criterion figure as it is now; BASE=before STAGE=parse
	@.ci/deps build
	cargo bench --locked -p paceline-benches $(if $(STAGE),--bench $(STAGE),--benches) -- --save-baseline $(or $(BASE),before)

bench-compare: ## what has changed since; BASE=before STAGE=parse
	@.ci/deps build
	cargo bench --locked -p paceline-benches $(if $(STAGE),--bench $(STAGE),--benches) -- --baseline $(or $(BASE),before)

# As a test, so that it is built as `make test` builds it: other features, other instructions.
instructions: ## instructions of each stage against the recorded ones; RECORD=1 records
	@.ci/deps build
	@.ci/deps valgrind
	RECORD=$(RECORD) cargo test --release --locked --workspace --test instructions -- --nocapture

# As they were built for `make run`: both come from one profile, and share the machine in turn.
bench-floor: build ## our CPU time per request over a bare hyper server's; ARGS="--rounds 9"
	cargo build --release --locked -p paceline-benches --bins
	"$(CARGO_TARGET_DIR)/release/ratio" $(ARGS)

growth: build ## requests, start and memory with much stored; ARGS="--sessions 10000000"
	cargo build --release --locked -p paceline-benches --bins
	"$(CARGO_TARGET_DIR)/release/growth" $(ARGS)

hot-product: build ## completes a second of 10,000 buyers of one product, and of 10,000
	cargo build --release --locked -p paceline-benches --bins
	"$(CARGO_TARGET_DIR)/release/hot-product" $(ARGS)

load: build ## whole purchases at a set arrival rate, with a report; RATE=200 DURATION=30s
	@.ci/deps load
	loadtest/run.sh checkout

load-payments: build ## links, captures, refunds, rewards, retries; the books must agree; RATE=50 DURATION=30s
	@.ci/deps load
	loadtest/run.sh standard-payments

load-cards: build ## reservations, captures, cancels, refunds, retries; the books must agree; RATE=50 DURATION=30s
	@.ci/deps load
	loadtest/run.sh cards

peak-sale: build ## a flash sale past the knee and back, its books checked; PEAK=1500 PICTURE=
	@.ci/deps load
	loadtest/run.sh peak-sale

soak: build ## half the knee for long: memory and latency stay flat; DURATION=1h RATE=100
	@.ci/deps load
	loadtest/run.sh soak

# So many days of either kind, or as long for each, or until either ends if both are given.
simulate: ## whole days from one seed, a merchant's and an integrator's; SEEDS=1000, SEEDS=7..8 TOLD=1, or SIMULATE_SECONDS=600
	@.ci/deps build
	SEEDS=$(or $(SEEDS),$(if $(SIMULATE_SECONDS),,1000)) SIMULATE_SECONDS=$(SIMULATE_SECONDS) \
	    cargo test --release --locked -p paceline-engine --test simulation --test standard_simulation new_days -- --nocapture

crash: build ## kill the server under load, again and again, and count what is lost; KILLS=200 SEED=1
	KILLS=$(or $(KILLS),200) cargo test --release --locked -p paceline-api --test crash killed -- --nocapture
	KILLS=$(or $(KILLS),200) cargo test --release --locked -p paceline-google --test crash -- --nocapture
	KILLS=$(or $(KILLS),200) cargo test --release --locked -p paceline-google --test card_crash -- --nocapture

fuzz: build ## look for bytes that break a reader's promise, by coverage; TARGET=update SECONDS=60
	fuzz/run.sh $(or $(TARGET),all) $(or $(SECONDS),60)

google: ## build the program that plays Google's side of Standard Payments
	@.ci/deps build
	cargo build --release --locked -p paceline-google

overload: build ## three times what it can do, and hostile clients; ARGS="--seconds 20"
	cargo build --release --locked -p paceline-benches --bins
	"$(CARGO_TARGET_DIR)/release/overload" $(ARGS)

fmt: ## format the code
	cargo fmt --all

lint: ## what a review would find first
	@.ci/deps build
	cargo fmt --all --check
	cargo clippy --release --locked --workspace --all-targets -- --deny warnings
