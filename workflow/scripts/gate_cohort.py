"""Stop a study whose results would be false; the table that says why stays."""

from pathlib import Path

from prologue import snakemake

from gliomanet.audit.study import refuse_false_results
from gliomanet.tables.io import read_table

refuse_false_results(read_table(snakemake.input.findings))
Path(snakemake.output.approval).write_text("no fatal finding\n", encoding="utf-8")
