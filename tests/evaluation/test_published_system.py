"""PS-Net's published predictions must score what its authors' labels say, to the last digit that is known."""

import pandas as pd
import pytest

from gliomanet.config.analysis import Evaluation
from gliomanet.evaluation.analyses.performance import Evaluated, evaluate
from gliomanet.labels.tasks import DEFAULT_TASKS, Task

TASKS = {**DEFAULT_TASKS, "grade": Task(label="grade", classes={"2": ["2"], "3": ["3"], "4": ["4"]})}
COLUMNS = {
    "idh": ("IDH_mutated", {0: "wildtype", 1: "mutant"}, "Prediction_score_IDH_", ["wildtype", "mutated"]),
    "codel_1p19q": (
        "1p19q_codeleted",
        {0: "intact", 1: "codeleted"},
        "Prediction_score_1p19q_",
        ["intact", "codeleted"],
    ),
    "grade": ("Grade", {2: "2", 3: "3", 4: "4"}, "Prediction_score_grade_", ["2", "3", "4"]),
}


@pytest.fixture(scope="module")
def result(shared_data) -> Evaluated:
    table = pd.read_csv(shared_data / "published-predictions" / "psnet_tcga.csv")
    # One barcode of the file is written TCGA-HT_A614.
    cases = pd.DataFrame({"case_id": table["Patient"], "patient_id": table["Patient"]})
    cases["center"] = table["Patient"].str.replace("_", "-").str.split("-").str[1]
    rows = []
    for task, (truth, values, prefix, suffixes) in COLUMNS.items():
        cases[task] = table[truth].map(values)
        for name, suffix in zip(TASKS[task].class_names, suffixes, strict=True):
            rows.append(
                cases[["center", "case_id"]].assign(task=task, probability=table[prefix + suffix], **{"class": name})
            )
    names = {"model": "psnet", "stage": "supervised", "scenario": "main", "fold": "ensemble", "role": "external"}
    return evaluate(pd.concat(rows).assign(**names), cases, TASKS, Evaluation(), seed=1)


def value(result: Evaluated, task: str, metric: str, center: str = "pooled", column: str = "value"):
    rows = result.metrics.query("task == @task and metric == @metric and center == @center and subset == 'all'")
    return rows[column].item()


@pytest.mark.parametrize(
    ("task", "metric", "expected"),
    [
        ("idh", "auc", 0.8959),
        ("idh", "mcc", 0.6738),
        ("idh", "brier", 0.1307),
        ("codel_1p19q", "auc", 0.8519),
        ("codel_1p19q", "mcc", 0.3780),
        ("grade", "mcc", 0.5084),
        ("grade", "auc_2", 0.9113),
        ("grade", "auc_3", 0.6941),
        ("grade", "auc_4", 0.9059),
    ],
)
def test_pooled_figures(result, task, metric, expected):
    assert round(value(result, task, metric), 4) == expected


@pytest.mark.parametrize(("task", "n"), [("idh", 217), ("codel_1p19q", 233), ("grade", 238)])
def test_cases_of_known_label(result, task, n):
    assert value(result, task, "mcc", column="n") == n


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ("idh", [[120, 9], [25, 63]]),
        ("codel_1p19q", [[197, 10], [16, 10]]),
        ("grade", [[35, 6, 6], [19, 10, 30], [2, 5, 125]]),
    ],
)
def test_confusion(result, task, expected):
    rows = result.confusion.query("task == @task and center == 'pooled'")
    assert rows["n"].to_numpy().reshape(len(expected), -1).tolist() == expected


@pytest.mark.parametrize(
    ("site", "mcc", "n"), [("CS", 0.516, 16), ("DU", 0.550, 51), ("HT", 0.139, 29), ("06", 0.479, 38)]
)
def test_idh_by_site(result, site, mcc, n):
    assert round(value(result, "idh", "mcc", site), 3) == mcc
    assert value(result, "idh", "mcc", site, "n") == n


@pytest.mark.parametrize("site", ["02", "08", "76"])
def test_sites_without_a_mutant_are_not_estimable(result, site):
    assert pd.isna(value(result, "idh", "mcc", site))
    assert value(result, "idh", "mcc", site, "note") == "not estimable: no mutant case"


def test_intervals_are_near_the_published_ones(result):
    for task, low, high in (("idh", 0.573, 0.768), ("codel_1p19q", 0.174, 0.573), ("grade", 0.417, 0.587)):
        assert value(result, task, "mcc", column="ci_low") == pytest.approx(low, abs=0.03)
        assert value(result, task, "mcc", column="ci_high") == pytest.approx(high, abs=0.03)


def test_contradictions(result):
    assert value(result, "joint", "contradictions_per_1000") == pytest.approx(1000 * 4 / 240)


def test_joint_decoding_ends_the_published_contradictions(result):
    rows = result.decoding.query("center == 'pooled'")
    assert rows["note"].tolist() == [
        *("0 of 217 decisions changed", "1 of 233 decisions changed", "3 of 238 decisions changed"),
        *("4, then 0 of 240 cases", "11, then 11 of 240 cases"),
    ]
    assert rows["joint"].round(3).tolist() == [0.674, 0.392, 0.493, 0, 45.833]
