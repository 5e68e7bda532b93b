"""Put the cases' radiomic features below each other."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.pipeline.job_log import log_to
from gliomanet.radiomics.table import center_table
from gliomanet.tables.cohort import RADIOMICS
from gliomanet.tables.io import read_table, write_table

log_to(snakemake.log[0])
write_table(center_table(map(read_table, snakemake.input.cases)), snakemake.output.features, RADIOMICS, exact=True)
