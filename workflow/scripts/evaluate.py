"""Turn predictions and labels into figures with intervals."""

from prologue import snakemake

from gliomanet.cohort.label_fraction import with_hidden_labels
from gliomanet.config.analysis import Evaluation
from gliomanet.evaluation.analyses.performance import evaluate
from gliomanet.labels.tasks import Task
from gliomanet.tables.evaluation import BY_EVALUATE
from gliomanet.tables.io import read_table, read_tables, write_table

figures = evaluate(
    read_tables(snakemake.input.predictions),
    with_hidden_labels(read_table(snakemake.input.cases), read_tables(snakemake.input.hidden)),
    {name: Task.model_validate(task) for name, task in snakemake.params.tasks.items()},
    Evaluation.model_validate(snakemake.params.settings),
    seed=snakemake.params.seed,
)
for name, schema in BY_EVALUATE.items():
    write_table(getattr(figures, name), snakemake.output[name], schema)
