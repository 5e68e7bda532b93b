"""Read one centre's case table into the study's columns."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.cohort.findings import findings_table
from gliomanet.cohort.label_fraction import hidden_labels, keep_labels
from gliomanet.cohort.read_center import center_request, read_cases
from gliomanet.cohort.splits import shuffle_labels
from gliomanet.cohort.table import without_labels
from gliomanet.config.centers import Center
from gliomanet.labels.tasks import Task
from gliomanet.labels.vocabulary import vocabulary_of
from gliomanet.pipeline.job_log import log_to
from gliomanet.tables.cohort import CASES, FINDINGS, HIDDEN_LABELS
from gliomanet.tables.io import write_table

log_to(snakemake.log[0])
name, center = snakemake.wildcards.center, Center.model_validate(snakemake.params.center)
vocabulary = vocabulary_of(snakemake.params.labels)
request = center_request(name, center, snakemake.params.data_root, vocabulary, snakemake.params.label_seed)
cases, findings = read_cases(request, [Path(folder) for folder in snakemake.input.get("made", [])])
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
