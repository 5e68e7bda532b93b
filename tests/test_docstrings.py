"""A docstring begins with a noun phrase or an imperative: a reader finds a thing by its first word."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from gliomanet import __file__ as package

MODULES = sorted(Path(package).parent.rglob("*.py"))
CLAUSE = re.compile(r"(What|Which|Whether|How|Where|Why|Who|When)\b")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(Path(package).parent)))
def test_no_docstring_begins_with_a_clause(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    described = [node for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)]
    first_lines = [(ast.get_docstring(node) or "").split("\n")[0] for node in described]
    assert not [line for line in first_lines if CLAUSE.match(line)]
