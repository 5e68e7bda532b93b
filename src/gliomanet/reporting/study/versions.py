"""Software that made the results, as the jobs wrote it beside them."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

OWN = ("gliomanet", "matplotlib")
"""Packages that make the page and its figures."""

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


def gathered_versions(contents: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Collect the versions that jobs wrote beside their results, and those of the reporting job.

    Args:
        contents: of the models' `model.json` and the cases' `preprocess.json`; what stands under the key `versions`
            (package → version) is read.

    Returns:
        Package → version, in a fixed order; several versions of one package are all named, comma separated.
    """
    found: dict[str, set[str]] = {"Python": {platform.python_version()}}
    for package in OWN:
        try:
            found[package] = {version(package)}
        except PackageNotFoundError:
            continue
    for content in contents:
        for package, known in (content.get("versions") or {}).items():
            found.setdefault("Python" if package == "python" else package, set()).add(str(known))
    order = {package: place for place, package in enumerate(PACKAGES)}
    names = sorted(found, key=lambda package: (order.get(package, len(order)), package))
    return {package: ", ".join(sorted(found[package])) for package in names}
