"""Train one fold of an image network."""

from pathlib import Path

from prologue import snakemake

from gliomanet.cohort.cases_of_fold import cases_of_fold, with_patients
from gliomanet.config.image_models import image_model
from gliomanet.labels.tasks import Task
from gliomanet.models.acceleration import Acceleration
from gliomanet.tables.io import read_table, read_tables
from gliomanet.training.run.image import train_image_model

params = snakemake.params
cases = cases_of_fold(read_table(snakemake.input.splits), read_tables(snakemake.input.labels), snakemake.wildcards.fold)
cases = cases[cases["part"] != "external"]  # a centre held out of this fold is not even looked at
cases = with_patients(cases, read_tables(snakemake.input.ages), read_tables(snakemake.input.sexes))
pseudo_labels = read_table(snakemake.input.pseudo_labels) if snakemake.input.pseudo_labels else None
train_image_model(
    cases.assign(folder=params.preprocessed + "/" + cases["center"] + "/" + cases["case_id"]),
    {name: Task.model_validate(task) for name, task in params.tasks.items()},
    image_model(params.model),
    name=params.name,
    seed=params.seed,
    code=params.code,
    threads=snakemake.threads,
    gpus=snakemake.resources.gpu,
    out=Path(snakemake.output.model).parent,
    scratch=Path(params.checkpoints),
    pseudo_labels=pseudo_labels,
    cache=Path(params.cache) if params.cache else None,
    acceleration=Acceleration(**params.acceleration),
)
