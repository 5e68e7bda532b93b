"""Train one fold of a stack on what its members say of their validation cases."""

from pathlib import Path

from prologue import snakemake
from pydantic import TypeAdapter

from gliomanet.cohort.cases_of_fold import cases_of_fold, with_patients
from gliomanet.config.feature_models import StackModel
from gliomanet.labels.tasks import Task
from gliomanet.models.member_logits import member_logits
from gliomanet.tables.io import read_table, read_tables
from gliomanet.training.tabular import train_tabular_model

inputs, params = snakemake.input, snakemake.params
tasks = {name: Task.model_validate(task) for name, task in params.tasks.items()}
cases = cases_of_fold(read_table(inputs.splits), read_tables(inputs.labels), snakemake.wildcards.fold)
said = read_tables(inputs.predictions)
said = said[said["role"] == "validation"]  # of training cases the members know the label, of external ones nobody may
train_tabular_model(
    with_patients(cases[cases["part"] == "train"], read_tables(inputs.ages), read_tables(inputs.sexes)),
    member_logits(said, params.stages, params.scenario, tasks),
    tasks,
    TypeAdapter(StackModel).validate_python(params.model),
    name=params.name,
    seed=params.seed,
    code=params.code,
    out=Path(snakemake.output.model).parent,
)
