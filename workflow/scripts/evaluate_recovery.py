"""Compare the biomarkers found with what was planted in the phantoms."""

import pandas as pd
from prologue import snakemake

from gliomanet.explanation.recovery import recovery
from gliomanet.labels.tasks import Task
from gliomanet.tables.explanation import RECOVERY
from gliomanet.tables.io import read_table, write_table

truth = read_table(snakemake.input.truth)
found = []
for (model, own), path in zip(snakemake.params.tasks.items(), snakemake.input.biomarkers, strict=True):
    tasks = {name: Task.model_validate(task) for name, task in own.items()}
    found.append(recovery(read_table(path), truth, tasks).assign(model=model))
write_table(pd.concat(found, ignore_index=True), snakemake.output.recovery, RECOVERY)
