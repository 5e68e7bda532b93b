"""Coverage of prediction sets by class on phantoms: in a centre like the training one, and under other scanners.

    python benchmarks/phantom_cases.py FOLDER
    python benchmarks/prediction_sets.py FOLDER [--draws 12]

Each draw deals the phantoms of two scanners to the training centre and to an external one, which are then exchangeable;
two further scanners are external centres of another kind. Models, temperatures, sets and verdicts are made by the
project's own functions. `simulated_sets.py` does the same for thousands of small studies.
"""

import argparse
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from gliomanet.config.analysis import Evaluation
from gliomanet.config.feature_models import ExtraTreesModel, LogisticModel
from gliomanet.evaluation.analyses.uncertainty import evaluate_uncertainty
from gliomanet.labels.tasks import DEFAULT_TASKS
from gliomanet.prediction.calibration import fit_temperatures
from gliomanet.prediction.combine import combine_predictions
from gliomanet.prediction.prediction_sets import describe_ensemble, quantiles, with_sets
from gliomanet.prediction.tabular import predict_tabular
from gliomanet.tables.prediction import FOLD_PREDICTIONS
from gliomanet.training.tabular import train_tabular_model

FOLDS, LEVEL = 5, 0.9
MODELS = {"logistic": LogisticModel(C=0.1), "extra_trees": ExtraTreesModel(n_estimators=60)}
SAME, OTHER = ("B", "C"), ("X", "Y")
"""Scanners of the phantoms: of the training centre and the exchangeable one; of external centres of another kind."""


def phantoms(folder: Path) -> pd.DataFrame:
    """The features and labels that `phantom_cases.py` left, of every seed."""
    tables = [pd.read_csv(path, sep="\t", dtype={"grade": str}).assign(seed=path.stem) for path in folder.glob("*.tsv")]
    table = pd.concat(tables, ignore_index=True).rename(columns={"center": "scanner"})
    table["case_id"] = table["seed"] + "-" + table["case_id"]
    return table.assign(patient_id=table["case_id"]).drop(columns="seed").sort_values("case_id", ignore_index=True)


def fold_rows(
    train: pd.DataFrame, external: Mapping[str, pd.DataFrame], model: str, tasks: Mapping, rng: np.random.Generator
):
    """Fold predictions of the training patients and of every external centre, by the folds and by a refit."""
    patients = train["patient_id"].unique()
    fold_of = dict(zip(rng.permutation(patients), np.arange(patients.size) % FOLDS, strict=True))
    fold = train["patient_id"].map(fold_of).to_numpy()
    everyone = pd.concat([train.assign(center="train"), *(t.assign(center=name) for name, t in external.items())])
    everyone = everyone.assign(age=np.nan)
    names = [c for c in train if c not in (*DEFAULT_TASKS, "patient_id", "case_id", "scanner")]
    features = everyone[["case_id", *names]]
    rows = []
    for number in (*range(FOLDS), "all"):
        learn = everyone[(everyone["center"] == "train")].assign(part="train")[fold != number]
        with tempfile.TemporaryDirectory() as folder:
            name = {"model": model, "stage": "supervised", "fold": str(number)}
            mine = features[features["case_id"].isin(learn["case_id"])]
            settings = MODELS[model]
            train_tabular_model(learn, mine, tasks, settings, name=name, seed=1, code="", out=Path(folder))
            unseen = np.concatenate([fold == number, np.ones(len(everyone) - fold.size, dtype=bool)])
            asked = everyone[unseen]
            found, _ = predict_tabular(Path(folder), asked, features)
        found = found.merge(asked[["case_id", "center"]], on="case_id")
        role = np.where(found["center"] == "train", "validation", "external")
        rows.append(found.assign(model=model, stage="supervised", scenario="main", fold=str(number), role=role))
    table = pd.concat(rows, ignore_index=True).rename(columns={"probability": "raw_probability"})
    return table.assign(pass_std=np.nan)[FOLD_PREDICTIONS.names()], everyone


def coverages(train, external, model, tasks, rng) -> list[dict]:
    """Coverage of a draw's external centres by class, by each way of predicting them."""
    table, cases = fold_rows(train, external, model, tasks, rng)
    settings, found = Evaluation(), []
    for way in ("folds", "refit"):
        away = (table["role"] == "external") & ((table["fold"] == "all") != (way == "refit"))
        rows = table[~away].reset_index(drop=True)
        temperatures = fit_temperatures(rows, cases, tasks)
        ensemble = describe_ensemble(model, rows, temperatures, cases, tasks, level=LEVEL)
        predicted = with_sets(combine_predictions(rows, temperatures), ensemble)
        sets = evaluate_uncertainty(predicted, cases, tasks, settings, quantiles(ensemble)).prediction_sets
        sets = sets[(sets["role"] == "external") & (sets["center"] != "pooled") & (sets["class"] != "all")]
        found += [{"way": way} | row for row in sets.to_dict("records")]
    return found


def summarised(found: list[dict], by: list[str]) -> pd.DataFrame:
    table = pd.DataFrame(found)
    known = table["ci_low"].notna()
    table["level in interval"] = ((table["ci_low"] <= LEVEL) & (table["ci_high"] >= LEVEL)).where(known)
    table["within chance"] = (table["verdict"] == "within chance").where(table["verdict"].fillna("") != "")
    columns = ["coverage", "level in interval", "within chance", "single", "empty", "n_calibration", "n_patients"]
    means = table.groupby(by, sort=False)[columns].agg(lambda values: pd.to_numeric(values).mean())
    return means.assign(draws=table.groupby(by, sort=False).size()).round(3).reset_index()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--draws", type=int, default=12)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    rng, found, pool = np.random.default_rng(3), [], phantoms(options.folder)
    same = pool[pool["scanner"].isin(SAME)]
    other = {f"scanner {name}": pool[pool["scanner"] == name] for name in OTHER}
    for model in MODELS:
        for _ in range(options.draws):
            dealt = rng.permutation(len(same)) < len(same) * 0.6
            external = {"exchangeable": same[~dealt]} | other
            drawn = coverages(same[dealt], external, model, DEFAULT_TASKS, rng)
            found += [{"model": model} | row for row in drawn]
    by = ["model", "center", "way", "task", "class"]
    with pd.option_context("display.width", 250, "display.max_rows", None, "display.max_columns", None):
        print(summarised(found, by).to_string(index=False))


if __name__ == "__main__":
    main()
