# Raftlab's jobs. `make` alone lists them. Go and make are all they need; where there is Chromium, `make test` tries the
# pages of reports in it. The linters come through the module proxy, at the versions below.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO ?= go
GOFMT := $(shell $(GO) env GOROOT)/bin/gofmt
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

FUZZTIME ?= 30s
PART ?= [23][A-D]
BENCH ?= .
COUNT ?= 1
HISTORIES ?= 1000000

# What a student builds; it must also build for wasip1, where the simulator runs it.
student_dirs := labgob labrpc porcupine raft kvraft internal/trace internal/tester internal/suite
student := $(foreach d,$(student_dirs),$(if $(wildcard $(d)),./$(d)/...))

# Packages whose goroutines meet: here the race detector pays. It wants a C compiler; a machine without
# one runs the same tests without it, and says so.
race_dirs := labgob labrpc internal/trace internal/tester internal/suite internal/reference
race_pkgs := $(foreach d,$(race_dirs),$(if $(wildcard $(d)/*_test.go),./$(d)))
# Of the scenarios, a few of each part: those in which most happens at once. The simulator runs them all.
race_scenarios := ManyElections2A ConcurrentStarts2B Backup2B Persist32C UnreliableAgree2C UnreliableChurn2C \
	SnapshotAllCrash2D Concurrent3A PersistConcurrent3A PausedLeader3A SlowDisk3A SnapshotUnreliable3B \
	SnapshotRecoverManyClients3B
race_run := ^Test($(shell echo $(race_scenarios) | tr ' ' '|'))$$
lab_pkgs := $(foreach d,raft kvraft,$(if $(wildcard $(d)/*_test.go),./$(d)))
race_flag = $(if $(filter 1,$(shell $(GO) env CGO_ENABLED)),-race)

# On a machine without a browser the pages' own tests are left out, which is said; in CI they are not.
browser := $(shell command -v chromium || command -v chromium-browser || command -v google-chrome || command -v chrome)
browser_flag := $(if $(browser)$(CI),,-tags nobrowser)

.PHONY: FORCE help test lab soak soak-hunt race bench cover lint fuzz fuzz-checker handout grade mutants bundles fmt check-fmt vet staticcheck wasip1

# Our own code also has to leave no goroutine blocked for good, which students are only told of.
test race cover: export RAFTLAB_STRICT = 1

help: ## this list
	@awk -F ':.*## ' '/^[a-z][a-z0-9-]*:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

test: check-fmt vet staticcheck wasip1 bin/raftlab ## what CI runs: format, vet, staticcheck, wasip1 build, all tests
	@$(if $(race_flag),,echo "no C compiler: the tests below run without the race detector")
	$(if $(race_pkgs),$(GO) test -timeout 14m $(race_flag) $(race_pkgs))
	$(if $(lab_pkgs),$(GO) test -timeout 14m $(race_flag) -run '$(race_run)' $(lab_pkgs))
	@$(if $(browser_flag),echo "no Chromium: the pages of reports are not tried in a browser")
	$(GO) test $(browser_flag) $(filter-out $(patsubst ./%,raftlab/%,$(race_pkgs) $(lab_pkgs)),$(shell $(GO) list ./...))
	$(GO) -C bench test ./...
	bin/raftlab test --run '$(PART)$$' --seeds $(or $(SEEDS),3)

lab: bin/raftlab ## the lab's parts 2A to 3B in the simulator, ten seeds of each test; PART=2A for one
	bin/raftlab test --run '$(PART)$$' --seeds $(or $(SEEDS),10)

soak: bin/raftlab ## the lab's parts in the simulator on SEEDS (1000) seeds; ends with their count and rate
	bin/raftlab test --run '$(PART)$$' --seeds $(or $(SEEDS),1000) --strict --keep out/soak

soak-hunt: bin/raftlab ## the hunt on SEEDS (1000) seeds of each lab; ends with their rate, saves what fails in out/hunt
	bin/raftlab hunt raft --seeds $(or $(SEEDS),1000) --keep-going --strict
	bin/raftlab hunt kvraft --seeds $(or $(SEEDS),1000) --keep-going --strict

bin/raftlab: FORCE
	@$(GO) build -buildvcs=false -o $@ ./cmd/raftlab

race: ## every test under the race detector
	$(GO) test -race -timeout 30m ./...

bench: ## all benchmarks, the rivals' beside them, then the table of ratios; BENCH=regexp COUNT=n
	@mkdir -p out
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -count $(COUNT) ./... | tee out/bench.txt
	$(GO) -C bench test -run '^$$' -bench '$(BENCH)' -benchmem -count $(COUNT) ./... | tee -a out/bench.txt
	@$(GO) -C bench run -buildvcs=false ./cmd/ratios < out/bench.txt

cover: ## statement coverage of each package; raft/core must have 95%
	@mkdir -p out
	$(GO) test -timeout 14m -cover ./... | tee out/cover.txt
	@awk '$$2 == "raftlab/raft/core" && match($$0, /coverage: [0-9.]+%/) { \
		have = substr($$0, RSTART + 10, RLENGTH - 11) + 0; seen = 1 } \
		END { if (!seen) { print "cover: no figure for raft/core"; exit 1 } \
		printf "raft/core: %.1f%% of statements, 95%% wanted\n", have; exit have < 95 }' out/cover.txt

lint: ## golangci-lint with .golangci.yml (two CPU minutes to build it, once)
	$(GO) run $(GOLANGCI) run ./...
	cd bench && $(GO) run $(GOLANGCI) run --config ../.golangci.yml ./...

fuzz: ## each fuzz target for FUZZTIME (30s)
	@for module in . bench; do \
		targets=$$($(GO) -C $$module test -list '^Fuzz' ./... | awk '/^Fuzz/ { name[++n] = $$1 } \
			/^ok/ { for (i = 1; i <= n; i++) print $$2, name[i]; n = 0 }'); \
		while read -r package target; do \
			[ -n "$$package" ] || continue; \
			echo "$$package $$target"; \
			$(GO) -C $$module test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$package"; \
		done <<< "$$targets"; \
	done

fuzz-checker: ## our checker's verdicts against the known one's on a million random histories; HISTORIES=n
	$(GO) -C bench test -count=1 -timeout 2h ./porcupine -run TestSameVerdict -histories=$(HISTORIES)

bundles: ## what grade --bundle packs: unpacked, set up, and grading as on Gradescope (a minute)
	$(GO) test -count=1 -tags bundle -run TestWholeBundle ./internal/grader/bundle

handout: bin/raftlab ## what students get, into OUT (out/handout), and as OUT.zip
	bin/raftlab handout --out '$(or $(OUT),out/handout)' --zip '$(or $(OUT),out/handout).zip'

grade: bin/raftlab ## submissions in IN (a folder of folders, zips, tar.gz), into OUT (out/graded)
	@[ -n '$(IN)' ] || { echo "make grade IN=submissions: which submissions?"; exit 2; }
	bin/raftlab grade '$(IN)' --out '$(or $(OUT),out/graded)'

mutants: bin/raftlab ## the bank of wrong Rafts against tests and hunt (half an hour), into docs/reports/mutants.md; ONLY=R1,P10
	@mkdir -p docs/reports
	bin/raftlab mutants $(if $(ONLY),--only $(ONLY),--shrink --report docs/reports/mutants.md)

fmt: ## gofmt all files in place
	$(GOFMT) -w .

check-fmt:
	@unformatted=$$($(GOFMT) -l .); if [ -n "$$unformatted" ]; then \
		echo "not gofmt-ed (make fmt does it):"; echo "$$unformatted"; exit 1; fi

vet:
	$(GO) vet ./...
	$(GO) -C bench vet ./...

staticcheck:
	$(GO) run $(STATICCHECK) ./...
	cd bench && $(GO) run $(STATICCHECK) ./...

wasip1:
	GOOS=wasip1 GOARCH=wasm $(GO) build $(student)
