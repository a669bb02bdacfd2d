# Everything a person or CI does with the house. `make` alone says what there is.
# Settings: PYTHON=… (which Python makes .venv), ARGS=… (handed to pytest or to the demo),
# WORKERS=… (tests side by side; most wait for a vehicle, so that two cores bear three).

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo test test-sitl test-long lint bench bench-smoke pictures lock clean

VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 3
export PYTHON

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

setup: ## the environment in .venv, from the locks
	@./.ci/setup run

setup-dev:
	@./.ci/setup dev

demo: setup ## plan, check, load, fly and draw the example patrol on the embedded simulator
	@$(BIN)/qyran demo --out demo-out $(ARGS)

test: setup-dev ## every test except the long ones and those that need an ArduPilot SITL program
	@$(BIN)/python -m pytest -m "not sitl and not long" -n $(WORKERS) --dist worksteal $(ARGS)

test-sitl: setup-dev ## the tests that fly on ArduPilot SITL (QYRAN_SITL, or arducopter on PATH)
	@$(BIN)/python -m pytest -m "sitl and not long" -n $(WORKERS) --dist loadfile $(ARGS)

test-long: setup-dev ## more flights and more inputs than CI has time for, SITL's too
	@$(BIN)/python -m pytest -m long -n $(WORKERS) --dist loadfile $(ARGS)

lint: setup-dev ## style, types, import rules, locks
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python .ci/check_lock.py

bench: setup-dev ## every benchmark, with its figure
	@$(BIN)/python .ci/bench.py

bench-smoke: setup-dev ## every benchmark on its smallest input, only to see that it runs
	@$(BIN)/python .ci/bench.py --smoke

pictures: setup-dev ## the pictures in docs/images, from a demo flight, by headless Chromium
	@$(BIN)/python docs/make_pictures.py $(ARGS)

lock: setup-dev ## the locks anew, from pyproject.toml; UPGRADE=1 also takes newer versions
	@./.ci/lock $(if $(UPGRADE),--upgrade)

clean: ## everything that was made, .venv too
	@rm -rf $(VENV) demo-out ci-out build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache snapshot_report.html
	@find planner missions telemetry sim operations qyran tests docs examples -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
