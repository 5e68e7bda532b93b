"""Digest of the code that a job runs: it decides whether the job is run again.

Snakemake's own code trigger is the script file's modification time, so that a touch would repeat days of training
and an edit in the library nothing. Here the digest covers the script and every `gliomanet` module that it reaches by
imports (wherever in a file they stand, and the packages around a module, which an import runs as well), without
comments, docstrings and layout. Modules that a registry names as text are counted where a rule says that its job loads
them: `source_digest(script, *modules_of(kind, "training"))`.

What is left out, and why, is said in `LEFT_OUT` and `GROUND`; the scripts' prologue, which puts the library on the path
and opens the log, is left out with the log.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

PACKAGE_ROOT = Path(__file__).resolve().parents[1]

LEFT_OUT = {
    "gliomanet.config": "values, which are parameters of each job",
    "gliomanet.model_kinds": "names of code, which are counted with the code where a job loads it (`modules_of`)",
    "gliomanet.pipeline.job_log": "where a job's messages go, which decides no result",
}
"""Modules and packages that no digest counts, with the reason: an edit of them repeats nothing."""

GROUND = {"gliomanet.tables.io": "FORMAT"}
"""Modules that stand under nearly every job, counted by the number that they declare, not by their text.

How a table is read and written is the ground of all jobs: an edit that leaves values and bytes as they are repeats
nothing, and one that changes them raises the number, which repeats every job that reads or writes a table. A test holds
the values and bytes against the number. What a ground module imports is part of it.
"""


@cache
def source_digest(script: str | Path, *references: str) -> str:
    """SHA-256 (16 hex digits) of a script and of the library modules it runs.

    Args:
        script: its file.
        references: `module` or `module:name` of the library that it loads by name; each counts with all it reaches.
    """
    script = Path(script)
    counted = [_read(script).digest, *sorted(references)]
    counted += [f"{module} {_counted(module)}" for module in sorted(reached_modules(script, *references))]
    return _digest_of("\n".join(counted))[:16]


@cache
def reached_modules(script: Path, *references: str) -> frozenset[str]:
    """The `gliomanet` modules that count for a script or module and for references, which see in `source_digest`.

    They are those that imports lead to, but for type checking, without what is left out and what only ground imports.

    Raises:
        ModuleNotFoundError: a reference names no module of the library.
    """
    return _followed(script, references, lambda module: module not in GROUND, _is_left_out)


def third_party_imports(script: Path, *references: str) -> frozenset[str]:
    """Top-level names of everything that a script and the library modules it runs import, counted or not."""
    beside = [file for name in _imported_names(script) if (file := script.with_name(f"{name}.py")).is_file()]
    modules = _followed(script, references, lambda _: True, lambda _: False)
    files = [script, *beside, *map(_file_of, modules)]
    own = {"gliomanet", "__main__", *(file.stem for file in beside)}
    return frozenset(name.split(".")[0] for file in files for name in _imported_names(file)) - own


def _followed(
    script: Path, references: tuple[str, ...], follows: Callable[[str], bool], is_left_out: Callable[[str], bool]
) -> frozenset[str]:
    found: set[str] = set()
    named = [reference.partition(":")[0] for reference in references]
    for module in named:
        if not _is_module(module):
            raise ModuleNotFoundError(f"no module of gliomanet is called {module!r}")
    waiting = [*_imports(script), *(each for module in named for each in _with_packages(module))]
    while waiting:
        module = waiting.pop()
        if module in found or is_left_out(module):
            continue
        found.add(module)
        if follows(module):
            waiting += _imports(_file_of(module))
    return frozenset(found)


def _is_left_out(module: str) -> bool:
    return module == "gliomanet" or any(f"{module}.".startswith(f"{name}.") for name in LEFT_OUT)


@cache
def _imports(file: Path) -> frozenset[str]:
    """The library modules that a file imports, with the packages that they are in."""
    named = (name for name in _imported_names(file) if name.split(".")[0] == "gliomanet" and _is_module(name))
    return frozenset(each for name in named for each in _with_packages(name))


def _with_packages(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts) + 1)]


def _imported_names(file: Path) -> frozenset[str]:
    """Dotted names imported anywhere in a file; `from a import b` gives both `a` and `a.b`."""
    return _read(file).imports


class _Code(NamedTuple):
    """What counts of a file: the dotted names that it imports, and a digest of its syntax tree."""

    imports: frozenset[str]
    digest: str


@cache
def _read(file: Path) -> _Code:
    """Comments, docstrings and layout do not count. The tree is not kept: thousands of objects would slow all else."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    imports = _imports_in(tree)
    for node in _statements(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            body[:] = [statement for statement in body if not _is_text(statement)]
    return _Code(imports, _digest_of(ast.dump(tree)))


def _imports_in(tree: ast.Module) -> frozenset[str]:
    names: set[str] = set()
    for node in _statements(tree, _is_not_run):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(names)


def _statements(
    tree: ast.AST, is_passed_over: Callable[[ast.AST, str], bool] = lambda _node, _part: False
) -> list[ast.AST]:
    """A tree's statements and the parts that hold some, wherever they stand; expressions are not looked into."""
    found, waiting = [], [tree]
    while waiting:
        found.append(node := waiting.pop())
        for part in ("body", "handlers", "cases", "orelse", "finalbody"):
            below = getattr(node, part, None)
            if isinstance(below, list) and not is_passed_over(node, part):
                waiting += below
    return found


def _is_not_run(node: ast.AST, part: str) -> bool:
    typing = ("TYPE_CHECKING", "typing.TYPE_CHECKING")
    return part == "body" and isinstance(node, ast.If) and ast.unparse(node.test) in typing


def _is_module(name: str) -> bool:
    path = PACKAGE_ROOT / Path(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def _file_of(module: str) -> Path:
    path = PACKAGE_ROOT / Path(*module.split("."))
    return path.with_suffix(".py") if path.with_suffix(".py").is_file() else path / "__init__.py"


@cache
def _counted(module: str) -> str:
    """What a module counts by: a digest of its code, or of ground the number that it declares."""
    if module not in GROUND:
        return _read(_file_of(module)).digest
    for node in ast.parse(_file_of(module).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == GROUND[module]:
            return ast.dump(node.value)
    raise ValueError(f"{module} declares no {GROUND[module]}, which the digest counts it by; see GROUND")


def _digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _is_text(statement: ast.AST) -> bool:
    """A docstring: of a module, class or function, or the one under an attribute."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
