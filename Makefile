PYTHON ?= python3
BIN := $(CURDIR)/.venv/bin
export PATH := $(BIN):$(PATH)
export MLFLOW_DISABLE_TELEMETRY := true
PORT ?= 5600
WORKERS ?= 2

help:  ## show this help
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

install: .venv/installed  ## create .venv and install everything, pinned

repro: .venv/installed  ## run whatever of the pipeline is not up to date; JOBS=n stages at a time; ALL=1: also stages of shipped models and exact laws
	@PYTHONPATH=src python -m scripts.repro $(if $(JOBS),--jobs $(JOBS)) $(if $(ALL),--all)
	@PYTHONPATH=src python -m scripts.results
	@echo "Leaderboard: metrics/leaderboard.md   page: plots/report.html   live curves: make mlflow"

demo: .venv/installed  ## draw, guide, join and score digits of the shipped models, and open a page; NO_OPEN=1: only write it
	@PYTHONPATH=src python -m scripts.demo $(if $(NO_OPEN),--no-open)

results: .venv/installed  ## print the headline figures and the leaderboard
	@PYTHONPATH=src python -m scripts.results

compare: .venv/installed  ## print what changed in all figures: make compare [A=revision] [B=revision]
	@PYTHONPATH=src python -m scripts.compare "$(A)" "$(B)"

experiments: .venv/installed  ## print what differs between experiments: parameters and headline figures
	@PYTHONPATH=src python -m scripts.experiments

costs: .venv/installed  ## print what each stage took when it last ran, and what it is for
	@PYTHONPATH=src python -m scripts.costs

zoo: .venv/installed  ## train a shipped model again: make zoo NAME=mnist-classifier [IMAGES=folder of MNIST's files]
	@PYTHONPATH=src python -m scripts.zoo $(NAME) $(if $(IMAGES),--images $(IMAGES))

study: .venv/installed  ## run a long study and write studies/NAME: make study NAME=dddm-points
	@PYTHONPATH=src python -m scripts.study $(NAME)

dag: .venv/installed  ## draw the stages of the pipeline as text
	@PYTHONPATH=src python -m scripts.dag

test: .venv/installed  ## run the test-suite, in two processes or in as many as WORKERS says
	OMP_NUM_THREADS=1 pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

test-unit: .venv/installed  ## run the theorems of tests/unit alone, within a minute
	OMP_NUM_THREADS=1 pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder tests/unit

coverage: .venv/installed  ## run the test-suite and print the share of the library's lines that it runs
	coverage run -m pytest
	@echo "coverage: $$(coverage report --format=total) % of the library's lines, in the tests' own processes"

lint: .venv/installed  ## check style and types
	ruff check .
	ruff format --check .
	mypy

format: .venv/installed  ## mend style
	ruff check --fix .
	ruff format .

hooks: .venv/installed  ## check each commit (style, YAML, large files) and each push (types)
	pre-commit install

slurm: .venv/installed  ## test sweeps and launches on a private Slurm of two nodes (root, slurm-wlm, munge)
	pytest tests/services/cluster.py

chaos: .venv/installed  ## kill the pipeline 300 times from empty clones and compare: make chaos [KILLS=300] [SECONDS=14400] [SEED=0]
	@PYTHONPATH=src python -m tests.services.chaos $(if $(KILLS),,--keep) --kills $(or $(KILLS),300) \
	    --seconds $(or $(SECONDS),14400) --seed $(or $(SEED),0)

share: .venv/installed  ## time a newcomer: clone, pull, repro of all results, from a remote that is a folder
	tests/services/share.sh

sweep: .venv/installed  ## example of a queue: two guidances at other scales, two at a time
	scripts/sweep.sh

verify: .venv/installed  ## read DVC's whole cache and remove what is damaged
	scripts/verify.sh

smoke: .venv/installed  ## run the whole pipeline with tiny budgets in a temporary clone
	tests/pipeline/smoke.sh

bench: .venv/installed  ## measure speed and memory, side by side, into benchmarks/results.json
	python benchmarks/bench.py
	python benchmarks/contest.py
	python benchmarks/kept.py
	python benchmarks/ranks.py
	python benchmarks/overhead.py
	python benchmarks/scale.py
	python benchmarks/recipe.py
	python benchmarks/samplers.py
	python benchmarks/noise.py
	python benchmarks/waits.py

mlflow: .venv/installed  ## mirror all results into MLflow and open its UI on http://127.0.0.1:5600
	python stages/mlflow_runs.py
	mlflow ui --backend-store-uri sqlite:///$(CURDIR)/mlflow.db --host 127.0.0.1 --port $(PORT)

plots: .venv/installed  ## write DVC's plots page, which needs no network, to dvc_plots/index.html
	dvc plots show

readme: .venv/installed  ## write README.md and docs from the templates in report
	PYTHONPATH=src python stages/readme.py

docs: .venv/installed  ## write the documentation as a site, which needs no network, to .scratch/site/index.html
	NO_MKDOCS_2_WARNING=1 PYTHONPATH=src:. mkdocs build --strict --quiet

schema: .venv/installed  ## write .schema/params.json, with which editors check params.yaml
	@PYTHONPATH=src python stages/validate.py

capture: .venv/installed  ## write what the commands print to report/terminal, for docs/terminal.md
	@PYTHONPATH=src python -m scripts.capture

entry: .venv/installed  ## try entries/NAME and put it into the pipeline: make entry NAME=template [SECONDS=600] [GIB=8]
	@python stages/entry.py $(NAME) $(or $(SECONDS),600) $(or $(GIB),8)

contest: .venv/installed  ## grade a class: make contest DIR=submissions [TEST=folder] [OUT=contest] [SECONDS=3600] [GIB=8] [JOBS=1]
	@PYTHONPATH=src python -m scripts.contest "$(DIR)" $(if $(TEST),--test "$(TEST)") --out "$(or $(OUT),contest)" \
	    --seconds $(or $(SECONDS),3600) --gib $(or $(GIB),8) --jobs $(or $(JOBS),1)

audit: .venv/installed  ## score runs again in clean processes and print what differs: make audit [RUNS="a b"] [FEW=3]
	@PYTHONPATH=src python -m scripts.audit $(RUNS) $(if $(FEW),--few $(FEW))

export: .venv/installed  ## write models/NAME as a pipeline that diffusers loads: make export NAME=digits-ddpm
	@python stages/export.py $(NAME)

clean:  ## remove scratch, caches and tracking; data, models and results stay
	rm -rf .scratch .pytest_cache .ruff_cache .mypy_cache .hypothesis dvc_plots mlflow.db* mlartifacts
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

.PHONY: help install repro demo results compare experiments costs dag zoo study capture test test-unit coverage lint format hooks slurm chaos share sweep verify smoke bench mlflow plots readme entry contest audit export clean schema docs
.DEFAULT_GOAL := help
