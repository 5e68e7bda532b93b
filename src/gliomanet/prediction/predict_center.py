"""The predictions of one centre by every trained model that did not learn from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.model_kinds import KINDS, load
from gliomanet.seeds import derive_seed
from gliomanet.tables.prediction import CASE, DEEP_FEATURES, FOLD_PREDICTIONS

if TYPE_CHECKING:
    from gliomanet.config.types import Flips
    from gliomanet.models.tabular import TabularModel
    from gliomanet.prediction.image import ImageModel


@dataclass(frozen=True)
class Member:
    """One trained model.

    Attributes:
        stage, scenario, fold: of it.
        folder: the folder that it was written to.
        loaded: the model itself, of somebody who has it in hand, as from a bundle; `None`: it is read from the folder.
    """

    stage: str
    scenario: str
    fold: str
    folder: Path
    loaded: ImageModel | TabularModel | None = None

    @property
    def fit(self) -> Any:
        """Its argument of `predict_cases` or `predict_tabular`."""
        return self.folder if self.loaded is None else self.loaded


def predict_center(
    members: Sequence[Member],
    splits: pd.DataFrame,
    cases: pd.DataFrame,
    *,
    model: str,
    kind: str,
    preprocessed: Path | None,
    features: pd.DataFrame | None,
    threads: int,
    gpus: int,
    passes: int = 0,
    seed: int = 0,
    flips: Flips = "none",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Predict a centre's validation and external cases.

    Args:
        members: the trained models; each predicts the cases that its fold validates or tests.
        splits: the centre's rows of the split tables. Training cases get deep features (the background that
            explanations are measured from) and no predictions.
        cases: the centre's case table.
        model: the model's name in the study.
        kind: its kind.
        preprocessed: folder of the preprocessed centres (image models), or `None`.
        features: the centre's feature table (tabular models), or `None`.
        threads: CPU threads.
        gpus: GPUs the job was given.
        passes: stochastic passes whose standard deviation is `pass_std`; 0: none are made, and it is missing.
        seed: of their draws.
        flips: mirror images whose probabilities are averaged (image models).

    Every fold's model leaves out the cases that it has no inputs of. An external case that only some folds of a
    scenario could predict is left out of all of them, and printed: its ensemble would be another one.

    Returns:
        Rows of `results/fold_predictions/`, ordered by their keys, and of `results/deep_features/` (no rows for models
        without a deep feature).
    """
    module = load(KINDS[kind].prediction)
    predictions, deep = [], []
    for member in members:
        rows = splits.loc[splits["fold"] == member.fold, ["case_id", "center", "part"]]
        selected = rows.merge(cases, on=["case_id", "center"], how="inner", validate="1:1")
        if selected.empty:
            continue
        if preprocessed is not None:
            folders = [str(preprocessed / c / i) for c, i in zip(selected["center"], selected["case_id"], strict=True)]
            selected = selected.assign(folder=folders)
            devices = {"threads": threads, "gpus": gpus}
            probabilities, features_of = module.predict_cases(member.fit, selected, **devices, flips=flips)
        else:
            assert features is not None, "a tabular model needs the centre's feature table"
            probabilities, features_of = module.predict_tabular(member.fit, selected, features)
        named = {"stage": member.stage, "scenario": member.scenario, "fold": member.fold}
        roles = selected[["case_id", "center", "part"]].rename(columns={"part": "role"})
        rated = probabilities.merge(roles[roles["role"] != "train"], on="case_id", validate="m:1")
        asked = selected[selected["case_id"].isin(rated["case_id"])]
        if passes and len(asked):
            own = derive_seed(seed, member.stage, member.fold)
            if features is None:
                drawn = module.stochastic_passes(member.fit, asked, passes, own, threads=threads, gpus=gpus)
            else:
                drawn = module.tabular_stochastic_passes(member.fit, asked, features, passes, own)
            rated = rated.merge(_pass_std(drawn, rated, asked), on=["case_id", "task", "class"], validate="1:1")
        else:
            rated = rated.assign(pass_std=np.nan)
        predictions.append(rated.rename(columns={"probability": "raw_probability"}).assign(model=model, **named))
        deep.append(features_of.assign(**named))
    if not predictions:
        return pd.DataFrame(columns=FOLD_PREDICTIONS.names()), pd.DataFrame(columns=DEEP_FEATURES.names())
    columns = DEEP_FEATURES.names()
    features_table = pd.concat(deep, ignore_index=True)
    ordered = [*columns, *(c for c in features_table if c not in columns)]
    table = _predicted_by_all_folds(pd.concat(predictions, ignore_index=True))[FOLD_PREDICTIONS.names()]
    table = table.sort_values([*CASE, "class"], kind="stable", ignore_index=True)
    return table, features_table.reindex(columns=ordered)


def _pass_std(drawn: Mapping[str, NDArray[np.float64]], predicted: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    """Columns case_id, task, class, pass_std; a task's classes stand in `predicted` in the order of the class axis."""
    tables = []
    for task, probabilities in drawn.items():
        names = predicted.loc[predicted["task"] == task, "class"].unique()
        std = pd.DataFrame(probabilities.std(axis=0), columns=names, index=pd.Index(cases["case_id"], name="case_id"))
        tables.append(std.reset_index().melt("case_id", var_name="class", value_name="pass_std").assign(task=task))
    return pd.concat(tables, ignore_index=True)


def _predicted_by_all_folds(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows without the external cases that some of their scenario's folds left out; these are printed."""
    external = rows[rows["role"] == "external"]
    kept = pd.Series(True, index=rows.index)
    for (stage, scenario), group in external.groupby(["stage", "scenario"], sort=True):
        folds = group.groupby("case_id", sort=True)["fold"].nunique()
        for case_id in folds.index[folds < group["fold"].nunique()]:
            print(
                f"left out: case {case_id}: only {folds[case_id]} of {group['fold'].nunique()} folds "
                f"({stage}, scenario {scenario}) know an input of it",
                flush=True,
            )
            kept[group.index[group["case_id"] == case_id]] = False
    return rows[kept]
