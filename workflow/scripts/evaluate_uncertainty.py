"""Turn predictions with their doubts into coverage of prediction sets, and errors among the cases that are answered."""

from pathlib import Path

import pandas as pd
from prologue import snakemake

from gliomanet.cohort.label_fraction import with_hidden_labels
from gliomanet.config.analysis import Evaluation
from gliomanet.evaluation.analyses.uncertainty import evaluate_uncertainty
from gliomanet.labels.tasks import Task
from gliomanet.models.ensemble import EnsembleDescription
from gliomanet.prediction.prediction_sets import quantiles
from gliomanet.tables.io import read_table, read_tables, write_table
from gliomanet.tables.uncertainty import PREDICTION_SETS, RISK_COVERAGE

tables = evaluate_uncertainty(
    read_tables(snakemake.input.predictions),
    with_hidden_labels(read_table(snakemake.input.cases), read_tables(snakemake.input.hidden)),
    {name: Task.model_validate(task) for name, task in snakemake.params.tasks.items()},
    Evaluation.model_validate(snakemake.params.settings),
    pd.concat([quantiles(EnsembleDescription.read(Path(path))) for path in snakemake.input.ensembles]),
)
write_table(tables.prediction_sets, snakemake.output.sets, PREDICTION_SETS)
write_table(tables.risk_coverage, snakemake.output.risk, RISK_COVERAGE)
