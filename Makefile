# What a newcomer types. `make` alone lists the targets.
# Longer shell is in deploy/; everything here works from a path with spaces and honours CARGO_TARGET_DIR.

.POSIX:

CARGO = cargo

.PHONY: help build deb demo test torture browser pictures bench lint docs reference deps

help: ## List the targets
	@echo "make demo   watch Sverka bring three upstreams and an ERP into agreement (ONCE=1: end after the third sync)"
	@echo "make test   run the tests (real PostgreSQL, simulated upstreams)"
	@echo "make torture N=1000   kill daemons at random while the upstreams misbehave, and compare the ledgers"
	@echo "make browser   try the pages in headless Chromium (packages chromium and chromium-driver)"
	@echo "make pictures   draw every page in Chromium into pictures/, and the README's picture"
	@echo "make bench   measure a release beside PostgreSQL's own limits, and write the figures into docs/PERFORMANCE.md (ROWS=1000000 ROUNDS=3)"
	@echo "make build  build the release binary"
	@echo "make deb    build the Debian package into target/debian"
	@echo "make lint   check formatting, clippy and documentation, with warnings denied"
	@echo "make docs   make a site of docs/, in target/book (mdBook)"
	@echo "make reference   write the tables of docs/CONFIGURATION.md anew, from config/sverka.toml"
	@echo "make deps   check for cargo and a C compiler; install the PostgreSQL server programs if they are missing"

build:
	$(CARGO) build --release --locked

deb:
	CARGO="$(CARGO)" sh deploy/debian/build.sh

demo: deps build
	"$${CARGO_TARGET_DIR:-target}/release/sverka" demo $${ONCE:+--once}

# N kills, e.g. make torture N=1000; make torture SEED=7 for the same dice again.
torture: deps
	env TORTURE_KILLS="$${N:-200}" $${SEED:+TORTURE_SEED="$$SEED"} $(CARGO) test --locked --test it -- --nocapture torture::

browser: deps
	$(CARGO) test --locked --test it -- --include-ignored --skip pictures browser::

pictures: deps
	@sh deploy/draw-pages.sh

# The test database lies where TMPDIR says: on the disk whose speed counts.
bench: deps build
	env SVERKA_BINARY="$${CARGO_TARGET_DIR:-target}/release/sverka" SVERKA_ROWS="$${ROWS:-1000000}" SVERKA_ROUNDS="$${ROUNDS:-3}" \
		SVERKA_WRITE_FIGURES=1 $(CARGO) test --locked --test it -- --ignored --nocapture bench::figures

test: deps
	$(CARGO) test --locked

lint:
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps

docs:
	@command -v mdbook >/dev/null || { echo "mdBook is missing: cargo install mdbook --locked" >&2; exit 1; }
	mdbook build --dest-dir "$${CARGO_TARGET_DIR:-$$PWD/target}/book"

reference:
	env SVERKA_WRITE_REFERENCE=1 $(CARGO) test --locked --lib -- config::tests::reference

deps:
	@sh deploy/install-deps.sh
