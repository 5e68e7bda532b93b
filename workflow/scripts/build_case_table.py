"""Read one centre's case table into the study's columns."""

from pathlib import Path

from prologue import snakemake

from gliomanet.cohort.findings import findings_table
from gliomanet.cohort.study_table import read_study_table
from gliomanet.config.centers import Center
from gliomanet.tables.cohort import CASES, FINDINGS, HIDDEN_LABELS
from gliomanet.tables.io import write_table

params, made = snakemake.params, [Path(folder) for folder in snakemake.input.made]
center = Center.model_validate(params.center)
table = read_study_table(snakemake.wildcards.center, center, params.data_root, **params.reading, made=made)
write_table(table.hidden, snakemake.output.hidden, HIDDEN_LABELS)
write_table(table.cases, snakemake.output.cases, CASES)
write_table(findings_table(table.findings), snakemake.output.findings, FINDINGS)
