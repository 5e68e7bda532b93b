"""Tables that `gliomanet diff` writes: what changed from one study to another, and how the metrics moved."""

from __future__ import annotations

from gliomanet.tables.columns import GROUP_SCENARIO, MODEL, ROLE, STAGE, Schema, integer, number, text

CHANGES = Schema(
    title="Changes between two studies",
    paths=("difference/changes.tsv",),
    row="one per key, case or model in which the studies differ",
    columns=(
        text("section", "Part of the study", ("configuration", "cohort", "models")),
        text("what", "Kind of the change, such as `key`, `case removed`, `label`, `image`, `role` or `training code`"),
        text("center", "Centre concerned; empty: none"),
        text("case_id", "Case concerned; empty: none"),
        text("model", "Model concerned; empty: none, or all"),
        text("key", "Key, label, image or fit that differs"),
        text("a", "Value in the first study; empty: it has none"),
        text("b", "Value in the second study; empty: it has none"),
    ),
    key=("section", "what", "center", "case_id", "model", "key"),
)

METRIC_CHANGES = Schema(
    title="Metrics of two studies",
    paths=("difference/metrics.tsv",),
    row="one per row of either study's tables of metrics and of segmentation",
    columns=(
        *(MODEL, STAGE, GROUP_SCENARIO, ROLE),
        text("center", "Centre of the cases, `pooled` or `summary`, as in the table of metrics"),
        text("task", "Task, `joint`, or the region of a segmentation"),
        text("subset", "Patients that are counted, as in the table of metrics"),
        text("metric", "Metric"),
        number("value_a", "Value in the first study; empty: not estimable, or no such row"),
        number("ci_low_a", "Lower end of its interval"),
        number("ci_high_a", "Upper end of its interval"),
        integer("n_a", "Cases that it is of; empty: no such row"),
        number("value_b", "Value in the second study; empty: not estimable, or no such row"),
        number("ci_low_b", "Lower end of its interval"),
        number("ci_high_b", "Upper end of its interval"),
        integer("n_b", "Cases that it is of; empty: no such row"),
        number("difference", "Second minus first; empty where either is"),
        number("ci_low", "Lower end of the paired interval of the difference; empty where it is not paired"),
        number("ci_high", "Upper end of that interval"),
        text(
            "pairing",
            "`paired`: the same cases with the same labels, drawn together; `same predictions`; `not paired: …` "
            "with the reason; `only in A`, `only in B`",
        ),
    ),
    key=("model", "stage", "scenario", "role", "center", "task", "subset", "metric"),
)

TABLES = (CHANGES, METRIC_CHANGES)
