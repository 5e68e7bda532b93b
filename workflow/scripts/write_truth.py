"""Write what is planted in the phantom centres."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.config.sources import PhantomSource
from gliomanet.phantom.truth import true_labels, truth_table
from gliomanet.pipeline.job_log import log_to
from gliomanet.tables.cohort import PHANTOM_LABELS, PHANTOM_TRUTH
from gliomanet.tables.io import write_table

log_to(snakemake.log[0])
centers = {name: PhantomSource.model_validate(source) for name, source in snakemake.params.centers.items()}
write_table(truth_table(centers), snakemake.output.table, PHANTOM_TRUTH)
labels = true_labels(centers, snakemake.params.seed, snakemake.params.labels)
write_table(labels, snakemake.output.labels, PHANTOM_LABELS)
