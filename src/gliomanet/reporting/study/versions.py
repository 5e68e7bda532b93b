"""Software that made the results, as the jobs wrote it beside them."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version

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


def gathered_versions(versions: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Collect the versions that jobs wrote beside their results, and those of the reporting job.

    Args:
        versions: package → version, of the models' `model.json` and the cases' `preprocess.json`.

    Returns:
        Package → version, in a fixed order; several versions of one package are all named, comma separated.
    """
    found: dict[str, set[str]] = {"Python": {platform.python_version()}}
    for package in OWN:
        try:
            found[package] = {version(package)}
        except PackageNotFoundError:
            continue
    for one in versions:
        for package, known in one.items():
            found.setdefault("Python" if package == "python" else package, set()).add(str(known))
    order = {package: place for place, package in enumerate(PACKAGES)}
    names = sorted(found, key=lambda package: (order.get(package, len(order)), package))
    return {package: ", ".join(sorted(found[package])) for package in names}
