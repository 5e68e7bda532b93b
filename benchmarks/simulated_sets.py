"""Coverage of prediction sets by class over many simulated studies, by each way of predicting external patients.

    python benchmarks/simulated_sets.py [--draws 200]

Patients of two classes with eight features, a training centre with five folds, and external centres: like it, with
rarer mutants, and with a scanner's offset on every feature. scikit-learn's classifiers; the sets are made and judged
by the product's arithmetic. `folds`: the ensemble of the folds, cross-conformal; `refit`: one fit on all training
patients; `one quantile`: what is not done, a quantile of the temperature-scaled validation probabilities put to the
folds' mean.
"""

import argparse
import warnings

import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from gliomanet.models.ensemble import ClassDecision, FoldCases
from gliomanet.uncertainty.conformal import (
    always_in_set,
    binomial_interval,
    expected_coverage,
    in_set,
    p_values,
)
from gliomanet.uncertainty.temperature_scaling import fit_temperature, log_of, tempered

FOLDS, LEVEL, FEATURES, TESTED = 5, 0.9, 8, 150
STUDIES = (
    *((40, 1, "logistic"), (150, 1, "logistic"), (400, 1, "logistic")),
    *((150, 3, "logistic"), (150, 1, "extra_trees")),
)
"""Training patients (30 % mutant), cases of each, classifier."""

EXTERNAL = {"exchangeable": (0.3, 0.0), "rarer mutants": (0.1, 0.0), "scanner offset": (0.3, 0.5)}
"""Share of mutants, and offset of every feature in standard deviations."""


def classifier(name: str):
    if name == "logistic":
        return make_pipeline(StandardScaler(), LogisticRegression(C=0.1, class_weight="balanced"))
    return ExtraTreesClassifier(60, min_samples_leaf=3, class_weight="balanced", random_state=0)


def patients(rng: np.random.Generator, n: int, mutant: float, offset: float, each: int):
    """Features (cases, 8), class and patient of every case; half of the features differ, for an AUC of .76."""
    truth = (rng.random(n) < mutant).astype(int)
    own = rng.normal(size=(n, FEATURES)) + 0.5 * truth[:, None] * (np.arange(FEATURES) < FEATURES // 2)
    x = np.repeat(own, each, axis=0) + (0.3 * rng.normal(size=(n * each, FEATURES)) if each > 1 else 0)
    return x + offset, np.repeat(truth, each), np.repeat(np.arange(n), each)


def decision(probability: np.ndarray, fold: np.ndarray, patient: np.ndarray) -> ClassDecision:
    """The decision of one class from its validation cases."""
    _, of, cases = np.unique(patient, return_inverse=True, return_counts=True)
    folds = {}
    for number in np.unique(fold):
        mine = np.flatnonzero(fold == number)
        order = mine[np.argsort(probability[mine], kind="stable")]
        weight = tuple((1 / cases[of[order]]).tolist())
        folds[str(number)] = FoldCases(probability=tuple(probability[order].tolist()), weight=weight)
    return ClassDecision.of(folds, LEVEL)


def study(rng: np.random.Generator, n: int, each: int, name: str):
    """Rows of one simulated study: centre, way and class, with what became of the promise."""
    x, truth, patient = patients(rng, n, 0.3, 0.0, each)
    fold = (rng.permutation(n) % FOLDS)[patient]
    validated = np.empty((truth.size, 2))
    members = []
    for number in range(FOLDS):
        members.append(classifier(name).fit(x[fold != number], truth[fold != number]))
        validated[fold == number] = members[-1].predict_proba(x[fold == number])
    refit = classifier(name).fit(x, truth)
    temperature = fit_temperature(log_of(validated), truth).value
    decisions = [decision(validated[truth == k, k], fold[truth == k], patient[truth == k]) for k in (0, 1)]
    for center, (share, offset) in EXTERNAL.items():
        new, label, of = patients(rng, TESTED, share, offset, each)
        said, one = np.stack([member.predict_proba(new) for member in members]), refit.predict_proba(new)
        sets = {way: np.zeros((label.size, 2), dtype=bool) for way in ("folds", "refit", "one quantile")}
        for k, decided in enumerate(decisions):
            up_to = sum(decided.calibration(f).up_to(said[int(f), :, k]) for f in decided.folds)
            sets["folds"][:, k] = in_set(p_values(up_to, decided.patients), LEVEL)
            alone = p_values(decided.calibration().up_to(one[:, k]), decided.patients)
            sets["refit"][:, k] = in_set(alone, LEVEL)
            scaled = np.sort(tempered(validated, temperature)[truth == k, k])
            left_out = int((1 - LEVEL) * (scaled.size + 1) + 1e-9)
            sets["one quantile"][:, k] = said.mean(0)[:, k] >= (scaled[left_out - 1] if left_out else 0)
        for way, inside in sets.items():
            for k, decided in enumerate(decisions):
                mine = label == k
                if mine.any():
                    tested = np.unique(of[mine]).size
                    row = judged(float(inside[mine, k].mean()), tested, decided.patients)
                    single = float((inside[mine].sum(1) == 1).mean())
                    yield {"center": center, "way": way, "class": ("wildtype", "mutant")[k], "single": single} | row


def judged(coverage: float, tested: int, calibration: int) -> dict[str, float]:
    """Coverage, and whether the level lies in its binomial interval and it in the range that is expected."""
    low, high = binomial_interval(coverage, tested, 0.95)
    row = {"coverage": coverage, "in interval": float(low <= LEVEL <= high), "within chance": np.nan}
    if not always_in_set(calibration, LEVEL):
        least, most = expected_coverage(calibration, tested, LEVEL, 0.95)
        row["within chance"] = float(least - 1e-9 <= coverage <= most + 1e-9)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=200)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    for n, each, name in STUDIES:
        rng = np.random.default_rng([n, each])
        table = pd.DataFrame([row for _ in range(options.draws) for row in study(rng, n, each, name)])
        means = table.groupby(["center", "way", "class"], sort=False).mean().round(3)
        print(
            f"\n{name}, {n} training patients, {each} case(s) each, {options.draws} studies\n{means.to_string()}",
            flush=True,
        )


if __name__ == "__main__":
    main()
