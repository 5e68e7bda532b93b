"""Write the quality pages of one centre: one for the centre, one a case."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.pipeline.job_log import log_to
from gliomanet.reporting.quality.pages import write_quality_pages
from gliomanet.tables.io import read_table

log_to(snakemake.log[0])
folders = [Path(folder) for folder in snakemake.input.folders]
write_quality_pages(folders, read_table(snakemake.input.table), Path(snakemake.output.folder))
