"""Read one centre's case table into the study's columns."""

from pathlib import Path

from prologue import snakemake

from gliomanet.cohort.findings import findings_table
from gliomanet.cohort.generated_files import with_converted_files
from gliomanet.cohort.label_fraction import hidden_labels, keep_labels
from gliomanet.cohort.read_center import read_center
from gliomanet.cohort.splits import shuffle_labels
from gliomanet.cohort.table import derive_1p19q, read_case_table, without_labels
from gliomanet.config.centers import Center
from gliomanet.config.study import Study
from gliomanet.labels.tasks import Task
from gliomanet.phantom.further_labels import with_further_labels
from gliomanet.tables.cohort import CASES, FINDINGS, HIDDEN_LABELS
from gliomanet.tables.io import write_table

name, center = snakemake.wildcards.center, Center.model_validate(snakemake.params.center)
# This centre is all that the job may depend on, so it is all of the study that the job is given.
given = {"data_root": snakemake.params.data_root, "labels": snakemake.params.labels}
study = Study.model_construct(centers={name: center}, models={}, **given)
if center.source.kind == "phantom":
    table = Path(snakemake.input.phantom) / "cases.tsv"
    cases, findings = read_case_table(table, name, center.role, vocabulary=study.vocabulary), ()
    cases = with_further_labels(cases, study.labels, name, center.source, snakemake.params.label_seed)
    cases = derive_1p19q(cases) if center.derive_1p19q else cases
else:
    cases, findings = read_center(name, study)
if center.source.kind == "dicom":
    cases = with_converted_files(cases, snakemake.input.converted)
known, keep = cases, snakemake.params.keep
if center.role == "unlabelled":
    cases = without_labels(cases)
elif keep is not None:
    tasks = {task: Task.model_validate(values) for task, values in keep["tasks"].items()}
    cases = keep_labels(cases, keep["share"], keep["seed"], tasks, keep["at_least"])
write_table(hidden_labels(known, cases), snakemake.output.hidden, HIDDEN_LABELS)
if snakemake.params.shuffle_seed is not None:
    cases = shuffle_labels(cases, snakemake.params.shuffle_seed)
write_table(cases, snakemake.output.cases, CASES)
write_table(findings_table(findings), snakemake.output.findings, FINDINGS)
