"""Figures by subset of modalities, and what each modality is worth: a planted modality tells the label, others do not."""

import numpy as np
import pandas as pd
import pytest

from gliomanet.config.analysis import Evaluation
from gliomanet.evaluation.analyses.modality_subsets import evaluate_subsets
from gliomanet.evaluation.analyses.performance import evaluate
from gliomanet.labels.tasks import DEFAULT_TASKS, Task
from gliomanet.modalities import modalities_of, modality_subsets_of, subset_name
from gliomanet.tables.evaluation import MODALITY_SIGNIFICANCE, MODALITY_SUBSETS

FAST = Evaluation(resamples=200)
GRADE = Task(label="grade", classes={"2": ["2"], "3": ["3"], "4": ["4"]})
TASKS = {"idh": DEFAULT_TASKS["idh"], "grade": GRADE}
MODALITIES = ("t1c", "t2", "flair")
WORTH = {"t1c": 1.5, "t2": 0.6, "flair": 0.0}  # how far the label shifts the logit that a modality adds


@pytest.fixture(scope="module")
def study() -> tuple[pd.DataFrame, pd.DataFrame]:
    """A training centre and two external ones, Y without a mutant; cases Y0 to Y4 lack T2. One network, three modalities."""
    rng = np.random.default_rng(0)
    center = np.repeat(["A", "X", "Y"], [60, 50, 20])
    mutant = (rng.random(center.size) < 0.4) & (center != "Y")
    case_id = np.array([f"{c}{i}" for c in "AXY" for i in range((center == c).sum())])
    cases = pd.DataFrame({"case_id": case_id, "patient_id": case_id, "center": center})
    cases["idh"] = np.where(mutant, "mutant", "wildtype")
    cases["grade"] = np.where(mutant, np.where(np.arange(center.size) % 2, "2", "3"), "4")
    incomplete = np.isin(case_id, [f"Y{i}" for i in range(5)])
    noise = {name: rng.normal(size=center.size) for name in MODALITIES}
    tables = []
    for subset in modality_subsets_of(MODALITIES):
        shift = sum(WORTH[c] * np.where(mutant, 1, -1) + (WORTH[c] > 0) * noise[c] for c in subset) - 0.3
        p = 1 / (1 + np.exp(-shift))
        external = center != "A"
        rows = cases[["case_id", "center"]].assign(model="m", stage="last", scenario="main", subset=subset_name(subset))
        rows["role"] = np.where(external, "external", "validation")
        rows["fold"] = np.where(external, "ensemble", "0")
        answers = {"idh": {"wildtype": 1 - p, "mutant": p}, "grade": {"2": p / 2, "3": p / 2 * 0.9, "4": 1 - 0.95 * p}}
        for task, classes in answers.items():
            for name, probability in classes.items():
                part = rows.assign(**{"task": task, "class": name, "probability": probability})
                tables.append(part[~incomplete | ("t2" not in subset)])
    return pd.concat(tables, ignore_index=True), cases


@pytest.fixture(scope="module")
def fusion() -> pd.DataFrame:
    rows = [
        ("m", "last", "main", fold, c, w) for fold in "01" for c, w in zip(MODALITIES, (0.5, 0.3, 0.2), strict=True)
    ]
    table = pd.DataFrame(rows, columns=["model", "stage", "scenario", "fold", "modality", "weight"])
    table.loc[(table["fold"] == "1") & (table["modality"] == "t1c"), "weight"] = 0.6
    return table


@pytest.fixture(scope="module")
def result(study, fusion):
    return evaluate_subsets(*study, TASKS, FAST, 7, fusion=fusion)


def select(table, **where):
    defaults = {"role": "external", "center": "X", "task": "idh", "metric": "mcc"}
    for key, value in {**defaults, **where}.items():
        table = table[table[key] == value]
    return table


def only(table, **where):
    found = select(table, **where)
    assert len(found) == 1, found
    return found.iloc[0]


def test_columns_and_rows_are_the_contract(result):
    assert list(result.subsets) == MODALITY_SUBSETS.names()
    assert list(result.significance) == MODALITY_SIGNIFICANCE.names()
    groups = 2 * 2 + 2 * 3  # tasks × (A, pooled; X, Y, pooled)
    assert len(result.subsets) == groups * 7 * 2
    assert len(result.significance) == groups * 3 * 2
    shown = select(result.subsets)
    assert shown["subset"].tolist() == ["t1c", "t2", "flair", "t1c+t2", "t1c+flair", "t2+flair", "t1c+t2+flair"]
    assert shown["n_modalities"].tolist() == [1, 1, 1, 2, 2, 2, 3]
    assert select(result.significance)["modality"].tolist() == list(MODALITIES)


def test_all_modalities_have_the_figures_and_intervals_of_the_metrics_table(study, result):
    predictions, cases = study
    full = predictions[predictions["subset"] == "t1c+t2+flair"].drop(columns="subset")
    reference = evaluate(full, cases, TASKS, FAST, seed=7).metrics
    for metric in ("mcc", "auc"):
        for task in TASKS:
            for role, center in (("external", "X"), ("validation", "pooled")):
                where = {"role": role, "center": center, "task": task, "metric": metric}
                ours = only(result.subsets, subset="t1c+t2+flair", **where)
                theirs = only(reference, subset="all", **where)
                for cell in ("value", "ci_low", "ci_high", "n", "n_positive", "note"):
                    assert ours[cell] == theirs[cell], (where, cell)


def test_a_modality_that_tells_nothing_changes_nothing_and_is_worth_nothing(result):
    """FLAIR shifts no probability: with and without it figures, intervals and therefore their differences are equal."""
    for subset in ("t1c", "t2", "t1c+t2"):
        with_it, without = (
            only(result.subsets, subset=name) for name in (subset_name([*modalities_of(subset), "flair"]), subset)
        )
        assert with_it[["value", "ci_low", "ci_high"]].tolist() == without[["value", "ci_low", "ci_high"]].tolist()
    worthless = only(result.significance, modality="flair")
    assert worthless["shapley"] == pytest.approx(0, abs=1e-12)
    assert np.isnan(worthless["ci_low"])
    assert worthless["note"] == "no interval: resamples do not vary"
    best, second = (only(result.significance, modality=name) for name in ("t1c", "t2"))
    assert best["shapley"] > second["shapley"] > 0
    assert best["ci_low"] < best["shapley"] < best["ci_high"]


@pytest.mark.parametrize("task", list(TASKS))
def test_the_worths_sum_to_what_all_modalities_achieve(result, task):
    total = select(result.significance, task=task)["shapley"].sum()
    assert total == pytest.approx(only(result.subsets, subset="t1c+t2+flair", task=task)["value"])


def test_log_likelihoods_start_at_the_shares_of_the_validation_cases(study, result):
    predictions, cases = study
    truth = cases.set_index("case_id")["idh"]
    shares = truth[cases[cases["center"] == "A"]["case_id"]].value_counts() + 1  # Laplace
    full = predictions.query("subset == 't1c+t2+flair' and task == 'idh' and center == 'X'")
    given = full[full["class"] == full["case_id"].map(truth)]
    expected = np.log(given["probability"]).mean() - np.log(shares / shares.sum()).loc[truth[given["case_id"]]].mean()
    rows = select(result.significance, metric="log_likelihood")
    assert rows["shapley"].sum() == pytest.approx(expected)
    alone = evaluate_subsets(predictions[predictions["role"] == "external"], cases, TASKS, FAST, 7).significance
    expected = np.log(given["probability"]).mean() - np.log(0.5)  # no validation cases: equally probable
    assert select(alone, metric="log_likelihood")["shapley"].sum() == pytest.approx(expected)


def test_a_surely_wrong_case_counts_as_one_in_a_million(study):
    predictions, cases = study
    sure = predictions.assign(probability=(predictions["class"].isin(["wildtype", "4"])).astype(float))
    rows = evaluate_subsets(sure, cases, TASKS, FAST, 7).significance
    mutants = (cases["idh"] == "mutant")[cases["center"] == "X"].mean()
    prior = (cases["idh"] == "mutant")[cases["center"] == "A"].sum() + 1
    nothing = mutants * np.log(prior / 62) + (1 - mutants) * np.log(1 - prior / 62)
    total = select(rows, metric="log_likelihood")["shapley"].sum()
    assert total == pytest.approx(mutants * np.log(1e-6) - nothing)


def test_cases_count_in_the_subsets_that_they_have_and_complete_ones_in_the_worth(result):
    n = select(result.subsets, center="Y").set_index("subset")["n"]
    assert n.to_dict() == {
        "t1c": 20,
        "t2": 15,
        "flair": 20,
        "t1c+t2": 15,
        "t1c+flair": 20,
        "t2+flair": 15,
        "t1c+t2+flair": 15,
    }
    assert set(select(result.significance, center="Y")["n"]) == {15}
    assert set(select(result.significance, center="pooled")["n"]) == {65}


def test_what_is_not_estimable_is_empty_and_says_why(result):
    found = only(result.subsets, center="Y", subset="t2")
    assert np.isnan([found["value"], found["ci_low"], found["ci_high"]]).all()
    assert (found["n_positive"], found["note"]) == (0, "not estimable: no mutant case")
    found = only(result.significance, center="Y", modality="t2")
    assert np.isnan(found["shapley"])
    assert found["note"] == "not estimable: no mutant case"
    assert only(result.significance, center="Y", modality="t2", metric="log_likelihood")["shapley"] != 0
    assert only(result.subsets, task="grade", subset="t2")["note"].startswith("n per class ")


def test_a_model_that_calls_all_alike_says_so(study):
    predictions, cases = study
    same = predictions.assign(probability=(predictions["class"].isin(["wildtype", "4"])).astype(float))
    found = only(evaluate_subsets(same, cases, TASKS, FAST, 7).subsets, subset="t2")
    assert (found["value"], found["note"]) == (0, "every case predicted wildtype")


def test_without_a_complete_case_there_is_no_worth(study):
    predictions, cases = study
    lacking = predictions[(predictions["center"] != "Y") | ~predictions["subset"].str.contains("t2")]
    rows = evaluate_subsets(lacking, cases, TASKS, FAST, 7)
    found = select(rows.significance, center="Y")
    assert found["note"].tolist() == ["not estimable: no case of known label has every modality"] * 3
    assert (found["n"] == 0).all()
    empty = only(rows.subsets, center="Y", subset="t1c+t2")
    assert (empty["n"], empty["note"]) == (0, "not estimable: no case of known label has these modalities")
    pool = only(rows.significance, center="pooled", modality="t1c")
    assert (pool["n"], pool["note"]) == (50, "")


def test_a_modality_that_no_case_of_a_role_has_is_named(study):
    predictions, cases = study
    kept = (predictions["role"] == "validation") | ~predictions["subset"].str.contains("flair")
    takes = {"m": ("t1c", "t2", "flair")}
    rows = evaluate_subsets(predictions[kept], cases, TASKS, FAST, 7, modalities=takes).significance
    shared = "no case has flair: t1c, t2 share the worth"
    assert select(rows)["modality"].tolist() == ["t1c", "t2"]
    assert select(rows)["note"].tolist() == [shared] * 2
    assert select(rows, center="Y")["note"].tolist() == [f"not estimable: no mutant case; {shared}"] * 2
    worthless = "no interval: resamples do not vary"
    assert select(rows, role="validation", center="A")["note"].tolist() == ["", "", worthless]
    unseen = evaluate_subsets(*study, TASKS, FAST, 7, modalities={"m": ("t1", *takes["m"])}).significance
    lacking = "no case has t1: t1c, t2, flair share the worth"
    assert set(select(unseen)["note"]) == {lacking, f"{lacking}; {worthless}"}


def test_a_resample_without_any_complete_case_is_counted(study):
    predictions, cases = study
    kept = cases["case_id"].isin([f"X{i}" for i in range(30)])
    few = set(cases[kept & (cases["idh"] == "mutant")]["case_id"].iloc[:1]) | {"X0"}
    rows = predictions["case_id"].isin(few) | ~predictions["subset"].str.contains("t2")
    table = evaluate_subsets(predictions[rows & (predictions["center"] == "X")], cases, TASKS, FAST, 7).significance
    found = only(table, modality="t1c", metric="log_likelihood")
    assert found["n"] == len(few)
    assert "of 200 resamples not estimable and left out" in found["note"]
    assert np.isfinite(found[["shapley", "ci_low", "ci_high"]].astype(float)).all()


def test_fusion_weights_are_the_mean_over_folds_and_empty_for_others(study, result):
    weights = select(result.significance).set_index("modality")["fusion_weight"]
    assert weights.to_dict() == pytest.approx({"t1c": 0.55, "t2": 0.3, "flair": 0.2})
    assert evaluate_subsets(*study, TASKS, FAST, 7).significance["fusion_weight"].isna().all()


def test_the_order_of_the_rows_changes_nothing(study, result, fusion):
    predictions, cases = study
    other = evaluate_subsets(
        predictions.sample(frac=1, random_state=1), cases.sample(frac=1, random_state=2), TASKS, FAST, 7, fusion=fusion
    )
    assert other.subsets.to_csv() == result.subsets.to_csv()
    assert other.significance.to_csv() == result.significance.to_csv()


def test_tables_that_do_not_fit_are_refused(study):
    predictions, cases = study
    with pytest.raises(ValueError, match="predictions over subsets of modalities: lacks the columns subset"):
        evaluate_subsets(predictions.drop(columns="subset"), cases, TASKS, FAST, 7)
    with pytest.raises(ValueError, match="'t1-t2' is no subset of modalities"):
        evaluate_subsets(predictions.assign(subset="t1-t2"), cases, TASKS, FAST, 7)
    gap = predictions[~((predictions["subset"] == "t2") & (predictions["case_id"] == "X3"))]
    message = (
        "predictions of m, last, scenario main, external, task grade: cases that have every modality lack the subset t2; "
        "predict them with all subsets"
    )
    with pytest.raises(ValueError, match=message):
        evaluate_subsets(gap, cases, TASKS, FAST, 7)
