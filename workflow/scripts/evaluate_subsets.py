"""Turn predictions over subsets of modalities into figures by subset, and the worth of each modality."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.cohort.label_fraction import with_hidden_labels
from gliomanet.config.analysis import Evaluation
from gliomanet.evaluation.analyses.modality_subsets import evaluate_subsets
from gliomanet.labels.tasks import Task
from gliomanet.pipeline.job_log import log_to
from gliomanet.tables.evaluation import MODALITY_SIGNIFICANCE, MODALITY_SUBSETS
from gliomanet.tables.io import read_table, read_tables, write_table

log_to(snakemake.log[0])
figures = evaluate_subsets(
    read_tables(snakemake.input.predictions),
    with_hidden_labels(read_table(snakemake.input.cases), read_tables(snakemake.input.hidden)),
    {name: Task.model_validate(task) for name, task in snakemake.params.tasks.items()},
    Evaluation.model_validate(snakemake.params.settings),
    snakemake.params.seed,
    fusion=read_tables(snakemake.input.fusion),
    modalities=snakemake.params.modalities,
)
write_table(figures.subsets, snakemake.output.subsets, MODALITY_SUBSETS)
write_table(figures.significance, snakemake.output.significance, MODALITY_SIGNIFICANCE)
