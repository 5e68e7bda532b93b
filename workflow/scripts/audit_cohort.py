"""Bring together what is wrong, or worth knowing, with the cohort."""

from pathlib import Path

from prologue import snakemake

from gliomanet.audit.study import audit_cohort
from gliomanet.config.load import load_study
from gliomanet.tables.cohort import FINDINGS
from gliomanet.tables.io import read_tables, write_table

inputs = snakemake.input
findings = audit_cohort(
    load_study(snakemake.params.study),
    read_tables(inputs.cases),
    [Path(path) for path in (*inputs.sources, *inputs.findings)],
    {Path(path).stem: Path(path) for path in inputs.fingerprints},
    {tuple(case) for case in snakemake.params.excluded},
    read_tables(inputs.volumes) if inputs.volumes else None,
    snakemake.params.files,
)
write_table(findings, snakemake.output.findings, FINDINGS)
