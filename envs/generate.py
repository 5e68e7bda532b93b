"""The conda environments, made from requirements.lock: `make envs` writes them, a test holds them against the lock.

An environment holds what the scripts of its rules import, what those packages need in turn, and nothing else, each at
the version that the lock names and the tests run with. All but Python itself comes from pip: so a conda environment is
the tested one to the version, whatever a conda channel happens to serve, and torch is the CUDA build on a node without
a GPU, too.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from gliomanet.code_digest import third_party_imports
from gliomanet.model_kinds import KINDS, modules_of

ROOT = Path(__file__).resolve().parent.parent
PYTHON = "python=3.11"
RULE = re.compile(r'conda:\s+"\.\./\.\./envs/(\w+)\.yaml".*?script:\s+"\.\./scripts/(\w+\.py)"', re.DOTALL)
USE = re.compile(r'code_with_kind\("(\w+\.py)", "(\w+)"\)')

HOLDS = {
    "imaging": "Phantoms, conversion, audit, preprocessing, quality control.",
    "radiomics": "Radiomic features. pyradiomics itself is built by radiomics.post-deploy.sh: it needs numpy first.",
    "reporting": "Figures and the report's page.",
    "tables": "Tables, splits, statistics, explanation: no images, no networks.",
    "tracking": "Bringing the runs into MLflow.",
    "training": "Training and prediction.",
}
PROGRAMS = {"imaging": {"dcm2niix"}}
"""What an environment's scripts start and do not import."""

BUILT = {"pyradiomics": {"numpy", "setuptools", "wheel", "versioneer", "Cython"}}
"""What is built on the machine, after all else, and the packages that its build wants there, as for `make setup`."""

CUDA = ("nvidia-", "cuda-", "triton")
"""Names that torch's CUDA build brings, at versions that torch itself pins; the lock is that of every build."""


@cache
def lock() -> dict[str, str]:
    """The lines of requirements.lock by canonical name."""
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").split()
    return {str(canonicalize_name(line.split("==")[0])): line for line in lines}


def scripts() -> dict[str, set[str]]:
    """Environment → the scripts that run in it, as the rules say."""
    found: dict[str, set[str]] = {}
    for environment, script in RULE.findall(_rules()):
        found.setdefault(environment, set()).add(script)
    return found


def uses() -> dict[str, str]:
    """Script → for what it loads the code of its model's kind, of those that do."""
    return dict(USE.findall(_rules()))


def imported(script: str) -> set[str]:
    """Top-level names that a script and the library code it reaches import, whatever the kinds of its models."""
    use = uses().get(script)
    kinds = {module for kind in KINDS for module in modules_of(kind, use)} if use else set()
    found = third_party_imports(ROOT / "workflow" / "scripts" / script, *kinds)
    return set(found) - sys.stdlib_module_names - {"snakemake"}


def direct(name: str) -> set[str]:
    """The distributions, by canonical name, that an environment's scripts import or start."""
    names = {each for script in scripts()[name] for each in imported(script)}
    distributions = {distribution for each in names for distribution in _distributions()[each]}
    return {str(canonicalize_name(each)) for each in distributions} | PROGRAMS.get(name, set())


def needed(distributions: Iterable[str]) -> set[str]:
    """Some distributions and all that they need in turn, by canonical name, as their installed metadata say.

    Raises:
        LookupError: the lock lacks one, or another version is installed than it names.
    """
    found: set[str] = set()
    waiting = [(str(canonicalize_name(name)), frozenset[str]()) for name in distributions]
    seen = set()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen or name.startswith(CUDA):
            continue
        seen.add((name, extras))
        _check_version(name)
        found.add(name)
        for text in metadata.requires(name) or ():
            requirement = Requirement(text)
            if _applies(requirement, extras):
                waiting.append((str(canonicalize_name(requirement.name)), frozenset(requirement.extras)))
    return found


def environment(name: str) -> str:
    """The text of an environment's file."""
    used = direct(name)
    built = used & set(BUILT)
    tools = {str(canonicalize_name(tool)) for each in built for tool in BUILT[each]}
    compiler = ["  - c-compiler"] if built else []
    return "\n".join(
        [
            f"# {HOLDS[name]}",
            "# Made from requirements.lock by `make envs`: change the lock or the code, not this file.",
            "channels:",
            "  - conda-forge",
            "dependencies:",
            f"  - {PYTHON}",
            *compiler,
            "  - pip",
            "  - pip:",
            "      # what the scripts use",
            *_pins(used - built),
            "      # what that needs in turn",
            *_pins(needed(used | tools) - used),
            "",
        ]
    )


def post_deploy(name: str) -> str | None:
    """The text of the script that conda's environment is completed by, where something is built for it."""
    built = sorted(lock()[each] for each in direct(name) & set(BUILT))
    if not built:
        return None
    return (
        "#!/usr/bin/env bash\n"
        "# Made from requirements.lock by `make envs`. PyPI's newest pyradiomics is broken, and this one builds only\n"
        "# where numpy and an older setuptools are there already.\n"
        "set -euo pipefail\n"
        f"python -m pip install --no-build-isolation --no-deps {' '.join(built)}\n"
    )


def files() -> dict[str, str]:
    """File name → text, of all environments."""
    texts = {f"{name}.yaml": environment(name) for name in sorted(scripts())}
    deployed = {f"{name}.post-deploy.sh": text for name in sorted(scripts()) if (text := post_deploy(name))}
    return texts | deployed


@cache
def _rules() -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "workflow" / "rules").glob("*.smk"))


@cache
def _distributions() -> dict[str, list[str]]:
    return {name: list(found) for name, found in metadata.packages_distributions().items()}


def _applies(requirement: Requirement, extras: frozenset[str]) -> bool:
    return requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in extras or {""})


def _check_version(name: str) -> None:
    if name not in lock():
        raise LookupError(f"requirements.lock does not name {name}, which an environment needs: add it at its version")
    wanted = lock()[name].split("==")[1]
    installed = metadata.version(name).split("+")[0]  # `+cpu` and `+cu128` are builds of one version
    if installed != wanted:
        raise LookupError(
            f"{name} {installed} is installed, and requirements.lock names {wanted}: run `make setup` first"
        )


def _pins(names: Iterable[str]) -> list[str]:
    return [f"      - {lock()[name]}" for name in sorted(names)]


if __name__ == "__main__":
    for file, text in files().items():
        (ROOT / "envs" / file).write_text(text, encoding="utf-8")
