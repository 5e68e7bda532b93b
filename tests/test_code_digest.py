"""A digest that changes with what a job computes, and with nothing else."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from gliomanet import code_digest as provenance
from gliomanet.code_digest import reached_modules, source_digest, third_party_imports


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A little library of three modules, and a script that reaches two of them."""
    monkeypatch.setattr(provenance, "PACKAGE_ROOT", tmp_path)
    root = tmp_path / "gliomanet"
    root.mkdir()
    write(root / "__init__.py", "")
    write(root / "study.py", "x = 1")
    write(root / "a.py", '"""Doc."""\nfrom gliomanet.b import f\nimport numpy\n')
    write(root / "b.py", "def f():\n    return 1\n")
    write(root / "c.py", "def g():\n    return 1\n")
    write(tmp_path / "script.py", "from gliomanet.a import f\nfrom gliomanet.config.study import x\nimport json\n")
    return tmp_path


def write(path: Path, text: str) -> None:
    path.write_text(textwrap.dedent(text), encoding="utf-8")


def digest(package: Path) -> str:
    for function in (
        source_digest,
        reached_modules,
        provenance._imports,
        provenance._imported_names,
        provenance._canonical,
    ):
        function.cache_clear()
    return source_digest(package / "script.py")


def test_follows_imports_and_only_those(package):
    before = digest(package)
    assert reached_modules(package / "script.py") == {"gliomanet.a", "gliomanet.b"}
    write(package / "gliomanet/c.py", "def g():\n    return 2\n")
    assert digest(package) == before
    write(package / "gliomanet/b.py", "def f():\n    return 2\n")
    assert digest(package) != before


def test_comments_docstrings_layout_and_touches_do_not_count(package):
    before = digest(package)
    write(package / "gliomanet/b.py", 'def f():\n    """Now told."""\n    # and why\n\n    return (1)\n"""After."""\n')
    (package / "script.py").touch()
    assert digest(package) == before


def test_what_scripts_share_in_their_own_folder_counts(package):
    script = package / "script.py"
    script.write_text(script.read_text() + "from prologue import snakemake\n")
    write(package / "prologue.py", "import __main__\nimport sys\nsnakemake = __main__.snakemake\n")
    before = digest(package)
    assert third_party_imports(script) == {"numpy", "json", "sys"}
    write(package / "prologue.py", "import __main__\nimport sys\nsnakemake = None\n")
    assert digest(package) != before


def test_the_configuration_module_is_left_to_the_parameters(package):
    before = digest(package)
    write(package / "gliomanet/study.py", "x = 2")
    assert digest(package) == before


def test_imports_for_type_checking_do_not_count(package):
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from gliomanet.c import g\n"
    write(package / "gliomanet/b.py", text + "def f():\n    return 1\n")
    digest(package)
    assert "gliomanet.c" not in reached_modules(package / "script.py")


def test_names_third_party_packages_of_all_reached_modules(package):
    digest(package)
    assert third_party_imports(package / "script.py") == {"numpy", "json"}


def test_every_script_reaches_its_library(repository):
    for script in (repository / "workflow/scripts").glob("*.py"):
        assert reached_modules(script), script.name
