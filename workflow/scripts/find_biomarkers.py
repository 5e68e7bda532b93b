"""Find the radiomic features behind a model's output that hold in every centre."""

import pandas as pd
from prologue import snakemake

from gliomanet.config.analysis import Explanation
from gliomanet.explanation.biomarkers import biomarkers
from gliomanet.explanation.features import with_log_shape
from gliomanet.labels.tasks import Task
from gliomanet.tables.explanation import BIOMARKERS, LINKS, SEARCH
from gliomanet.tables.io import read_table, read_tables, write_table

inputs, params = snakemake.input, snakemake.params
tasks = {name: Task.model_validate(task) for name, task in params.tasks.items()}
settings = Explanation.model_validate(params.settings)
radiomics = read_tables(inputs.radiomics)
tables = (
    *(read_table(inputs.shap), read_table(inputs.explained)),
    with_log_shape(radiomics) if "shape" in params.inputs else radiomics,
    *(read_tables(inputs.cases), read_table(inputs.splits)),
)
sent = {center: read_table(path) for center, path in zip(params.sent, inputs.effects, strict=True)}
found = [biomarkers(*tables, tasks, settings, scenario=scenario, sent=sent) for scenario in params.scenarios]
table = pd.concat([each.biomarkers for each in found], ignore_index=True)
table = table[BIOMARKERS.expected(table)]  # scenarios may differ in their centres
write_table(table, snakemake.output.biomarkers, BIOMARKERS)
for name, schema in (("links", LINKS), ("search", SEARCH)):
    write_table(pd.concat([getattr(each, name) for each in found], ignore_index=True), snakemake.output[name], schema)
