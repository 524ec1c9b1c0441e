# One habit, one command. A fresh machine needs Python 3.11 or newer (with venv), git and make; the rest is set up here.
#
#     make demo       the whole loop on the shipped data          make help       all commands and variables

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# The first of these that is Python 3.11 or newer.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$name"; break; }; done)
# auto: the small CPU build on Linux without an NVIDIA GPU; cpu: that build even beside a GPU; default: pip's choice.
# Where pip finds no CPU build it says so and takes its own choice.
TORCH ?= auto
# Address of an extra package index that holds PyTorch's CPU builds. The "Get started" page of pytorch.org shows it
# when you choose Linux, pip and CPU. Not needed where pip's own settings already lead to a CPU build.
TORCH_INDEX ?=
ROUNDS ?= 5
PREFERENCE_ROUNDS ?= 4
# Tests run side by side by file: those of one file share their servers. `make test` takes one worker more: over a
# quarter of the time of two cores went by waiting for servers and browsers.
WORKERS ?= 2
FRESH ?=

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP := $(BIN)/python -P -m pip --disable-pip-version-check
WEAKSPOT := $(BIN)/weakspot
DEMO := data/demo
WRITING := data/demo-preference
# Short answers, four tenths of the questions at random to measure who wins, small steps: four rounds add up.
WRITING_SETTINGS := --batch 150 --set selection.audit=0.5 --set selection.blind=0.0 --set dev.share=0.0 \
	--set generation.max_new_tokens=80 --set generation.prompts=250 --set generation.samples=4 \
	--set 'model.options={"learning_rate": 0.0004, "guard_tokens": 80}'
STAND_IN := data/stand-in
FIGURES := build/bench
DEFAULT = $(BIN)/python tests/benchmarks/bench_default.py $(FIGURES)/default.jsonl --datasets $(DATASETS)
# Public sets as JSON Lines, one folder each; a benchmark leaves out, aloud, what is not there.
DATASETS ?= ../shared/datasets
FAST := not slow and not server and not browser and not postgresql and not bench

export TOKENIZERS_PARALLELISM := false
# One thread a test worker: more of them on the same cores only wait for each other. Compiled tests are kept, since two
# workers and every command that a test starts would compile them anew.
test check: export OMP_NUM_THREADS := 1
test check: export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup demo demo-preference dashboard test check bench bench-honest bench-labels clean clean-all

help:  ## show this
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name words; do \
		printf '  %-20s %s\n' "$$name" "$$words"; done
	@printf '\n%s\n' 'Variables, e.g. make demo ROUNDS=2:'
	@printf '  %-20s %s\n' \
		'ROUNDS=5' 'how many rounds the demo has in the end' \
		'PREFERENCE_ROUNDS=4' 'the same for demo-preference' \
		'FRESH=1' 'the demo starts over; otherwise it goes on where it stopped' \
		'WORKERS=2' 'how many tests run at the same time; make test adds one' \
		'PYTHON=python3' 'which Python makes .venv; 3.11 or newer' \
		'TORCH=auto' 'auto: the CPU build of PyTorch on Linux without an NVIDIA GPU; cpu: always that; default' \
		'TORCH_INDEX=' "address of PyTorch's package index for CPU builds, where pip does not know it"

setup: $(READY)  ## make .venv with everything in it

$(READY): pyproject.toml constraints.txt
	@if [ -z "$(PYTHON)" ]; then echo "No Python 3.11 or newer found. Install one, or name it: make PYTHON=/path/to/python3.12"; exit 1; fi
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is older than Python 3.11. Name another: make PYTHON=/path/to/python3.12"; exit 1; }
	@echo "[1/3] $(VENV) with $$("$(PYTHON)" --version)"
	@$(BIN)/python -P -m pip --version >/dev/null 2>&1 || "$(PYTHON)" -P -m venv $(VENV) || \
		{ echo "No virtual environment could be made; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "[2/3] PyTorch"
	@$(MAKE) .torch
	@echo "[3/3] weakspot and the libraries it rests on (about 400 MB to load, some minutes)"
	@$(PIP) install --constraint constraints.txt --editable '.[dev]'
	@touch $@

# A CPU build carries the local version "+cpu". Asking for it by name either finds it or fails within seconds.
.PHONY: .torch
.torch:
	@version=$$(sed -n 's/^torch==//p' constraints.txt); wanted="$(TORCH)"; \
	if $(BIN)/python -c "import importlib.metadata as m, sys; sys.exit(m.version('torch').split('+')[0] != '$$version')" 2>/dev/null; then \
		echo "      PyTorch $$version is here already"; exit 0; fi; \
	if [ "$$wanted" = auto ]; then \
		wanted=default; \
		if [ "$$(uname -s)" = Linux ] && ! command -v nvidia-smi >/dev/null; then wanted=cpu; fi; fi; \
	case "$$wanted" in cpu|default) ;; *) echo "TORCH is $$wanted; wanted: auto, cpu or default"; exit 2;; esac; \
	if [ "$$wanted" = cpu ]; then \
		echo "      no NVIDIA GPU wanted or found: looking for the CPU build of $$version (about 200 MB)"; \
		if $(PIP) install --constraint constraints.txt $(if $(TORCH_INDEX),--extra-index-url "$(TORCH_INDEX)") "torch==$$version+cpu"; \
		then exit 0; fi; \
		echo "      pip found no CPU build of $$version where it looks$(if $(TORCH_INDEX), nor at $(TORCH_INDEX))."; \
		echo "      Going on with the usual build. On Linux it may bring 2 to 3 GB of CUDA libraries; to avoid them stop now"; \
		echo "      (Ctrl-C) and set TORCH_INDEX=... to the address pytorch.org shows for Linux, pip and CPU."; \
	fi; \
	$(PIP) install --constraint constraints.txt "torch==$$version"

demo: $(READY)  ## the whole loop on the shipped data: real Label Studio, simulated experts, ROUNDS rounds
	@if [ -n "$(FRESH)" ] && [ -d $(DEMO) ]; then \
		echo "FRESH=$(FRESH): removing $(DEMO)"; \
		$(WEAKSPOT) label-studio stop --project $(DEMO) || echo "(there was no server to stop)"; \
		rm -rf $(DEMO); fi
	@if [ -f $(DEMO)/weakspot.yaml ]; then \
		echo "$(DEMO) is there: going on to round $(ROUNDS) (make demo FRESH=1 starts over)"; \
	else \
		$(WEAKSPOT) init $(DEMO) --data data/sample/pool.csv --gold data/sample/gold.csv --labels data/sample/labels.yaml \
			--seed-labels 48 --experts simulated --set selection.audit=0.1; fi
	@$(WEAKSPOT) label-studio start --project $(DEMO)
	@$(WEAKSPOT) run --project $(DEMO) --rounds $(ROUNDS) --until gate
	@printf '\nLabel Studio, still running:\n'
	@$(WEAKSPOT) label-studio status --project $(DEMO)
	@printf '\nThe dashboard:            make dashboard\nStop Label Studio:        %s\n' \
		'$(WEAKSPOT) label-studio stop --project $(DEMO)'

demo-preference: $(READY)  ## the loop for a model that writes: answers compared by simulated experts, PREFERENCE_ROUNDS rounds
	@if [ -n "$(FRESH)" ] && [ -d $(WRITING) ]; then \
		echo "FRESH=$(FRESH): removing $(WRITING)"; \
		$(WEAKSPOT) label-studio stop --project $(WRITING) || echo "(there was no server to stop)"; \
		rm -rf $(WRITING); fi
	@$(BIN)/python data/preference/stand_in.py --out $(STAND_IN)
	@if [ -f $(WRITING)/weakspot.yaml ]; then \
		echo "$(WRITING) is there: going on to round $(PREFERENCE_ROUNDS) (make demo-preference FRESH=1 starts over)"; \
	else \
		$(WEAKSPOT) init $(WRITING) --task generation --data data/preference/pool.csv --gold data/preference/gold.csv \
			--retention data/preference/retention.csv --base $(STAND_IN) --metadata channel,topic \
			--checks complete=data/preference/rubric.py:complete \
			--experts simulated --rubric data/preference/rubric.py:score $(WRITING_SETTINGS); fi
	@$(WEAKSPOT) label-studio start --project $(WRITING)
	@$(WEAKSPOT) run --project $(WRITING) --rounds $(PREFERENCE_ROUNDS)
	@$(BIN)/python data/preference/marks.py $(WRITING)
	@printf '\nLabel Studio, still running:\n'
	@$(WEAKSPOT) label-studio status --project $(WRITING)
	@printf '\nThe dashboard:            %s\nStop Label Studio:        %s\n' \
		'$(WEAKSPOT) dashboard --project $(WRITING)' '$(WEAKSPOT) label-studio stop --project $(WRITING)'

dashboard: $(READY)  ## open the demo's dashboard
	@[ -f $(DEMO)/weakspot.yaml ] || { echo "There is no $(DEMO) yet: make demo first"; exit 1; }
	@$(WEAKSPOT) dashboard --project $(DEMO)

test: $(READY)  ## every test but the benchmarks; what this machine lacks is skipped and listed at the end
	@$(BIN)/python -m pytest -m 'not bench' -n $$(($(WORKERS) + 1)) --dist loadfile --no-loadscope-reorder

check: $(READY)  ## format, lint, types, import contracts, fast tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -q -m '$(FAST)' --hypothesis-profile quick -n $(WORKERS) --dist loadfile --no-loadscope-reorder

bench: $(READY)  ## the benchmarks and the long tests, one after the other
	@mkdir -p build/bench
	@$(BIN)/python tests/benchmarks/bench_scoring.py --out build/bench/scoring.json
	@$(BIN)/python tests/benchmarks/bench_rounds.py --out build/bench/rounds.json
	@$(BIN)/python tests/benchmarks/bench_selection.py build/bench/selection.json
	@$(BIN)/python tests/benchmarks/bench_consensus.py build/bench/consensus.json
	@$(BIN)/python tests/benchmarks/bench_hallucination.py build/bench/hallucination.json
	@$(BIN)/python tests/benchmarks/bench_generation.py --out build/bench/generation.json
	@$(BIN)/python data/preference/stand_in.py --out $(STAND_IN)
	@$(BIN)/python tests/benchmarks/bench_pairs.py $(STAND_IN) build/bench/pairs.json
	@$(BIN)/python -m pytest -m bench -s

bench-honest: $(READY)  ## how far the figures can be trusted: estimates, gate, leaks, planner, lives of spots; hours
	@mkdir -p $(FIGURES)
	@$(BIN)/python tests/benchmarks/bench_gate.py $(FIGURES)/gate.json
	@$(BIN)/python tests/benchmarks/bench_leaks.py $(FIGURES)/leaks.json --data $(DATASETS)
	@$(BIN)/python tests/benchmarks/bench_estimates.py $(FIGURES)/estimates.json
	@$(BIN)/python tests/benchmarks/bench_planner.py $(FIGURES)/planner.json --datasets $(DATASETS)
	@$(BIN)/python tests/benchmarks/bench_lives.py $(FIGURES)/lives.json
	@PYTHONPATH=.:tests $(BIN)/python tests/benchmarks/bench_sabotage.py $(FIGURES)/sabotage.json --data $(DATASETS)/banking77
	@PYTHONPATH=.:tests $(BIN)/python tests/benchmarks/bench_audited_rounds.py $(FIGURES)/audited_rounds.json

bench-labels: $(READY)  ## how few labels it needs: strategies, the default, the recipe, the lift, simulate; hours
	@mkdir -p $(FIGURES)
	@$(BIN)/python tests/benchmarks/bench_menu.py
	@$(DEFAULT) --strategies random margin weak_spots
	@$(DEFAULT) --recipe head --strategies weak_spots --sets snips banking77
	@$(DEFAULT) --recipe head --strategies weak_spots --sets sample --last 1200
	@$(DEFAULT) --strategies random weak_spots --noise 10 20
	@$(DEFAULT) --strategies random weak_spots --noise 0 10 20 --sets goemotions
	@$(DEFAULT) --strategies theirs_margin theirs_badge theirs_typiclust theirs_drop_query theirs_falcun --sets sample snips
	@$(BIN)/python tests/benchmarks/default_tables.py $(FIGURES)/default.jsonl
	@$(BIN)/python tests/benchmarks/bench_small_text.py $(FIGURES)/small_text.jsonl --datasets $(DATASETS)
	@$(BIN)/python tests/benchmarks/small_text_tables.py $(FIGURES)/small_text.jsonl
	@$(BIN)/python tests/benchmarks/bench_tuned.py $(FIGURES)/tuned.jsonl --datasets $(DATASETS)
	@$(BIN)/python tests/benchmarks/bench_start.py $(FIGURES)/start.jsonl --datasets $(DATASETS)
	@$(BIN)/python tests/benchmarks/bench_recipe.py $(FIGURES)/recipe.json --datasets $(DATASETS)
	@$(BIN)/python tests/benchmarks/bench_lift.py --datasets $(DATASETS)
	@$(BIN)/python tests/benchmarks/bench_simulate.py $(FIGURES)/simulate

clean:  ## remove the demos and every cache
	@for project in $(DEMO) $(WRITING); do if [ -x $(WEAKSPOT) ] && [ -d $$project ]; then \
		$(WEAKSPOT) label-studio stop --project $$project || echo "(there was no server to stop)"; fi; done
	rm -rf $(DEMO) $(WRITING) $(STAND_IN) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

clean-all: clean  ## clean, and remove .venv too
	rm -rf $(VENV)
