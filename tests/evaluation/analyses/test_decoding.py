"""The table of what joint decoding changes: counted by hand, paired with the figures beside it, and complete."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import matthews_corrcoef

from gliomanet.config.analysis import Evaluation
from gliomanet.evaluation.analyses.performance import evaluate
from gliomanet.labels.joint_decoding import most_probable_classes
from gliomanet.labels.tasks import DEFAULT_TASKS, Task
from gliomanet.tables.evaluation import DECODING

FAST = Evaluation(resamples=200)
TRUTHS = [
    ("wildtype", "intact", "4"),
    ("mutant", "intact", "3"),
    ("mutant", "codeleted", "2"),
    ("mutant", "intact", "4"),
]


def simulated(cases: int = 90, *, models=("m",), tasks=DEFAULT_TASKS, seed: int = 0):
    """Predictions of noisy models on two external centres, the second without a co-deletion; some labels unknown."""
    rng = np.random.default_rng(seed)
    center = np.where(np.arange(cases) < cases * 2 // 3, "X", "Y")
    state = rng.integers(0, 4, cases)
    state[(center == "Y") & (state == 2)] = 0
    table = pd.DataFrame({"case_id": [f"c{i:03}" for i in range(cases)], "center": center})
    table["patient_id"] = table["case_id"]
    table[["idh", "codel_1p19q", "grade"]] = [TRUTHS[s] for s in state]
    rows = []
    for model in models:
        for name, task in tasks.items():
            truth = np.array([task.encode(v) for v in table[task.label]])
            logit = 1.5 * np.eye(len(task.class_names))[truth] + rng.normal(0, 1, (cases, len(task.class_names)))
            p = np.exp(logit) / np.exp(logit).sum(1, keepdims=True)
            keys = table[["case_id", "center"]].assign(
                model=model, stage="supervised", scenario="main", fold="ensemble"
            )
            for k, label in enumerate(task.class_names):
                rows.append(keys.assign(role="external", task=name, **{"class": label, "probability": p[:, k]}))
    table.loc[::9, "idh"] = ""
    return pd.concat(rows, ignore_index=True), table


def probabilities(predictions: pd.DataFrame, table: pd.DataFrame, tasks=DEFAULT_TASKS) -> dict[str, np.ndarray]:
    wide = predictions.pivot_table(index="case_id", columns=["task", "class"], values="probability")
    return {n: wide.loc[table["case_id"], n][list(t.class_names)].to_numpy() for n, t in tasks.items()}


@pytest.fixture(scope="module")
def study():
    return simulated()


@pytest.fixture(scope="module")
def result(study):
    return evaluate(*study, DEFAULT_TASKS, FAST, seed=7)


def line(result, **where) -> pd.Series:
    table = result.decoding
    for key, value in where.items():
        table = table[table[key] == value]
    assert len(table) == 1, table
    return table.iloc[0]


def test_every_task_and_the_contradictions_have_a_row_by_centre_and_pooled(result):
    assert list(result.decoding) == DECODING.names()
    found = result.decoding.groupby(["center", "task"], sort=False)["metric"].agg(list).to_dict()
    both = ["contradictions_per_1000", "legacy_per_1000"]
    assert found == {
        (center, task): both if task == "joint" else ["mcc"]
        for center in ("X", "Y", "pooled")
        for task in (*DEFAULT_TASKS, "joint")
    }


def test_figures_are_counted_by_hand(study, result):
    given, table = study
    p = probabilities(given, table)
    joint = most_probable_classes(p, DEFAULT_TASKS)
    inside = (table["center"] == "X").to_numpy()
    for name, task in DEFAULT_TASKS.items():
        truth = np.array([task.encode(v) for v in table[task.label]])
        at = inside & (truth >= 0)
        found = line(result, center="X", task=name)
        assert found["n"] == at.sum()
        assert found["independent"] == pytest.approx(matthews_corrcoef(truth[at], p[name].argmax(1)[at]))
        assert found["joint"] == pytest.approx(matthews_corrcoef(truth[at], joint[name][at]))
        assert found["difference"] == pytest.approx(found["joint"] - found["independent"])
        assert found["ci_low"] <= found["difference"] <= found["ci_high"]
        changed = (p[name].argmax(1) != joint[name])[at].sum()
        assert changed > 0
        assert found["note"] == f"{changed} of {at.sum()} decisions changed"


def test_contradictions_vanish_and_are_those_of_the_metrics_table(result):
    metrics = result.metrics.query("task == 'joint'").set_index(["center", "metric"])
    for row in result.decoding.query("task == 'joint'").to_dict("records"):
        assert row["independent"] == pytest.approx(metrics.loc[(row["center"], row["metric"]), "value"])
        if row["metric"] == "contradictions_per_1000":
            assert row["independent"] > 0
            assert row["joint"] == 0
            assert row["ci_low"] <= row["difference"] < row["ci_high"] < 20  # per 1,000
    found = line(result, center="pooled", metric="contradictions_per_1000")
    count = round(found["independent"] * 90 / 1000)
    assert (found["n"], found["note"]) == (90, f"{count}, then 0 of 90 cases")
    assert found["ci_high"] < 0


def test_the_interval_is_paired(result):
    """Most decisions stay, so that the difference of both, drawn together, varies less than either figure."""
    metrics = result.metrics.query("metric == 'mcc' and subset == 'all' and center != 'summary'")
    metrics = metrics.set_index(["center", "task"])
    for row in result.decoding.query("task != 'joint' and difference == difference").to_dict("records"):
        beside = metrics.loc[(row["center"], row["task"])]
        assert row["independent"] == pytest.approx(beside["value"], abs=1e-12)
        assert row["ci_high"] - row["ci_low"] < beside["ci_high"] - beside["ci_low"]


def test_possible_predictions_are_left_alone(study):
    given, table = study
    p = probabilities(given, table)
    decided = most_probable_classes(p, DEFAULT_TASKS)
    called = {name: np.array(DEFAULT_TASKS[name].class_names)[decided[name]] for name in p}
    lookup = {(case, name): c[i] for name, c in called.items() for i, case in enumerate(table["case_id"])}
    chosen = [lookup[key] for key in zip(given["case_id"], given["task"], strict=True)]
    certain = given.assign(probability=np.where(given["class"] == chosen, 0.9, 0.1))
    found = evaluate(certain, table, DEFAULT_TASKS, FAST, seed=7).decoding
    rows = found[found["difference"].notna()]
    assert len(rows) > 6
    assert (rows["difference"] == 0).all()
    assert ((rows["ci_low"] < 0) & (rows["ci_high"] > 0)).all()  # among so few cases none is no certainty


def in_turn(given):
    """Each centre X by the scenario `without-X`."""
    return given.assign(scenario="without-" + given["center"])


def test_held_out_centres_are_pooled_as_one_scenario(study, result):
    given, table = study
    other = given.assign(scenario="without-X").query("center == 'Y'")  # external there too, but not the centre held out
    held_out = evaluate(pd.concat([in_turn(given), other]), table, DEFAULT_TASKS, FAST, seed=7)
    rows = held_out.decoding.query("scenario == 'leave-one-center-out'")
    assert set(rows["center"]) == {"pooled"}
    columns = ["model", "stage", "role", "center", "task", "metric", "independent", "joint", "difference", "n", "note"]
    pooled = result.decoding.query("center == 'pooled'")  # the same answers, of one scenario
    pd.testing.assert_frame_equal(rows[columns].reset_index(drop=True), pooled[columns].reset_index(drop=True))
    assert (rows["ci_low"] <= rows["difference"]).all()
    assert (rows["difference"] <= rows["ci_high"]).all()
    assert set(held_out.decoding["scenario"]) == {"without-X", "without-Y", "leave-one-center-out"}


def test_one_held_out_centre_or_fits_of_other_tasks_are_not_pooled(study):
    given, table = study
    turns = in_turn(given)
    one = evaluate(turns[turns["center"] == "X"], table, DEFAULT_TASKS, FAST, seed=7).decoding
    assert set(one["scenario"]) == {"without-X"}
    fewer = turns[(turns["center"] == "X") | (turns["task"] != "codel_1p19q")]
    assert "leave-one-center-out" not in set(evaluate(fewer, table, DEFAULT_TASKS, FAST, seed=7).decoding["scenario"])


def test_a_centre_without_a_class_is_empty_and_says_why(result):
    found = line(result, center="Y", task="codel_1p19q")
    assert np.isnan(found[["independent", "joint", "difference", "ci_low", "ci_high"]].astype(float)).all()
    assert (found["n"], found["note"]) == (30, "not estimable: no codeleted case")


def test_a_centre_without_a_known_label_says_so(study):
    given, table = study
    unknown = table.assign(idh=table["idh"].where(table["center"] != "Y", ""))
    found = line(evaluate(given, unknown, DEFAULT_TASKS, FAST, seed=7), center="Y", task="idh")
    assert (found["n"], found["note"]) == (0, "not estimable: no case of known label")


def test_models_on_one_label_have_no_rows_and_do_not_move_the_others(study, result):
    given, table = study
    alone = given[given["task"] == "idh"].assign(model="single")
    both = evaluate(pd.concat([given, alone]), table, DEFAULT_TASKS, FAST, seed=7).decoding
    pd.testing.assert_frame_equal(both, result.decoding)
    nothing = evaluate(alone, table, DEFAULT_TASKS, FAST, seed=7).decoding
    assert nothing.empty
    assert list(nothing) == DECODING.names()


def test_three_grades_are_decoded_as_they_are():
    three = {**DEFAULT_TASKS, "grade": Task(label="grade", classes={"2": ["2"], "3": ["3"], "4": ["4"]})}
    given, table = simulated(tasks=three, seed=3)
    found = evaluate(given, table, three, FAST, seed=7).decoding
    truth = np.array([three["grade"].encode(v) for v in table["grade"]])
    joint = most_probable_classes(probabilities(given, table, three), three)["grade"]
    row = found.query("center == 'pooled' and task == 'grade'")
    assert row["joint"].item() == pytest.approx(matthews_corrcoef(truth, joint))
