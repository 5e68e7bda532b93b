"""Tables of the permutation test: metrics of the study's draws, whose labels were dealt anew."""

from __future__ import annotations

from gliomanet.tables.columns import (
    GROUP_CENTER,
    GROUP_SCENARIO,
    MODEL,
    NOTE,
    ROLE,
    STAGE,
    TASK,
    N,
    Schema,
    integer,
    number,
    text,
)

TESTED = ("mcc", "auc")
"""Metrics whose null distribution is shown."""

FIGURE = ["model", "stage", "scenario", "role", "center", "task", "metric"]
"""Columns that name a figure of either table."""

_FIGURE = (
    *(MODEL, STAGE, GROUP_SCENARIO, ROLE, GROUP_CENTER, TASK),
    text("metric", "Metric", TESTED),
)

PERMUTATION = Schema(
    title="Permutation test",
    paths=("evaluation/permutation.tsv",),
    row="one per model × stage × scenario × role × centre × task × metric, once `snakemake permutation_test` was run",
    columns=(
        *_FIGURE,
        number("value", "Value with the true labels; empty: not estimable"),
        integer("draws", "Draws in which the metric is estimable"),
        number("null_mean", "Mean over the draws, whose labels were dealt anew within each centre"),
        number("null_low", "Lowest value of a draw"),
        number("null_high", "Highest value of a draw"),
        number("p", "Share of draws at least as high as the value, the value itself counted among them, 0 to 1"),
        *(N, NOTE),
    ),
    key=tuple(FIGURE),
)

PERMUTATION_DRAWS = Schema(
    title="Values of the permutation test",
    paths=("evaluation/permutation_draws.tsv",),
    row="one per draw × model × stage × scenario × role × centre × task × metric",
    columns=(
        integer("draw", "Number of the draw, from 1"),
        *_FIGURE,
        number("value", "Value with the labels of this draw; empty: not estimable"),
    ),
    key=("draw", *FIGURE),
)

TABLES = (PERMUTATION, PERMUTATION_DRAWS)
