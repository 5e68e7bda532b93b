"""Tags of runs: what a run is of, and what it may be told apart by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gliomanet.tracking.events import FoldRun

if TYPE_CHECKING:
    from gliomanet.tracking.tracked_study import TrackedStudy

RUN = "gliomanet.run"
"""`model` for a model × stage of a study, `fold` for one of its fits."""

STATE = "gliomanet.state"
"""Of a `model` run: `recent` in the last ten studies, `earlier` before, `superseded` by a newer run of its study."""

RECENT, EARLIER, SUPERSEDED = "recent", "earlier", "superseded"

JOB, DIGEST, LIVE = "gliomanet.job", "gliomanet.digest", "gliomanet.live"
EVALUATION, STEP = "gliomanet.evaluation", "gliomanet.evaluation_step"
STUDY, ORIGIN = "gliomanet.study", "gliomanet.origin"
PARENT = "mlflow.parentRunId"


def of_model(study: TrackedStudy, origin: str, fold: FoldRun, digest: str) -> dict[str, str]:
    """Tags of the run of a model × stage.

    Args:
        study: the study.
        origin: digest of the place of its results.
        fold: one of its fits.
        digest: the run's identity.
    """
    state = {RUN: "model", STATE: RECENT, DIGEST: digest, JOB: f"{fold.model}/{fold.stage}"}
    return _shared(study, origin, fold) | state | {"mlflow.note.content": _note(study, fold)}


def of_fold(study: TrackedStudy, origin: str, fold: FoldRun, digest: str, parent_id: str) -> dict[str, str]:
    """Tags of the run of one fit, below that of its model × stage."""
    own = {RUN: "fold", DIGEST: digest, JOB: fold.job, PARENT: parent_id}
    scenario = {"gliomanet.scenario": scenario_of(fold.fold), "gliomanet.fold": fold.fold}
    return _shared(study, origin, fold) | own | scenario | {"gliomanet.fit_digest": fold.digest}


def of_live(title: str, origin: str, fold: FoldRun, key: str) -> dict[str, str]:
    """Tags of a fit that is still running: its study's other facts are known when it is finished."""
    own = {RUN: "fold", LIVE: key, STUDY: title, ORIGIN: origin, "gliomanet.fit_digest": fold.digest}
    names = {"gliomanet.model": fold.model, "gliomanet.stage": fold.stage, "gliomanet.fold": fold.fold}
    return own | names | {"gliomanet.scenario": scenario_of(fold.fold)}


def scenario_of(fold: str) -> str:
    """The scenario in a fold's id.

    >>> scenario_of("0"), scenario_of("without-A.all")
    ('main', 'without-A')
    """
    return fold.rpartition(".")[0] or "main"


def _shared(study: TrackedStudy, origin: str, fold: FoldRun) -> dict[str, str]:
    found = {
        STUDY: study.title,
        ORIGIN: origin,
        "gliomanet.study_digest": study.digest,
        "gliomanet.cohort_digest": study.cohort_digest,
        "gliomanet.kind": str(study.settings["models"][fold.model]["kind"]),
        "gliomanet.model": fold.model,
        "gliomanet.stage": fold.stage,
        "gliomanet.version": study.version,
        "gliomanet.code_digest": study.code.get(fold.model, ""),
        "mlflow.source.name": "gliomanet",
        "mlflow.source.type": "PROJECT",
        "mlflow.source.git.commit": study.commit,
    }
    return {key: value for key, value in found.items() if value}


def _note(study: TrackedStudy, fold: FoldRun) -> str:
    lines = [f"**{study.title}**: {fold.model}, stage {fold.stage}.", ""]
    for role in ("train", "external", "unlabelled"):
        centers = [name for name, center in study.settings["centers"].items() if center["role"] == role]
        if centers:
            counted = ", ".join(f"{name} ({len(study.centers[name])} cases)" for name in centers)
            lines.append(f"- {role}: {counted}")
    return "\n".join(lines)
