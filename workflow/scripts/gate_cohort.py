"""Stop a study whose results would be false; the table that says why stays."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.audit.study import refuse_false_results
from gliomanet.pipeline.job_log import log_to
from gliomanet.tables.io import read_table

log_to(snakemake.log[0])
refuse_false_results(read_table(snakemake.input.findings))
Path(snakemake.output.approval).write_text("no fatal finding\n", encoding="utf-8")
