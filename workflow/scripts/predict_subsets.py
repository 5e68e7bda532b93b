"""Predict one centre with every subset of its modalities, by each fold of a model that did not train on it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.pipeline.job_log import log_to
from gliomanet.prediction.predict_center import Member
from gliomanet.prediction.predict_subsets import predict_center_subsets
from gliomanet.tables.io import read_tables, write_table
from gliomanet.tables.prediction import SUBSET_PREDICTIONS

log_to(snakemake.log[0])
params, center = snakemake.params, snakemake.wildcards.center
splits = read_tables(snakemake.input.splits)
predictions = predict_center_subsets(
    [
        Member(params.stage, fold["scenario"], fold["id"], Path(params.models) / params.stage / f"fold{fold['id']}")
        for fold in params.folds
    ],
    splits[splits["center"] == center],
    read_tables(snakemake.input.cases),
    model=snakemake.wildcards.model,
    preprocessed=Path(params.preprocessed),
    threads=snakemake.threads,
    gpus=snakemake.resources.gpu,
)
write_table(predictions, snakemake.output.predictions, SUBSET_PREDICTIONS, exact=True)
