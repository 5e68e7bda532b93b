"""Tables that a hospital sends in place of its scans, without ids, dates, ages or images."""

from __future__ import annotations

from gliomanet.tables.columns import CLASS, FOLD, MODEL, REGION, TASK, N, Schema, integer, number, text

_ROW = text("row_key", "Random name of the case, drawn for this folder alone")

SITE_CASES = Schema(
    title="Cases of a site",
    paths=("labels.tsv",),
    row="one per case",
    columns=(
        _ROW,
        text("patient_key", "Random name of the patient, drawn likewise: cases of one patient belong together"),
        text("<label>", "Each label of the bundle's tasks; empty: unknown, or withheld for its small counts"),
        text("<label>_source", "Origin of the label", ("measured", "derived")),
    ),
    key=("row_key",),
)

SITE_PREDICTIONS = Schema(
    title="Predictions of a site",
    paths=("predictions.tsv",),
    row="one per model × fold × case × task × class",
    columns=(
        *(MODEL, FOLD, _ROW, TASK, CLASS),
        number("raw_probability", "Probability of the class before temperature scaling, 0 to 1, with every digit"),
    ),
    key=("model", "fold", "row_key", "task", "class"),
)

SITE_EFFECTS = Schema(
    title="Effects of a site's radiomic features",
    paths=("effects.tsv", "sites/<center>.effects.tsv"),
    row="one per task × region × feature of which each class has enough cases",
    columns=(
        *(TASK, REGION, text("feature", "Radiomic feature, as in the study's tables of features")),
        number("effect", "Difference of the last class from the others: area under the ROC curve less one half"),
        number("variance", "Its variance (Hanley and McNeil)"),
        N,
        integer("n_positive", "Those of the last class"),
    ),
    key=("task", "region", "feature"),
)

SITE_QUALITY = Schema(
    title="Image quality of a site",
    paths=("quality.tsv", "sites/<center>.quality.tsv"),
    row="one per image quality metric that enough cases have",
    columns=(
        text("metric", "Image quality metric, as in the study's tables of image quality"),
        N,
        number("lower", "Lower quartile"),
        number("median", "Median"),
        number("upper", "Upper quartile"),
        integer("outside", "Cases outside the training cases' range; empty: fewer than the smallest count, not none"),
    ),
    key=("metric",),
)

TABLES = (SITE_CASES, SITE_PREDICTIONS, SITE_EFFECTS, SITE_QUALITY)
