"""Let a fold's supervised model label what has no label."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from gliomanet.cohort.selection import cases_of_fold
from gliomanet.joblog import log_to
from gliomanet.labels import Task
from gliomanet.learning.pseudo_labels import select_pseudo_labels
from gliomanet.radiomics.table import wide_features
from gliomanet.study import PseudoLabels
from gliomanet.study_models import IMAGE_KINDS
from gliomanet.tables import read_table, read_tables, write_table

log_to(snakemake.log[0])
params = snakemake.params
settings = PseudoLabels.model_validate(params.settings)
cases = cases_of_fold(read_table(snakemake.input.splits), read_tables(snakemake.input.cases), params.fold["id"])
cases = cases[cases["part"].isin(["train", "unlabelled"])]  # never those that validate or test
teacher = Path(snakemake.input.teacher[0]).parent
if params.kind in IMAGE_KINDS:
    from gliomanet.prediction.image import stochastic_passes

    cases = cases.assign(folder=params.preprocessed + "/" + cases["center"] + "/" + cases["case_id"])
    passes = stochastic_passes(
        teacher, cases, settings.passes, params.seed, threads=snakemake.threads, gpus=snakemake.resources.gpu
    )
else:
    from gliomanet.prediction.tabular import tabular_stochastic_passes

    features = wide_features(read_tables(snakemake.input.data))
    passes = tabular_stochastic_passes(teacher, cases, features, settings.passes, params.seed)
# a model that learns some of the study's tasks labels those
tasks = {name: Task.model_validate(task) for name, task in params.tasks.items() if name in passes}
selected = select_pseudo_labels(list(cases["case_id"]), list(cases["center"]), cases, passes, tasks, settings)
write_table(selected, snakemake.output.labels)
