"""gliomanet: glioma grade, IDH and 1p/19q from MRI, as one reproducible multi-centre study.

The names in `__all__` are what a notebook may rely on. Each is imported on first use, so that `import gliomanet` costs
nothing; everything else in the package may move between versions.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "bundle.read": ("Bundle",),
    "cohort.import_table": ("import_cases",),
    "config.load": ("load_study", "read_study_file"),
    "config.sources": ("PhantomSource",),
    "config.study": ("Study",),
    "errors": ("CaseError", "CohortError", "StudyError"),
    "evaluation.analyses.performance": ("evaluate",),
    "imaging.preprocess": ("preprocess_case",),
    "labels.tasks": ("DEFAULT_TASKS", "Task"),
    "labels.who": ("contradiction",),
    "layout": ("Layout",),
    "patient.checks": ("Patient",),
    "patient.predict": ("Result", "predict"),
    "phantom.center": ("simulate_center",),
    "prediction.image": ("predict_cases",),
    "tables.io": ("read_table", "write_table"),
}
"""Module below the package → the public names that it holds. Text, so that no contract and no digest follows it."""

__all__ = sorted(name for names in _HOMES.values() for name in names)


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            value = getattr(import_module(f"{__name__}.{module}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
