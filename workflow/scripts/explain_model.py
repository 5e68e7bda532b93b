"""Explain what a model makes of its deep features and of its inputs: SHAP values of its validation cases."""

from pathlib import Path

from prologue import snakemake

from gliomanet.cohort.cases_of_fold import with_patients
from gliomanet.explanation.deep_features import explain_deep_features, read_heads
from gliomanet.explanation.explained import tables_of
from gliomanet.explanation.input_shap import Fit, explain_inputs
from gliomanet.model_kinds import KINDS, load
from gliomanet.radiomics.table import wide_features
from gliomanet.tables.explanation import EXPLAINED, SHAP_VALUES
from gliomanet.tables.io import read_table, read_tables, write_table

inputs, params = snakemake.input, snakemake.params
splits = read_table(inputs.splits)
explained = []
if inputs.heads:
    deep = read_tables(inputs.deep)
    heads = read_heads(dict(zip(params.folds, map(Path, inputs.heads), strict=True)), params.tasks)
    explained += explain_deep_features(deep[deep["stage"] == params.stage], heads, splits)
if explain := KINDS[params.kind].explanation:
    folders = [Path(file).parent for file in inputs.fitted[::2]]
    fits = [Fit(scenario, fold, at) for (fold, scenario), at in zip(params.folds.items(), folders, strict=True)]
    of_splits = splits[["case_id", "center"]].drop_duplicates()
    cases = with_patients(of_splits, read_tables(inputs.ages), read_tables(inputs.sexes))
    features = wide_features(read_tables(inputs.features))
    explained += explain_inputs(fits, load(explain), cases, features, splits, params.seed)
values, folds = tables_of(explained, params.share)
write_table(values, snakemake.output.values, SHAP_VALUES)
write_table(folds, snakemake.output.folds, EXPLAINED)
