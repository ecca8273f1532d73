# `make try` shows something soonest; `make run` and `make test` do all the set-up that is missing.
# `make help` lists the rest.

DANLU := .build/release/danlu
# Tests are optimised (numerical code is too slow otherwise) and built apart from the program, so that
# neither build invalidates the other.
TEST := swift test -c release --scratch-path .build/testing -Xswiftc -enable-testing --no-parallel
SOURCES := Package.swift Plugins Sources Tests Benchmarks Examples/Package.swift Examples/Sources

.DEFAULT_GOAL := help
.PHONY: help try pictures setup build serve run test bench check slow fuzz examples format clean

help: ## List the targets.
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

try: ## Build without libtorch and run the first example: words, vectors, communities.
	@Scripts/try

setup: ## Find or fetch libtorch and compile the shim (idempotent).
	@Scripts/setup

build: setup ## Build .build/release/danlu, and danlu-serve beside it.
	@swift build -c release --product danlu
	@swift build -c release --product danlu-serve

serve: build ## Serve the site at http://127.0.0.1:8080.
	@$(DANLU) serve

run: build ## Train the reader of questions and passages, and check its claims.
	@$(DANLU) run reading-comprehension

test: setup ## Run the tests.
	@$(TEST)

slow: setup ## Run the tests, the long ones too.
	@DANLU_SLOW=1 $(TEST)

fuzz: setup ## Feed each parser a million mutated inputs.
	@DANLU_FUZZ=1000000 $(TEST) --filter Fuzz

examples: setup ## Build and run the six programs of Examples/, a package that depends on this one.
	@swift build -c release --package-path Examples
	@cd Examples && for name in first images texts tables transfer gan; do \
	  echo "$$name:"; .build/release/$$name || exit 1; done
	@cd Examples && .build/release/server < data/digits.txt | tail -n 1

bench: build ## Measure against the named peers; prints ratios.
	@Benchmarks/run

check: setup ## Formatting, warnings as errors, the tests.
	@swift format lint --strict --recursive $(SOURCES)
	@swift build -c release --scratch-path .build/testing -Xswiftc -enable-testing \
	  -Xswiftc -warnings-as-errors --build-tests
	@$(TEST) -Xswiftc -warnings-as-errors

pictures: build ## Make the pictures of the README from real runs.
	@Scripts/pictures

format: ## Format all Swift sources.
	@swift format --in-place --recursive $(SOURCES)

clean: ## Remove everything that was built; libtorch stays in the user's cache.
	@rm -rf .build Examples/.build
