"""Turn the segmentations' scores into figures with intervals."""

from prologue import snakemake

from gliomanet.config.analysis import Evaluation
from gliomanet.evaluation.analyses.segmentation import evaluate_segmentations
from gliomanet.tables.evaluation import SEGMENTATION_METRICS
from gliomanet.tables.io import read_table, read_tables, write_table

table = evaluate_segmentations(
    read_tables(snakemake.input.scores),
    read_table(snakemake.input.cases),
    Evaluation.model_validate(snakemake.params.settings),
    seed=snakemake.params.seed,
)
write_table(table, snakemake.output.figures, SEGMENTATION_METRICS)
