# Every target prepares what it needs by itself: an interpreter, the environment, the dependencies.
PYTHON_FOR_SETUP ?= python3
VENV := .venv
BIN := $(VENV)/bin
# How long `make stress` runs.
SECONDS ?= 300
# How long `make soak` runs.
HOURS ?= 1
# Whether `make first-command` runs although it has today.
AGAIN ?=
# Arguments of `make demo`, such as ARGS="path/to/folder".
ARGS ?=
# Arguments of `make check`, `make prove` and `make explore`, such as NAMES="WorkPool Joining" and
# NAMES="multi death"; the parts of `make test` and `make verify` to run, such as NAMES=models; the
# interpreters of `make verify-interpreters`, the folders of tests/unit of `make verify-arm64`.
NAMES ?=
# Within how many days `make verify` runs each part that does exactly the same in each run.
DAYS ?= 1
# The files that must be in plain English.
PLAIN := .

# Whether `make docs` asks other sites for what is linked there.
ONLINE ?=

# Arguments of `make bench` and `make bench-quick`, such as NAMES="unicast diamond" RUNS=11; the
# files that `make bench-compare` compares.
RUNS ?= 7
RESULTS ?= results/latest.json
BASE ?= results/baseline.json

.DEFAULT_GOAL := help
.PHONY: help venv demo test verify stress interrupts soak check check-full prove mirrors mutants
.PHONY: shared-soak docs-look explore validate-traces first-command verify-interpreters verify-arm64 doctor bench
.PHONY: bench-quick bench-compare bench-docs gates lint pyright format coverage docs dist clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: ## prepare .venv: find or build a free-threaded CPython 3.13, install the dependencies
	@$(PYTHON_FOR_SETUP) -m tools.bootstrap --venv $(VENV)

demo: venv ## replay the standard library (or ARGS="PATH ...") through rings and buses, and check it
	@$(BIN)/python -m ringbuffer demo $(ARGS)
	@$(BIN)/python -m ringbuffer demo --bus $(ARGS)

test: venv ## the small part of everything: about five minutes on two cores
	@$(BIN)/python -m tools.suite test $(NAMES)

verify: venv ## what takes longer: medium models, mutants, faults, interrupts, traces, stress, soak
	@$(BIN)/python -m tools.suite verify --days $(DAYS) $(NAMES)

stress: venv ## litmus tests, random topologies, faults at every callback, for SECONDS=300
	@$(BIN)/python -m tests.stress --seconds $(SECONDS)

interrupts: venv ## an exception at each point of each call, then 600 at random (NAMES="...")
	@$(BIN)/python -m tests.interrupts $(NAMES)

soak: venv ## everything together, under load and with faults, for HOURS=1; report in results/soak
	@$(BIN)/python -m tests.soak --hours $(HOURS) --report results/soak

shared-soak: venv ## a ring between processes that are killed at random, for SECONDS=300
	@$(BIN)/python -m tests.shared.soak --seconds $(SECONDS)

check: venv ## model-check the protocol with TLC: the small configurations (NAMES="..." chooses)
	@$(BIN)/python -m spec check $(NAMES)

check-full: venv ## the same with the medium and the large configurations, and the mirrors with as many states
	@$(BIN)/python -m spec check --full $(NAMES)
	@$(BIN)/python -m pytest -m large tests/unit/model

prove: venv ## prove for every size, with Z3, that the invariants of the protocol are inductive
	@$(BIN)/python -m spec prove $(NAMES)

mirrors: venv ## count the states of the mirrors of the largest models too: an hour
	@$(BIN)/python -m pytest -m huge tests/unit/model

mutants: venv ## faults of the models, each of which TLC must find
	@$(BIN)/python -m spec mutants $(NAMES)

explore: venv ## every schedule of the real code up to a bound, and faults to find (NAMES="...")
	@$(BIN)/python -m tests.schedules explore --full $(NAMES)
	@$(BIN)/python -m tests.schedules faults

validate-traces: venv ## compare traces of free-running threads with the models (NAMES="...")
	@$(BIN)/python -m tests.traces --long $(NAMES)

bench: venv ## measure every scenario beside its peers, in a quarter of an hour: results/latest.json
	@$(BIN)/python -m benchmarks.prepare
	@$(BIN)/python -m benchmarks $(NAMES) --runs $(RUNS) --json $(RESULTS) --plots results/pictures

bench-quick: venv ## the same with short runs, in under three minutes
	@$(BIN)/python -m benchmarks.prepare
	@$(BIN)/python -m benchmarks $(NAMES) --quick --json results/quick.json

bench-compare: venv ## what became slower from BASE=results/baseline.json to RESULTS=...
	@$(BIN)/python -m benchmarks compare $(BASE) $(RESULTS)

bench-docs: venv ## put figures and pictures of RESULTS=results/latest.json into docs/figures.md
	@$(BIN)/python -m benchmarks.prepare
	@$(BIN)/python -m benchmarks docs $(RESULTS)

gates: venv ## check the numbers of benchmarks/gates.toml; use a machine that does nothing else
	@$(BIN)/python -m benchmarks gates $(NAMES)

first-command: ## make venv and a demo as a new user of a stock system, unless shown today (AGAIN=1)
	@$(PYTHON_FOR_SETUP) -m tools.first_command $(if $(AGAIN),--again)

verify-interpreters: venv ## the unit tests on Debian's CPython 3.13 to 3.15, which have a GIL
	@$(BIN)/python -m tools.verify_interpreters $(NAMES)

verify-arm64: venv ## compile a free-threaded 3.13 for arm64; the tests of the threads under qemu
	@$(BIN)/python -m tools.verify_arm64 $(NAMES)

doctor: venv ## check whether this machine suits the library; exit code 1 if something hurts
	@$(BIN)/python -m ringbuffer doctor

lint: venv ## ruff, ruff format, mypy --strict, plain English
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m tools.language $(PLAIN)

pyright: venv ## does pyright find the mistakes of tests/typing, as `make lint` says of mypy?
	@$(PYTHON_FOR_SETUP) -m tools.bootstrap --venv $(VENV) --group pyright
	@$(BIN)/basedpyright

format: venv ## put the code into the form that lint wants
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

coverage: venv ## line and branch coverage of ringbuffer/ by the unit tests; fails below 95 %
	@$(BIN)/coverage run -m pytest -q tests/unit
	@$(BIN)/coverage combine -q
	@$(BIN)/coverage report

docs: venv ## build the documentation into build/docs, and follow links (ONLINE=1: all of them)
	@$(PYTHON_FOR_SETUP) -m tools.bootstrap --venv $(VENV) --group docs
	@rm -rf build/docs
	@$(BIN)/sphinx-build --color -q -E -n -W --keep-going -b html -c docs -d build/doctrees \
		. build/docs
	@$(BIN)/python -m tools.site build/docs
	@$(if $(ONLINE),$(BIN)/sphinx-build -q -W --keep-going -b linkcheck -c docs \
		-d build/doctrees . build/linkcheck)

docs-look: docs ## look at the site in chromium, at three widths and in both palettes (NAMES="...")
	@$(BIN)/python -m tools.look build/docs $(if $(NAMES),--pages $(NAMES))

dist: venv ## build the distributions into dist/, and run the demo from the wheel
	@$(BIN)/python -m tools.dist

clean: ## remove what was built here; the interpreter stays in the user's cache
	@rm -rf $(VENV) dist build .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache
