"""The conda environments are those that `make envs` makes of requirements.lock: versions, and no package too few or many.

That they suffice is shown by running their scripts in them: tests/workflow/test_whole_study.py.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from envs import generate

ROOT = Path(__file__).resolve().parent.parent
LOCK = (ROOT / "requirements.lock").read_text().splitlines()
FILES = sorted((ROOT / "envs").glob("*.yaml"))


def test_the_files_are_what_make_envs_writes():
    written = {file.name: file.read_text() for file in (ROOT / "envs").iterdir() if file.suffix in (".yaml", ".sh")}
    assert written == generate.files(), "run `make envs`"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_version_is_the_lock_s(file):
    assert yaml.safe_load(file.read_text())["channels"] == ["conda-forge"]
    *conda, pip = yaml.safe_load(file.read_text())["dependencies"]
    assert set(conda) <= {"python=3.11", "pip", "c-compiler"}
    deploy = file.with_suffix(".post-deploy.sh")
    built = re.findall(r"\S+==\S+", deploy.read_text()) if deploy.exists() else []
    assert set(pip["pip"]) | set(built) <= set(LOCK)
    assert len(pip["pip"]) == len(set(pip["pip"]))


def test_every_script_belongs_to_an_environment_and_stays_short():
    scripts = {path.name for path in (ROOT / "workflow/scripts").glob("*.py")}
    assert scripts == set().union(*generate.scripts().values()) | {"prologue.py"}
    for script in scripts:
        lines = (ROOT / "workflow/scripts" / script).read_text().count("\n")
        assert lines <= 50, f"{script} has {lines} lines; scripts adapt, the library does the work"


def test_the_lock_names_packages_and_versions_only():
    for line in LOCK:
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!]+", line), line


def test_what_pyradiomics_is_built_with_is_what_make_setup_and_the_image_build_it_with():
    for file in ("Makefile", "containers/Dockerfile", "containers/gliomanet.def"):
        named = re.search(r"grep -E '\^\(([^)]*)\)=='", (ROOT / file).read_text())
        assert set(named[1].split("|")) == generate.BUILT["pyradiomics"], file


def test_an_environment_is_not_made_of_what_the_lock_does_not_name(monkeypatch):
    without = {name: line for name, line in generate.lock().items() if name != "wrapt"}
    monkeypatch.setattr(generate, "lock", lambda: without)
    with pytest.raises(LookupError, match="requirements.lock does not name wrapt"):
        generate.environment("tables")


def test_an_environment_is_not_made_of_other_versions_than_the_lock_s(monkeypatch):
    other = {**generate.lock(), "numpy": "numpy==1.0"}
    monkeypatch.setattr(generate, "lock", lambda: other)
    with pytest.raises(LookupError, match="numpy .* is installed, and requirements.lock names 1.0"):
        generate.environment("tables")


def test_the_libraries_of_torch_s_cuda_build_are_left_to_torch_s_own_pins(monkeypatch):
    asked = generate.metadata.requires
    cuda = ["nvidia-cublas==13.1.0.3; platform_system == 'Linux'", "triton==3.7.1"]
    monkeypatch.setattr(
        generate.metadata, "requires", lambda name: [*(asked(name) or ()), *(cuda if name == "torch" else [])]
    )
    assert generate.environment("training") == (ROOT / "envs/training.yaml").read_text()
