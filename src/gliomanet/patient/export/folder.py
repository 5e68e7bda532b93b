"""One folder that leaves a hospital: put together, read by a person, and written once it is confirmed."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pandas as pd

from gliomanet import __version__
from gliomanet.bundle.description import fit_folder
from gliomanet.bundle.read import Bundle
from gliomanet.cohort.site_export import LETTER, NAME, SiteDescription, digest_of
from gliomanet.errors import CohortError, Problem
from gliomanet.files.atomic import write_atomically, write_json
from gliomanet.files.digests import sha256
from gliomanet.models.artifact import MODEL_FILE, ModelDescription
from gliomanet.patient.export.gather import WHERE, Gathered, gather
from gliomanet.patient.export.letter import letter
from gliomanet.patient.export.summaries import effects, image_quality
from gliomanet.patient.export.suppress import (
    OLDEST,
    random_keys,
    rare_labels,
    reads,
    without_labels,
    without_old_ages,
)
from gliomanet.tables.columns import Schema
from gliomanet.tables.io import write_table
from gliomanet.tables.site import SITE_CASES, SITE_EFFECTS, SITE_PREDICTIONS, SITE_QUALITY

SMALLEST_COUNT = 5
"""Patients below whom a count is suppressed, unless the hospital says otherwise."""


@dataclass(frozen=True)
class Export:
    """A folder that could leave, not yet written.

    Attributes:
        description: of it, without the digests of its files.
        tables: every table.
        letter: what leaves, in words, for the person who confirms it.
    """

    description: SiteDescription
    tables: tuple[tuple[Schema, pd.DataFrame], ...]
    letter: str

    def write(self, out: Path) -> SiteDescription:
        """Write it, whole or not at all.

        Args:
            out: folder to make.

        Raises:
            CohortError: the folder is there already.
            StorageError: the disk does not take it.
        """
        check_place(out)
        partial = out.with_name(f".{out.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        try:
            for schema, table in self.tables:
                if len(table):
                    write_table(table, partial / schema.paths[0], schema, exact=True)
            write_atomically(partial / LETTER, self.letter.encode())
            digests = {path.name: sha256(path) for path in sorted(partial.iterdir())}
            written = self.description.model_copy(update={"files": digests})
            write_json(partial / NAME, written.model_dump(mode="json"))
            if out.exists():
                out.rmdir()
            partial.rename(out)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        return written


def check_place(out: Path) -> None:
    """Refuse a folder that holds something: what left once must not be mixed with what leaves now.

    Raises:
        CohortError: it does.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        problem = Problem(
            "is there already", "name another folder, or remove it", file=str(out), rule="export_is_there"
        )
        raise CohortError([problem], where=WHERE)


def prepare_export(
    bundle: Bundle,
    table: Path,
    results: Path,
    *,
    smallest_count: int = SMALLEST_COUNT,
    withhold: Collection[str] = (),
    random: Random | None = None,
) -> Export:
    """Put together what a study needs of a hospital's cases, and no more.

    A study's figures come from each fold's probabilities of each case and from its labels: these leave as rows under
    random names in a random order. Of radiomic features and image quality only summaries over the cases do.

    Args:
        bundle: that predicted the cases.
        table: of the cases, with their labels.
        results: folder in which `predict_table` wrote them.
        smallest_count: patients below whom a class or a count is suppressed.
        withhold: models of the bundle whose answers stay.
        random: source of the names; the machine's own by default.

    Raises:
        CohortError: see `gather`; or fewer patients than the smallest count.
    """
    found, description = gather(bundle, table, results, withhold=withhold), bundle.description
    patients = found.cases["patient_id"].nunique()
    if patients < smallest_count:
        problem = Problem(
            f"{patients} patients have a result, fewer than the smallest count {smallest_count}",
            "predict more patients, or lower it by --smallest-count",
            file=str(table),
            rule="too_few_patients",
        )
        raise CohortError([problem], where=WHERE)
    rare = rare_labels(found.cases, description.labels, smallest_count)
    cases = without_labels(found.cases, rare)
    folds = without_old_ages(found.folds, cases, description)
    tasks = {name: task for name, task in description.tasks.items() if task.label not in rare}
    keyed = _Keyed.of(cases, random)
    tables = (
        (SITE_CASES, keyed.cases(cases, list(description.labels))),
        (SITE_PREDICTIONS, keyed.predictions(folds)),
        (SITE_EFFECTS, effects(found.radiomics, cases, tasks, smallest_count)),
        (SITE_QUALITY, image_quality(found.quality, smallest_count)),
    )
    answering = [name for name in description.models if name in set(folds["model"])]
    described = SiteDescription(
        gliomanet=__version__,
        bundle=bundle.digest,
        title=description.title,
        model=description.model,
        scenario=description.scenario,
        stages={name: description.models[name].stage for name in answering},
        fits={name: _fits(bundle, name) for name in answering},
        decisions=decisions_of(bundle),
        labels=description.labels,
        smallest_count=smallest_count,
        cases=len(cases),
        patients=patients,
        left_out={why: n if n >= smallest_count else None for why, n in found.left_out.items()},
        withheld=_withheld(found, rare, withhold, bundle, smallest_count),
        simulated=bool(description.simulated),
        files={},
    )
    aged = tuple(name for name in answering if reads(description, name, "age"))
    return Export(described, tables, letter(described, tables, aged))


def decisions_of(bundle: Bundle) -> str:
    """Digest of the answering model's decisions, which a study holds against its own."""
    stage = bundle.description.answers.stage
    return digest_of(bundle.decisions.of(stage, bundle.description.scenario).model_dump(mode="json"))


@dataclass(frozen=True)
class _Keyed:
    """Random names of cases and patients."""

    of_case: Mapping[str, str]
    of_patient: Mapping[str, str]

    @classmethod
    def of(cls, cases: pd.DataFrame, random: Random | None) -> _Keyed:
        return cls(
            random_keys(cases["case_id"].tolist(), "c", random), random_keys(cases["patient_id"].tolist(), "p", random)
        )

    def cases(self, cases: pd.DataFrame, labels: list[str]) -> pd.DataFrame:
        """Rows of `SITE_CASES`, in the order of their random names."""
        keyed = cases.assign(
            row_key=cases["case_id"].map(self.of_case), patient_key=cases["patient_id"].map(self.of_patient)
        )
        columns = ["row_key", "patient_key", *labels, *(f"{label}_source" for label in labels)]
        return keyed[columns].sort_values("row_key", ignore_index=True)[SITE_CASES.names(label=labels)]

    def predictions(self, folds: pd.DataFrame) -> pd.DataFrame:
        """Rows of `SITE_PREDICTIONS`, likewise."""
        keyed = folds.assign(row_key=folds["case_id"].map(self.of_case))
        return keyed[SITE_PREDICTIONS.names()].sort_values(
            ["model", "row_key", "fold", "task", "class"], kind="stable", ignore_index=True
        )


def _fits(bundle: Bundle, model: str) -> dict[str, str]:
    folds = bundle.description.models[model].folds
    places = {fold: bundle.folder / fit_folder(model, fold) / MODEL_FILE for fold in folds}
    return {fold: ModelDescription.read(place).digest for fold, place in places.items()}


def _withheld(
    found: Gathered, rare: Mapping[str, list[str]], withhold: Collection[str], bundle: Bundle, smallest: int
) -> tuple[str, ...]:
    said = [f"label {label}: some class has fewer than {smallest} patients" for label in rare]
    if withhold:
        said.append(f"answers of {', '.join(sorted(withhold))}: the hospital keeps them")
    if (found.cases["age"] >= OLDEST).any():
        aged = [n for n in bundle.description.models if reads(bundle.description, n, "age") and n not in withhold]
        if aged:
            said.append(f"answers of {', '.join(aged)}, which take the age, on patients of {OLDEST} years or more")
    return tuple(said)
