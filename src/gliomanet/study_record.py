"""Record of what a study's results were made with: `study.json`, written with the page.

The configuration file of a study may have been edited since, or be lost; the record holds it as it was, every default
named, with the digests of the code, and of the tables and the models' descriptions that stand beside it.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from gliomanet import __version__
from gliomanet.config.tracking import without_password
from gliomanet.errors import CohortError, Problem
from gliomanet.files.atomic import write_json

FORMAT = 2
"""Number of the record's own form."""

FIT = "model.json"
"""Name of the file that describes a fit."""


@dataclass(frozen=True)
class StudyRecord:
    """Facts that hold for all results of a study.

    Attributes:
        study: its configuration, every default named, without how its jobs compute.
        code: kind of job → digest of the code that it ran, for training and prediction by model.
        evaluation_seed: seed of the metrics' resamples.
        hidden_centers: centres whose hidden labels count in external metrics.
        fits: model, stage and fold of each fit.
        gliomanet: version of the library; "" where it was run from its files.
        commit: git commit of the code, `-dirty` where files differed from it; "" where the code lay in no repository.
        files: path below the results folder → SHA-256 (16 hex digits) of the tables and the models' descriptions that
            the page was made of.
    """

    study: dict[str, Any]
    code: dict[str, Any]
    evaluation_seed: int
    hidden_centers: list[str]
    fits: list[list[str]]
    gliomanet: str
    commit: str
    files: dict[str, str]

    @classmethod
    def of(
        cls,
        study: Mapping[str, Any],
        code: Mapping[str, Any],
        evaluation_seed: int,
        hidden_centers: Iterable[str],
        fits: Iterable[Sequence[str]],
        files: Iterable[Path],
        results: Path,
    ) -> StudyRecord:
        """The record of the code that runs, and of the tables and fits among `files`, which lie in `results`."""
        kept = [path for path in files if ".tsv" in path.suffixes or path.name == FIT]
        digests = {path.relative_to(results).as_posix(): digest_of_file(path) for path in kept}
        plain = recorded_study(json.loads(json.dumps(study, default=str)))
        commit = commit_of(Path(__file__).resolve())
        return cls(
            plain, dict(code), evaluation_seed, list(hidden_centers), [*map(list, fits)], __version__, commit, digests
        )

    def write(self, path: Path) -> None:
        """Write the record as indented JSON, atomically."""
        write_json(path, {"format": FORMAT, **asdict(self)})

    @classmethod
    def read(cls, path: Path) -> StudyRecord:
        """Read a record.

        Raises:
            CohortError: it is missing, cannot be read, or is of another form.
        """
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise _refused(
                path,
                "is missing: no finished study lies there, or one of a version that did not write it",
                "finish the study, or start its run again: it writes this file with the report",
                "no_finished_study",
            ) from None
        except ValueError as error:
            raise _refused(
                path, f"is no JSON ({error})", "remove it, and start the study's run again", "damaged_record"
            ) from None
        names = {field.name for field in fields(cls)}
        known = isinstance(values, dict) and values.pop("format", None) == FORMAT and set(values) == names
        if not known or not _is_complete(values):
            raise _refused(
                path,
                "was written in another form, by another version of gliomanet",
                "start the study's run again with this version",
                "record_of_another_form",
            )
        return cls(**values)


def _is_complete(values: dict[str, Any]) -> bool:
    """True where all parts have the type that readers expect, and those that every reader asks for are there."""
    types = {"study": dict, "code": dict, "files": dict, "fits": list, "hidden_centers": list, "evaluation_seed": int}
    if not all(isinstance(values[name], kind) for name, kind in types.items()):
        return False
    study = values["study"]
    parts = all(isinstance(study.get(name), dict) for name in ("centers", "models", "tasks"))
    fits = all(isinstance(fit, list) and len(fit) == len(("model", "stage", "fold")) for fit in values["fits"])
    return parts and fits and {"title", "results"} <= set(study) and isinstance(values["code"].get("train"), dict)


def recorded_study(study: dict[str, Any]) -> dict[str, Any]:
    """A study's configuration as it is kept: the tracking server's address without user and password."""
    return study | {key: without_password(study[key]) for key in ("tracking_uri",) if study.get(key)}


def digest_of_file(path: Path) -> str:
    """SHA-256 (16 hex digits) of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def commit_of(file: Path) -> str:
    """Git commit of the repository that keeps a file, `-dirty` where files differ from it; "" where none keeps it."""

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(file.parent), *arguments]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return done.stdout.strip() if done.returncode == 0 else ""

    # A study's folder may lie in a repository of its own, which keeps none of the code.
    return git("ls-files", file.name) and git("describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")


def _refused(path: Path, found: str, action: str, rule: str) -> CohortError:
    return CohortError([Problem(found, action, file=str(path), rule=rule)], where="a study's results")
