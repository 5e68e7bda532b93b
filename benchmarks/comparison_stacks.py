"""Age alone, and stacks of networks with age and sex, for the comparison of networks; both are quick."""

from __future__ import annotations

import contextlib
import io
import tempfile
from pathlib import Path

import pandas as pd
from compare_networks import SCENARIO, STAGE, Bench

from gliomanet.cohort.cases_of_fold import cases_of_fold
from gliomanet.config.feature_models import LogisticModel, StackModel
from gliomanet.models.member_logits import member_logits
from gliomanet.prediction.predict_center import Member, predict_center
from gliomanet.training.tabular import train_tabular_model

STACKS = {
    "stack_cmtlnet": ("cmtlnet",),
    "stack_gmmas": ("gmmas",),
    "stack_mttunet_crop": ("mttunet_crop",),
    "stack_gmmas_crop": ("gmmas_crop",),
    "stack_psnet_crop": ("psnet_crop",),
    "stack_crops": ("gmmas_crop", "mttunet_crop", "psnet_crop"),
    "stack_crops_long": ("gmmas_crop_long", "mttunet_crop_long", "psnet_crop_long"),
}
"""Name → networks without clinical data whose log-odds are stacked with age and sex."""


def rows_of_age(bench: Bench) -> pd.DataFrame:
    """What the logistic regression on age alone says, as rows of fold predictions."""
    model = LogisticModel.model_validate({"kind": "logistic", "inputs": ["age"]})
    return _fitted(bench, "age", model, bench.cases[["case_id"]])


def rows_of_stack(bench: Bench, name: str, said: pd.DataFrame) -> pd.DataFrame:
    """What a stack says; it learns from its members' validation cases alone.

    Args:
        bench: the study.
        name: a key of `STACKS`.
        said: fold predictions of all its members.
    """
    members = STACKS[name]
    model = StackModel.model_validate({"kind": "stack", "members": members, "clinical": ["age", "sex"]})
    logits = member_logits(said, dict.fromkeys(members, STAGE), SCENARIO, bench.study.tasks)
    return _fitted(bench, name, model, logits)


def _fitted(bench: Bench, name: str, model: LogisticModel | StackModel, features: pd.DataFrame) -> pd.DataFrame:
    """Validation cases by each fold's fit, external ones by the fit on all training cases."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        fits = [Member(STAGE, SCENARIO, fold, Path(folder) / fold) for fold in (*bench.folds, "all")]
        for fit in fits:
            cases = cases_of_fold(bench.splits, bench.cases, fit.fold)
            train_tabular_model(
                cases[cases["part"] == "train"],
                features,
                bench.study.tasks,
                model,
                name={"model": name, "stage": STAGE, "fold": fit.fold},
                seed=bench.study.seed,
                code="compare_networks",
                out=fit.folder,
            )
        rows, _ = predict_center(
            fits,
            bench.splits[(bench.splits["part"] == "validation") | _external(bench.splits, "all")],
            bench.cases,
            model=name,
            kind=model.kind,
            preprocessed=None,
            features=features,
            threads=1,
            gpus=0,
        )
    return rows


def _external(splits: pd.DataFrame, fold: str) -> pd.Series:
    return (splits["part"] == "external") & (splits["fold"] == fold)
