"""Put tables of one kind below each other."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.pipeline.job_log import log_to
from gliomanet.tables.io import read_tables, write_table

log_to(snakemake.log[0])
write_table(read_tables(snakemake.input), snakemake.output[0], exact=True)
