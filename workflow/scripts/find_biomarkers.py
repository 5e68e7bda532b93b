"""Find the radiomic features behind a network's deep features that hold in every centre."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

import numpy as np
import pandas as pd

from gliomanet.config.analysis import Explanation
from gliomanet.explanation.biomarkers import biomarkers
from gliomanet.labels.tasks import Task
from gliomanet.pipeline.job_log import log_to
from gliomanet.tables.evaluation import BIOMARKERS
from gliomanet.tables.io import read_table, read_tables, write_table

log_to(snakemake.log[0])
params = snakemake.params
tasks = {name: Task.model_validate(task) for name, task in params.tasks.items()}
deep = read_tables(snakemake.input.deep)
deep = deep[deep["stage"] == params.stage]
heads = {}
for fold, path in zip(params.folds, snakemake.input.heads, strict=True):
    with np.load(path) as stored:
        heads[fold] = {task: (stored[f"{task}.weight"], stored[f"{task}.bias"]) for task in tasks}
common = (
    read_tables(snakemake.input.radiomics),
    read_tables(snakemake.input.cases),
    read_table(snakemake.input.splits),
)
found = [
    biomarkers(deep, heads, *common, tasks, Explanation.model_validate(params.settings), scenario=scenario)
    for scenario in params.scenarios
]
table = pd.concat(found, ignore_index=True)
table = table[BIOMARKERS.expected(table)]  # scenarios may differ in their centres
write_table(table, snakemake.output.biomarkers, BIOMARKERS)
