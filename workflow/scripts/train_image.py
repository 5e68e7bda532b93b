"""Train one fold of an image network."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.cohort.cases_of_fold import cases_of_fold
from gliomanet.config.models import image_model
from gliomanet.labels.tasks import Task
from gliomanet.models.acceleration import Acceleration
from gliomanet.pipeline.job_log import log_to
from gliomanet.tables.io import read_table, read_tables
from gliomanet.training.run.image import train_image_model

log_to(snakemake.log[0])
fold, asked = snakemake.params.fold, snakemake.resources
cases = cases_of_fold(read_table(snakemake.input.splits), read_tables(snakemake.input.cases), fold["id"])
cases = cases[cases["part"] != "external"]  # a centre held out of this fold is not even looked at
pseudo_labels = read_table(snakemake.input.pseudo_labels) if snakemake.input.pseudo_labels else None
train_image_model(
    cases.assign(folder=snakemake.params.preprocessed + "/" + cases["center"] + "/" + cases["case_id"]),
    {name: Task.model_validate(task) for name, task in snakemake.params.tasks.items()},
    image_model(snakemake.params.model),
    name=snakemake.params.name,
    seed=snakemake.params.seed,
    code=snakemake.params.code,
    threads=snakemake.threads,
    gpus=asked.gpu,
    out=Path(snakemake.output.model).parent,
    scratch=Path(snakemake.params.checkpoints),
    pseudo_labels=pseudo_labels,
    cache=Path(snakemake.params.cache) if asked.cached else None,
    acceleration=Acceleration(bool(asked.channels_last), bool(asked.compiled), bool(asked.checkpointed)),
)
