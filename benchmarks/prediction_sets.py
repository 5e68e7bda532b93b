"""Coverage of prediction sets by class, where external patients are like those of the training centres and where not.

    python benchmarks/prediction_sets.py simulated [--draws 40]
    python benchmarks/phantom_cases.py FOLDER && python benchmarks/prediction_sets.py phantoms --folder FOLDER

`simulated`: feature tables with a known truth, drawn anew each time. `phantoms`: features of the project's simulated
tumours; each draw deals the patients of two scanners to the training centre and to an external one, which are then
exchangeable, and two further scanners are external centres of another kind. Models, temperatures and sets are made by
the project's own functions; one row a model, size, centre, way of predicting, task and class.
"""

import argparse
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from gliomanet.config.analysis import Evaluation
from gliomanet.config.models import ExtraTreesModel, LogisticModel
from gliomanet.evaluation.analyses.uncertainty import evaluate_uncertainty
from gliomanet.labels.tasks import DEFAULT_TASKS
from gliomanet.prediction.calibration import calibrate, fit_temperatures
from gliomanet.prediction.combine import combine_predictions
from gliomanet.prediction.prediction_sets import describe_ensemble, quantiles, with_sets
from gliomanet.prediction.tabular import predict_tabular
from gliomanet.tables.prediction import FOLD_PREDICTIONS
from gliomanet.training.tabular import train_tabular_model

FOLDS, LEVEL, FEATURES = 5, 0.9, 8
MODELS = {"logistic": LogisticModel(C=0.1), "extra_trees": ExtraTreesModel(n_estimators=60)}
SIMULATED = (
    *((60, 1, "logistic"), (150, 1, "logistic"), (400, 1, "logistic")),
    *((150, 3, "logistic"), (150, 1, "extra_trees")),
)
"""Training patients, cases of each, model."""

SAME, OTHER = ("B", "C"), ("X", "Y")
"""Scanners of the phantoms: of the training centre and the exchangeable one; of external centres of another kind."""


def simulated(
    rng: np.random.Generator, n: int, mutant: float, offset: float, cases_each: int, prefix: str
) -> pd.DataFrame:
    """Patients with features that tell the classes apart as far as an AUC of .85 or so; a scanner adds an offset."""
    label = rng.random(n) < mutant
    own = rng.normal(size=(n, FEATURES)) + 0.5 * label[:, None] * (np.arange(FEATURES) < FEATURES // 2)
    table = pd.DataFrame(np.repeat(own, cases_each, axis=0), columns=[f"f{k}" for k in range(FEATURES)])
    table += 0.3 * rng.normal(size=table.shape) * (cases_each > 1) + offset
    patient = np.repeat(np.arange(n), cases_each)
    table["idh"] = np.where(np.repeat(label, cases_each), "mutant", "wildtype")
    table["patient_id"] = [f"{prefix}-{k}" for k in patient]
    table["case_id"] = [f"{prefix}-{k}-{number % cases_each}" for number, k in enumerate(patient)]
    return table


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
        if way == "folds":
            found += [
                {"way": "one quantile"} | row for row in _one_quantile(rows, temperatures, predicted, cases, tasks)
            ]
    return found


def _one_quantile(rows, temperatures, predicted, cases, tasks) -> list[dict]:
    """What is not done: a quantile of the calibrated validation probabilities, put to the ensemble's mean."""
    validation = calibrate(rows[rows["role"] == "validation"], temperatures)
    tested = predicted[predicted["fold"] == "ensemble"]
    found = []
    for task, of in tasks.items():
        truth = dict(zip(cases["case_id"], cases[of.label].map(of.encode), strict=True))
        for number, name in enumerate(of.class_names):
            taught, asked = (
                table[(table["task"] == task) & (table["class"] == name) & (table["case_id"].map(truth) == number)]
                for table in (validation, tested)
            )
            ordered = np.sort(taught["probability"])
            left_out = int((1 - LEVEL) * (ordered.size + 1) + 1e-9)
            cut = ordered[left_out - 1] if left_out else 0.0
            for center, mine in asked.groupby("center"):
                hit = float((mine["probability"] >= cut).mean())
                found.append({"center": center, "task": task, "class": name, "coverage": hit})
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
    parser.add_argument("what", choices=("simulated", "phantoms"))
    parser.add_argument("--draws", type=int, default=40)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    rng, found = np.random.default_rng(3), []
    idh = {"idh": DEFAULT_TASKS["idh"]}
    if options.what == "simulated":
        for n, each, model in SIMULATED:
            for _ in range(options.draws):
                train = simulated(rng, n, 0.3, 0.0, each, "t")
                external = {
                    "exchangeable": simulated(rng, 150, 0.3, 0.0, each, "e"),
                    "rarer mutants": simulated(rng, 150, 0.1, 0.0, each, "p"),
                    "scanner offset": simulated(rng, 150, 0.3, 0.5, each, "s"),
                }
                size = {"patients": n, "cases each": each}
                found += [size | {"model": model} | row for row in coverages(train, external, model, idh, rng)]
        by = ["model", "patients", "cases each", "center", "way", "class"]
    else:
        pool = phantoms(options.folder)
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
