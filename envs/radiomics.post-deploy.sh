#!/usr/bin/env bash
# Made from requirements.lock by `make envs`. PyPI's newest pyradiomics is broken, and this one builds only
# where numpy and an older setuptools are there already.
set -euo pipefail
python -m pip install --no-build-isolation --no-deps pyradiomics==3.0.1
