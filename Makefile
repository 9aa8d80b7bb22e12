# The commands of a developer's day. `make` lists them.

SHELL := bash
.SHELLFLAGS := -o pipefail -ec
.DEFAULT_GOAL := help

CLIPGRAPH := .build/release/clipgraph
SWIFT_FOLDERS := $(wildcard Sources Tests converter examples)
BENCH_MODELS ?= ViT-B-32 RN50
BENCH_BATCHES ?= 1 8 32
BENCH_TOKENS ?= 16 77
BENCH_ROUNDS ?= 10
FILTER ?=
FUZZ_SECONDS ?= 600
FUZZ_SUBJECTS ?=
HOSTILE_KINDS ?=
SANITIZERS ?= address thread

.PHONY: help setup setup-tests setup-lint build test conformance fuzz hostile sanitize demo bench format lint clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install the libraries that the build needs (apt, with sudo where not root)
	@.ci/setup build

setup-tests: ## install the pinned Python packages that some tests compare with, into .venv
	@.ci/setup build tests

setup-lint:
	@.ci/setup lint

build: setup ## build the library and the command clipgraph for release
	swift build -c release

test: setup-tests ## build and run all tests (FILTER=LayoutTests runs one target or suite)
	@.ci/test $(if $(FILTER),--filter '$(FILTER)')

conformance: setup-tests ## run ONNX's official tests of operators (data from PyPI), write Tests/Conformance/score.md (FILTER=matmul runs some)
	@Tests/Conformance/run '$(FILTER)'

fuzz: ## feed damaged files to every reader, under AddressSanitizer and UndefinedBehaviorSanitizer (FUZZ_SECONDS=600 FUZZ_SUBJECTS='onnx png …')
	@Tests/Fuzzing/run $(FUZZ_SECONDS) $(FUZZ_SUBJECTS)

hostile: build setup-tests ## run the command on hostile files, under limits of memory and time (HOSTILE_KINDS='pictures tars …')
	@Tests/Hostile/run $(CLIPGRAPH) $(HOSTILE_KINDS)

sanitize: setup-tests ## all tests under AddressSanitizer and UndefinedBehaviorSanitizer, what threads share under ThreadSanitizer (SANITIZERS=thread FILTER=…)
	@Tests/Sanitizers/run $(SANITIZERS) $(if $(FILTER),-- --filter '$(FILTER)')

demo: build ## draw shapes, train a small CLIP from its graph file, classify pictures it has never seen
	@examples/demo.sh

bench: build ## time the towers, with profiles and the machine's limits (BENCH_MODELS=… BENCH_BATCHES=… BENCH_TOKENS=…)
	@mkdir -p .build/bench
	@for model in $(BENCH_MODELS); do \
	  file=.build/bench/$$model.onnx; \
	  [ -f $$file ] || $(CLIPGRAPH) export $$model -o $$file; \
	  echo "$$model (random weights)"; \
	  for batch in $(BENCH_BATCHES); do \
	    $(CLIPGRAPH) bench $$file --tower image --batch $$batch --rounds $(BENCH_ROUNDS) --profile; \
	    [ $${model#RN} = $$model ] || continue; \
	    for tokens in $(BENCH_TOKENS); do \
	      $(CLIPGRAPH) bench $$file --tower text --tokens $$tokens --batch $$batch --rounds $(BENCH_ROUNDS) --profile; \
	    done; \
	  done; \
	done

format: setup-lint ## format Swift and C in place
	swift format format --in-place --parallel --recursive Package.swift $(SWIFT_FOLDERS)
	find $(SWIFT_FOLDERS) \( -name '*.c' -o -name '*.h' \) -not -name '*.pb-c.*' -exec clang-format -i {} +

lint: setup-lint ## check formatting, the length of files, and that nothing traps on purpose
	@.ci/lint

clean: ## remove what was built and what the demo wrote; .venv stays
	swift package clean
	rm -rf demo .build/bench .build/logs
