"""Preprocessing of one case in a process that may crash: then the case has failed, with that as its reason.

Nothing that computes is imported here: the process that stays is a small one, and the other a copy of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gliomanet.child_processes import Crash, run_alone
from gliomanet.errors import Problem, ProblemError

if TYPE_CHECKING:
    from gliomanet.config.preprocessing import Preprocessing


def preprocess_alone(case: Mapping[str, str], settings: Preprocessing, out_dir: Path, *, seed: int) -> None:
    """Preprocess a case as `preprocess_case` does; a crash of native code is recorded as its failure.

    Args:
        case: as in `preprocess_case`.
        settings: as there.
        out_dir: as there.
        seed: as there.

    Raises:
        StudyStopError: as there.
        ProblemError: the process was killed from outside, as for want of memory: this says nothing of the case, and
            the job may succeed with more of it.
    """
    # `fork`: this process has no threads, and a fresh interpreter would import everything once more.
    ended = run_alone(partial(_preprocess, case, settings, out_dir, seed), "fork")
    if not isinstance(ended, Crash):
        return
    case_id, center = case["case_id"], case.get("center", "")
    if ended.was_killed:
        action = "give preprocess_case more memory (`--set-resources preprocess_case:mem_mb=…`), or exclude the case"
        raise ProblemError(Problem(str(ended), action, center=center, case=case_id, rule="killed"))
    action = "look at its images with another program, or convert them again; the job's log says where it happened"
    _record(case, settings, out_dir, seed, Problem(str(ended), action, case=case_id, rule="preprocessing_crashed"))


def _preprocess(case: Mapping[str, str], settings: Preprocessing, out_dir: Path, seed: int) -> None:
    from gliomanet.imaging.preprocess import preprocess_case

    preprocess_case(case, settings, out_dir, seed=seed)


def _record(case: Mapping[str, str], settings: Preprocessing, out_dir: Path, seed: int, problem: Problem) -> None:
    from gliomanet.imaging.case import Case
    from gliomanet.imaging.record import write_record

    out_dir.mkdir(parents=True, exist_ok=True)
    for half_done in out_dir.iterdir():
        half_done.unlink()
    write_record(Case(case, settings, seed), out_dir, "failed", problem)
