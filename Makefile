# make demo: set up, then run the shipped study      make test: set up, then lint and tests
# Everything else here is a part of these two.

PYTHON ?= python3.11
CORES  ?= all
BIN    := .venv/bin
READY  := .venv/.ready

.PHONY: demo test setup lint reference docs clean

demo: setup
	$(BIN)/snakemake --cores $(CORES)
	@echo; echo "The study's page: $$($(BIN)/python -c 'import yaml; print(yaml.safe_load(open("config.yaml")).get("results", "results"))')/report/index.html"

test: setup lint
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

setup: $(READY)

# pyradiomics 3.0.1 builds only where numpy and an older setuptools are installed already, so these come first. The
# lock holds names and versions only; torch's pin resolves to the CUDA build where the package index offers it.
$(READY): requirements.lock pyproject.toml
	@echo "Setting up .venv (some minutes, once) ..."
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "  ... what pyradiomics is built with, then pyradiomics"
	grep -E '^(numpy|setuptools|wheel|versioneer|Cython)==' requirements.lock > .venv/build.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement .venv/build.txt
	grep -E '^pyradiomics==' requirements.lock > .venv/pyradiomics.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --requirement .venv/pyradiomics.txt
	@echo "  ... the other packages of requirements.lock"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/snakemake --lint > .venv/snakemake-lint.txt 2>&1 || (cat .venv/snakemake-lint.txt; exit 1)

# What is generated from src/gliomanet/config: schema, defaults, key table.
reference: setup
	$(BIN)/gliomanet reference

# The architecture page's picture, from the DAG itself (needs graphviz).
docs: setup
	$(BIN)/snakemake --rulegraph dot 2>/dev/null | sed -n '/digraph/,$$p' | tred | dot -Tsvg > docs/rulegraph.svg

clean:
	rm -rf results .snakemake .pytest_cache .mypy_cache .ruff_cache .hypothesis
