import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gliomanet.labels import DEFAULT_TASKS, Task, contradiction
from gliomanet.learning.pseudo_labels import BALANCE, COLUMNS, select_pseudo_labels, summarise
from gliomanet.study import PseudoLabels

SETTINGS = PseudoLabels(passes=2, min_probability=0.9, max_std=0.05)
NOTHING = pd.DataFrame({"case_id": [], "idh": [], "codel_1p19q": [], "grade": []}, dtype=str)


def two_passes(positive: list[float], spread: float = 0.0) -> np.ndarray:
    """(2, N, 2) whose mean probability of the last class is `positive` and whose deviation is `spread`."""
    p = np.array(positive)
    return np.stack([np.stack([1 - q, q], axis=1) for q in (p - spread, p + spread)])


def select(passes, known=NOTHING, tasks=("idh",), settings=SETTINGS) -> pd.DataFrame:
    n = next(iter(passes.values())).shape[1]
    ids = [f"c{i}" for i in range(n)]
    return select_pseudo_labels(
        ids, ["here"] * n, known, passes, {task: DEFAULT_TASKS[task] for task in tasks}, settings
    )


def test_summary_is_the_winners_mean_and_population_deviation():
    winner, mean, std = summarise(two_passes([0.8, 0.3], 0.1))
    assert winner.tolist() == [1, 0]
    np.testing.assert_allclose(mean, [0.8, 0.7])
    np.testing.assert_allclose(std, [0.1, 0.1])


def test_sure_and_steady_labels_are_accepted_and_others_say_why():
    passes = two_passes([0.97, 0.02, 0.7, 0.93])
    passes[:, 3] = [[0.01, 0.99], [0.13, 0.87]]
    table = select({"idh": passes})
    assert tuple(table.columns) == COLUMNS
    assert table["label"].tolist() == ["mutant", "wildtype", "mutant", "mutant"]
    assert table["accepted"].tolist() == ["yes", "yes", "no", "no"]
    assert table["reason"].tolist() == ["", "", "mean probability below 0.9", "standard deviation above 0.05"]
    np.testing.assert_allclose(table["probability"], [0.97, 0.98, 0.7, 0.93])


def test_known_labels_get_no_row():
    known = pd.DataFrame({"case_id": ["c0", "c1"], "idh": ["mutant", ""], "codel_1p19q": ["", None], "grade": ["", ""]})
    table = select({"idh": two_passes([0.99, 0.99])}, known)
    assert table["case_id"].tolist() == ["c1"]


def test_a_label_that_contradicts_a_known_one_is_refused():
    known = pd.DataFrame({"case_id": ["c0"], "idh": ["wildtype"], "codel_1p19q": [""], "grade": [""]})
    table = select({"codel_1p19q": two_passes([0.99])}, known, ("codel_1p19q",))
    assert table["accepted"].tolist() == ["no"]
    assert table["reason"][0].startswith("contradicts the case's other labels (idh wildtype, codel_1p19q codeleted")


def test_of_two_that_contradict_each_other_the_surer_stands():
    passes = {"idh": two_passes([0.05]), "codel_1p19q": two_passes([0.98])}
    table = select(passes, tasks=("idh", "codel_1p19q")).set_index("task")
    assert table["accepted"].to_dict() == {"idh": "no", "codel_1p19q": "yes"}


def test_a_class_of_several_values_is_refused_only_if_none_fits():
    passes = {"codel_1p19q": two_passes([0.99]), "grade": two_passes([0.03])}
    table = select(passes, tasks=("codel_1p19q", "grade"))
    assert table["accepted"].tolist() == ["yes", "yes"]  # grade 2-3 and co-deleted: an oligodendroglioma
    passes["grade"] = two_passes([0.97])
    table = select(passes, tasks=("codel_1p19q", "grade"))
    assert table["accepted"].tolist() == ["yes", "no"]


def test_the_frequent_class_is_cut_to_its_surest():
    positive = [0.01 + 0.001 * i for i in range(20)] + [0.95]
    table = select({"idh": two_passes(positive)})
    accepted = table[table["accepted"] == "yes"]
    assert accepted["label"].value_counts().to_dict() == {"wildtype": BALANCE * 2, "mutant": 1}
    assert accepted["case_id"].tolist() == [f"c{i}" for i in range(BALANCE * 2)] + ["c20"]
    assert table["reason"][10] == "surplus: 20 of wildtype, at most 6 beside 1 of mutant"


def test_a_case_without_a_prediction_is_refused():
    table = select({"idh": two_passes([np.nan, 0.99])})
    assert table["reason"].tolist() == ["no prediction", ""]


def test_no_cases_give_an_empty_table():
    table = select({"idh": np.empty((2, 0, 2))})
    assert tuple(table.columns) == COLUMNS
    assert table.empty


def test_shapes_and_repeated_cases_are_refused():
    with pytest.raises(
        ValueError, match=r"passes of task 'idh' are \(2, 3, 2\); expected \(passes, 1 cases, 2 classes"
    ):
        select_pseudo_labels(
            ["a"], ["x"], NOTHING, {"idh": two_passes([1, 1, 1])}, {"idh": DEFAULT_TASKS["idh"]}, SETTINGS
        )
    with pytest.raises(ValueError, match="name a case twice"):
        select_pseudo_labels(["a", "a"], ["x", "x"], NOTHING, {}, {}, SETTINGS)
    with pytest.raises(ValueError, match=r"must be \(passes, cases, classes\), got \(3, 2\)"):
        summarise(np.ones((3, 2)))


probabilities = st.lists(st.floats(0, 1), min_size=6, max_size=6)


@given(
    probabilities,
    probabilities,
    probabilities,
    st.lists(st.sampled_from(["", "wildtype", "mutant"]), min_size=6, max_size=6),
)
def test_accepted_and_known_labels_never_contradict(idh, codel, grade, known_idh):
    known = pd.DataFrame({"case_id": [f"c{i}" for i in range(6)], "idh": known_idh, "codel_1p19q": "", "grade": ""})
    passes = {name: two_passes(p) for name, p in (("idh", idh), ("codel_1p19q", codel), ("grade", grade))}
    loose = PseudoLabels(passes=2, min_probability=0.0, max_std=1.0)
    table = select(passes, known, ("idh", "codel_1p19q", "grade"), loose)
    assert not table.duplicated(["case_id", "task"]).any()
    for case, rows in table[table["accepted"] == "yes"].groupby("case_id"):
        label = rows.set_index("task")["label"].to_dict()
        idh_value = known_idh[int(case[1:])] or label.get("idh", "")
        grades = DEFAULT_TASKS["grade"].classes[label["grade"]] if "grade" in label else [""]
        assert any(contradiction(idh_value, label.get("codel_1p19q", ""), g) is None for g in grades)
    for task in passes:
        counts = table[(table["accepted"] == "yes") & (table["task"] == task)]["label"].value_counts()
        assert (
            counts.max() <= BALANCE * (counts.reindex(DEFAULT_TASKS[task].class_names).fillna(0).min() + 1)
            or counts.empty
        )


def test_a_further_label_is_selected_whatever_the_diagnosis():
    mgmt = Task(label="mgmt", classes={"no": ["unmethylated"], "yes": ["methylated"]})
    known = pd.DataFrame({"case_id": ["c0", "c1"], "idh": ["wildtype", "mutant"], "mgmt": ["", "methylated"]})
    passes = {"idh": two_passes([0.99] * 3), "mgmt": two_passes([0.99, 0.99, 0.01])}
    tasks = {"idh": DEFAULT_TASKS["idh"], "mgmt": mgmt}
    table = select_pseudo_labels(["c0", "c1", "c2"], ["here"] * 3, known, passes, tasks, SETTINGS)
    assert table[["case_id", "task", "label"]].to_numpy().tolist() == [
        ["c0", "mgmt", "yes"],
        ["c2", "idh", "mutant"],
        ["c2", "mgmt", "no"],
    ]
    assert table["accepted"].tolist() == ["yes", "yes", "yes"]
