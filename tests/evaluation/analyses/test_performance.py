import numpy as np
import pandas as pd
import pytest

from gliomanet.config.analysis import Evaluation
from gliomanet.evaluation.analyses.performance import evaluate
from gliomanet.evaluation.analyses.summaries import difference_summary, summary_cells
from gliomanet.labels.tasks import DEFAULT_TASKS, Task
from gliomanet.tables.evaluation import COMPARISONS, METRICS

FAST = Evaluation(resamples=200)


@pytest.fixture(scope="module")
def study() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two training centres and two external ones, one without a mutant; a good model, a poor one, pseudo-labels."""
    rng = np.random.default_rng(0)
    center = np.repeat(["A", "B", "X", "Y"], [60, 50, 60, 20])
    mutant = (rng.random(center.size) < 0.4) & (center != "Y")
    codeleted = mutant & (rng.random(center.size) < 0.4)
    high = ~mutant | (rng.random(center.size) < 0.3) & ~codeleted
    case_id = [f"{c}{i}" for i, c in enumerate(center)]
    cases = pd.DataFrame({"case_id": case_id, "patient_id": case_id, "center": center})
    cases["idh"] = np.where(mutant, "mutant", "wildtype")
    cases["codel_1p19q"] = np.where(codeleted, "codeleted", "intact")
    cases["grade"] = np.where(high, "4", np.where(np.arange(center.size) % 2, "2", "3"))
    tables = []
    for model, stage, noise in (("good", "supervised", 1.0), ("good", "pseudo_label", 0.6), ("poor", "supervised", 5)):
        for name, task in DEFAULT_TASKS.items():
            truth = np.array([task.encode(v) for v in cases[task.label]])
            p = 1 / (1 + np.exp(-(2 * truth - 1.5 + noise * rng.normal(size=truth.size))))
            external = np.isin(center, ["X", "Y"])
            rows = cases[["case_id", "center"]].assign(model=model, stage=stage, scenario="main", task=name)
            rows["role"] = np.where(external, "external", "validation")
            rows["fold"] = np.where(external, "ensemble", "0")
            for k, label in enumerate(task.class_names):
                tables.append(rows.assign(**{"class": label, "probability": p if k else 1 - p}))
    return pd.concat(tables, ignore_index=True), cases


@pytest.fixture(scope="module")
def result(study):
    return evaluate(*study, DEFAULT_TASKS, FAST, seed=7)


def figure(result, **where) -> pd.Series:
    table = result.metrics
    defaults = {
        "model": "good",
        "stage": "supervised",
        "role": "external",
        "task": "idh",
        "subset": "all",
        "metric": "mcc",
    }
    for key, value in {**defaults, **where}.items():
        table = table[table[key] == value]
    assert len(table) == 1, table
    return table.iloc[0]


def test_columns_are_the_contract(result):
    assert list(result.metrics) == METRICS.names()
    assert list(result.comparisons) == COMPARISONS.names()
    assert not result.metrics.duplicated(METRICS.names()[:8]).any()


def test_the_better_model_is_better_beyond_chance(result):
    rows = result.comparisons.query("role == 'external' and task == 'idh' and metric == 'mcc' and family == 'pairs'")
    found = rows[(rows["model_a"] == "good") & (rows["model_b"] == "poor")]
    assert found["stage_a"].tolist() == ["pseudo_label"]
    assert found["ci_low"].item() > 0
    assert found["p_holm"].item() < 0.05
    assert found["p"].item() <= found["p_holm"].item()


def test_stages_of_a_model_are_compared(result):
    rows = result.comparisons.query("model_a == model_b")
    assert set(rows["role"]) == {"validation", "external"}
    assert set(rows["stage_a"] + ">" + rows["stage_b"]) == {"pseudo_label>supervised"}


def test_a_centre_without_a_class_is_empty_and_says_why(result):
    found = figure(result, center="Y")
    assert np.isnan([found["value"], found["ci_low"], found["ci_high"]]).all()
    assert (found["n"], found["n_positive"], found["note"]) == (20, 0, "not estimable: no mutant case")
    assert figure(result, center="Y", metric="specificity")["value"] > 0
    assert "estimable in 1 of 2 centres" in figure(result, center="summary")["note"]


def test_summary_over_centres_reports_heterogeneity(result):
    found = figure(result, center="summary", role="validation")
    centres = [figure(result, center=c, role="validation")["value"] for c in "AB"]
    assert min(centres) <= found["value"] <= max(centres)
    assert found["tau2"] >= 0
    assert 0 <= found["i2"] <= 1
    assert found["note"] == "random effects over 2 centres; no interval: two centres do not tell how centres differ"
    assert np.isnan(found["ci_low"])


def test_thresholds_come_from_validation_and_are_frozen(study, result):
    predictions, cases = study
    chosen = result.thresholds.query("model == 'good' and stage == 'supervised' and task == 'idh'")["threshold"].item()
    assert f"threshold {chosen:.4g}" in figure(result, center="X", metric="mcc_at_threshold")["note"]
    assert figure(result, center="pooled", role="validation", metric="mcc_at_threshold")["value"] == pytest.approx(
        result.thresholds.query("model == 'good' and stage == 'supervised' and task == 'idh'")["mcc"].item()
    )
    flipped = cases.assign(idh=cases["idh"].where(cases["center"] != "X", "wildtype"))
    assert evaluate(predictions, flipped, DEFAULT_TASKS, FAST, seed=7).thresholds.equals(result.thresholds)


def test_without_validation_rows_no_threshold(study):
    predictions, cases = study
    external = predictions[predictions["role"] == "external"]
    found = figure(evaluate(external, cases, DEFAULT_TASKS, FAST, seed=7), center="X", metric="mcc_at_threshold")
    assert found["note"] == "not estimable: no threshold was chosen on validation cases"


def test_subsets_hold_the_right_patients(study, result):
    cases = study[1].query("center in ['X', 'Y']")
    within = figure(result, center="pooled", task="codel_1p19q", subset="idh=mutant")
    assert within["n"] == (cases["idh"] == "mutant").sum()
    assert within["n_positive"] == (cases["codel_1p19q"] == "codeleted").sum()
    assert figure(result, center="pooled", subset="grade=2-3")["n"] == cases["grade"].isin(["2", "3"]).sum()
    assert "not estimable" in figure(result, center="pooled", task="grade", subset="idh=wildtype")["note"]


def test_contradictions_are_counted_by_hand(study, result):
    predictions = study[0].query(
        "model == 'good' and stage == 'supervised' and role == 'external' and probability > 0.5"
    )
    called = predictions.pivot_table(index="case_id", columns="task", values="class", aggfunc="first")
    wrong = (called["codel_1p19q"] == "codeleted") & ((called["idh"] == "wildtype") | (called["grade"] == "4"))
    found = figure(result, center="pooled", task="joint", metric="contradictions_per_1000")
    assert found["value"] == pytest.approx(1000 * wrong.mean())
    assert found["note"] == f"{wrong.sum()} of 80 cases"


def test_confusion_matrices_sum_to_the_cases(result):
    rows = result.confusion.query("model == 'good' and stage == 'supervised' and task == 'idh' and center == 'X'")
    assert rows["n"].sum() == 60


def test_the_order_of_rows_changes_nothing(study, result):
    predictions, cases = study
    turned = evaluate(
        predictions.sample(frac=1, random_state=1), cases.sample(frac=1, random_state=2), DEFAULT_TASKS, FAST, seed=7
    )
    for name in ("metrics", "confusion", "comparisons", "thresholds", "decoding"):
        tables = [getattr(r, name).to_csv(sep="\t", index=False, float_format="%.6g") for r in (result, turned)]
        assert tables[0] == tables[1], name


def test_another_model_or_centre_does_not_move_an_interval(study, result):
    predictions, cases = study
    alone = evaluate(predictions.query("model == 'good' and center != 'Y'"), cases, DEFAULT_TASKS, FAST, seed=7)
    for center, role in (("A", "validation"), ("X", "external"), ("pooled", "validation")):
        pd.testing.assert_series_equal(
            figure(alone, center=center, role=role), figure(result, center=center, role=role), check_names=False
        )


def test_shuffled_labels_score_about_zero(study):
    predictions, cases = study
    rng = np.random.default_rng(5)
    shuffled = cases.assign(idh=cases.groupby("center")["idh"].transform(lambda c: rng.permutation(c.to_numpy())))
    found = figure(evaluate(predictions, shuffled, DEFAULT_TASKS, FAST, seed=7), center="pooled", role="validation")
    assert found["ci_low"] < 0 < found["ci_high"]


def test_no_predictions_give_empty_tables(study):
    predictions, cases = study
    found = evaluate(predictions.iloc[:0], cases, DEFAULT_TASKS, FAST, seed=7)
    assert found.metrics.empty
    assert list(found.comparisons) == COMPARISONS.names()


@pytest.fixture(scope="module")
def held_out(study):
    """Each training centre in turn as the only external one."""
    predictions, cases = study
    validation = predictions[predictions["role"] == "validation"]
    external = [
        validation[validation["center"] == c].assign(scenario=f"without-{c}", role="external", fold="ensemble")
        for c in "AB"
    ]
    return evaluate(pd.concat(external), cases, DEFAULT_TASKS, FAST, seed=7)


def test_intervals_over_centres_end_where_the_metric_does():
    rows = [
        {"center": c, "n": 30, "n_positive": 8, "value": v, "difference": v, "metric": "auc", "spread": s}
        for c, v, s in (("a", 0.98, 0.001), ("b", 0.8, 0.004), ("c", 0.97, 0.002))
    ]
    cells = summary_cells(rows, "value", 0.95, (0.0, 1.0))
    assert (cells["ci_high"], cells["pi_low"], cells["pi_high"]) == (1.0, 0.0, 1.0)
    assert difference_summary(rows, 0.95)["pi_low"] < 0


def test_held_out_centres_have_a_summary(held_out):
    found = figure(held_out, scenario="leave-one-center-out", center="summary")
    centers = [figure(held_out, scenario=f"without-{c}", center=c) for c in "AB"]
    assert min(c["value"] for c in centers) <= found["value"] <= max(c["value"] for c in centers)
    assert found["n"] == sum(c["n"] for c in centers)
    assert found["note"].startswith("random effects over 2 centres")
    assert set(held_out.metrics.query("center == 'summary'")["scenario"]) == {"leave-one-center-out"}


def test_a_centre_that_is_external_in_every_scenario_is_not_held_out(study):
    predictions, cases = study
    external = predictions[predictions["role"] == "external"]
    parts = [external.assign(scenario=f"without-{c}") for c in "AB"]
    found = evaluate(pd.concat(parts), cases, DEFAULT_TASKS, FAST, seed=7)
    assert "leave-one-center-out" not in set(found.metrics["scenario"])


def test_the_pool_of_one_centre_is_that_centre(held_out):
    columns = [c for c in METRICS.names() if c != "center"]
    table = held_out.metrics.query("center != 'summary'")
    pooled, single = (table[(table["center"] == "pooled") == flag][columns] for flag in (True, False))
    assert pooled.to_csv(index=False) == single.to_csv(index=False)


def test_a_further_label_is_scored_within_idh_too_and_takes_no_part_in_contradictions(study):
    predictions, cases = study
    good = predictions[(predictions["model"] == "good") & (predictions["stage"] == "supervised")]
    mgmt = Task(label="mgmt", classes={"unmethylated": ["unmethylated"], "methylated": ["methylated"]})
    # Methylated wherever IDH is mutant, which is all that the predictions know.
    labels = cases["idh"].map({"mutant": "methylated", "wildtype": "unmethylated"})
    every_third = (np.arange(len(cases)) % 3 == 0) & cases["idh"].eq("wildtype")
    cases = cases.assign(mgmt=labels.mask(every_third, "methylated").where(np.arange(len(cases)) % 10 > 0, ""))
    rows = good[good["task"] == "idh"].replace({"class": {"mutant": "methylated", "wildtype": "unmethylated"}})
    tasks = {**DEFAULT_TASKS, "mgmt": mgmt}
    found = evaluate(pd.concat([good, rows.assign(task="mgmt")]), cases, tasks, FAST, seed=7).metrics
    plain = evaluate(good, cases, DEFAULT_TASKS, FAST, seed=7).metrics

    where = found[(found["task"] == "mgmt") & (found["metric"] == "auc") & (found["center"] == "A")].set_index("subset")
    assert set(where.index) == {"all", "idh=wildtype", "idh=mutant"}
    assert where.loc["all", "n"] == cases.loc[cases["center"] == "A", "mgmt"].ne("").sum()
    assert where.loc["all", "value"] > 0.7
    assert abs(where.loc["idh=wildtype", "value"] - 0.5) < 0.2
    assert where.loc["idh=mutant", "note"] == "not estimable: no unmethylated case"
    pd.testing.assert_frame_equal(
        found[found["task"] != "mgmt"].reset_index(drop=True), plain.reset_index(drop=True), check_dtype=False
    )


def test_a_further_label_alone_has_no_contradictions(study):
    predictions, cases = study
    rows = predictions[(predictions["model"] == "good") & (predictions["task"] == "idh")]
    tasks = {"a": DEFAULT_TASKS["idh"], "mgmt": Task(label="mgmt", classes={"wildtype": ["u"], "mutant": ["m"]})}
    both = pd.concat([rows.assign(task=name) for name in tasks])
    found = evaluate(both, cases.assign(mgmt="u"), tasks, FAST, seed=7).metrics
    assert "joint" not in set(found["task"])


def test_hidden_labels_count_in_external_figures_and_in_nothing_of_validation_cases(study):
    predictions, cases = study
    predictions = predictions[predictions["model"] == "good"]
    # every other case of a centre that validates, and of one that tests
    marked = cases.assign(hidden=cases["center"].isin(["A", "X"]) & (np.arange(len(cases)) % 2 == 0))
    without = cases.copy()
    without.loc[marked["hidden"], ["idh", "codel_1p19q", "grade"]] = ""
    few = Evaluation(resamples=100)
    complete, lacking, found = (evaluate(predictions, t, DEFAULT_TASKS, few, seed=7) for t in (cases, without, marked))
    for role, expected in (("external", complete), ("validation", lacking)):
        for name in ("metrics", "confusion", "comparisons", "decoding"):
            ours, theirs = (comparable(getattr(each, name), role) for each in (found, expected))
            assert len(ours)
            pd.testing.assert_frame_equal(ours, theirs)
    pd.testing.assert_frame_equal(found.thresholds, lacking.thresholds)  # nor is one chosen on them
    assert figure(found, role="validation", center="A")["n"] == 30
    assert figure(found, role="external", center="X")["n"] == 60


def comparable(table: pd.DataFrame, role: str) -> pd.DataFrame:
    """The rows of a role that hang on its cases alone: thresholds are of validation cases, and Holm's p of all pairs."""
    mine = table["role"].eq(role)
    if "metric" in table:
        mine &= table["metric"].ne("mcc_at_threshold")
    return table[mine].drop(columns="p_holm", errors="ignore").reset_index(drop=True)


def only(study, *kept):
    """The predictions and cases of some of the external centres' cases, and of every other centre."""
    predictions, cases = study
    inside = [t[~t["center"].isin(["X", "Y"]) | t["case_id"].isin(kept)] for t in (predictions, cases)]
    return inside[0], inside[1]


def some(study, label, number, center="X"):
    cases = study[1]
    return cases.loc[(cases["center"] == center) & (cases["idh"] == label), "case_id"].tolist()[:number]


def test_one_patient_has_hardly_an_interval(study):
    result = evaluate(*only(study, *some(study, "wildtype", 1)), DEFAULT_TASKS, FAST, seed=7)
    brier = figure(result, center="X", metric="brier")
    assert not np.isnan(brier["value"])
    assert np.isnan([brier["ci_low"], brier["ci_high"]]).all()
    assert brier["note"] == "no interval: one patient"
    specificity = figure(result, center="X", metric="specificity")
    assert specificity["ci_high"] - specificity["ci_low"] > 0.7
    joint = figure(result, center="X", task="joint", metric="contradictions_per_1000")
    assert joint["ci_high"] - joint["ci_low"] > 700


def test_one_patient_of_each_class_tells_no_difference(study):
    kept = [*some(study, "wildtype", 1), *some(study, "mutant", 1)]
    result = evaluate(*only(study, *kept), DEFAULT_TASKS, FAST, seed=7)
    row = figure(result, center="X", metric="auc")
    assert row["ci_high"] - row["ci_low"] > 0.7
    pairs = result.comparisons.query("role == 'external' and task == 'idh' and center == 'X' and subset == 'all'")
    areas, decisions = (pairs[pairs["metric"] == metric] for metric in ("auc", "mcc"))
    assert areas[["ci_low", "ci_high", "p", "p_holm"]].isna().all(axis=None)
    assert areas["note"].str.startswith("no interval: ").all()
    assert (decisions["ci_high"] - decisions["ci_low"] > 0.5).all()
    assert (decisions["p"] > 0.05).all()


def test_no_interval_is_a_point(result):
    for table in (result.metrics, result.comparisons, result.decoding):
        known = table[table["ci_low"].notna()]
        assert len(known)
        assert (known["ci_low"] < known["ci_high"]).all()
        unknown = table[table["ci_low"].isna()]
        assert unknown["note"].ne("").all()


def test_the_calibration_error_stands_beside_that_of_calibrated_probabilities(result):
    row = figure(result, center="X", metric="ece")
    assert 0.02 < row["expected"] < 0.2
    assert row["note"].startswith("no interval, but held against calibrated probabilities: ")
    assert result.metrics.query("metric != 'ece'")["expected"].isna().all()


def test_patients_with_several_cases_widen_the_intervals(study):
    predictions, cases = study
    paired = cases.assign(patient_id=[f"p{number // 2}" for number in range(len(cases))])
    same = cases.assign(idh=cases["idh"])
    one, two = (evaluate(predictions, table, DEFAULT_TASKS, FAST, seed=7) for table in (same, paired))
    for metric in ("mcc", "auc", "brier"):
        alone, together = (figure(found, center="A", role="validation", metric=metric) for found in (one, two))
        assert alone["value"] == together["value"]
        assert together["ci_high"] - together["ci_low"] > 0.9 * (alone["ci_high"] - alone["ci_low"])


def test_enough_patients_keep_their_interval(result):
    row = figure(result, center="X", metric="sensitivity")
    assert row["ci_low"] <= row["value"] <= row["ci_high"]
    assert "no interval" not in row["note"]
