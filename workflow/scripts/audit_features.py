"""Look into the feature tables: what carries nothing, and what is not the same thing at two centres."""

from pathlib import Path

from prologue import snakemake

from gliomanet.audit.features import audit_features, void_table
from gliomanet.cohort.findings import findings_table
from gliomanet.tables.cohort import FINDINGS, VOID_FEATURES
from gliomanet.tables.io import read_table, read_tables, write_table

inputs = snakemake.input
tables = {Path(path).stem: read_table(path) for path in inputs.radiomics}
write_table(findings_table(audit_features(tables, snakemake.params.bin_widths)), snakemake.output.findings, FINDINGS)
write_table(void_table(read_tables(inputs.radiomics), read_table(inputs.splits)), snakemake.output.void, VOID_FEATURES)
