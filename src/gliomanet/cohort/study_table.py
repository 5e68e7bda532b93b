"""A centre's cases as its study has them: with the labels that its role and the study's controls leave.

And the digests that decide what a changed table repeats. Who asks for a few columns is repeated by a change of those.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gliomanet.cohort.read_center import center_request, read_cases
from gliomanet.labels.vocabulary import vocabulary_of
from gliomanet.modalities import FILE_COLUMNS

if TYPE_CHECKING:
    import pandas as pd

    from gliomanet.cohort.findings import Finding
    from gliomanet.config.centers import Center


@dataclass(frozen=True)
class StudyTable:
    """A centre's case table in its study.

    Attributes:
        cases: one row per case, in the columns of `gliomanet.cohort.table`.
        hidden: labels that were taken away, see `hidden_labels`.
        findings: what was found while its source was read.
    """

    cases: pd.DataFrame
    hidden: pd.DataFrame
    findings: tuple[Finding, ...]

    def digest(self, folders: Iterable[Path] = ()) -> str:
        """A digest (16 hex digits) of all that the table says, wherever its files lie.

        Files count by their paths below the folder that they all lie in, so that a moved data folder is the same one,
        and columns that change places are not.

        Args:
            folders: those of the tables that the source was read from, which findings name.
        """
        from gliomanet.cohort.findings import findings_table

        root = _common_folder(self.cases)
        cases = self.cases.assign(**{name: self.cases[name].str.removeprefix(root) for name in FILE_COLUMNS})
        found = findings_table(self.findings).to_csv(index=False)
        for folder in sorted({root, *(f"{folder}/" for folder in folders)} - {""}, key=len, reverse=True):
            found = found.replace(folder, "")
        return _digest(cases.to_csv(index=False), self.hidden.to_csv(index=False), found)

    def digest_of(self, columns: Sequence[str]) -> str:
        """A digest (16 hex digits) of some columns of the cases."""
        return _digest(self.cases[list(columns)].to_csv(index=False))


def read_study_table(
    name: str,
    center: Center,
    data_root: str,
    *,
    labels: Mapping[str, Sequence[str]],
    label_seed: int | None = None,
    keep: Mapping[str, Any] | None = None,
    shuffle_seed: int | None = None,
    made: Sequence[Path] = (),
) -> StudyTable:
    """Read a centre's cases, and shuffle and hide labels as the study wants, in this order.

    Args:
        name: the centre's name.
        center: its keys.
        data_root: stands for `{data_root}` in its paths.
        labels: the study's further labels and their values.
        label_seed: seed of a phantom's further labels.
        keep: arguments of `keep_labels`, with `tasks` as plain values; `None` keeps all.
        shuffle_seed: of the control whose labels are dealt anew; `None` deals none.
        made: folders that jobs left, see `Source.read`.

    Raises:
        CohortError: every problem of the centre's files at once.
    """
    from gliomanet.cohort.label_fraction import hidden_labels, keep_labels
    from gliomanet.cohort.splits import shuffle_labels
    from gliomanet.cohort.table import without_labels
    from gliomanet.labels.tasks import Task

    known, findings = read_cases(center_request(name, center, data_root, vocabulary_of(labels), label_seed), made)
    if shuffle_seed is not None:
        known = shuffle_labels(known, shuffle_seed)
    cases = known
    if center.role == "unlabelled":
        cases = without_labels(known)
    elif keep is not None:
        tasks = {task: Task.model_validate(values) for task, values in keep["tasks"].items()}
        cases = keep_labels(known, keep["share"], keep["seed"], tasks, keep["at_least"])
    return StudyTable(cases, hidden_labels(known, cases), findings)


def digest_of_frame(table: pd.DataFrame) -> str:
    """A digest (16 hex digits) of a table of many numbers: its columns, its rows in their order, every digit."""
    import pandas as pd

    rows = pd.util.hash_pandas_object(table, index=False).to_numpy()
    return hashlib.sha256("\0".join(map(str, table.columns)).encode() + rows.tobytes()).hexdigest()[:16]


def _common_folder(cases: pd.DataFrame) -> str:
    """The folder, with a slash, that all files of a case table lie in; "" where there is none."""
    folders = {os.path.dirname(file) for name in FILE_COLUMNS for file in cases[name].unique() if file}  # noqa: PTH120
    try:
        common = os.path.commonpath(folders)
    except ValueError:  # no files, or relative paths beside absolute ones
        return ""
    return f"{common}/" if common else ""


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]
