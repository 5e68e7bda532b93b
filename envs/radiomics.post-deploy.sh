#!/usr/bin/env bash
# PyPI's newest pyradiomics is broken, and 3.0.1 builds only where numpy is there already.
set -euo pipefail
python -m pip install --no-build-isolation --no-deps pyradiomics==3.0.1
