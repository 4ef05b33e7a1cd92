# Every target prepares what it needs by itself: an interpreter, the environment, the dependencies.
PYTHON_FOR_SETUP ?= python3
VENV := .venv
BIN := $(VENV)/bin
# How long `make stress` runs, and how long the stress part of `make test` does.
SECONDS ?= 300
SHORT_STRESS_SECONDS ?= 15
# How long `make soak` runs.
HOURS ?= 1
# Arguments of `make demo`, such as ARGS="path/to/folder".
ARGS ?=
# Arguments of `make check` and `make explore`, such as NAMES="WorkPool Joining" and NAMES="multi death".
NAMES ?=
# Whether `make docs` asks other sites for what is linked there.
ONLINE ?=

# Arguments of `make bench` and `make bench-quick`, such as NAMES="unicast diamond" RUNS=11; what `make bench-compare` compares.
RUNS ?= 7
RESULTS ?= results/latest.json
BASE ?= results/baseline.json

.DEFAULT_GOAL := help
.PHONY: help venv demo test stress soak check check-full mirrors mutants explore validate-traces
.PHONY: doctor bench bench-quick bench-compare bench-docs gates lint format coverage docs dist clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: ## prepare .venv: find or build a free-threaded CPython 3.13, install the dependencies
	@$(PYTHON_FOR_SETUP) -m tools.bootstrap --venv $(VENV)

demo: venv ## replay the standard library (or ARGS="PATH ...") through a diamond, then queue and bus, and check it
	@$(BIN)/python -m ringbuffer demo $(ARGS)
	@$(BIN)/python -m ringbuffer demo --bus $(ARGS)

test: venv ## unit tests, the small models, schedules up to a small bound, a short stress run, then a minute of soak
	@$(BIN)/python -m pytest tests/unit
	@$(BIN)/python -m ringbuffer check
	@$(BIN)/python -m tests.schedules explore
	@$(BIN)/python -m tests.stress --brief --seconds $(SHORT_STRESS_SECONDS)
	@$(BIN)/python -m tests.soak --seconds 60

stress: venv ## litmus tests, random topologies, faults at every callback, for SECONDS=300
	@$(BIN)/python -m tests.stress --seconds $(SECONDS)

soak: venv ## everything together, under load and with faults, for HOURS=1: every message, memory, threads; report in results/soak
	@$(BIN)/python -m tests.soak --hours $(HOURS) --report results/soak

check: venv ## model-check the protocol with TLC: the small configurations (NAMES="..." chooses)
	@$(BIN)/python -m ringbuffer check $(NAMES)

check-full: venv ## the same with the large configurations, and the mirrors with as many states
	@$(BIN)/python -m ringbuffer check --full $(NAMES)
	@$(BIN)/python -m pytest -m large tests/unit/model

mirrors: venv ## count the states of the mirrors of the largest models too: an hour
	@$(BIN)/python -m pytest -m huge tests/unit/model

mutants: venv ## faults of the models, each of which TLC must find
	@$(BIN)/python -m ringbuffer check --mutants $(NAMES)

explore: venv ## every schedule of the real code up to a bound, and faults of the library to be found (NAMES="..." chooses)
	@$(BIN)/python -m tests.schedules explore --full $(NAMES)
	@$(BIN)/python -m tests.schedules faults

validate-traces: venv ## traces of free-running threads, 100 short and a few long ones: TLC says whether the models could (NAMES="..." chooses)
	@$(BIN)/python -m tests.traces --long $(NAMES)

bench: venv ## measure every scenario beside its peers, save RESULTS=results/latest.json and pictures: about a quarter of an hour
	@$(BIN)/python -m benchmarks.prepare
	@$(BIN)/python -m benchmarks $(NAMES) --runs $(RUNS) --json $(RESULTS) --plots results/pictures

bench-quick: venv ## the same with short runs, in under three minutes
	@$(BIN)/python -m benchmarks.prepare
	@$(BIN)/python -m benchmarks $(NAMES) --quick --json results/quick.json

bench-compare: venv ## what became slower between BASE=results/baseline.json and RESULTS=results/latest.json
	@$(BIN)/python -m benchmarks compare $(BASE) $(RESULTS)

bench-docs: venv ## put figures and pictures of RESULTS=results/latest.json into docs/performance.md
	@$(BIN)/python -m benchmarks.prepare
	@$(BIN)/python -m benchmarks docs $(RESULTS)

gates: venv ## the numbers of benchmarks/gates.toml, each with its figure; on a machine that does nothing else
	@$(BIN)/python -m benchmarks gates $(NAMES)

doctor: venv ## does this machine suit the library? exit code 1 if something hurts
	@$(BIN)/python -m ringbuffer doctor

lint: venv ## ruff, ruff format, mypy --strict
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: venv ## put the code into the form that lint wants
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

coverage: venv ## line and branch coverage of ringbuffer/ by the unit tests; fails below 95 %
	@$(BIN)/coverage run -m pytest -q tests/unit
	@$(BIN)/coverage combine -q
	@$(BIN)/coverage report

docs: venv ## build the documentation into build/docs: warnings are errors, every link is followed (ONLINE=1: other sites too)
	@$(PYTHON_FOR_SETUP) -m tools.bootstrap --venv $(VENV) --group docs
	@rm -rf build/docs
	@$(BIN)/sphinx-build --color -q -E -n -W --keep-going -b html -c docs -d build/doctrees . build/docs
	@$(BIN)/python -m tools.site build/docs
	@$(if $(ONLINE),$(BIN)/sphinx-build -q -W --keep-going -b linkcheck -c docs -d build/doctrees . build/linkcheck)

dist: venv ## build the distributions into dist/, then run the demo from the wheel in a new environment
	@$(BIN)/python -m tools.dist

clean: ## remove what was built here; the interpreter stays in the user's cache
	@rm -rf $(VENV) dist build .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache
