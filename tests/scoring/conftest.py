"""Small tables of predictions and labels, as strangers write them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from gliomanet.config.analysis import Evaluation
from gliomanet.scoring.column_map import LONG, ROW, SHARED, ColumnMap
from gliomanet.scoring.evaluate_tables import EvaluatedTables, evaluate_tables
from gliomanet.scoring.join import Defaults
from gliomanet.scoring.options import Words, tasks_of
from gliomanet.scoring.prediction_rows import wide_names

TRUTH = [n % 3 == 0 for n in range(30)]
_NOISE = np.random.default_rng(4).normal(scale=0.22, size=30)
MUTANT = np.clip([0.7 if one else 0.3 for one in TRUTH] + _NOISE, 0.01, 0.99).round(3)
LABELS = "case_id\tidh\n" + "".join(f"P-{n:02d}\t{int(one)}\n" for n, one in enumerate(TRUTH))
Score = Callable[..., EvaluatedTables]


def wide(values: Sequence[float] = tuple(MUTANT), header: str = "case_id\tidh:mutant") -> str:
    """A table of a row per case."""
    return f"{header}\n" + "".join(f"P-{n:02d}\t{value}\n" for n, value in enumerate(values))


@pytest.fixture
def score(tmp_path: Path) -> Score:
    """Score two texts; options as the command has them."""

    def scored(
        predictions: str,
        labels: str = LABELS,
        *options: str,
        task: Sequence[str] = ("idh=wildtype,mutant",),
        value: Sequence[str] = (),
        unknown: Sequence[str] = (),
        settings: Evaluation = Evaluation(resamples=100),  # noqa: B008 (frozen)
    ) -> EvaluatedTables:
        (tmp_path / "p.tsv").write_text(predictions, encoding="utf-8")
        (tmp_path / "l.tsv").write_text(labels, encoding="utf-8")
        tasks, vocabulary = tasks_of(task)
        names = [*SHARED, *ROW, *LONG, *vocabulary, *wide_names(tasks)]
        return evaluate_tables(
            tmp_path / "p.tsv",
            tmp_path / "l.tsv",
            columns=ColumnMap.of(options, names),
            tasks=tasks,
            words=Words.of(value, unknown, vocabulary),
            defaults=Defaults("theirs", "here"),
            settings=settings,
        )

    return scored


def value_of(results: EvaluatedTables, metric: str = "mcc", **names: str) -> float:
    """A value of the metrics, of all cases unless another centre is named."""
    wanted = {"center": "pooled", "subset": "all", "metric": metric, **names}
    table = results.evaluated.metrics
    for name, text in wanted.items():
        table = table[table[name] == text]
    (row,) = table.to_dict("records")
    return float(row["value"])
