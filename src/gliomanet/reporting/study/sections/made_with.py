"""Origin of the results: software, digests and the whole configuration."""

from __future__ import annotations

import hashlib
import json

import pandas as pd
import yaml

from gliomanet.layout import Layout
from gliomanet.reporting.format import task_name
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section


def section(results: StudyResults) -> Section:
    """Seed, versions, digests and configuration."""
    tables = (results.cases, results.splits, results.metrics, results.confusion, results.comparisons)
    content = {
        "comparison": f"../{Layout('').comparison().as_posix()}",
        "compared": [(task, task_name(task)) for task in results.tasks],
        "seed": results.settings["seed"],
        "versions": results.versions,
        "digests": [
            ("Configuration", _digest(json.dumps(results.settings, sort_keys=True))),
            ("Tables", _digest(*map(_text, tables))),
        ],
        "configuration": yaml.safe_dump(results.settings, sort_keys=False, allow_unicode=True),
    }
    return Section("made_with", "How it was made", content)


def _text(table: pd.DataFrame) -> str:
    return table.to_csv(sep="\t", index=False, float_format="%.6g", lineterminator="\n")


def _digest(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
