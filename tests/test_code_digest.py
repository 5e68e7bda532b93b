"""A digest that changes with what a job computes, and with nothing else."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path

import pytest

from gliomanet import code_digest
from gliomanet.code_digest import GROUND, LEFT_OUT, reached_modules, source_digest, third_party_imports
from gliomanet.model_kinds import IMAGE_KINDS, KINDS, load, modules_of

SCRIPTS = Path(__file__).resolve().parent.parent / "workflow/scripts"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A little library, and a script that reaches some of its modules."""
    monkeypatch.setattr(code_digest, "PACKAGE_ROOT", tmp_path)
    monkeypatch.setattr(code_digest, "GROUND", {"gliomanet.ground": "FORMAT"})
    files = {
        "__init__": "",
        "config/__init__": "",
        "config/study": "x = 1",
        "a": '"""Doc."""\nfrom gliomanet.b import f\nimport numpy\n',
        "b": "def f():\n    return 1\n",
        "c": "def g():\n    return 1\n",
        "nets/__init__": "size = 1\n",
        "nets/one": "from gliomanet.nets.block import h\nclass One: ...\nclass Other: ...\n",
        "nets/two": "import torch\nclass Two: ...\n",
        "nets/block": "def h():\n    return 1\n",
        "ground": "import pandas\nfrom gliomanet.c import g\nFORMAT = 1\ndef read():\n    return 1\n",
    }
    for name, text in files.items():
        write(tmp_path / f"gliomanet/{name}.py", text)
    imports = ("gliomanet.a import f", "gliomanet.config.study import x", "gliomanet.ground import read")
    write(tmp_path / "script.py", "".join(f"from {one}\n" for one in imports) + "import json\n")
    yield tmp_path
    forget()


def forget() -> None:
    for function in vars(code_digest).values():
        if hasattr(function, "cache_clear"):
            function.cache_clear()


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text), encoding="utf-8")


def edit(package: Path, module: str) -> None:
    with (package / f"gliomanet/{module}.py").open("a", encoding="utf-8") as file:
        file.write("\nEDITED = True\n")


def digest(package: Path, *references: str) -> str:
    forget()
    return source_digest(package / "script.py", *references)


def test_follows_imports_and_only_those(package):
    before = digest(package)
    assert reached_modules(package / "script.py") == {"gliomanet.a", "gliomanet.b", "gliomanet.ground"}
    edit(package, "c")
    assert digest(package) == before
    edit(package, "b")
    assert digest(package) != before


def test_comments_docstrings_layout_and_touches_do_not_count(package):
    before = digest(package)
    write(package / "gliomanet/b.py", 'def f():\n    """Now told."""\n    # and why\n\n    return (1)\n"""After."""\n')
    (package / "script.py").touch()
    assert digest(package) == before


def test_the_prologue_that_scripts_share_decides_no_result(package):
    script = package / "script.py"
    script.write_text(script.read_text() + "from prologue import snakemake\n")
    write(package / "prologue.py", "import __main__\nimport sys\nsnakemake = __main__.snakemake\n")
    before = digest(package)
    assert third_party_imports(script) == {"numpy", "pandas", "json", "sys"}
    write(package / "prologue.py", "import __main__\nimport sys\nsnakemake = None\n")
    assert digest(package) == before


def test_only_what_a_type_checker_alone_imports_is_passed_over(package):
    write(
        package / "script.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import gliomanet.a\nelse:\n    import gliomanet.b\n",
    )
    assert "gliomanet.a" not in reached_modules(package / "script.py")
    assert "gliomanet.b" in reached_modules(package / "script.py")
    write(package / "script2.py", "from typing import TYPE_CHECKING\nif not TYPE_CHECKING:\n    import gliomanet.b\n")
    assert "gliomanet.b" in reached_modules(package / "script2.py")


def test_the_configuration_is_left_to_the_parameters(package):
    before = digest(package)
    edit(package, "config/study")
    assert digest(package) == before


def test_imports_for_type_checking_do_not_count(package):
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from gliomanet.nets.one import One\n"
    write(package / "gliomanet/b.py", text + "def f():\n    return 1\n")
    digest(package)
    assert "gliomanet.nets.one" not in reached_modules(package / "script.py")


def test_imports_inside_functions_count(package):
    write(package / "gliomanet/b.py", "def f():\n    from gliomanet.c import g\n    return g()\n")
    digest(package)
    assert "gliomanet.c" in reached_modules(package / "script.py")


def test_code_loaded_by_name_counts_where_it_is_loaded_with_its_imports_and_packages(package):
    one = digest(package, "gliomanet.nets.one:One")
    assert len({one, digest(package), digest(package, "gliomanet.nets.two:Two")}) == 3
    assert digest(package, "gliomanet.nets.one:Other") != one  # another class of the same module
    for module, counts in (("nets/two", False), ("nets/block", True), ("nets/__init__", True)):
        before = digest(package, "gliomanet.nets.one:One")
        edit(package, module)
        assert (digest(package, "gliomanet.nets.one:One") != before) == counts, module


def test_a_reference_to_nothing_is_refused(package):
    digest(package)
    with pytest.raises(ModuleNotFoundError, match=r"gliomanet\.nets\.three"):
        source_digest(package / "script.py", "gliomanet.nets.three:Three")


def test_ground_counts_by_its_number(package):
    before = digest(package)
    edit(package, "ground")
    edit(package, "c")  # what it imports is part of it
    assert digest(package) == before
    file = package / "gliomanet/ground.py"
    file.write_text(file.read_text().replace("FORMAT = 1", "FORMAT = 2"))
    assert digest(package) != before
    file.write_text("def read():\n    return 1\n")
    with pytest.raises(ValueError, match="FORMAT"):
        digest(package)


def test_third_party_packages_are_those_of_all_that_runs_counted_or_not(package):
    digest(package)
    assert third_party_imports(package / "script.py") == {"numpy", "json", "pandas"}
    assert third_party_imports(package / "script.py", "gliomanet.nets.two:Two") > {"torch"}


def test_what_is_left_out_or_ground_is_there_and_says_why(repository):
    for module in (*LEFT_OUT, *GROUND):
        path = repository / "src" / module.replace(".", "/")
        assert path.is_dir() or path.with_suffix(".py").is_file(), module
    assert all(LEFT_OUT.values())


def test_the_kinds_file_names_code_and_computes_nothing(repository):
    """It is left out of the digests: nothing in it may decide a result but the names that it holds."""
    tree = ast.parse((repository / "src/gliomanet/model_kinds.py").read_text(encoding="utf-8"))
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert functions == {"references", "_on_images", "load", "modules_of"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_names_code_that_is_there(kind):
    for reference in (*modules_of(kind, "training"), *modules_of(kind, "prediction")):
        assert load(reference) is not None


def counted(script: str, *references: str) -> set[str]:
    return {module.removeprefix("gliomanet.") for module in reached_modules(SCRIPTS / f"{script}.py", *references)}


NETWORKS = {kind: KINDS[kind].network.removeprefix("gliomanet.").partition(":")[0] for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_jobs_of_a_kind_count_its_own_network_and_recipe_alone(kind):
    use = "train_image" if kind in IMAGE_KINDS else "train_stack" if kind == "stack" else "train_tabular"
    found = {use: counted(use, *modules_of(kind, "training"))}
    scripts = ["predict_center", "select_pseudo_labels"]
    scripts += ["predict_subsets", "segment_center", "read_fusion_weights"] if kind in IMAGE_KINDS else []
    found |= {script: counted(script, *modules_of(kind, "prediction")) for script in scripts}
    own = {NETWORKS[kind]} - {""}
    for script, modules in found.items():
        others = set(NETWORKS.values()) - own - {""}
        assert own <= modules, script
        assert others & modules == (SHARED if kind == "singletask" else set()), script
    recipes = {module for module in found[use] if module.startswith("training.recipes.")}
    named = KINDS[kind].training.removeprefix("gliomanet.").partition(":")[0]
    assert named in found[use]
    if kind in IMAGE_KINDS:
        common = ("registry", "phase", "phase_settings", "epoch_metrics", "shown_batch", "not_finite")
        common += ("optimisation", "weight_average")
        shared = {f"training.recipes.{name}" for name in common}
        assert recipes - shared - {named} == ({"training.recipes.multitask"} if kind == "gmmas" else set())


SHARED = {"networks.cmtlnet"}
"""Its encoder, of the same widths."""


def test_models_without_a_network_count_no_network_and_no_loss():
    for kind in ("logistic", "extra_trees"):
        for script, use in (("train_tabular", "training"), ("predict_center", "prediction")):
            modules = counted(script, *modules_of(kind, use))
            assert not {module for module in modules if module.startswith(("networks", "training.losses"))}, script


TRAINS = ("train_image", "train_tabular", "preprocess_case", "extract_radiomics", "select_pseudo_labels")


@pytest.mark.parametrize("script", TRAINS)
def test_what_trains_and_preprocesses_counts_no_log_no_spelling_and_no_picture(script):
    use = "prediction" if script == "select_pseudo_labels" else "training"
    kinds = KINDS if script.startswith(("train", "select")) else ()
    modules = counted(script, *{name for kind in kinds for name in modules_of(kind, use)})
    unwanted = ("pipeline.job_log", "labels.spellings", "cohort.vocabulary", "cohort.table", "imaging.quality.pictures")
    assert not {module for module in modules if module.startswith(unwanted)}


def test_every_script_reaches_its_library():
    for script in SCRIPTS.glob("*.py"):
        assert reached_modules(script), script.name
