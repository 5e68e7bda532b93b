import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gliomanet.config.pseudo_labels import PseudoLabels
from gliomanet.labels.tasks import DEFAULT_TASKS, Task
from gliomanet.labels.who import contradiction
from gliomanet.tables.prediction import PSEUDO_LABELS
from gliomanet.training.pseudo_labels.selection import select_pseudo_labels, summarise
from gliomanet.training.pseudo_labels.teacher_check import TeacherCheck

SETTINGS = PseudoLabels(passes=2, rounds=[{"min_probability": 0.9, "max_std": 0.05}])
LOOSE = PseudoLabels(passes=2, rounds=[{"min_probability": 0.0, "max_std": 1.0}])
BALANCE = 3
PASSED = TeacherCheck(cases=40, mcc=0.8, p=0.0002, temperature=1.0, reason="")


def two_passes(positive: list[float], spread: float = 0.0) -> np.ndarray:
    """(2, N, 2) whose mean probability of the last class is `positive` and whose deviation is `spread`."""
    p = np.array(positive)
    return np.stack([np.stack([1 - q, q], axis=1) for q in (p - spread, p + spread)])


def cases_of(n: int, known: dict[str, list[str]] | None = None, part: str = "unlabelled") -> pd.DataFrame:
    """Cases c0, c1, …; `known`: label column → values of the first ones."""
    table = pd.DataFrame({"case_id": [f"c{i}" for i in range(n)], "center": "here", "part": part})
    padded = {label: [*values, *[""] * (n - len(values))] for label, values in (known or {}).items()}
    return table.assign(**{label: padded.get(label, "") for label in ("idh", "codel_1p19q", "grade")})


def select(passes, known=None, tasks=None, settings=SETTINGS, teacher=PASSED, **others) -> pd.DataFrame:
    n = next(iter(passes.values())).shape[1]
    chosen = {task: DEFAULT_TASKS[task] for task in tasks or passes}
    return select_pseudo_labels(cases_of(n, known), passes, chosen, settings, dict.fromkeys(chosen, teacher), **others)


def test_summary_is_the_winners_mean_and_population_deviation():
    winner, mean, std = summarise(two_passes([0.8, 0.3], 0.1))
    assert winner.tolist() == [1, 0]
    np.testing.assert_allclose(mean, [0.8, 0.7])
    np.testing.assert_allclose(std, [0.1, 0.1])


def test_a_tie_is_decided_as_everywhere():
    assert summarise(two_passes([0.5]))[0].tolist() == [1]
    assert summarise(np.full((2, 1, 3), 1 / 3))[0].tolist() == [2]
    assert summarise(np.zeros((2, 0, 2)))[0].tolist() == []


def test_sure_and_steady_labels_are_accepted_and_others_say_why():
    passes = two_passes([0.97, 0.02, 0.7, 0.93])
    passes[:, 3] = [[0.01, 0.99], [0.13, 0.87]]
    table = select({"idh": passes})
    assert list(table.columns) == PSEUDO_LABELS.names()
    assert table["label"].tolist() == ["mutant", "wildtype", "mutant", "mutant"]
    assert table["accepted"].tolist() == ["yes", "yes", "no", "no"]
    assert table["reason"].tolist() == ["", "", "mean probability below 0.9", "standard deviation above 0.05"]
    np.testing.assert_allclose(table["probability"], [0.97, 0.98, 0.7, 0.93])


def test_known_labels_get_no_row():
    table = select({"idh": two_passes([0.99, 0.99])}, {"idh": ["mutant"], "codel_1p19q": ["", None]})
    assert table["case_id"].tolist() == ["c1"]


def test_a_label_that_contradicts_a_known_one_is_refused():
    table = select({"grade": two_passes([0.01])}, {"idh": ["wildtype"]})
    assert table["accepted"].tolist() == ["no"]
    assert table["reason"][0].startswith(
        "contradicts the case's other labels (idh wildtype, grade 2: a diagnosis of an"
    )


def test_of_two_that_contradict_each_other_the_surer_stands():
    passes = {"idh": two_passes([0.01]), "grade": two_passes([0.05])}
    table = select(passes).set_index("task")
    assert table["accepted"].to_dict() == {"idh": "yes", "grade": "no"}


def test_a_class_of_several_values_is_refused_only_if_none_fits():
    passes = {"codel_1p19q": two_passes([0.99]), "grade": two_passes([0.03])}
    table = select(passes)
    assert table["accepted"].tolist() == ["yes", "yes"]  # grade 2-3 and co-deleted: an oligodendroglioma
    passes["grade"] = two_passes([0.97])
    table = select(passes)
    assert table["label"].tolist() == ["codeleted", "2-3"]  # the surer one stands, and the other follows from it
    assert table["reason"].tolist() == ["", "completed: follows from codel_1p19q codeleted (pseudo-label)"]


MGMT = {"label": "mgmt", "classes": {"unmethylated": ["unmethylated"], "methylated": ["methylated"]}}


def test_a_diagnosis_of_an_earlier_edition_says_nothing_against_a_further_label():
    legacy = cases_of(1, {"idh": ["wildtype"], "codel_1p19q": ["intact"], "grade": ["2"]})
    tasks, passes = {"mgmt": Task.model_validate(MGMT)}, {"mgmt": two_passes([0.99])}
    table = select_pseudo_labels(legacy, passes, tasks, SETTINGS, {"mgmt": PASSED})
    assert table[["accepted", "reason"]].to_numpy().tolist() == [["yes", ""]]


def test_two_tasks_that_disagree_on_a_further_label_do_not_both_teach():
    turned = {"label": "mgmt", "classes": dict(reversed(MGMT["classes"].items()))}
    tasks = {"mgmt": Task.model_validate(MGMT), "again": Task.model_validate(turned)}
    passes = {"mgmt": two_passes([0.99, 0.99]), "again": two_passes([0.95, 0.05])}
    table = select_pseudo_labels(cases_of(2), passes, tasks, SETTINGS, dict.fromkeys(tasks, PASSED))
    refused = table[table["accepted"] == "no"]
    assert refused[["case_id", "task"]].to_numpy().tolist() == [["c0", "again"]]
    assert refused["reason"].item() == "contradicts the case's other labels (another task says mgmt differs)"


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
    assert list(table.columns) == PSEUDO_LABELS.names()
    assert table.empty


def test_shapes_and_cases_that_must_not_be_labelled_are_refused():
    tasks, passed = {"idh": DEFAULT_TASKS["idh"]}, {"idh": PASSED}
    one = {"idh": two_passes([1])}
    with pytest.raises(
        ValueError, match=r"passes of task 'idh' are \(2, 3, 2\); expected \(passes, 1 cases, 2 classes"
    ):
        select_pseudo_labels(cases_of(1), {"idh": two_passes([1, 1, 1])}, tasks, SETTINGS, passed)
    twice = cases_of(2).assign(case_id="a")
    with pytest.raises(ValueError, match="the cases hold a twice; predict every case once"):
        select_pseudo_labels(twice, {"idh": two_passes([1, 1])}, tasks, SETTINGS, passed)
    with pytest.raises(ValueError, match=r"must be \(passes, cases, classes\), got \(3, 2\)"):
        summarise(np.ones((3, 2)))
    for part in ("validation", "external"):
        with pytest.raises(ValueError, match=f"case c0 of centre here is of part '{part}' and must not get a pseudo-"):
            select_pseudo_labels(cases_of(1, part=part), one, tasks, SETTINGS, passed)


def test_a_teacher_that_did_not_pass_labels_nothing_of_that_task():
    passes = {"idh": two_passes([0.99, 0.01]), "grade": two_passes([0.99, 0.99])}
    tasks = {name: DEFAULT_TASKS[name] for name in passes}
    failed = TeacherCheck(24, 0.05, 0.31, 1.0, "teacher not above chance: validation MCC 0.05 of 24 cases")
    table = select_pseudo_labels(cases_of(2), passes, tasks, SETTINGS, {"idh": failed, "grade": PASSED})
    assert table[table["task"] == "idh"]["reason"].tolist() == [failed.reason] * 2
    assert table.groupby("task")["accepted"].unique().map(list).to_dict() == {"grade": ["yes"], "idh": ["no"]}


def test_temperature_takes_certainty_away_before_the_thresholds():
    hot = TeacherCheck(40, 0.8, 0.0002, 2.0, "")
    table = select({"idh": two_passes([0.96, 0.999])}, teacher=hot)
    odds = np.sqrt([0.96 / 0.04, 0.999 / 0.001])
    np.testing.assert_allclose(table["probability"], odds / (1 + odds))  # .83 and .97
    assert table["accepted"].tolist() == ["no", "yes"]
    spread = two_passes([0.9], 0.05)
    _, mean, std = summarise(spread, 2.0)
    each = np.sqrt([0.85 / 0.15, 0.95 / 0.05])
    np.testing.assert_allclose(std, (each / (1 + each)).std())
    np.testing.assert_allclose(mean, 3 / 4)  # odds of 9, halved on the log scale


def test_each_round_has_its_thresholds_and_says_so():
    passes = {"idh": two_passes([0.95, 0.995])}
    first, second = (select(passes, settings=PseudoLabels(passes=2), round_number=n) for n in (1, 2))
    assert first["accepted"].tolist() == ["yes", "yes"]
    assert second["reason"].tolist() == ["mean probability below 0.99", ""]
    assert (first["round"].unique().tolist(), second["round"].unique().tolist()) == ([1], [2])


def test_what_follows_from_known_labels_is_completed_whatever_the_teacher_says():
    passes = {name: two_passes([0.99, 0.99, 0.6]) for name in ("idh", "codel_1p19q", "grade")}
    refused = TeacherCheck(
        3, np.nan, np.nan, 1.0, "teacher not judged: needs validation cases of two classes, found none"
    )
    table = select(passes, {"idh": ["wildtype"], "codel_1p19q": ["", "codeleted"]}, teacher=refused)
    found = table.set_index(["case_id", "task"])
    follows = {
        ("c0", "codel_1p19q"): ("intact", "completed: follows from idh wildtype (known)"),
        ("c1", "idh"): ("mutant", "completed: follows from codel_1p19q codeleted (known)"),
        ("c1", "grade"): ("2-3", "completed: follows from codel_1p19q codeleted (known)"),
    }
    for key, (label, reason) in follows.items():
        assert found.loc[key, ["label", "reason", "accepted", "probability"]].tolist() == [label, reason, "yes", 1.0]
        assert np.isnan(found.loc[key, "std"])
    # A wildtype tumour may be of grade 2 or 3 in tables of earlier editions: nothing is said of its grade.
    assert set(table[table["accepted"] == "no"]["case_id"] + table[table["accepted"] == "no"]["task"]) == {
        *("c0grade", "c2idh", "c2codel_1p19q", "c2grade")
    }


def test_what_follows_from_an_accepted_label_has_its_probability():
    passes = {"idh": two_passes([0.03, 0.6]), "codel_1p19q": two_passes([0.6, 0.5])}
    table = select(passes).set_index(["case_id", "task"])
    row = table.loc[("c0", "codel_1p19q")]
    assert row[["label", "accepted", "reason"]].tolist() == [
        *("intact", "yes", "completed: follows from idh wildtype (pseudo-label)")
    ]
    assert row["probability"] == pytest.approx(0.97)
    assert np.isnan(row["std"])
    assert table.loc[("c1", "codel_1p19q"), "accepted"] == "no"


def test_completed_labels_are_balanced_too_unless_they_follow_from_known_ones():
    n = 20
    passes = {"idh": two_passes([0.01] * n + [0.99] * n), "codel_1p19q": two_passes([0.6] * 2 * n)}
    table = select(passes)
    accepted = table[table["accepted"] == "yes"]
    counts = accepted.groupby(["task", "label"]).size().to_dict()
    assert counts == {("codel_1p19q", "intact"): BALANCE, ("idh", "mutant"): n, ("idh", "wildtype"): n}
    surplus = table[table["reason"].str.startswith("surplus")]
    assert surplus["reason"].unique().tolist() == ["surplus: 20 of intact, at most 3 beside 0 of codeleted"]
    known = select(passes, {"idh": ["wildtype"] * n})
    assert (known[known["task"] == "codel_1p19q"]["accepted"] == "yes").sum() == n


def test_the_balance_is_a_key():
    table = select({"idh": two_passes([0.01] * 9)}, settings=SETTINGS.model_copy(update={"max_class_ratio": 1.5}))
    assert (table["accepted"] == "yes").sum() == 1
    assert table["reason"].iloc[-1] == "surplus: 9 of wildtype, at most 1 beside 0 of mutant"


probabilities = st.lists(st.floats(0, 1), min_size=6, max_size=6)


@settings(max_examples=25, deadline=None)
@given(
    probabilities,
    probabilities,
    probabilities,
    st.lists(st.sampled_from(["", "wildtype", "mutant"]), min_size=6, max_size=6),
    st.sampled_from([SETTINGS, LOOSE]),
)
def test_accepted_and_known_labels_never_contradict(idh, codel, grade, known_idh, limits):
    passes = {name: two_passes(p) for name, p in (("idh", idh), ("codel_1p19q", codel), ("grade", grade))}
    table = select(passes, {"idh": known_idh}, settings=limits)
    assert not table.duplicated(["case_id", "task"]).any()
    accepted = table[table["accepted"] == "yes"]
    assert accepted["reason"].str.match("^$|completed: follows from ").all()
    assert (table["reason"] != "")[table["accepted"] == "no"].all()
    for case, rows in accepted.groupby("case_id"):
        label = rows.set_index("task")["label"].to_dict()
        idh_value = known_idh[int(case[1:])] or label.get("idh", "")
        grades = DEFAULT_TASKS["grade"].classes[label["grade"]] if "grade" in label else [""]
        assert any(contradiction(idh_value, label.get("codel_1p19q", ""), g) is None for g in grades)
    guessed = accepted[~accepted["reason"].str.endswith("(known)")]
    for task in passes:
        counts = guessed[guessed["task"] == task]["label"].value_counts()
        assert (
            counts.max() <= BALANCE * (counts.reindex(DEFAULT_TASKS[task].class_names).fillna(0).min() + 1)
            or counts.empty
        )


@settings(max_examples=15, deadline=None)
@given(probabilities, probabilities, st.permutations(range(6)))
def test_the_order_of_the_cases_decides_nothing(idh, codel, order):
    passes = {"idh": two_passes(idh), "codel_1p19q": two_passes(codel)}
    tasks = {name: DEFAULT_TASKS[name] for name in passes}
    moved = {name: values[:, order] for name, values in passes.items()}
    checks = dict.fromkeys(tasks, PASSED)
    first = select_pseudo_labels(cases_of(6), passes, tasks, LOOSE, checks)
    second = select_pseudo_labels(cases_of(6).iloc[list(order)], moved, tasks, LOOSE, checks)
    keys = ["case_id", "task"]
    pd.testing.assert_frame_equal(*(t.sort_values(keys, ignore_index=True) for t in (first, second)))


def test_a_further_label_is_selected_whatever_the_diagnosis():
    mgmt = Task(label="mgmt", classes={"no": ["unmethylated"], "yes": ["methylated"]})
    cases = cases_of(3, {"idh": ["wildtype", "mutant"]}).assign(mgmt=["", "methylated", ""])
    passes = {"idh": two_passes([0.99] * 3), "mgmt": two_passes([0.99, 0.99, 0.01])}
    tasks = {"idh": DEFAULT_TASKS["idh"], "mgmt": mgmt}
    table = select_pseudo_labels(cases, passes, tasks, SETTINGS, dict.fromkeys(tasks, PASSED))
    assert table[["case_id", "task", "label"]].to_numpy().tolist() == [
        ["c0", "mgmt", "yes"],
        ["c2", "idh", "mutant"],
        ["c2", "mgmt", "no"],
    ]
    assert table["accepted"].tolist() == ["yes", "yes", "yes"]
