"""Compare the biomarkers found with what was planted in the phantoms."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

import pandas as pd

from gliomanet.explanation.recovery import recovery
from gliomanet.labels.tasks import Task
from gliomanet.pipeline.job_log import log_to
from gliomanet.tables.evaluation import RECOVERY
from gliomanet.tables.io import read_table, write_table

log_to(snakemake.log[0])
truth = read_table(snakemake.input.truth)
found = []
for (model, own), path in zip(snakemake.params.tasks.items(), snakemake.input.biomarkers, strict=True):
    tasks = {name: Task.model_validate(task) for name, task in own.items()}
    found.append(recovery(read_table(path), truth, tasks).assign(model=model))
write_table(pd.concat(found, ignore_index=True), snakemake.output.recovery, RECOVERY)
