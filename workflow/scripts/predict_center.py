"""Predict one centre with every stage and fold of a model that did not train on it."""

from pathlib import Path

from prologue import snakemake

from gliomanet.cohort.cases_of_fold import with_patients
from gliomanet.model_kinds import IMAGE_KINDS
from gliomanet.prediction.predict_center import Member, predict_center
from gliomanet.radiomics.table import wide_features
from gliomanet.tables.io import read_tables, write_table
from gliomanet.tables.prediction import DEEP_FEATURES, FOLD_PREDICTIONS

params, center = snakemake.params, snakemake.wildcards.center
splits = read_tables(snakemake.input.splits)
splits = splits[splits["center"] == center]
cases = splits[["case_id", "center"]].drop_duplicates()  # no label of theirs is looked at
predictions, deep = predict_center(
    [Member(**one | {"folder": Path(one["folder"])}) for one in params.members],
    splits,
    with_patients(cases, read_tables(snakemake.input.ages), read_tables(snakemake.input.sexes)),
    model=snakemake.wildcards.model,
    kind=params.kind,
    preprocessed=Path(params.preprocessed) if params.kind in IMAGE_KINDS else None,
    features=None if params.kind in IMAGE_KINDS else wide_features(read_tables(snakemake.input.data)),
    threads=snakemake.threads,
    gpus=snakemake.resources.gpu,
    passes=params.passes,
    seed=params.seed,
    flips=params.flips,
)
write_table(predictions, snakemake.output.predictions, FOLD_PREDICTIONS, exact=True)
write_table(deep, snakemake.output.deep, DEEP_FEATURES, exact=True)
