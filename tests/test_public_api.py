"""The names that a notebook may rely on: all there, typed as imported, and free of cost until used."""

from __future__ import annotations

import ast
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


def test_type_checkers_are_told_the_same_homes():
    tree = ast.parse((ROOT / "__init__.py").read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    told = {f"{n.module}": tuple(a.name for a in n.names) for n in block.body if isinstance(n, ast.ImportFrom)}
    assert told == {f"gliomanet.{module}": names for module, names in gliomanet._HOMES.items()}
    assert sorted(name for names in told.values() for name in names) == sorted(gliomanet.__all__)


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
