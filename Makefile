# The targets are named in one place: the comment behind each, which `make help` prints.

FUZZTIME ?= 5s
SIMTIME ?= 1m
GO ?= go

.DEFAULT_GOAL := help
.PHONY: help build test test-full race lint vet fmt fuzz golden bench sabotage sim demo cover clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

build: ## bin/hastd, bin/hastctl and bin/hastsim
	$(GO) build -o bin/ ./cmd/hastd ./cmd/hastctl ./cmd/hastsim

test: ## the tests
	$(GO) test ./...

test-full: ## all that CI checks, on the tree as it is; installs the tools that the fuller tests need
	bash .ci/run --here

race: ## the tests, with the race detector
	$(GO) test -race ./...

lint: ## the house rules: imports, calls that a run could not repeat, goroutines
	$(GO) build -o bin/hastlint ./cmd/hastlint
	$(GO) vet -vettool=bin/hastlint ./...

vet: ## go vet, for this system and for FreeBSD
	$(GO) vet ./...
	GOOS=freebsd GOARCH=amd64 CGO_ENABLED=0 $(GO) vet ./...

fmt: ## format every Go file
	gofmt -l -w $$(git ls-files --cached --others --exclude-standard -- '*.go')

fuzz: ## every fuzz target for a moment each: FUZZTIME=5s
	FUZZTIME=$(FUZZTIME) bash .ci/fuzz-smoke

golden: ## write the golden files anew; read the difference before you commit it
	grep -rlE 'flag\.Bool\("update"' --include='*_test.go' . | xargs -r -n 1 dirname | sort -u | \
		while read -r package; do $(GO) test "$$package" -update </dev/null || exit 1; done

bench: ## the benchmarks
	bash .ci/bench

sabotage: ## break the code on purpose and see that the tests notice: WORD=… for the entries that contain it
	$(GO) run ./cmd/internal/sabotage $(if $(WORD),'$(WORD)')

sim: ## fresh seeds in the simulation for a while: SIMTIME=1m
	$(GO) run ./cmd/hastsim run --time $(SIMTIME)

demo: ## two nodes on this machine, a write, and a failover
	$(GO) run ./cmd/hastctl demo

cover: ## how much of each package its tests reach
	@mkdir -p bin
	$(GO) test -coverprofile=bin/cover.out ./...
	$(GO) tool cover -func=bin/cover.out | tail -n 1
	@echo 'line by line: go tool cover -html=bin/cover.out'

clean: ## remove what was built
	rm -rf bin
