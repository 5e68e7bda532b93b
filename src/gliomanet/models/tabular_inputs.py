"""The numbers of a case that a model on features may take, chosen by the names of its inputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.config.feature_models import FeatureModel, StackModel
from gliomanet.tables.feature_names import LOG_RATIO, SHAPE, TEXTURES, VOLUMES, is_of_model, parts_of

AGE = "age"
SEX = "sex"
CLINICAL = (AGE, SEX)
"""Inputs that are the patient's and not the images'; a penalty spares them."""

CONDITION = "idh=mutant"
"""Input of a classifier further down a chain: 1 for IDH-mutant, 0 for wildtype."""

INPUTS = ("radiomics", "ratios", "shape", "texture", "members", *CLINICAL)
"""Every input; a model's table holds those columns of them that it was fitted on."""

_SEXES = {"F": 1.0, "M": 0.0}


def model_table(cases: pd.DataFrame, features: pd.DataFrame, inputs: Sequence[str]) -> pd.DataFrame:
    """The numbers that a model may take, (cases, features), in the cases' order; NaN = missing.

    Args:
        cases: with `case_id`, `age` and `sex` where they are asked for.
        features: one row a case: `case_id` and numbers; cases without a row have none.
        inputs: of `INPUTS`; a feature that belongs to several is there once.

    Raises:
        ValueError: a case with two rows of features.
    """
    if features["case_id"].duplicated().any():
        twice = sorted(features.loc[features["case_id"].duplicated(), "case_id"].unique())
        raise ValueError(f"features hold several rows of the cases {twice[:5]}; widen the regions first")
    wide = features.set_index("case_id").drop(columns=["region", *CLINICAL], errors="ignore")
    wide = wide.reindex(cases["case_id"].to_numpy()).reset_index(drop=True).astype(float)
    blocks = [_block(name, cases, wide) for name in inputs]
    table = pd.concat([pd.DataFrame(index=wide.index), *blocks], axis=1)
    return table.loc[:, ~table.columns.duplicated()]


def has_inputs(table: pd.DataFrame) -> NDArray[np.bool_]:
    """Cases that a model may learn from and predict, bool (cases,): the rule of training and of prediction.

    A model that takes features needs one of them, since medians in place of all would say nothing of the case; its age
    and sex may be missing. A model of these alone needs one of them.

    Args:
        table: cases × the model's inputs, NaN = missing (see `model_table`).
    """
    features = [column for column in table.columns if column not in CLINICAL]
    values = table[features or list(table.columns)].to_numpy(float)
    return np.asarray(np.isfinite(values).any(axis=1))


def log_shape(wide: pd.DataFrame) -> pd.DataFrame:
    """Six features of each mask's shape on scales that suit a linear model, named for their formulas.

    Sizes as logarithms; the diameter and the surface against the volume, since raw ones are the volume once more.
    Where a table names the mask by modality, each modality's are there, and the twins go as void features.

    Args:
        wide: cases × radiomic features.
    """
    masks: dict[str, dict[str, str]] = {}
    for column in map(str, wide.columns):
        parts = parts_of(column)
        if parts.family == SHAPE and not parts.filter:
            masks.setdefault(column.removesuffix(parts.name), {})[parts.name] = column
    found = {}
    for prefix, columns in masks.items():
        volume_name = next((name for name in VOLUMES if name in columns), None)
        for name in ("Sphericity", "Elongation", "Flatness"):
            if name in columns:
                found[f"{prefix}{name}"] = wide[columns[name]]
        if volume_name is None:
            continue
        volume = _log(wide[columns[volume_name]])
        found[f"{prefix}log({volume_name})"] = volume
        if "SurfaceArea" in columns:
            found[f"{prefix}log(SurfaceArea/{volume_name})"] = _log(wide[columns["SurfaceArea"]]) - volume
        if "Maximum3DDiameter" in columns:
            diameter = _log(wide[columns["Maximum3DDiameter"]])
            found[f"{prefix}log(Maximum3DDiameter/{volume_name}^(1/3))"] = diameter - volume / 3
    return pd.DataFrame(found, index=wide.index)


def columns_of(name: str, table: pd.DataFrame) -> list[str]:
    """The columns of a table that one input of a model is, in their order."""
    if name == "members":
        return [column for column in table.columns if is_of_model(str(column))]
    names = {str(column): parts_of(str(column)) for column in table.columns if column not in CLINICAL}
    if name == "radiomics":
        return [column for column, parts in names.items() if parts.family != LOG_RATIO]
    families = {"ratios": (LOG_RATIO,), "texture": TEXTURES, "shape": (SHAPE,)}[name]
    return [column for column, parts in names.items() if parts.family in families]


def clinical_values(cases: pd.DataFrame, inputs: Sequence[str]) -> NDArray[np.float32]:
    """(cases, inputs) of `CLINICAL`, in years and as 1 for F and 0 for M; NaN = not known.

    Raises:
        ValueError: the cases have no column of one.
    """
    if missing := [name for name in inputs if name not in cases]:
        raise ValueError(
            f"the cases have no column {', '.join(missing)}, which the model takes; add it, empty where it is not known"
        )
    blocks = [_block(name, cases, pd.DataFrame(index=cases.index)).to_numpy(np.float32) for name in inputs]
    return np.concatenate([np.empty((len(cases), 0), dtype=np.float32), *blocks], axis=1)


def _block(name: str, cases: pd.DataFrame, wide: pd.DataFrame) -> pd.DataFrame:
    """The columns of one input."""
    if name == AGE:
        return pd.DataFrame({AGE: pd.to_numeric(cases[AGE], errors="coerce").astype(float).to_numpy()})
    if name == SEX:
        return pd.DataFrame({SEX: cases[SEX].map(_SEXES).astype(float).to_numpy()})
    return log_shape(wide) if name == "shape" else wide[columns_of(name, wide)]


def _log(values: pd.Series) -> pd.Series:
    """The logarithm; missing where there is none."""
    return pd.Series(np.log(values.where(values > 0).to_numpy(float)), index=values.index)


def inputs_of(model: FeatureModel | StackModel) -> tuple[str, ...]:
    """The inputs of a model that takes no image, by the names of `INPUTS`."""
    return ("members", *model.clinical) if isinstance(model, StackModel) else model.inputs
