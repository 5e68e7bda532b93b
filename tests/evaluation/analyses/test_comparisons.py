"""Comparisons: by centre, over centres by strata, within groups, against the reference; and the family of the tests."""

import numpy as np
import pandas as pd
import pytest

from gliomanet.config.analysis import Evaluation
from gliomanet.evaluation.analyses.performance import evaluate
from gliomanet.evaluation.statistics.paired import holm
from gliomanet.labels.tasks import Task

IDH = {"idh": Task(label="idh", classes={"wildtype": ["wildtype"], "mutant": ["mutant"]})}
SETTINGS = Evaluation(resamples=200, reference="age")


def cases_of(sizes: dict[str, tuple[int, int]]) -> pd.DataFrame:
    """Cases by centre: (wildtypes, mutants)."""
    rows = [
        (center, f"{center}{number}", "wildtype" if number < wild else "mutant")
        for center, (wild, mutant) in sizes.items()
        for number in range(wild + mutant)
    ]
    table = pd.DataFrame(rows, columns=["center", "case_id", "idh"])
    return table.assign(patient_id=table["case_id"], grade=np.where(table.index % 2, "4", "2"), codel_1p19q="")


def said(cases: pd.DataFrame, model: str, p: np.ndarray, **cells: str) -> pd.DataFrame:
    names = {"stage": "supervised", "scenario": "main", "role": "external", "fold": "ensemble", "task": "idh"} | cells
    rows = cases[["center", "case_id"]].assign(model=model, **names)
    parts = [rows.assign(**{"class": c, "probability": q}) for c, q in (("wildtype", 1 - p), ("mutant", p))]
    return pd.concat(parts)


def noisy(cases: pd.DataFrame, seed: int, skill: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    truth = cases["idh"].eq("mutant").to_numpy()
    return 1 / (1 + np.exp(-skill * (2 * truth - 1) - rng.normal(size=truth.size)))


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    cases = cases_of({"X": (30, 20), "Y": (40, 12), "Z": (25, 25)})
    models = {"age": (1, 0.4), "net": (2, 1.5), "trees": (3, 0.5)}
    rows = [said(cases, name, noisy(cases, *how)) for name, how in models.items()]
    return evaluate(pd.concat(rows), cases, IDH, SETTINGS, seed=3).comparisons


def test_the_reference_is_always_the_second_and_its_tests_are_the_family(table):
    against = table[table["model_b"] == "age"]
    assert not table["model_a"].eq("age").any()
    family = table[table["family"] == "reference"]
    assert set(family["center"]) == {"stratified"}
    assert set(family["subset"]) == {"all"}
    assert sorted(family["model_a"] + "/" + family["metric"]) == ["net/auc", "net/mcc", "trees/auc", "trees/mcc"]
    np.testing.assert_allclose(family["p_holm"], holm(family["p"]))
    others = table[table["family"] == "exploratory"]
    np.testing.assert_allclose(others["p_holm"], holm(others["p"]), equal_nan=True)
    assert set(against["center"]) == {"X", "Y", "Z", "stratified", "summary"}
    assert set(against["subset"]) == {"all", "grade=2-3"}


def test_pairs_without_the_reference_are_compared_everywhere_and_in_no_group(table):
    rows = table[table["model_b"] != "age"]
    assert set(rows["center"]) == {"X", "Y", "Z", "stratified"}
    assert set(rows["subset"]) == {"all"}


def test_a_better_model_is_better_in_every_centre_and_over_all(table):
    rows = table[(table["model_a"] == "net") & (table["model_b"] == "age") & (table["subset"] == "all")]
    assert (rows["difference"] > 0).all()
    assert (rows.loc[rows["center"] == "stratified", "p_holm"] < 0.01).all()
    measured = rows[rows["center"] != "summary"]
    np.testing.assert_allclose(measured["value_a"] - measured["value_b"], measured["difference"])
    summary = rows[rows["center"] == "summary"].set_index("metric")
    assert (summary["ci_low"] > 0).all()
    assert (summary["pi_high"] - summary["pi_low"] > summary["ci_high"] - summary["ci_low"]).all()


def test_stratified_is_the_mean_with_harmonic_weights(table):
    rows = table[(table["model_a"] == "net") & (table["model_b"] == "age") & (table["subset"] == "all")]
    rows = rows[rows["metric"] == "auc"].set_index("center")["difference"]
    weights = {"X": 30 * 20 / 50, "Y": 40 * 12 / 52, "Z": 25 * 25 / 50}
    mean = sum(weight * rows[center] for center, weight in weights.items()) / sum(weights.values())
    assert rows["stratified"] == pytest.approx(mean)


def test_knowing_which_centre_has_more_mutants_wins_nothing():
    """One model knows the centres' shares only; pooled, its AUC would be .9."""
    cases = cases_of({"X": (45, 5), "Y": (5, 45)})
    rng = np.random.default_rng(0)
    by_centre = cases["center"].map({"X": 0.1, "Y": 0.9}).to_numpy() + 0.05 * rng.random(100)
    rows = [said(cases, "shares", by_centre), said(cases, "age", rng.random(100))]
    done = evaluate(pd.concat(rows), cases, IDH, SETTINGS, seed=3)
    pooled = done.metrics.query("model == 'shares' and center == 'pooled' and metric == 'auc' and subset == 'all'")
    assert pooled["value"].item() > 0.85
    found = done.comparisons.query("center == 'stratified' and subset == 'all'").set_index("metric")
    assert found.loc["auc", "value_a"] < 0.7
    assert (found["p"] > 0.05).all()


def test_a_centre_without_a_class_is_left_out_of_the_strata_and_named():
    cases = cases_of({"X": (20, 12), "Y": (15, 0)})
    rows = [said(cases, name, noisy(cases, seed, 1.0)) for seed, name in enumerate(("net", "age"))]
    found = evaluate(pd.concat(rows), cases, IDH, SETTINGS, seed=3).comparisons.query("subset == 'all'")
    found = found[found["metric"] == "mcc"].set_index("center")
    assert found.loc["Y", "note"] == "not estimable: no mutant case"
    assert found.loc["stratified", "note"] == "no mutant case in Y"
    assert found.loc["stratified", "n"] == 32
    assert found.loc["stratified", "difference"] == found.loc["X", "difference"]
    assert found.loc["summary", "note"] == "not estimable: estimable in 1 of 2 centres"


def test_held_out_centres_are_together_one_family():
    cases = cases_of({"X": (20, 12), "Y": (15, 14), "Z": (18, 9)})
    rows = [
        said(part, name, noisy(part, seed, 1.0), scenario=f"without-{center}")
        for seed, name in enumerate(("net", "age"))
        for center, part in cases.groupby("center")
    ]
    found = evaluate(pd.concat(rows), cases, IDH, SETTINGS, seed=3).comparisons
    family = found[found["family"] == "reference"]
    assert set(family["scenario"]) == {"leave-one-center-out"}
    together = found[(found["scenario"] == "leave-one-center-out") & (found["subset"] == "all")]
    assert set(together["center"]) == {"stratified", "summary"}
    assert together.loc[together["center"] == "stratified", "n"].tolist() == [88, 88]


def test_without_a_reference_all_pairs_are_the_family():
    cases = cases_of({"X": (20, 12)})
    rows = [said(cases, name, noisy(cases, seed, 1.0)) for seed, name in enumerate("abc")]
    found = evaluate(pd.concat(rows), cases, IDH, Evaluation(resamples=100), seed=3).comparisons
    assert len(found[found["family"] == "pairs"]) == 6
    assert set(found["subset"]) == {"all", "grade=2-3"}


def test_equal_predictions_are_no_difference_and_say_so():
    cases = cases_of({"X": (20, 12)})
    p = noisy(cases, 1, 1.0)
    found = evaluate(pd.concat([said(cases, name, p) for name in "ab"]), cases, IDH, SETTINGS, seed=3).comparisons
    found = found.query("center == 'X' and subset == 'all'").set_index("metric")
    assert (found["difference"] == 0).all()
    assert (found["p"] > 0.9).all()
    assert found.loc["auc", "note"] == "no interval: both rank all cases alike"
    assert found.loc["mcc", "ci_low"] < 0 < found.loc["mcc", "ci_high"]
