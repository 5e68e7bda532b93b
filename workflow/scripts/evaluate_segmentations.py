"""Turn the segmentations' scores into figures with intervals."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.config.analysis import Evaluation
from gliomanet.evaluation.analyses.segmentation import evaluate_segmentations
from gliomanet.pipeline.job_log import log_to
from gliomanet.tables.evaluation import SEGMENTATION_METRICS
from gliomanet.tables.io import read_table, read_tables, write_table

log_to(snakemake.log[0])
table = evaluate_segmentations(
    read_tables(snakemake.input.scores),
    read_table(snakemake.input.cases),
    Evaluation.model_validate(snakemake.params.settings),
    seed=snakemake.params.seed,
)
write_table(table, snakemake.output.figures, SEGMENTATION_METRICS)
