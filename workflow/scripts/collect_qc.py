"""Judge the preprocessed cases of one centre."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.imaging.quality.center_table import collect_qc
from gliomanet.pipeline.job_log import log_to
from gliomanet.tables.io import write_table

log_to(snakemake.log[0])
folders = [Path(folder) for folder in snakemake.input.folders]
params = snakemake.params
table = collect_qc(folders, params.min_success_fraction, decisions=params.decisions, review=params.review)
write_table(table, snakemake.output.table)
