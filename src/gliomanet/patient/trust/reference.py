"""The training cases as a patient is held beside them: spreads of every fold, and distances of what it held out.

No case is in it: spreads are quantiles, means and covariances, and the held-out distances of each subset of the
modalities are sorted by themselves.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from safetensors.numpy import load, save

from gliomanet.files.atomic import write_atomically, write_json
from gliomanet.modalities import MODALITIES
from gliomanet.patient.statements.statement import Statement, state
from gliomanet.patient.trust.deep import DeepSpread, deep_vectors
from gliomanet.patient.trust.features import FeatureSpread
from gliomanet.patient.trust.metrics import METRICS, metrics_of
from gliomanet.patient.trust.spread import FEWEST, Spread, farthest

VALUES, ARRAYS = "trust.json", "trust.safetensors"
Array = NDArray[np.float64]


@dataclass(frozen=True)
class LookOfFold:
    """The look of a fold's training cases.

    Attributes:
        spread: of the metrics.
        held_out: subset of the modalities, joined by `+` → farthest deviation of each held-out case, ascending.
    """

    spread: Spread
    held_out: Mapping[str, Array]


@dataclass(frozen=True)
class DeepOfFold:
    """Deep features of a fold's training cases, and the distances (n,) of those that it held out, ascending."""

    spread: DeepSpread
    held_out: Array


@dataclass(frozen=True)
class FeaturesOfFold:
    """Radiomic features of a fold's training cases, and the distances (n,) of those that it held out, ascending."""

    spread: FeatureSpread
    held_out: Array


@dataclass(frozen=True)
class TrustReference:
    """Everything that a patient is held beside.

    Attributes:
        cases: training cases whose look was measured.
        whole: spread of all of them, which results show.
        looks: fold → look.
        deep: model → fold → deep features.
        features: model → fold → radiomic features that the model takes.
        lacking: what could not be measured.
    """

    cases: int
    whole: Spread
    looks: Mapping[str, LookOfFold]
    deep: Mapping[str, Mapping[str, DeepOfFold]]
    lacking: tuple[Statement, ...] = field(default=())
    features: Mapping[str, Mapping[str, FeaturesOfFold]] = field(default_factory=dict)

    @classmethod
    def fit(
        cls,
        looks: pd.DataFrame,
        splits: pd.DataFrame,
        deep: Mapping[str, pd.DataFrame],
        features: Mapping[str, pd.DataFrame] | None = None,
    ) -> TrustReference:
        """Measure the reference.

        Args:
            looks: a row a case: case_id, center, and the metrics.
            splits: rows of the scenario: case_id, center, patient_id, fold, part.
            deep: model → rows of `DEEP_FEATURES` of the folds that a bundle takes, with `center`.
            features: model → a row a case: case_id, center, and the radiomic features that the model takes.
        """
        folds = {}
        for fold, parts in _parts(splits).items():
            train, held_out = (_of(looks, keys) for keys in parts)
            spread = Spread.of(train)
            if len(train) >= FEWEST and len(held_out) and spread.quantiles:
                folds[fold] = LookOfFold(spread, _held_out_looks(spread, held_out))
        training = splits[splits["part"].isin(["train", "validation"])]
        own = _of(looks, training[["case_id", "center"]].drop_duplicates())
        found: dict[str, dict[str, DeepOfFold]] = {}
        said = list[Statement]()
        for model, table in deep.items():
            found[model] = _deep_folds(table, splits)
            if not found[model]:
                said.append(state("trust.deep_no_held_out", model=model))
        if not folds:
            said.append(state("trust.look_few", fewest=FEWEST))
        measured = {model: _feature_folds(table, splits) for model, table in (features or {}).items()}
        said += [state("trust.features_few", model=model, fewest=FEWEST) for model, of in measured.items() if not of]
        return cls(
            len(own),
            Spread.of(own),
            folds,
            {model: of for model, of in found.items() if of},
            tuple(said),
            {model: of for model, of in measured.items() if of},
        )

    def write(self, folder: Path) -> None:
        """Write it as JSON and arrays."""
        arrays: dict[str, NDArray[Any]] = {"whole": self.whole.array()}
        for fold, look in self.looks.items():
            arrays[f"look/{fold}/spread"] = look.spread.array()
            arrays |= {f"look/{fold}/held_out/{subset}": values for subset, values in look.held_out.items()}
        for model, of_model in self.deep.items():
            for fold, one in of_model.items():
                at = f"deep/{model}/{fold}"
                arrays |= {f"{at}/mean": one.spread.mean, f"{at}/held_out": one.held_out}
                arrays[f"{at}/whitening"] = one.spread.whitening
        for model, by_fold in self.features.items():
            for fold, measured in by_fold.items():
                at, normal = f"features/{model}/{fold}", measured.spread.normal
                arrays |= {f"{at}/mean": normal.mean, f"{at}/whitening": normal.whitening}
                arrays |= {f"{at}/quantiles": measured.spread.quantiles, f"{at}/held_out": measured.held_out}
        values = {
            "cases": self.cases,
            "metrics": list(self.whole.quantiles),
            "folds": {fold: list(look.spread.quantiles) for fold, look in self.looks.items()},
            "deep": {
                model: {fold: list(one.spread.columns) for fold, one in of.items()} for model, of in self.deep.items()
            },
            "features": {
                model: {fold: list(one.spread.normal.columns) for fold, one in of.items()}
                for model, of in self.features.items()
            },
            "lacking": [one.model_dump(mode="json") for one in self.lacking],
        }
        write_json(folder / VALUES, values)
        write_atomically(folder / ARRAYS, save({name: np.ascontiguousarray(one) for name, one in arrays.items()}))

    @classmethod
    def read(cls, folder: Path) -> TrustReference | None:
        """The reference of a bundle; `None` of one that has none."""
        if not (folder / VALUES).is_file():
            return None
        values = json.loads((folder / VALUES).read_text(encoding="utf-8"))
        arrays = load((folder / ARRAYS).read_bytes())
        looks = {}
        for fold, names in values["folds"].items():
            start = f"look/{fold}/held_out/"
            held_out = {name.removeprefix(start): of for name, of in arrays.items() if name.startswith(start)}
            looks[fold] = LookOfFold(Spread.of_array(names, arrays[f"look/{fold}/spread"]), held_out)
        deep = {
            model: {fold: _deep_of(arrays, f"deep/{model}/{fold}", columns) for fold, columns in of.items()}
            for model, of in values["deep"].items()
        }
        features = {
            model: {fold: _features_of(arrays, f"features/{model}/{fold}", columns) for fold, columns in of.items()}
            for model, of in values.get("features", {}).items()
        }
        whole = Spread.of_array(values["metrics"], arrays["whole"])
        lacking = tuple(Statement.model_validate(one) for one in values["lacking"])
        return cls(values["cases"], whole, looks, deep, lacking, features)


def subset_name(modalities: tuple[str, ...]) -> str:
    """The name of a subset of the modalities."""
    return "+".join(name for name in MODALITIES if name in modalities)


def _parts(splits: pd.DataFrame) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """Fold → the keys of its training and of its held-out cases, of these one a patient."""
    found = {}
    for fold, rows in splits.groupby("fold", sort=True):
        held_out = rows[rows["part"] == "validation"].drop_duplicates(["center", "patient_id"])
        if len(held_out):
            train = rows[rows["part"] == "train"]
            found[str(fold)] = (train[["case_id", "center"]], held_out[["case_id", "center"]])
    return found


def _of(table: pd.DataFrame, keys: pd.DataFrame) -> pd.DataFrame:
    """The rows of some cases."""
    return keys.merge(table, on=["case_id", "center"], how="inner")


def _held_out_looks(spread: Spread, cases: pd.DataFrame) -> dict[str, Array]:
    """Subset → farthest deviations, of the cases that have all of its modalities."""
    rows = [{name: row[name] for name in METRICS if name in row} for row in cases.to_dict("records")]
    deviations = [spread.deviations({str(name): float(value) for name, value in row.items()}) for row in rows]
    found = {}
    for count in range(1, len(MODALITIES) + 1):
        for subset in combinations(MODALITIES, count):
            names = metrics_of(subset)
            with_all = [one for one in deviations if all(f"shown_{modality}" in one for modality in subset)]
            if with_all:
                found[subset_name(subset)] = np.sort([farthest(one, names) for one in with_all])
    return found


def _of_fold(table: pd.DataFrame, keys: pd.DataFrame) -> pd.DataFrame:
    """The rows of some cases, by names that are their own over all centres: a case's id is so within a centre only."""
    own = _of(table, keys)
    return own.assign(case_id=own["center"] + "/" + own["case_id"])


def _feature_folds(table: pd.DataFrame, splits: pd.DataFrame) -> dict[str, FeaturesOfFold]:
    found = {}
    for fold, parts in _parts(splits).items():
        train, held_out = (_of_fold(table, keys).set_index("case_id").drop(columns="center") for keys in parts)
        spread = FeatureSpread.of(train) if len(held_out) else None
        if spread is not None:
            found[fold] = FeaturesOfFold(spread, np.sort(spread.distances(held_out)))
    return found


def _deep_folds(table: pd.DataFrame, splits: pd.DataFrame) -> dict[str, DeepOfFold]:
    found = {}
    for fold, parts in _parts(splits).items():
        of_fold = table[table["fold"] == fold]
        train, held_out = (_of_fold(of_fold, keys) for keys in parts)
        if train.empty or held_out.empty:
            continue
        spread = DeepSpread.of(deep_vectors(train))
        if spread is not None:
            found[fold] = DeepOfFold(spread, np.sort(spread.distances(deep_vectors(held_out))))
    return found


def _deep_of(arrays: Mapping[str, Array], at: str, columns: list[str]) -> DeepOfFold:
    spread = DeepSpread(tuple(columns), arrays[f"{at}/mean"], arrays[f"{at}/whitening"])
    return DeepOfFold(spread, arrays[f"{at}/held_out"])


def _features_of(arrays: Mapping[str, Array], at: str, columns: list[str]) -> FeaturesOfFold:
    normal = DeepSpread(tuple(columns), arrays[f"{at}/mean"], arrays[f"{at}/whitening"])
    return FeaturesOfFold(FeatureSpread(normal, arrays[f"{at}/quantiles"]), arrays[f"{at}/held_out"])
