"""Put the centres' predictions below each other, with what they are when decoded together."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.labels.tasks import Task
from gliomanet.pipeline.job_log import log_to
from gliomanet.prediction.joint_decoding import with_joint
from gliomanet.tables.io import read_tables, write_table
from gliomanet.tables.prediction import PREDICTIONS

log_to(snakemake.log[0])
tasks = {name: Task.model_validate(task) for name, task in snakemake.params.tasks.items()}
write_table(with_joint(read_tables(snakemake.input), tasks), snakemake.output[0], PREDICTIONS, exact=True)
