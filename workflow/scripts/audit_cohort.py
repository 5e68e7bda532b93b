"""Bring together what is wrong, or worth knowing, with the cohort."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.audit.study import audit_cohort
from gliomanet.config.load import load_study
from gliomanet.pipeline.job_log import log_to
from gliomanet.tables.cohort import FINDINGS
from gliomanet.tables.io import read_tables, write_table

log_to(snakemake.log[0])
inputs = snakemake.input
findings = audit_cohort(
    load_study(snakemake.params.study),
    read_tables(inputs.cases),
    [Path(path) for path in (*inputs.sources, *inputs.findings)],
    {Path(path).stem: Path(path) for path in inputs.fingerprints},
    {tuple(case) for case in snakemake.params.excluded},
    read_tables(inputs.volumes) if inputs.volumes else None,
)
write_table(findings, snakemake.output.findings, FINDINGS)
