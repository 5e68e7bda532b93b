"""Facts of the run by name: the methods paragraph and the reporting guidelines are made of them, and of nothing else.

A fact is told from the tables, the configuration and the models' descriptions. One that a run does not know is None:
the methods leave it out, and a guideline shows it as the author's.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from gliomanet.reporting.study.facts import cohort, evaluation, imaging, models, results
from gliomanet.reporting.study.facts.fact import Teller


def _tellers(module: ModuleType) -> Mapping[str, Teller]:
    """Public functions that a module itself defines, by name."""
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", "") == module.__name__
    }


FACTS: Mapping[str, Teller] = {
    name: teller
    for module in (cohort, imaging, models, evaluation, results)
    for name, teller in _tellers(module).items()
}
"""Name → fact."""
