"""Which software made the results."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = (
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


def software_versions() -> dict[str, str]:
    """Python's and the packages' versions, in a fixed order; packages that are not installed are left out.

    Nothing of the machine is in it, so that equal environments give equal pages.
    """
    found = {"Python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
