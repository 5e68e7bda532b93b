# The validated study, where its files lie (LAYOUT), what its jobs are (PLAN), and what every rule's parameters need.

import gc
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(str(workflow.current_basedir)).parents[1]
sys.path.insert(0, str(ROOT / "src"))

# The engine makes many small objects and keeps nearly all: to look through them for garbage as often as by default (every
# 700 new ones) is a tenth of its own time.
gc.set_threshold(200_000, 20, 20)

from snakemake.exceptions import WorkflowError
from snakemake.resources import Resource

from gliomanet.cohort.read_center import case_ids
from gliomanet.audit.features import bin_widths_of
from gliomanet.audit.tables import check_study
from gliomanet.cohort.decisions import read_decisions
from gliomanet.errors import CohortError
from gliomanet.layout import Layout
from gliomanet.models.arguments import tasks_of, training_values
from gliomanet.pipeline.environment import GPU_LIMIT, count_gpus
from gliomanet.pipeline.plan import Plan
from gliomanet.pipeline.environment import missing_programs
from gliomanet.pipeline.code_digests import CodeDigests
from gliomanet.model_kinds import modules_of
from gliomanet.seeds import derive_seed
from gliomanet.stages import SUPERVISED, round_of
from gliomanet.config.load import load_study, read_study_file
from gliomanet.errors import StudyError


def checked_study(values):
    """The study, or one error that lists everything wrong with its keys, tables and labels."""
    try:
        if workflow.is_main_process:
            # Snakemake has loaded them already, and of a key that is there twice it knows the last one only.
            for file in workflow.configfiles:
                read_study_file(Path(file))
        study = load_study(values)
        if workflow.is_main_process:
            check_study(study)
            # On a cluster the programs are where the jobs run, which may not be here.
            if workflow.global_resources["_nodes"].value is None:
                missing = missing_programs(study)
                if missing:
                    raise CohortError([finding.problem() for finding in missing])
        return study
    except (StudyError, CohortError) as error:
        raise WorkflowError(f"\n{error}") from None


def decisions():
    """Centre → case → what a person decided on it."""
    if STUDY.quality.decisions is None:
        return {center: {} for center in PLAN.centers}
    try:
        cases = {center: CASES[center] for center in PLAN.centers}
        return read_decisions(STUDY.data_path(STUDY.quality.decisions), cases)
    except CohortError as error:
        raise WorkflowError(f"\n{error}") from None


class CasesOfCenters(dict):
    """Centre → its cases, in order and quick to look up, read when they are asked for: a job's start reads its own."""

    def __missing__(self, center):
        self[center] = dict.fromkeys(case_ids(center, STUDY))
        return self[center]


def any_of(names):
    """A wildcard constraint that matches exactly these names (and nothing, where there are none)."""
    return "|".join(map(re.escape, sorted(names))) or "(?!)"


def code_of(script, *references):
    """A digest of a script, the library code it reaches and that it loads by name: each rule's parameter `code`."""
    return CODE.of(script, *references)


def code_with_kind(script, use):
    """The same of a script that loads the code of its model's kind."""
    return lambda wildcards: code_of(
        script, *modules_of(STUDY.models[wildcards.model].kind, use)
    )


def dump(section, **options):
    """A part of the study as plain values: what a job's parameters hold, and what its re-runs are decided by."""
    return section.model_dump(mode="json", **options)


def whole_study():
    """The study without what repeats nothing: how its jobs compute, where its data lie, keys of centres that say no more."""
    study = dump(STUDY, exclude={"compute", "data_root"})
    for center in study["centers"].values():
        own, common = center["preprocessing"], study["preprocessing"]
        center["preprocessing"] = {k: v for k, v in own.items() if v != common[k]}
    return study


def asks_for_draws():
    """True where the permutation test is asked for; the processes that execute its jobs are told by the run's main one."""
    if workflow.is_main_process:
        # The engine reads the rules before it tells of its targets.
        names = ("permutation", "permutation_draws")
        targets = {"permutation_test", *(str(LAYOUT.evaluation(n)) for n in names)}
        os.environ[DRAWS_ASKED_FOR] = "yes" if targets & {*sys.argv} else ""
        workflow.register_envvars(DRAWS_ASKED_FOR)
    return bool(os.environ.get(DRAWS_ASKED_FOR))


def seed(*names):
    return derive_seed(STUDY.seed, *names)


def memory(mb, each_thread=False):
    """A request for memory in MB that grows with each attempt: a job that was ended for its memory gets more."""

    def mem_mb(wildcards, attempt, threads):
        return mb * attempt * (threads if each_thread else 1)

    return mem_mb


def minutes(count):
    """A request for time that grows with each attempt."""
    return lambda wildcards, attempt: count * attempt


STUDY = checked_study(config)
LAYOUT = Layout(STUDY.results)
PLAN = Plan(STUDY)
CODE = CodeDigests(
    LAYOUT.code_digests(),
    ROOT / "workflow" / "scripts",
    writes=workflow.is_main_process,
)
CASES = CasesOfCenters()
DECISIONS = decisions()
PHANTOMS = {
    name: center.source
    for name, center in STUDY.centers.items()
    if center.source.table_by_job
}
TASKS = {name: dump(task) for name, task in STUDY.tasks.items()}
GUIDELINES = sorted(
    path.stem for path in (ROOT / "src/gliomanet/reporting/guidelines").glob("*.yaml")
)
# How metrics are computed, not which: to ask for those of subsets of modalities repeats no other. The reference decides
# comparisons, which `evaluate` alone makes; the primary model is a word of the page.
EVALUATION = dump(STUDY.evaluation, exclude={"modality_subsets", "primary_model"})
INTERVALS = {name: EVALUATION[name] for name in ("resamples", "confidence")}
WHOLE_STUDY = whole_study()
PREPROCESSED = str(LAYOUT.preprocessed())
GPU = min(STUDY.compute.gpus, 1)  # of a job that trains nothing

# On one machine its own GPUs bound the jobs that run at once, unless --resources says otherwise (a login node's say
# nothing of its cluster's). And MLflow has one writer. The processes that execute the jobs read this file again,
# wherever an engine put them: they are told the limit, and never look at their own machine, since a job that was given
# a GPU computes on it or fails (`models.devices`).
LIMITS = {"mlflow_writer": 1}
if workflow.is_main_process:
    if workflow.global_resources["_nodes"].value is None:
        LIMITS["gpu"] = count_gpus()
elif os.environ.get(GPU_LIMIT):
    LIMITS["gpu"] = int(os.environ[GPU_LIMIT])
for name, limit in LIMITS.items():
    if name not in workflow.global_resources:
        workflow.global_resources[name] = Resource(name, limit)
if workflow.is_main_process:
    limit = workflow.global_resources.get("gpu")
    os.environ[GPU_LIMIT] = "" if limit is None else str(limit.value)
    workflow.register_envvars(
        GPU_LIMIT
    )  # engines without a shared environment pass on what is registered


DRAWS_ASKED_FOR = "GLIOMANET_DRAWS"
PERMUTES = asks_for_draws()

TRACKING_URI = STUDY.tracking_uri or f"sqlite:///{LAYOUT.database()}"


# Curves of running trainings reach a server while they run. One process reads the jobs' own files and sends them, so
# that no training ever waits for a server; it ends with this one.
def stream_curves():
    """Start that process."""
    if workflow.is_main_process and TRACKING_URI.startswith("http"):
        live = Path(LAYOUT.log("track_live"))
        live.parent.mkdir(parents=True, exist_ok=True)
        subprocess.Popen(
            [sys.executable, "-m", "gliomanet.tracking.live", str(LAYOUT.results)]
            + [STUDY.title, STUDY.tracking_experiment, str(os.getpid())],
            # Arguments are seen by everybody, and the address may hold a password.
            env=os.environ
            | {"PYTHONPATH": str(ROOT / "src"), "GLIOMANET_TRACKING_URI": TRACKING_URI},
            stdout=live.open("w"),
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C ends the run, and with it this one, which then sends what is left
        )


wildcard_constraints:
    center=any_of(PLAN.centers),
    # Not the cases by name: the engine looks for wildcards in this text for each file, so that all of them cost the square
    # of their number. `made_folders` refuses a case that there is not.
    case="[^/]+",
    model=any_of(PLAN.models),
    stage=any_of({stage for _, stage, _ in PLAN.fits()}),
    fold=any_of(PLAN.folds),
