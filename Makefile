# Everything a newcomer types. `make help` lists it.
.DEFAULT_GOAL := help
JOBS ?= $(shell nproc)
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := 1

help: ## List the targets.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

bootstrap: ## Install what is missing of the Debian packages.
	@tools/bootstrap.sh

build: ## Install what it is built with, and build the release binary: build/bin/emporion.
	@tools/bootstrap.sh --run
	@tools/build.sh release emporion
	@mkdir -p build/bin && cp build/release/apps/emporion/emporion build/bin/emporion
	@echo "built build/bin/emporion"

run: build ## Set everything up and serve the demo shop on http://127.0.0.1:8080.
	@build/bin/emporion up --demo shop $(ARGS)

test: bootstrap ## Set everything up and run every test.
	@tools/test.sh

crash: bootstrap ## Every saga with a crash and a lost answer at each of its points: unattended, an hour or two.
	@tools/crash.sh

races: bootstrap ## The published attacks on shops and the field's known races, many rounds each. ARGS=--gtest_filter=*stock* for one.
	@tools/races.sh $(ARGS)

journeys: bootstrap ## The journeys over one process, a process per domain and a process per module, and whether they come out alike. ARGS=per-module for one.
	@tools/journeys.sh $(ARGS)

move: bootstrap ## Each module out of the process of all and back while buyers buy, and each party killed at each step: half an hour.
	@tools/move.sh $(ARGS)

bench: bootstrap build ## Run the benchmarks; results go to bench/results. ARGS=--quick for ten minutes, --long for a million products and half an hour of load.
	@bench/run.sh $(ARGS)

bench-hops: bootstrap ## What a hop costs: one process, one per domain, one per module, in one run. ARGS="ROUNDS SECONDS".
	@bench/hops.sh $(ARGS)

bench-catchup: bootstrap ## An hour of events for a consumer that was down: its lag and how fast it catches up. ARGS=ORDERS.
	@tools/build.sh release emporion bench
	@bench/catchup.py $(ARGS)

format: bootstrap ## Format all C++ files in place.
	@tools/format.sh

format-check: bootstrap ## Tell which C++ files are not formatted.
	@tools/format.sh --check

tidy: bootstrap ## Our own rules on everything, clang-tidy on what differs from main.
	@tools/build.sh dev
	@tools/tidy.sh

golden: bootstrap ## Accept what the contracts now say into the golden files of tests/architecture.
	@tools/build.sh dev contracts_registry
	@cp build/dev/generated/contracts_registry/contracts/contracts_graph.txt tests/architecture/contracts_graph.golden
	@git --no-pager diff --stat tests/architecture

package: bootstrap build ## Make the Debian package: build/package/emporion_*.deb.
	@tools/package.sh build/bin/emporion build/package

deploy: bootstrap ## Make deploy/{kubernetes,compose,systemd} again of deploy/placement.
	@tools/build.sh dev emporion
	@tools/export_deploy.sh build/dev/apps/emporion/emporion deploy
	@git --no-pager diff --stat deploy

acceptance: ## Write docs/acceptance.md: which test shows which acceptance check.
	@tools/acceptance/acceptance.py

fuzz: bootstrap ## Fuzz what reads foreign bytes, FUZZ_SECONDS=600 for each target. ARGS=--keep keeps the corpus.
	@tools/fuzz.sh $(ARGS)

test-cluster: bootstrap ## Three hosts as namespaces, a rolling upgrade and faults one after the other: 25 minutes and the build before, needs root. ARGS="--only disk_full" for one.
	@tools/build.sh dev emporion
	@tools/cluster.sh $(ARGS)

test-containers: bootstrap build ## Build the image and sell in containers, one of which is killed: needs a container engine, twelve minutes. ARGS=per-module for another placement.
	@tools/containers.sh $(ARGS)

mutate: bootstrap ## Take out each guard and see that a test fails; ARGS=--discover tries all tests of its module.
	@tools/build.sh dev
	@tools/mutate.py $(ARGS)

.PHONY: help bootstrap build run test crash races journeys move bench bench-hops bench-catchup format format-check tidy golden package deploy acceptance fuzz mutate test-cluster test-containers
