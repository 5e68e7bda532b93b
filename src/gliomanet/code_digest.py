"""Which code a job runs, as a digest: what decides whether a job is run again.

Snakemake's own code trigger is the script file's modification time, so that a touch would repeat days of training
and an edit in the library nothing. Here the digest covers the script and every `gliomanet` module that it reaches by
imports, without comments, docstrings and layout.
"""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE_ROOT = Path(__file__).resolve().parents[1]

UNHASHED = "gliomanet.config"
"""The configuration's values are parameters of each job, so the package that reads them need not be hashed too."""


@cache
def source_digest(script: str | Path) -> str:
    """SHA-256 (16 hex digits) of a script and of the library modules it imports, directly or not."""
    script = Path(script)
    digest = hashlib.sha256(_canonical(script).encode())
    for file in _beside(script):
        digest.update(_canonical(file).encode())
    for module in sorted(reached_modules(script)):
        digest.update(f"{module}\n{_canonical(_file_of(module))}".encode())
    return digest.hexdigest()[:16]


@cache
def reached_modules(script: Path) -> frozenset[str]:
    """The `gliomanet` modules that a script's or module's imports lead to, those for type checking left out."""
    found: set[str] = set()
    waiting = [script]
    while waiting:
        for module in _imports(waiting.pop()):
            if module not in found and not _is_unhashed(module):
                found.add(module)
                waiting.append(_file_of(module))
    return frozenset(found)


def _is_unhashed(module: str) -> bool:
    return f"{module}.".startswith(f"{UNHASHED}.") or module == "gliomanet"


def third_party_imports(script: Path) -> frozenset[str]:
    """Top-level names of everything imported by a script and by the library modules it reaches."""
    beside = _beside(script)
    files = [script, *beside, *(_file_of(module) for module in reached_modules(script))]
    own = {"gliomanet", "__main__", *(file.stem for file in beside)}
    return frozenset(name.split(".")[0] for file in files for name in _imported_names(file)) - own


def _beside(script: Path) -> list[Path]:
    """The files in a script's own folder that it imports: scripts share a prologue."""
    files = (script.with_name(f"{name}.py") for name in sorted(_imported_names(script)) if "." not in name)
    return [file for file in files if file.is_file()]


@cache
def _imports(file: Path) -> frozenset[str]:
    return frozenset(name for name in _imported_names(file) if name.split(".")[0] == "gliomanet" and _is_module(name))


@cache
def _imported_names(file: Path) -> frozenset[str]:
    """Dotted names imported anywhere in a file; `from a import b` gives both `a` and `a.b`."""
    names: set[str] = set()
    for node in _runtime_nodes(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(names)


def _runtime_nodes(tree: ast.AST) -> list[ast.AST]:
    nodes: list[ast.AST] = []
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            continue
        nodes += [child, *_runtime_nodes(child)]
    return nodes


def _is_module(name: str) -> bool:
    path = PACKAGE_ROOT / Path(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def _file_of(module: str) -> Path:
    path = PACKAGE_ROOT / Path(*module.split("."))
    return path.with_suffix(".py") if path.with_suffix(".py").is_file() else path / "__init__.py"


@cache
def _canonical(file: Path) -> str:
    """A file's code as a syntax tree, so that comments, docstrings and layout do not count."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            body[:] = [statement for statement in body if not _is_text(statement)]
    return ast.dump(tree)


def _is_text(statement: ast.AST) -> bool:
    """A docstring: of a module, class or function, or the one under an attribute."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
