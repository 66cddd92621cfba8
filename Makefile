# Everything one does with this repository. `make` alone tells the list.
.DEFAULT_GOAL := help
.PHONY: help demo test soak fuzz bench deb try-deb fmt lint deny advisories

CARGO_DENY := target/tools/bin/cargo-deny
CARGO_DENY_VERSION := 0.20.2
ARGS ?=
MUTATIONS ?= 1000000
SECONDS ?= 60
SEED ?= 1

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## try hankod on this machine; make demo ARGS=--once signs one contract and ends
	@scripts/install-deps build
	@scripts/install-deps demo
	cargo run --quiet --release -- demo $(ARGS)

test: ## install what the tests need and run them all
	@scripts/install-deps test
	cargo test --quiet --no-run
	cargo test

fuzz: ## every fuzz target for a minute, then a million of each loop over whole files (SECONDS=N, MUTATIONS=N, SEED=N)
	HANKOD_FUZZ_SECONDS=$(SECONDS) HANKOD_FUZZ_SEED=$(SEED) cargo test --release --test suite -- --nocapture fuzz::
	HANKOD_MUTATIONS=$(MUTATIONS) cargo test --release --test suite -- damaged broken

soak: ## the largest files, up to 10 GB, on the disk of TMPDIR (10 GB of room), and 500 faults of cards; about half an hour
	@scripts/install-deps test
	HANKOD_SOAK=1 cargo test --release --test suite -- --nocapture --test-threads 1 large:: cards::soak

bench: ## measure against limits and peers; make bench ARGS=--json
	@scripts/install-deps bench
	cargo bench --quiet --bench sign -- $(ARGS)

deb: ## the Debian package, in target/deb
	@scripts/install-deps build
	cargo build --quiet --release --locked
	scripts/make-deb target/release/hankod target/deb

try-deb: ## install, use, upgrade, remove the package in a fresh Debian that is booted in a container (as root)
	cargo build --quiet --release --locked
	scripts/try-deb $$(scripts/make-deb target/release/hankod target/deb 0) $$(scripts/make-deb target/release/hankod target/deb)

fmt: ## format the code
	cargo fmt

lint: ## formatter and lints, as continuous integration runs them
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings

deny: $(CARGO_DENY) ## licences, duplicates and origins of the dependencies
	$(CARGO_DENY) --log-level error check licenses bans sources

advisories: $(CARGO_DENY) ## known vulnerabilities in the dependencies (fetches the advisory database)
	$(CARGO_DENY) check advisories

$(CARGO_DENY):
	cargo install --quiet --locked --root target/tools --version $(CARGO_DENY_VERSION) cargo-deny
