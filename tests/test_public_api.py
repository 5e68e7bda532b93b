"""The names that a notebook may rely on: all there, documented, and free of cost until used."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import gliomanet

ROOT = Path(gliomanet.__file__).parent


@pytest.mark.parametrize("name", gliomanet.__all__)
def test_a_public_name_is_what_its_module_holds_and_is_documented(name):
    value = getattr(gliomanet, name)
    (home,) = [module for module, names in gliomanet._HOMES.items() if name in names]
    assert value is getattr(import_module(f"gliomanet.{home}"), name)
    if name.isupper():
        return  # a constant's text stands below it in its module
    assert value.__doc__


def test_importing_the_package_imports_nothing_heavy():
    code = "import sys, gliomanet; print(sorted(m for m in sys.modules if m.split('.')[0] in {'torch', 'pandas', 'numpy', 'pydantic', 'ants'}))"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": str(ROOT.parent)}
    )
    assert run.stdout.strip() == "[]"


def test_an_unknown_name_is_refused_and_every_public_one_is_listed():
    with pytest.raises(AttributeError, match="no attribute 'predict_everything'"):
        _ = gliomanet.predict_everything
    assert set(gliomanet.__all__) < set(dir(gliomanet))
