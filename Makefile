# What a developer types. docs/development.md says more.

# Exact, so that everybody's linter says the same.
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

# Real servers, several packages at once: minutes, not seconds.
TEST_TIMEOUT ?= 40m
TEST_FLAGS ?=

.DEFAULT_GOAL := help

.PHONY: help
help: ## list what there is to make
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/tandem
	go build -trimpath -o bin/tandem ./cmd/tandem

.PHONY: demo
demo: build mysql ## watch a live database cross between two real servers
	bin/tandem sandbox demo

.PHONY: test
test: servers ## fetch MySQL if there is none, and run all tests
	go test -timeout $(TEST_TIMEOUT) $(TEST_FLAGS) ./...

.PHONY: lint
lint: ## gofmt, go vet and staticcheck
	@files=$$(git ls-files -z '*.go' | xargs -0 gofmt -l); [ -z "$$files" ] || { echo "not formatted as gofmt does it:"; echo "$$files"; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...

.PHONY: mysql
mysql: ## fetch MySQL 9.7 into the cache (Debian and its like)
	@scripts/fetch-mysql.sh

.PHONY: mysql56
mysql56: ## fetch MySQL 5.6 into the cache, the oldest source
	@scripts/fetch-mysql56.sh

# The tests look for servers in more places than the scripts know (TANDEM_MYSQLD,
# PATH, Docker), so a machine where nothing can be fetched may still run them.
.PHONY: servers
servers:
	@[ -n "$$TANDEM_MYSQLD" ] || scripts/fetch-mysql.sh || echo "make: going on without a fetched MySQL" >&2
	@[ -n "$$TANDEM_MYSQLD56" ] || scripts/fetch-mysql56.sh || echo "make: going on without a fetched MySQL 5.6" >&2

# How long rounds go on, and the one round to replay.
CHAOS_TIME ?= 5m
SEED ?=

.PHONY: chaos
chaos: servers ## break things around a running tandem (CHAOS_TIME=1h, SEED=1234; docs/testing.md)
	CHAOS_TIME=$(CHAOS_TIME) SEED=$(SEED) go test -count=1 -timeout 0 -v $(if $(SEED),-run '^TestChaos$$') ./cmd/internal/chaos

# All trials, so many drawn at random, or those whose names match.
TRIALS ?= all

.PHONY: chaos-handover
chaos-handover: servers ## let things die in handovers and rollbacks (TRIALS=60, SEED=1234, CHAOS_HANDOVERS=500; docs/testing.md)
	CHAOS_HANDOVER='$(TRIALS)' CHAOS_HANDOVERS=$(CHAOS_HANDOVERS) SEED=$(SEED) go test -count=1 -timeout 0 -v -run '^Test(WhateverDies|RogueWrites|Handovers)$$' ./cmd/internal/chaos

# What and how much, such as BENCH="oltp --transactions 300000 --rounds 3".
BENCH ?=

.PHONY: bench
bench: build mydumper ## measure against native replication and mydumper (docs/benchmarks.md)
	@[ -n "$$TANDEM_MYSQLD" ] || scripts/fetch-mysql.sh
	@go build -trimpath -o bin/bench ./cmd/bench
	@bin/bench $(BENCH)

.PHONY: bench-verify
bench-verify: ## measure the comparison of rows against CHECKSUM TABLE (docs/benchmarks.md)
	@$(MAKE) --no-print-directory bench BENCH="verify verify-far --rows 2500000 --rounds 3 $(BENCH)"

.PHONY: bench-handover
bench-handover: build ## measure handovers and rollbacks under load, 20 of each unless BENCH="--handovers 500" (docs/benchmarks.md)
	@[ -n "$$TANDEM_MYSQLD" ] || scripts/fetch-mysql.sh
	@go build -trimpath -o bin/bench ./cmd/bench
	@bin/bench handover $(BENCH)

# The peer in the copy race. Where it cannot be installed that peer is skipped.
.PHONY: mydumper
mydumper:
	@command -v mydumper >/dev/null || { \
		as_root=; [ "$$(id -u)" = 0 ] || as_root="sudo -n"; \
		command -v apt-get >/dev/null && $$as_root apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive $$as_root apt-get install -y -qq --no-install-recommends mydumper >/dev/null; \
	} || echo "make: mydumper is not installed and cannot be; going on without it" >&2

.PHONY: clean
clean: ## remove what was built (the cache of servers stays)
	rm -rf bin
