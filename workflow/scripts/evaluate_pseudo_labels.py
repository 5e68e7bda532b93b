"""Count the accepted pseudo-labels of every model, stage and fold, and those that are true."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

import pandas as pd

from gliomanet.evaluation.analyses.pseudo_labels import pseudo_label_accuracy, truth_of
from gliomanet.labels.tasks import Task
from gliomanet.pipeline.job_log import log_to
from gliomanet.tables.evaluation import PSEUDO_LABEL_ACCURACY
from gliomanet.tables.io import read_table, read_tables, write_table
from gliomanet.tables.prediction import TEACHERS

log_to(snakemake.log[0])


def collected(paths):
    """Tables below one another, each row with the model, stage and fold that its file is named for."""
    tables = []
    for path in map(Path, paths):
        fold = path.name.split(".tsv")[0].removesuffix(".teacher").removeprefix("fold")
        names = {"model": path.parents[1].name, "stage": path.parent.name, "fold": fold}
        tables.append(read_table(path).assign(**names))
    return pd.concat(tables, ignore_index=True)


tasks = {name: Task.model_validate(task) for name, task in snakemake.params.tasks.items()}
truth = truth_of(
    read_tables(snakemake.input.hidden), read_table(snakemake.input.truth) if snakemake.input.truth else None
)
accuracy = pseudo_label_accuracy(collected(snakemake.input.labels), truth, tasks)
write_table(accuracy, snakemake.output.accuracy, PSEUDO_LABEL_ACCURACY)
teachers = collected(snakemake.input.teachers)
write_table(teachers[TEACHERS.names()], snakemake.output.teachers, TEACHERS)
