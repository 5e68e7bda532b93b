"""Predict one centre with every subset of its modalities, by each fold of a model that did not train on it."""

from pathlib import Path

from prologue import snakemake

from gliomanet.cohort.cases_of_fold import with_patients
from gliomanet.prediction.predict_center import Member
from gliomanet.prediction.predict_subsets import predict_center_subsets
from gliomanet.tables.io import read_tables, write_table
from gliomanet.tables.prediction import SUBSET_PREDICTIONS

params, center = snakemake.params, snakemake.wildcards.center
splits = read_tables(snakemake.input.splits)
splits = splits[splits["center"] == center]
cases = splits[["case_id", "center"]].drop_duplicates()  # no label of theirs is looked at
predictions = predict_center_subsets(
    [Member(**one | {"folder": Path(one["folder"])}) for one in params.members],
    splits,
    with_patients(cases, read_tables(snakemake.input.ages), read_tables(snakemake.input.sexes)),
    model=snakemake.wildcards.model,
    preprocessed=Path(params.preprocessed),
    threads=snakemake.threads,
    gpus=snakemake.resources.gpu,
)
write_table(predictions, snakemake.output.predictions, SUBSET_PREDICTIONS, exact=True)
