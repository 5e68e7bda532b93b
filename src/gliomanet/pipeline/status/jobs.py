"""Jobs of a study as the workflow's engine plans them, asked for in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gliomanet.errors import Problem, StudyError

SNAKEFILES = (Path("Snakefile"), Path("workflow/Snakefile"))
"""Places of a workflow's front door, in the engine's own order."""

CHATTER = ("Using workflow specific profile", "Assuming unrestricted shared", "Building DAG")
"""First words of the engine's lines that are no error."""


OTHER_STUDIES = ("--configfile", "--configfiles", "--config", "--directory", "--snakefile")
"""Options of the engine that would make its plan another one's than that of the study and folder that are named."""

OTHER_STUDIES_SHORT = ("-C", "-d", "-s")


@dataclass(frozen=True)
class Rerun:
    """Findings of the engine on a job that would run.

    Attributes:
        was_done: it has been run before, whether it succeeded or failed.
        started: it was begun and did not end: it is running, or it was killed.
        forced: a person asked for it by an option.
        old: recorded parameters that are gone, as Python's text of their values; their names are not recorded.
        new: name → text of a parameter that was not recorded so.
        inputs_added, inputs_removed: paths, against the recorded ones.
        inputs_updated: inputs that have changed since, by time and checksum.
        environment: its conda environment has changed.
        follows: one of its inputs would be made anew.
        threads, gpus: what it asks for.
    """

    was_done: bool = False
    started: bool = False
    forced: bool = False
    old: tuple[str, ...] = ()
    new: Mapping[str, str] = field(default_factory=dict)
    inputs_added: tuple[str, ...] = ()
    inputs_removed: tuple[str, ...] = ()
    inputs_updated: tuple[str, ...] = ()
    environment: bool = False
    follows: bool = False
    threads: int = 1
    gpus: int = 0


@dataclass(frozen=True)
class Job:
    """A job of a study.

    Attributes:
        rule: name of its rule.
        wildcards: name → value, such as center → UCSF.
        log: path of its log.
        missing: its outputs that are not there. A job that is done may have some: the engine makes none anew that
            nothing which is due reads.
        runs: why it would run; `None` for one that is done.
        unrecorded: it would not run, and only since the engine has no record of what its results were made from.
    """

    rule: str
    wildcards: Mapping[str, str]
    log: str
    missing: tuple[str, ...] = ()
    runs: Rerun | None = None
    unrecorded: bool = False


@dataclass(frozen=True)
class Listing:
    """All jobs of a study.

    Attributes:
        rules: rule → its message, with wildcards in braces; in the order of the pipeline.
        locked: a run has locked the folder, and goes on or was killed.
        jobs: in no order.
    """

    rules: Mapping[str, str]
    locked: bool
    jobs: tuple[Job, ...]

    @property
    def waiting(self) -> list[tuple[Job, Rerun]]:
        """The jobs that would run, with why, in the order of the pipeline."""
        order = {rule: place for place, rule in enumerate(self.rules)}
        waiting = [(job, job.runs) for job in self.jobs if job.runs is not None]
        return sorted(waiting, key=lambda pair: (order[pair[0].rule], sorted(pair[0].wildcards.items())))


class PlanError(StudyError):
    """The engine's own words why it cannot plan a study."""


def list_jobs(
    study: Path, snakefile: Path | None = None, arguments: Sequence[str] = (), *, cores: int | None = None
) -> Listing:
    """Jobs of a study, as its engine plans them here and now; nothing is run or locked.

    Args:
        study: its configuration.
        snakefile: front door of the workflow; by default the one in this folder.
        arguments: targets, and options as for `snakemake`.
        cores: that jobs may have; by default this machine's.

    Raises:
        StudyError: there is no workflow here, no such target, or an option would plan another study.
        PlanError: the engine cannot plan the study.
    """
    refuse_other_studies(arguments)
    door, script = _workflow(snakefile)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "jobs.json"
        # -P: the script's own folder is none to import from. The library is the Snakefile's, as in a run.
        command = [sys.executable, "-P", str(script), str(out), "--snakefile", str(door)]
        command += ["--cores", str(cores or "all"), *arguments, "--configfile", str(study)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not out.exists():
            lines = f"{done.stderr}\n{done.stdout}".splitlines()
            told = [line for line in lines if line.strip() and not line.startswith(CHATTER)]
            said = "\n".join(told) or f"it ended with status {done.returncode}"
            raise no_plan(said, study, arguments)
        return read_listing(json.loads(out.read_text(encoding="utf-8")))


def refuse_other_studies(arguments: Sequence[str]) -> None:
    """End where an option for the engine, shortened or not, would change which study is planned, or where.

    Raises:
        StudyError: the option.
    """
    for argument in arguments:
        name = argument.split("=")[0]
        long = len(name) > 2 and name.startswith("--") and any(option.startswith(name) for option in OTHER_STUDIES)
        if long or (not name.startswith("--") and name.startswith(OTHER_STUDIES_SHORT)):
            found = f"{name} would plan another study than the one that is named"
            action = (
                "write what it changes into the study's file or a copy of it, and go to the folder where you run"
                " snakemake; another Snakefile is named before the --"
            )
            raise StudyError([Problem(found, action, rule="option_of_another_study")], "the command's options")


def no_plan(said: str, study: Path, arguments: Sequence[str]) -> StudyError:
    """The error of a study that the engine cannot plan: of a target, where it knows that one not.

    Args:
        said: the engine's words.
        study: its configuration.
        arguments: what the engine was given beside it.
    """
    unknown = [name for name in arguments if not name.startswith("-") and f"No rule to produce {name} " in said]
    if "MissingRuleException" in said and unknown:
        found = f"there is no target {unknown[0]!r}"
        action = "name a centre's (center_<its name>) or a file that a job of this study writes"
        return StudyError([Problem(found, action, rule="unknown_target")], "the command's targets")
    return PlanError([Problem(f"Snakemake cannot plan it: {said}", file=str(study), rule="no_plan")])


def read_listing(content: Mapping[str, Any]) -> Listing:
    """A listing from what the engine's process wrote."""
    return Listing(content["rules"], content["locked"], tuple(map(_read_job, content["jobs"])))


def _read_job(content: Mapping[str, Any]) -> Job:
    found = None
    if "runs" in content:
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in content["runs"].items()}
        found = Rerun(**values)
    missing, unrecorded = tuple(content["missing"]), content.get("unrecorded", False)
    return Job(content["rule"], content["wildcards"], content["log"], missing, found, unrecorded)


def _workflow(snakefile: Path | None) -> tuple[Path, Path]:
    """The front door of the workflow, and the script beside it that lists its jobs."""
    doors = [snakefile] if snakefile else list(SNAKEFILES)
    for door in doors:
        for folder in (door.parent, door.parent / "workflow"):
            if door.is_file() and (script := folder / "list_jobs.py").is_file():
                return door, script
    looked = " or ".join(map(str, doors))
    action = "go to the folder where you run snakemake, or name the workflow's Snakefile with --snakefile"
    raise StudyError([Problem(f"no workflow of gliomanet at {looked}", action, rule="no_workflow")], "this folder")
