"""The folder that a hospital sends in place of its scans: its description, `site.json`, and its reader.

Written by `gliomanet.patient.export`; read by the study that takes it as a centre. Nothing is taken from a folder whose
files are not those that its maker confirmed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from gliomanet.errors import CohortError, Problem
from gliomanet.files.digests import sha256

if TYPE_CHECKING:
    import pandas as pd

    from gliomanet.labels.vocabulary import Vocabulary
    from gliomanet.tables.columns import Schema

NAME = "site.json"
LETTER = "what-leaves.txt"
SCHEMA_VERSION = 1
"""Number of the form of the folder; another one is refused."""

ASK_AGAIN = "ask the hospital to send it again, or to export it anew"
WHERE = "what a hospital sent"


class SiteDescription(BaseModel):
    """Everything that holds for an exported folder as a whole.

    Attributes:
        schema_version: of this form.
        gliomanet: version that wrote it.
        bundle: SHA-256 of the bundle that predicted.
        title: of the study that the bundle is from.
        model: the bundle's model that answers.
        scenario: the study's scenario that it was trained in.
        stages: model → its training stage.
        fits: model → fold → digest of everything that the fit depends on, as in its `model.json`.
        decisions: digest of the way from the answering model's probabilities to decisions, see `digest_of`.
        labels: label → its values, of all that the tasks ask for.
        smallest_count: counts below it are suppressed.
        cases: that are in the tables.
        patients: of these.
        left_out: reason → cases that are not; `None`: some, and fewer than the smallest count.
        withheld: sentences on what was suppressed.
        simulated: true where the bundle learnt from phantoms.
        files: file beside this one → SHA-256.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = 1
    gliomanet: str
    bundle: str
    title: str
    model: str
    scenario: str
    stages: dict[str, str]
    fits: dict[str, dict[str, str]]
    decisions: str
    labels: dict[str, tuple[str, ...]]
    smallest_count: int
    cases: int
    patients: int
    left_out: dict[str, int | None]
    withheld: tuple[str, ...]
    simulated: bool
    files: dict[str, str]


@dataclass(frozen=True)
class SiteExport:
    """A folder that was sent, whose files are those that its maker wrote."""

    folder: Path
    description: SiteDescription

    @classmethod
    def open(cls, folder: Path) -> SiteExport:
        """Open a folder, and hold every file against its digest.

        Raises:
            CohortError: there is none, it is of another version, or a file is missing, another one, or none of it.
        """
        path = folder / NAME
        try:
            values = json.loads(path.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            action = "name the folder that `gliomanet predict --export` wrote"
            found = f"is no folder of a hospital's predictions: it holds no {NAME}"
            raise _refused(Problem(found, action, file=str(folder), rule="no_site_export")) from None
        except ValueError as error:
            raise _refused(
                Problem(f"is no JSON ({error})", ASK_AGAIN, file=str(path), rule="damaged_site_export")
            ) from None
        version = values.get("schema_version") if isinstance(values, dict) else None
        if version != SCHEMA_VERSION:
            found = f"is of schema version {version!r}; this gliomanet reads version {SCHEMA_VERSION}"
            action = "have it exported by a gliomanet of the study's own version"
            raise _refused(Problem(found, action, file=str(path), rule="site_export_of_another_version"))
        try:
            description = SiteDescription.model_validate(values)
        except ValidationError as error:
            raise _refused(
                *(
                    Problem(one["msg"], ASK_AGAIN, key=".".join(map(str, one["loc"])), file=str(path), rule="site_key")
                    for one in error.errors()
                )
            ) from None
        if problems := _file_problems(folder, description):
            raise _refused(*problems)
        return cls(folder, description)

    def table(self, schema: Schema) -> pd.DataFrame:
        """One of its tables; a folder without it has an empty one.

        Raises:
            CohortError: the table cannot be read, has other columns, or a row twice.
        """
        import pandas as pd

        from gliomanet.tables.io import read_table

        path = self.folder / schema.paths[0]
        if not path.is_file():
            return pd.DataFrame(columns=schema.names())
        table = read_table(path)
        try:
            schema.check(table)
        except ValueError as error:
            raise _refused(Problem(str(error), ASK_AGAIN, file=str(path), rule="other_columns")) from None
        twice = table.duplicated(list(schema.key))
        if twice.any():
            first = " ".join(map(str, table.loc[twice, list(schema.key)].iloc[0]))
            found = f"has {int(twice.sum())} rows twice, the first of {first}"
            raise _refused(Problem(found, ASK_AGAIN, file=str(path), rule="row_twice"))
        return table

    def cases(self, center: str, role: str, vocabulary: Vocabulary) -> pd.DataFrame:
        """Its cases as a case table: named by their random keys, with labels, and with no other fact.

        Raises:
            CohortError: see `table`; or a label that the study does not have.
        """
        from gliomanet.cohort.table import case_frame
        from gliomanet.tables.site import SITE_CASES

        path = self.folder / SITE_CASES.paths[0]
        problems = []
        for label, values in self.description.labels.items():
            if tuple(vocabulary.get(label, ())) != values:
                found = f"has the label {label} with the values {', '.join(values)}"
                known = ", ".join(vocabulary.get(label, ())) or "none: it has no such label"
                action = f"the study's values of it are {known}; take a folder of a bundle of this study"
                problems.append(Problem(found, action, file=str(path), rule="label_of_another_study"))
        if problems:
            raise _refused(*problems)
        table, labels = self.table(SITE_CASES), list(self.description.labels)
        if lacking := [label for label in labels if label not in table] or (["row_key"] if table.empty else []):
            found = f"is missing, empty, or lacks the column {lacking[0]}"
            raise _refused(Problem(found, ASK_AGAIN, file=str(path), rule="other_columns"))
        for label in labels:
            foreign = sorted(set(table[label]) - {"", *vocabulary[label]})
            if foreign:
                found = f"holds {', '.join(map(repr, foreign))}"
                problems.append(Problem(found, ASK_AGAIN, file=str(path), column=label, rule="value_not_allowed"))
        if problems:
            raise _refused(*problems)
        rows = [
            {
                "case_id": row["row_key"],
                "patient_id": row["patient_key"],
                "center": center,
                "role": role,
                **{name: row[name] for label in labels for name in (label, f"{label}_source")},
                **{f"{label}_raw": row[label] for label in labels},
            }
            for row in table.to_dict("records")
        ]
        return case_frame(rows, vocabulary)


def digest_of(values: object) -> str:
    """SHA-256 of plain values, in whatever order their keys stand."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _file_problems(folder: Path, description: SiteDescription) -> list[Problem]:
    problems = []
    for name, digest in description.files.items():
        path = folder / name
        if "/" in name or not path.is_file():
            problems.append(Problem("is missing", ASK_AGAIN, file=str(path), rule="site_file_missing"))
        elif sha256(path) != digest:
            found = "is not what the hospital confirmed: its digest differs"
            problems.append(Problem(found, ASK_AGAIN, file=str(path), rule="site_file_changed"))
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    for name in sorted(there - {NAME, *description.files}):
        action = f"see whether it should have left the hospital, and remove it: the folder is what its {NAME} names"
        problems.append(
            Problem("is no part of what was confirmed", action, file=str(folder / name), rule="foreign_file")
        )
    return problems


def _refused(*problems: Problem) -> CohortError:
    return CohortError(problems, where=WHERE)
