"""Turn predictions and labels into figures with intervals."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.cohort.label_fraction import with_hidden_labels
from gliomanet.config.analysis import Evaluation
from gliomanet.evaluation.analyses.performance import evaluate
from gliomanet.labels.tasks import Task
from gliomanet.pipeline.job_log import log_to
from gliomanet.tables.evaluation import COMPARISONS, CONFUSION, DECODING, METRICS, THRESHOLDS
from gliomanet.tables.io import read_table, read_tables, write_table

log_to(snakemake.log[0])
figures = evaluate(
    read_tables(snakemake.input.predictions),
    with_hidden_labels(read_table(snakemake.input.cases), read_tables(snakemake.input.hidden)),
    {name: Task.model_validate(task) for name, task in snakemake.params.tasks.items()},
    Evaluation.model_validate(snakemake.params.settings),
    seed=snakemake.params.seed,
)
schemas = {
    "metrics": METRICS,
    "confusion": CONFUSION,
    "comparisons": COMPARISONS,
    "thresholds": THRESHOLDS,
    "decoding": DECODING,
}
for name, schema in schemas.items():
    write_table(getattr(figures, name), snakemake.output[name], schema)
