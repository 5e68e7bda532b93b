"""The table of runs that were put into MLflow."""

from __future__ import annotations

from gliomanet.tables.columns import Schema, text

TRACKED_RUNS = Schema(
    title="Runs in MLflow",
    paths=("tracking/runs.tsv",),
    row="one per MLflow run: a model's stage, and each of its folds",
    columns=(
        text("run_id", "Id of the run in MLflow"),
        text("parent_id", "Id of the stage's run; empty for that run itself"),
        text("name", "Model, stage and fold"),
        text("kind", "Kind of the run", ("parent", "fold")),
        text("status", "Result of the import", ("new", "updated", "present")),
    ),
    key=("run_id",),
)
