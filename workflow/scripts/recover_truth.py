"""Compare the biomarkers found with what was planted in the phantoms."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

import pandas as pd

from gliomanet.explanation.recovery import recovery
from gliomanet.joblog import log_to
from gliomanet.labels import Task
from gliomanet.tables import read_table, write_table

log_to(snakemake.log[0])
truth = read_table(snakemake.input.truth)
tasks = {name: Task.model_validate(task) for name, task in snakemake.params.tasks.items()}
found = [
    recovery(read_table(path), truth, tasks).assign(model=model)
    for model, path in zip(snakemake.params.models, snakemake.input.biomarkers, strict=True)
]
write_table(pd.concat(found, ignore_index=True), snakemake.output.recovery)
