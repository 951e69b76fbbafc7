# Everything a machine with Python and make needs; `make` alone lists the targets.
BIN := .venv/bin
PORT ?= 8501
export OMP_NUM_THREADS = 1

.PHONY: help demo demo-train studio pictures test check format bench soak clean

help:  ## List the targets.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

.venv/.core: pyproject.toml constraints.txt tools/make_venv.sh
	@echo "installing Kardia Studio into .venv (once; about a minute)"
	@tools/make_venv.sh
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/.studio: .venv/.core
	@echo "installing the studio"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[studio]'
	@touch $@

.venv/.train: .venv/.core
	@echo "installing what training needs (once; about a minute and a half)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[train]'
	@touch $@

.venv/.dev: .venv/.core
	@echo "installing what the tests and checks need"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

.venv/.argilla: .venv/.dev constraints-annotation.txt
	@$(BIN)/kardia annotate prepare
	@touch $@

.venv/.vllm: .venv/.dev constraints-serving.txt
	@$(BIN)/kardia train serve --prepare
	@touch $@

demo: .venv/.core  ## Play the built-in examples on the embedded model, end to end.
	@$(BIN)/kardia demo

demo-train: .venv/.train .venv/.studio  ## Train a tiny model on the demo's dialogues: SFT, then GRPO with the embedded judge.
	@$(BIN)/kardia train demo

studio: .venv/.studio  ## Open the studio on this machine: make studio PORT=8501.
	@$(BIN)/kardia studio --port $(PORT)

pictures: .venv/.dev  ## Draw the pages of the studio into docs/pictures/.
	@tools/system_packages.sh
	$(BIN)/python -m tools.draw_pages

test: .venv/.dev .venv/.argilla  ## Pass the tests.
	@tools/system_packages.sh
	$(BIN)/python -m pytest -n 2 --dist worksteal --durations 15 -m "not soak and not gpu and not network"

check: .venv/.dev  ## Lint, types, import contracts.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright
	$(BIN)/lint-imports

format: .venv/.dev  ## Format and fix what can be fixed.
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: .venv/.dev  ## Print the benchmarks' figures, as ratios to a raw loop of the same run.
	$(BIN)/python -m benchmarks.speed
	$(BIN)/python -m benchmarks.screening
	$(BIN)/python -m benchmarks.offline_model

soak: .venv/.dev .venv/.vllm  ## Hours rather than seconds: 100 kills, 100,000 rows, 200 faulty dialogues.
	$(BIN)/python -m pytest -m soak --durations 0 -s
	$(BIN)/python -m benchmarks.import_rows

clean:  ## Remove what the other targets made; runs/ stays.
	rm -rf .venv *.egg-info .pytest_cache .ruff_cache .hypothesis
