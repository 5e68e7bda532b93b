"""Rows of a centre's case table that are others than when its jobs ran."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from gliomanet.errors import CohortError
from gliomanet.pipeline.status.wording import SHOWN

if TYPE_CHECKING:
    import pandas as pd

    from gliomanet.config.study import Study
    from gliomanet.layout import Layout


def changed_rows_of(center: str, study: Study, layout: Layout) -> str:
    """The changes of a centre's case table in words; "" where none can be told.

    What its source says now is compared with the table that its last job wrote. None can be told of a centre whose
    table a job makes; and of labels, none where the study takes some away or deals them anew.
    """
    from gliomanet.cohort.read_center import read_center
    from gliomanet.tables.io import read_table, write_table

    written = layout.case_table(center)
    if study.centers[center].source.images_by_job or not written.is_file():
        return ""
    try:
        table = read_center(center, study)[0]
        with tempfile.TemporaryDirectory() as folder:  # numbers as a written table has them
            write_table(table, Path(folder) / "cases.tsv")
            now, before = read_table(Path(folder) / "cases.tsv"), read_table(written)
        if study.centers[center].role == "unlabelled" or study.label_fraction < 1 or study.shuffle_labels:
            now = now.drop(columns=[name for name in now for label in study.vocabulary if str(name).startswith(label)])
        return changed_rows(before, now)
    except (
        CohortError,
        ValueError,
        KeyError,
    ):  # damaged: the job that writes it anew tells of it
        return ""


def changed_rows(before: pd.DataFrame, now: pd.DataFrame) -> str:
    """The differences of two case tables in words, in the columns that both have.

    Args:
        before: one row per case, with `case_id`.
        now: the same.
    """
    before, now = before.set_index("case_id"), now.set_index("case_id")
    added, gone = now.index.difference(before.index), before.index.difference(now.index)
    both = now.index.intersection(before.index)
    columns = [name for name in now if name in before]
    old, new = before.loc[both, columns], now.loc[both, columns]
    differs = (old != new) & ~(old.isna() & new.isna())
    counts = Counter({str(name): int(number) for name, number in differs.sum().items() if number})
    # Whatever a label is read from changes with it: `idh_raw`, `idh_source`.
    counts = Counter({name: number for name, number in counts.items() if name.rpartition("_")[0] not in counts})
    told = [f"{name} of {_cases(number)}" for name, number in counts.most_common(SHOWN)]
    told += ["and more"] if len(counts) > SHOWN else []
    told += [f"{_cases(len(ids))} {verb}" for ids, verb in ((added, "added"), (gone, "taken away")) if len(ids)]
    return ", ".join(told)


def _cases(number: int) -> str:
    return "1 case" if number == 1 else f"{number} cases"
