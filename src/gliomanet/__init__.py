"""gliomanet: glioma grade, IDH and 1p/19q from MRI, as one reproducible multi-centre study.

The names in `__all__` are what a notebook may rely on. Each is imported on first use, so that `import gliomanet` costs
nothing; everything else in the package may move between versions.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gliomanet.cohort.import_table import import_cases
    from gliomanet.config.load import load_study, read_study_file
    from gliomanet.config.sources import PhantomSource
    from gliomanet.config.study import Study
    from gliomanet.errors import CaseError, CohortError, StudyError
    from gliomanet.evaluation.analyses.performance import evaluate
    from gliomanet.imaging.preprocess import preprocess_case
    from gliomanet.labels.tasks import DEFAULT_TASKS, Task
    from gliomanet.labels.who import contradiction
    from gliomanet.phantom.center import simulate_center
    from gliomanet.prediction.image import predict_cases
    from gliomanet.tables.io import read_table, write_table

__version__ = "0.1.0"

__all__ = [
    "DEFAULT_TASKS",
    "CaseError",
    "CohortError",
    "PhantomSource",
    "Study",
    "StudyError",
    "Task",
    "contradiction",
    "evaluate",
    "import_cases",
    "load_study",
    "predict_cases",
    "preprocess_case",
    "read_study_file",
    "read_table",
    "simulate_center",
    "write_table",
]

_HOMES = {
    "cohort.import_table": ("import_cases",),
    "config.load": ("load_study", "read_study_file"),
    "config.sources": ("PhantomSource",),
    "config.study": ("Study",),
    "errors": ("CaseError", "CohortError", "StudyError"),
    "evaluation.analyses.performance": ("evaluate",),
    "imaging.preprocess": ("preprocess_case",),
    "labels.tasks": ("DEFAULT_TASKS", "Task"),
    "labels.who": ("contradiction",),
    "phantom.center": ("simulate_center",),
    "prediction.image": ("predict_cases",),
    "tables.io": ("read_table", "write_table"),
}
"""Module below the package → the public names that it holds."""


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            value = getattr(import_module(f"{__name__}.{module}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
