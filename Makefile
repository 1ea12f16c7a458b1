# The verbs of the project. `make demo` and `make test` each do their own set-up, so that either is the one command to type on a
# bare Debian with git and make.
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := 1
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 60

.PHONY: e2e help setup setup-test build demo test bench replay lint lint-deep format sanitize asan tsan fuzz crds accept images cluster-up cluster-down cluster-check clean

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

setup: ## install what building needs (Debian packages)
	@scripts/setup.sh

setup-test:
	@scripts/setup.sh --test

build: ## build the programs into build/release/bin
	@cmake --preset release >/dev/null
	@cmake --build --preset release -j $(JOBS)

# The programs without their tests.
.PHONY: programs
programs:
	@cmake --preset release >/dev/null
	@cmake --build --preset release -j $(JOBS) --target programs

demo: setup programs ## run the wordcount workflow, batched, on this machine
	@scripts/demo.sh

test: setup-test build ## build and run every test
	@ctest --preset release -j $(JOBS) --no-tests=error

bench: setup-test build ## print the speed table, write build/bench/results.json
	@bench/run.sh

replay: setup-test build ## replay the original's experiments from ../shared/data, write build/bench/replay.json; minutes
	@bench/replay.py

lint: setup-test ## shellcheck, clang-format, clang-tidy; warnings are errors
	@scripts/lint.sh

lint-deep: setup-test ## as lint, with the whole depth of clang's analyzer; takes an hour
	@scripts/lint.sh --deep

format: ## lay the sources out as clang-format has it
	@scripts/sources.sh | xargs clang-format-19 -i

sanitize: asan tsan ## the tests under ASan and UBSan, then under TSan

asan tsan: setup-test
	@scripts/sanitized-tests.sh $@ $(JOBS)

fuzz: setup-test ## each fuzz target for FUZZ_SECONDS (60)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) scripts/fuzz.sh

crds: build ## write the CustomResourceDefinition anew
	@build/release/tools/faasbatch-crds > crds/faasbatch.io_functionworkflows.yaml

e2e: setup-test ## the end-to-end suite in a kind cluster
	@e2e/run

images: ## container images of the programs; REGISTRY, VERSION, BASE and PROGRAMS as images/build says
	@images/build

cluster-up: ## a kind cluster of a control plane and CLUSTER_WORKERS (2) workers
	@e2e/cluster/up

cluster-down: ## delete the kind cluster
	@e2e/cluster/down

cluster-check: ## test the cluster itself, and the images in it
	@e2e/cluster/check

clean: ## remove everything built
	@rm -rf build
