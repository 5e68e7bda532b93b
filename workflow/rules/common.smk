# The validated study, and the lists of centres, cases and folds that rules are made of.

import sys
from pathlib import Path

ROOT = Path(str(workflow.current_basedir)).parents[1]
sys.path.insert(0, str(ROOT / "src"))

from snakemake.exceptions import WorkflowError
from snakemake.resources import Resource

from gliomanet.cohort.read_center import case_ids as source_case_ids
from gliomanet.audit.tables import check_study, problem
from gliomanet.cohort.decisions import read_decisions
from gliomanet.errors import CohortError
from gliomanet.models.construction import tasks_of, training_values
from gliomanet.pipeline.content_digests import ContentDigests, content_of
from gliomanet.pipeline.environment import count_gpus
from gliomanet.phantom.ids import case_ids as phantom_case_ids
from gliomanet.pipeline.environment import missing_programs
from gliomanet.code_digest import source_digest
from gliomanet.kinds import modules_of
from gliomanet.seeds import derive_seed
from gliomanet.config.load import load_study
from gliomanet.errors import StudyError


def checked_study(values):
    """The study, or one error that lists everything wrong with its keys, tables and labels."""
    try:
        study = load_study(values)
        if workflow.is_main_process:
            phantoms = {
                n: phantom_case_ids(n, c.source)
                for n, c in study.centers.items()
                if c.source.kind == "phantom"
            }
            check_study(study, phantoms)
            # On a cluster the programs are where the jobs run, which may not be here.
            if workflow.global_resources["_nodes"].value is None:
                missing = missing_programs(study)
                if missing:
                    raise CohortError([problem(finding) for finding in missing])
        return study
    except (StudyError, CohortError) as error:
        raise WorkflowError(f"\n{error}") from None


def case_ids(center):
    """A centre's cases, known before any job; a feature table's cases need no job of their own."""
    source = STUDY.centers[center].source
    if source.kind == "phantom":
        return phantom_case_ids(center, source)
    return [] if source.kind == "features" else source_case_ids(center, STUDY)


def decisions():
    """Centre → case → what a person decided on it."""
    if STUDY.quality.decisions is None:
        return {center: {} for center in CENTERS}
    try:
        return read_decisions(STUDY.data_path(STUDY.quality.decisions), CASES)
    except CohortError as error:
        raise WorkflowError(f"\n{error}") from None


STUDY = checked_study(config)
R = STUDY.results
CENTERS = list(STUDY.centers)
TASKS = {name: task.model_dump(mode="json") for name, task in STUDY.tasks.items()}
DEVELOPMENT = STUDY.centers_of("train", "unlabelled")
EXTERNAL = STUDY.centers_of("external")
MODELS = list(STUDY.models)
IMAGE_MODELS = list(STUDY.image_models)
TABULAR_MODELS = [name for name in MODELS if name not in IMAGE_MODELS]
NETWORKS = list(STUDY.networks)
SEGMENTING = list(STUDY.segmenting_models)
CASES = {center: case_ids(center) for center in CENTERS}
DECISIONS = decisions()
FOLDS = {fold.id: fold for fold in STUDY.folds}
# The many jobs of a run read the Snakefile again, and look up what its main process has read.
CONTENTS = ContentDigests(
    Path(R) / "cache" / "contents.json", reads=workflow.is_main_process
)
GPU = min(STUDY.compute.gpus, 1)  # of a job that trains nothing

# On one machine its own GPUs bound the jobs that run at once, unless --resources says otherwise (a login node's say
# nothing of its cluster's). And MLflow has one writer.
LIMITS = {"mlflow_writer": 1}
if workflow.global_resources["_nodes"].value is None:
    LIMITS["gpu"] = count_gpus()
for name, limit in LIMITS.items():
    if name not in workflow.global_resources:
        workflow.global_resources[name] = Resource(name, limit)


def any_of(names):
    """A wildcard constraint that matches exactly these names (and nothing, where there are none)."""
    return "|".join(map(re.escape, sorted(names))) or "(?!)"


wildcard_constraints:
    center=any_of(CENTERS),
    case=any_of({case for cases in CASES.values() for case in cases}),
    model=any_of(MODELS),
    stage=any_of({stage for model in MODELS for stage in STUDY.stages_of(model)}),
    fold=any_of(FOLDS),


def code_of(script, *references):
    """A digest of a script, the library code it reaches and that it loads by name: each rule's parameter `code`."""
    return source_digest(ROOT / "workflow" / "scripts" / script, *references)


def code_with_kind(script, use):
    """The same of a script that loads the code of its model's kind."""
    return lambda wildcards: code_of(
        script, *modules_of(STUDY.models[wildcards.model].kind, use)
    )


def dump(section):
    """A part of the study as plain values: what a job's parameters hold, and what its re-runs are decided by."""
    return section.model_dump(mode="json")


# How figures are computed, not which: to ask for those of subsets of modalities repeats no other.
FIGURES = STUDY.evaluation.model_dump(mode="json", exclude={"modality_subsets"})
# The study without how its jobs compute, a change of which repeats nothing.
WHOLE_STUDY = STUDY.model_dump(mode="json", exclude={"compute"})


def seed(*names):
    return derive_seed(STUDY.seed, *names)


def case_folders(*centers):
    """The preprocessed folder of every case of some centres."""
    return [
        f"{R}/preprocessed/{center}/{case}"
        for center in centers
        for case in CASES[center]
    ]


def cohort_tables(*centers):
    return expand(str(rules.build_case_table.output.cases), center=centers)


def qc_tables(*centers):
    return (
        []
        if STUDY.is_tabular
        else expand(str(rules.collect_qc.output.table), center=centers)
    )


def quality_pages(*centers):
    """A folder of pages a centre that has images."""
    if STUDY.is_tabular:
        return []
    return expand(str(rules.draw_quality.output.folder), center=centers)


def folds_of(model):
    """The folds that a model is trained on: the study's, with those on all cases where it is refitted."""
    return fold_ids(refit=getattr(STUDY.models[model], "refit", False))


def fold_ids(refit=False):
    return [fold.id for fold in STUDY.folds if refit or not fold.is_refit]
