"""Look for mixed-up rows, columns and patients in the predictions of a study."""

from prologue import snakemake

from gliomanet.audit.predictions import audit_predictions
from gliomanet.cohort.findings import findings_table
from gliomanet.labels.tasks import Task
from gliomanet.tables.cohort import FINDINGS
from gliomanet.tables.io import read_table, read_tables, write_table

findings = audit_predictions(
    read_tables(snakemake.input.predictions),
    read_table(snakemake.input.cases),
    {name: Task.model_validate(task) for name, task in snakemake.params.tasks.items()},
)
write_table(findings_table(findings), snakemake.output.findings, FINDINGS)
