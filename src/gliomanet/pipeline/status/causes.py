"""Causes why jobs run: each job's own, in words, or none where it only follows from another's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gliomanet.layout import Layout, benchmark_of
from gliomanet.pipeline.status.differences import changed_parameters
from gliomanet.pipeline.status.jobs import Job, Rerun
from gliomanet.pipeline.status.wording import change_of, counted, noun_of


@dataclass(frozen=True)
class Cause:
    """A cause in words.

    Attributes:
        said: in full, such as `T1c replaced`.
        short: without what is a single job's own, such as `file changed`.
    """

    said: str
    short: str


RUNNING = Cause("running now", "running now")
STOPPED = Cause("stopped in the middle", "stopped in the middle")
KILLED = Cause("killed in its last run (memory, a time limit or a signal)", "killed in its last run")
NEW = Cause("not run yet", "not run yet")
FORCED = Cause("asked for by an option", "asked for by an option")
ENVIRONMENT = Cause("its conda environment changed", "its conda environment changed")

TABLES = ("content", "rows")
"""Parameters that hold a digest of a centre's case table."""


def causes_of(
    job: Job, runs: Rerun, layout: Layout, rows: Callable[[str], str] = lambda _center: "", *, is_running: bool = False
) -> tuple[Cause, ...]:
    """A job's own causes; empty where it runs only since an input of it will be made anew.

    Args:
        job: one that would run.
        runs: the engine's findings on it.
        layout: places of the study's files.
        rows: the changes of a centre's case table in words; "" where none can be told.
        is_running: a run goes on in this folder.
    """
    if runs.started:
        return (RUNNING if is_running else STOPPED,)
    if not runs.was_done and job.missing:
        return (NEW,)
    causes = [_of_missing(job)] if job.missing else []
    for name, differences in changed_parameters(runs.old, runs.new).items():
        told = rows(job.wildcards["center"]) if name in TABLES and "center" in job.wildcards else ""
        causes.append(Cause(told or change_of(name, differences), noun_of(name)))
    if runs.inputs_added or runs.inputs_removed:
        causes.append(_of_inputs(runs, layout))
    if runs.inputs_updated:
        said = counted([f"{path} changed" for path in runs.inputs_updated], "inputs")
        causes.append(Cause(said, "inputs changed"))
    causes += [ENVIRONMENT] if runs.environment else []
    causes += [FORCED] if runs.forced and not causes else []
    return tuple(causes)


def _of_missing(job: Job) -> Cause:
    """Outputs of a job that ran are gone: it failed, was killed, or a person deleted them; its log tells which."""
    log = Path(job.log)
    if log.is_file():
        if error := last_error(log):
            return Cause(f"failed in its last run: {error} (log: {log})", "failed in its last run")
        if not ended_by_itself(job):
            return KILLED
    return Cause(f"{counted(job.missing, 'results')} deleted", "results deleted")


def ended_well(job: Job, runs: Rerun) -> bool:
    """True where the last run of a job that would run again left its results, whether they are still there or not."""
    if runs.started or not runs.was_done:
        return False
    return not job.missing or (ended_by_itself(job) and not last_error(Path(job.log)))


def ended_by_itself(job: Job) -> bool:
    """True where a job's process wrote what it cost after the last word of its log; one that is killed does not."""
    log, cost = Path(job.log), benchmark_of(job.log)
    return cost.is_file() and log.is_file() and cost.stat().st_mtime_ns >= log.stat().st_mtime_ns


def last_error(log: Path) -> str:
    """The last line of an error's traceback in a job's log; "" where there is none."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    starts = [place for place, line in enumerate(lines) if line.startswith("Traceback (most recent call last)")]
    if not starts:
        return ""
    # After the last indented line of the traceback stands the error itself.
    after = (line for line in lines[starts[-1] + 1 :] if line.strip() and not line.startswith((" ", "\t")))
    return next(after, "an error without words")


def _of_inputs(runs: Rerun, layout: Layout) -> Cause:
    """Inputs that came and went: the centres, cases or models that they are of, or the files themselves."""
    added, removed = _names_of(runs.inputs_added, layout), _names_of(runs.inputs_removed, layout)
    if added == removed:
        return Cause(f"{counted(added, 'inputs')} moved", "inputs moved")
    sides = ((added, "added"), (removed, "taken away"))
    return Cause(", ".join(f"{counted(names, 'inputs')} {verb}" for names, verb in sides if names), "other inputs")


def _names_of(paths: Sequence[str], layout: Layout) -> list[str]:
    return list(dict.fromkeys(_name_of(path, layout) for path in paths))


def _name_of(path: str, layout: Layout) -> str:
    try:
        place = layout.parse(path)
    except ValueError:
        return Path(path).name
    if place.case:
        return f"case {place.case} of {place.center}"
    if place.center:
        return f"centre {place.center}"
    return f"model {place.model}" if place.model else Path(path).name
