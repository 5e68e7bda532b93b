"""Each rule's conda environment holds what its script, and the library code it reaches, import; and no more."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import yaml

from gliomanet.code_digest import third_party_imports
from gliomanet.model_kinds import KINDS, modules_of

PACKAGES = {  # import name → conda or pip name, where they differ
    "PIL": "pillow",
    "SimpleITK": "simpleitk",
    "ants": "antspyx",
    "pydantic_core": "pydantic",
    "intensity_normalization": "intensity-normalization",
    "radiomics": "pyradiomics",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
TOOLS = {
    "python",
    "dcm2niix",
    "pip",
    "c-compiler",
    "setuptools",
    "wheel",
    "versioneer",
    "pykwalify",
    "pywavelets",
    "six",
}
"""Needed to build, start or run, not imported here: Python itself, a program, and what pyradiomics is built with and stands on."""

ROOT = Path(__file__).resolve().parent.parent
RULES = re.compile(r'conda:\s+"\.\./\.\./envs/(\w+)\.yaml".*?script:\s+"\.\./scripts/(\w+\.py)"', re.DOTALL)
TEXTS = [file.read_text() for file in (ROOT / "workflow/rules").glob("*.smk")]
PAIRS = sorted({pair for text in TEXTS for pair in RULES.findall(text)})
USES = dict(use for text in TEXTS for use in re.findall(r'code_with_kind\("(\w+\.py)", "(\w+)"\)', text))
"""Script → for what it loads the code of its model's kind."""


def provided(environment: str) -> set[str]:
    entries = yaml.safe_load((ROOT / f"envs/{environment}.yaml").read_text())["dependencies"]
    names = [e for e in entries if isinstance(e, str)] + [p for e in entries if isinstance(e, dict) for p in e["pip"]]
    deploy = ROOT / f"envs/{environment}.post-deploy.sh"
    built = re.findall(r"(\w+)==", deploy.read_text()) if deploy.exists() else []
    return {re.split(r"[=<>]", name)[0].lower() for name in names} | set(built)


def needed(script: str) -> set[str]:
    loaded = {name for kind in KINDS for name in modules_of(kind, USES[script])} if script in USES else set()
    imported = third_party_imports(ROOT / "workflow/scripts" / script, *loaded) - set(sys.stdlib_module_names)
    return {PACKAGES.get(name, name).lower() for name in imported} - {"snakemake"}


@pytest.mark.parametrize(("environment", "script"), PAIRS)
def test_an_environment_holds_what_its_scripts_import(environment, script):
    assert needed(script) - provided(environment) == set()


@pytest.mark.parametrize("environment", sorted({environment for environment, _ in PAIRS}))
def test_an_environment_holds_nothing_else(environment):
    used = set().union(*(needed(script) for name, script in PAIRS if name == environment))
    assert provided(environment) - used - TOOLS == set()


def test_every_script_belongs_to_a_rule_and_stays_short():
    scripts = {path.name for path in (ROOT / "workflow/scripts").glob("*.py")}
    assert scripts == {script for _, script in PAIRS} | {"prologue.py"}
    for script in scripts:
        lines = (ROOT / "workflow/scripts" / script).read_text().count("\n")
        assert lines <= 50, f"{script} has {lines} lines; scripts adapt, the library does the work"


def test_the_lock_names_packages_and_versions_only():
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!]+", line), line
