"""Which software made the results: what the jobs wrote beside their own, not what wrote the page."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from gliomanet.models.artifact import MODEL_FILE, ModelDescription

OWN = ("gliomanet", "matplotlib")
"""What makes the page and its figures."""

PACKAGES = (
    "Python",
    "gliomanet",
    "snakemake",
    "torch",
    "monai",
    "lightning",
    "antspyx",
    "SimpleITK",
    "nibabel",
    "nilearn",
    "pyradiomics",
    "shap",
    "scikit-learn",
    "scipy",
    "statsmodels",
    "numpy",
    "pandas",
    "pydantic",
    "mlflow",
    "matplotlib",
)


def gathered_versions(files: Sequence[Path]) -> dict[str, str]:
    """Versions that the models' `model.json` and the cases' `preprocess.json` hold, and those of the reporting job.

    Args:
        files: `model.json` of models and `preprocess.json` of cases; one of these without `versions` says nothing.

    Returns:
        Package → version, in a fixed order; several versions of one package are all named, comma separated.

    Raises:
        ModelError: a `model.json` is no description of a model.
        ValueError: another file is no JSON object.
    """
    found: dict[str, set[str]] = {"Python": {platform.python_version()}}
    for package in OWN:
        try:
            found[package] = {version(package)}
        except PackageNotFoundError:
            continue
    for path in files:
        versions = ModelDescription.read(path).versions if path.name == MODEL_FILE else _versions_of_case(path)
        for package, known in versions.items():
            found.setdefault("Python" if package == "python" else package, set()).add(str(known))
    order = {package: place for place, package in enumerate(PACKAGES)}
    names = sorted(found, key=lambda package: (order.get(package, len(order)), package))
    return {package: ", ".join(sorted(found[package])) for package in names}


def _versions_of_case(path: Path) -> dict[str, str]:
    """The `versions` of a case's `preprocess.json`."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: no JSON ({error}); run the job that writes it again") from None
    if not isinstance(content, dict):
        raise ValueError(f"{path}: holds a {type(content).__name__}, no JSON object; run its job again")
    return content.get("versions") or {}
