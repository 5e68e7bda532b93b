"""Count the accepted pseudo-labels of every model, stage and fold, and those that are true."""

import pandas as pd
from prologue import snakemake

from gliomanet.evaluation.analyses.pseudo_labels import pseudo_label_accuracy, truth_of
from gliomanet.labels.tasks import Task
from gliomanet.layout import Layout
from gliomanet.tables.evaluation import PSEUDO_LABEL_ACCURACY
from gliomanet.tables.io import read_table, read_tables, write_table
from gliomanet.tables.prediction import TEACHERS

layout = Layout(snakemake.params.results)


def collected(paths):
    """Tables below one another, each row with the model, stage and fold that its file is of."""
    of = {path: layout.parse(path) for path in paths}
    tables = [read_table(path).assign(model=fit.model, stage=fit.stage, fold=fit.fold) for path, fit in of.items()]
    return pd.concat(tables, ignore_index=True)


tasks = {name: Task.model_validate(task) for name, task in snakemake.params.tasks.items()}
truth = truth_of(
    read_tables(snakemake.input.hidden), read_table(snakemake.input.truth) if snakemake.input.truth else None
)
accuracy = pseudo_label_accuracy(collected(snakemake.input.labels), truth, tasks)
write_table(accuracy, snakemake.output.accuracy, PSEUDO_LABEL_ACCURACY)
teachers = collected(snakemake.input.teachers)
write_table(teachers[TEACHERS.names()], snakemake.output.teachers, TEACHERS)
