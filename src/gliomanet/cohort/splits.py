"""Which cases teach, validate and test, in every fold of every transfer. Always by patient, never by case."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gliomanet.cohort.errors import CohortError
from gliomanet.cohort.folds import REFIT, fold_id, fold_ids

if TYPE_CHECKING:
    from gliomanet.labels import Task
    from gliomanet.study import Transfer

COLUMNS = ("case_id", "patient_id", "center", "role", "transfer", "fold", "part")
_IDENTITY = ["case_id", "patient_id", "center", "role"]


def development_splits(
    cases: pd.DataFrame,
    transfers: Sequence[Transfer],
    folds: int,
    seed: int,
    tasks: Mapping[str, Task],
    failed: Collection[str] = (),
) -> pd.DataFrame:
    """The rows of every centre that is opened before prediction (roles `train` and `unlabelled`).

    Patients of a transfer's teaching centres are dealt to the folds by scikit-learn's StratifiedGroupKFold, stratified
    by centre and labels together as far as there are cases for it. Cases that failed are dealt too and left out
    afterwards, so that a failure moves nobody else.

    Args:
        cases: Case tables of the centres of every role; rows of role `external` are not looked at.
        transfers: Pairs of teaching and testing centres.
        folds: Number of folds beside the refit.
        seed: Root of the dealing; the same seed gives the same table, in whatever order the cases come.
        tasks: Tasks that every training part must hold all classes of.
        failed: Cases left out, because their preprocessing failed.

    Returns:
        One row a case and fold in `COLUMNS`, ordered by transfer, fold, centre, case.

    Raises:
        CohortError: all folds that cannot be: too few patients, or a training part without a class of a task.
    """
    cases = cases[cases["role"] != "external"].sort_values(["center", "case_id"], ignore_index=True)
    names = [transfer.name for transfer in transfers]
    tables, problems = [], []
    for transfer in transfers:
        teaching = cases[cases["center"].isin(transfer.train)]
        patients = teaching["patient_id"].nunique()
        if patients < folds:
            problems.append(
                f"transfer {transfer.name}: {patients} patients in {', '.join(transfer.train)} cannot fill {folds} "
                "folds; lower split.folds or add cases"
            )
            continue
        number = _deal(teaching, folds, seed, tasks)
        others = _other_parts(cases, transfer)
        for fold in (*range(folds), REFIT):
            part = np.where(number == fold, "validation", "train")  # a number never equals REFIT
            for block, parts in ((teaching, part), (others, others["part"].to_numpy())):
                rows = block[_IDENTITY].assign(
                    transfer=transfer.name, fold=fold_id(transfer.name, fold, names), part=parts
                )
                tables.append(rows[~rows["case_id"].isin(failed)])
            problems += _missing_classes(
                teaching[(part == "train") & ~teaching["case_id"].isin(failed)], tables[-2], tasks
            )
    if problems:
        raise CohortError(problems)
    return _ordered(tables, transfers, folds)


def external_splits(
    cases: pd.DataFrame, transfers: Sequence[Transfer], folds: int, failed: Collection[str] = ()
) -> pd.DataFrame:
    """The rows of the cases of role `external`, in the transfers that their centres test: nothing is fitted or dealt.

    Args:
        cases: Case tables; rows of other roles are not looked at.
        transfers: As given to `development_splits`.
        folds: As given to `development_splits`.
        failed: Cases left out, because their preprocessing failed.
    """
    names = [transfer.name for transfer in transfers]
    external = cases[(cases["role"] == "external") & ~cases["case_id"].isin(failed)]
    tables = []
    for transfer in transfers:
        tested = external.loc[external["center"].isin(transfer.external), _IDENTITY]
        tables += [
            tested.assign(transfer=transfer.name, fold=fold, part="external")
            for fold in fold_ids(transfer.name, folds, names)
        ]
    return _ordered(tables, transfers, folds)


def complete_splits(
    development: pd.DataFrame,
    external_cases: pd.DataFrame,
    transfers: Sequence[Transfer],
    folds: int,
    failed: Collection[str] = (),
) -> pd.DataFrame:
    """The development table, its rows as they are, and the rows of the external centres."""
    return _ordered([development, external_splits(external_cases, transfers, folds, failed)], transfers, folds)


def fold_cases(splits: pd.DataFrame, cases: pd.DataFrame, transfer: str, fold: str) -> pd.DataFrame:
    """The case rows of one fold, with their `part`, in the order of the split table.

    Raises:
        CohortError: no such fold, or cases of it that are in no case table.
    """
    rows = splits[(splits["transfer"] == transfer) & (splits["fold"] == str(fold))]
    if rows.empty:
        known = sorted(set(zip(splits["transfer"], splits["fold"], strict=True)))
        raise CohortError([f"transfer {transfer!r}, fold {fold!r}: not in the splits; there are {known}"])
    found = rows[["case_id", "center", "part"]].merge(
        cases, on=["case_id", "center"], how="left", validate="1:1", indicator=True
    )
    absent = found.loc[found.pop("_merge") != "both", "case_id"]
    if len(absent):
        raise CohortError([f"case {case!r} is in the splits, but in no case table" for case in absent])
    return found[[*cases.columns, "part"]]


def shuffle_labels(cases: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The control that must score nothing: each centre's labels, dealt anew to its labelled cases.

    A case's labels travel together, so what goes with what among the labels is kept, and what they have to do with
    the images is not. Rows whose role or part is `external`, and unlabelled ones, stay as they are.
    """
    columns = [c for c in cases.columns if c in ("idh", "codel_1p19q", "grade") or c.endswith("_source")]
    labels = [c for c in columns if not c.endswith("_source")]
    external = cases["role"].eq("external")
    if "part" in cases:
        external |= cases["part"].eq("external")
    labelled = (cases[labels].fillna("") != "").any(axis=1) & ~external
    shuffled = cases.copy()
    for center in sorted(cases.loc[labelled, "center"].unique()):
        # In the order of ids, so that the order of the table's rows decides nothing.
        index = cases[labelled & cases["center"].eq(center)].sort_values("case_id").index
        generator = np.random.default_rng([seed, *center.encode()])
        shuffled.loc[index, columns] = cases.loc[generator.permutation(index.to_numpy()), columns].to_numpy()
    return shuffled


def _other_parts(cases: pd.DataFrame, transfer: Transfer) -> pd.DataFrame:
    """Cases of the development that the transfer tests, and those without labels; a centre of no part has no rows."""
    tested = cases["center"].isin(transfer.external)
    unlabelled = cases["role"].eq("unlabelled") & ~tested
    others = cases[tested | unlabelled]
    return others.assign(part=np.where(unlabelled[others.index], "unlabelled", "external"))


def _deal(cases: pd.DataFrame, folds: int, seed: int, tasks: Mapping[str, Task]) -> np.ndarray:
    """The validation fold of each case, (cases,)."""
    from sklearn.model_selection import StratifiedGroupKFold  # a second to import, and only splitting needs it

    strata = _strata(cases, folds, tasks)
    number = np.full(len(cases), -1)
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed % 2**32)
    with warnings.catch_warnings():
        # The last, merged stratum may hold fewer cases than there are folds: that is as even as it gets.
        warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
        for fold, (_, validation) in enumerate(splitter.split(cases, strata, cases["patient_id"].to_numpy())):
            number[validation] = fold
    return number


def _strata(cases: pd.DataFrame, folds: int, tasks: Mapping[str, Task]) -> np.ndarray:
    """A stratum for each case: centre and all classes; where those are too few for the folds, coarser and coarser."""
    classes = [cases[task.label].map(task.encode).astype(str).to_numpy() for task in tasks.values()]
    # Coarser by dropping the centre, then the tasks of the least rare classes, so that the rare are dealt evenly.
    order = sorted(classes, key=_rarest)
    levels = [[cases["center"].to_numpy(), *order], *(order[:kept] for kept in range(len(order), 0, -1))]
    strata = np.full(len(cases), "rest", dtype=object)
    open_cases = np.ones(len(cases), dtype=bool)
    for depth, columns in enumerate(levels):
        keys = np.array([f"{depth}|" + "|".join(parts) for parts in zip(*columns, strict=True)], dtype=object)
        names, counts = np.unique(keys[open_cases].astype(str), return_counts=True)
        enough = open_cases & np.isin(keys.astype(str), names[counts >= folds])
        strata[enough] = keys[enough]
        open_cases &= ~enough
    return np.unique(strata.astype(str), return_inverse=True)[1]


def _rarest(encoded: np.ndarray) -> int:
    known = encoded[encoded != "-1"]
    return int(np.unique(known, return_counts=True)[1].min()) if len(known) else len(encoded) + 1


def _missing_classes(training: pd.DataFrame, rows: pd.DataFrame, tasks: Mapping[str, Task]) -> list[str]:
    fold, transfer = rows["fold"].iloc[0], rows["transfer"].iloc[0]
    problems = []
    for name, task in tasks.items():
        found = training[task.label].map(task.encode)
        counts = {label: int((found == index).sum()) for index, label in enumerate(task.class_names)}
        for label in (label for label, count in counts.items() if not count):
            listed = ", ".join(f"{label} {count}" for label, count in counts.items())
            problems.append(
                f"transfer {transfer}, fold {fold}, task {name}: no training case is {label!r} ({listed}); add "
                "labelled cases, lower split.folds, group the task's classes or remove the task"
            )
    return problems


def _ordered(tables: Sequence[pd.DataFrame], transfers: Sequence[Transfer], folds: int) -> pd.DataFrame:
    names = [transfer.name for transfer in transfers]
    order = {fold: place for place, fold in enumerate(f for name in names for f in fold_ids(name, folds, names))}
    rank = {name: place for place, name in enumerate(names)}
    splits = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(COLUMNS))
    splits = splits.assign(_transfer=splits["transfer"].map(rank), _fold=splits["fold"].map(order))
    return splits.sort_values(["_transfer", "_fold", "center", "case_id"], ignore_index=True)[list(COLUMNS)]
