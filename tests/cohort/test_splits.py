import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gliomanet.cohort.splits import (
    development_splits,
    external_splits,
    shuffle_labels,
)
from gliomanet.config.split import Scenario
from gliomanet.errors import CohortError
from gliomanet.labels.tasks import DEFAULT_TASKS
from gliomanet.tables.cohort import SPLITS

TASKS = {"idh": DEFAULT_TASKS["idh"], "grade": DEFAULT_TASKS["grade"]}
MAIN = [Scenario(name="main", train=("A", "B"), external=("X", "Y"))]


def center(name, n, role="train", scans=1):
    """`n` patients of `scans` cases: every third is mutant of grade 2, every fifth without a grade."""
    rows = []
    for number in range(n):
        mutant = number % 3 == 0
        for scan in range(scans if number % 2 else 1):
            rows.append(
                {
                    "case_id": f"{name}{number:03d}s{scan}",
                    "patient_id": f"{name}{number:03d}",
                    "center": name,
                    "role": role,
                    "idh": "mutant" if mutant else "wildtype",
                    "codel_1p19q": "",
                    "grade": "" if number % 5 == 4 else "2" if mutant else "4",
                    "idh_source": "measured",
                    "age": 40.0 + number,
                }
            )
    return pd.DataFrame(rows)


def cohort(sizes=(20, 30), scans=2):
    return pd.concat(
        [
            center("A", sizes[0], scans=scans),
            center("B", sizes[1], scans=scans),
            center("U", 4, "unlabelled"),
            center("X", 7, "external"),
            center("Y", 5, "external"),
        ],
        ignore_index=True,
    )


@settings(max_examples=10, deadline=None)
@given(
    sizes=st.tuples(st.integers(15, 40), st.integers(15, 40)),
    scans=st.integers(1, 3),
    folds=st.integers(2, 5),
    seed=st.integers(0, 2**31 - 1),
)
def test_laws_of_a_split(sizes, scans, folds, seed):
    cases = cohort(sizes, scans)
    splits = development_splits(cases, MAIN, folds, seed, TASKS)
    teaching = splits[splits["center"].isin(["A", "B"])]
    dealt = teaching[teaching["fold"] != "all"]
    # every case of a teaching centre validates once and teaches in all other folds
    assert dealt[dealt["part"] == "validation"].groupby("case_id").size().eq(1).all()
    assert dealt[dealt["part"] == "train"].groupby("case_id").size().eq(folds - 1).all()
    # a patient is of one part in a fold
    assert teaching.groupby(["fold", "patient_id"])["part"].nunique().eq(1).all()
    # the refit has no validation; unlabelled centres are unlabelled; external ones are not there
    assert teaching.loc[teaching["fold"] == "all", "part"].eq("train").all()
    assert splits.loc[splits["center"] == "U", "part"].eq("unlabelled").all()
    assert not splits["center"].isin(["X", "Y"]).any()
    assert not splits.duplicated(["case_id", "scenario", "fold"]).any()
    # neither the order of rows nor the external centres matter
    shuffled = cases.sample(frac=1, random_state=seed % 1000)
    assert development_splits(shuffled, MAIN, folds, seed, TASKS).equals(splits)
    assert development_splits(cases[cases["role"] != "external"], MAIN, folds, seed, TASKS).equals(splits)


def test_folds_are_stratified_by_centre_and_label():
    cases = cohort((60, 90), 1)
    splits = development_splits(cases, MAIN, 5, 1, TASKS)
    validation = splits[(splits["part"] == "validation")].merge(cases, on=["case_id", "center"])
    counts = pd.crosstab([validation["center"], validation["idh"]], validation["fold"])
    # a stratum is even to 1 case; a label here is the sum of two strata, with and without a grade
    assert (counts.max(axis=1) - counts.min(axis=1)).max() <= 2


def test_a_failed_case_has_no_rows_and_moves_nobody():
    cases = cohort()
    whole = development_splits(cases, MAIN, 4, 3, TASKS)
    without = development_splits(cases, MAIN, 4, 3, TASKS, failed={("A", "A004s0"), ("B", "A005s0")})
    assert without.equals(whole[whole["case_id"] != "A004s0"].reset_index(drop=True))


def test_external_rows_are_those_of_each_fold_without_the_failed():
    cases = cohort()
    splits = external_splits(cases, MAIN, 2, failed={("Y", "Y000s0"), ("Y", "X000s0")})
    assert list(splits.columns) == SPLITS.names()
    assert splits["fold"].unique().tolist() == ["0", "1", "all"]
    assert splits["part"].eq("external").all()
    assert splits.groupby("center")["case_id"].nunique().to_dict() == {"X": 7, "Y": 4}
    assert (splits["case_id"] == "X000s0").sum() == 3  # it was another centre's that failed
    none = external_splits(cases[cases["role"] == "train"], MAIN, 2, failed={("Y", "Y000s0")})
    assert none.empty
    assert list(none.columns) == SPLITS.names()
    one = external_splits(cases[cases["center"] != "Y"], MAIN, 2)
    assert splits[splits["center"] != "Y"].reset_index(drop=True).equals(one)


def test_scenarios_name_their_folds_and_centres_of_no_part_have_no_rows():
    scenarios = [
        Scenario(name="without-A", train=("B",), external=("A", "X")),
        Scenario(name="b-alone", train=("B",), external=()),
    ]
    splits = development_splits(cohort(), scenarios, 2, 1, TASKS)
    assert splits["fold"].unique().tolist() == [
        *("without-A.0", "without-A.1", "without-A.all"),
        *("b-alone.0", "b-alone.1", "b-alone.all"),
    ]
    parts = {
        name: rows.groupby("center")["part"].unique().map(sorted).to_dict() for name, rows in splits.groupby("scenario")
    }
    assert parts["without-A"] == {
        "A": ["external"],
        "B": ["train", "validation"],
        "U": ["unlabelled"],
    }
    assert parts["b-alone"] == {"B": ["train", "validation"], "U": ["unlabelled"]}
    external = external_splits(cohort(), scenarios, 2)
    assert external[["center", "fold"]].drop_duplicates().to_numpy().tolist() == [
        *(["X", "without-A.0"], ["X", "without-A.1"], ["X", "without-A.all"])
    ]


def test_a_training_part_without_a_class_is_named():
    cases = cohort((20, 20), 1)
    cases.loc[cases["idh"].eq("mutant") & cases["case_id"].ne("A000s0"), "idh"] = "wildtype"
    with pytest.raises(CohortError) as error:
        development_splits(cases, MAIN, 3, 1, TASKS)
    (problem,) = error.value.problems
    assert problem.rule == "class_missing"
    assert "task idh" in problem.key
    assert "'mutant' (wildtype " in problem.found
    assert "lower split.folds, group the task's classes or remove the task" in problem.action
    with pytest.raises(CohortError, match="fold all, task codel_1p19q: no training case is 'codeleted'"):
        development_splits(cohort(), MAIN, 3, 1, DEFAULT_TASKS)


def test_too_few_patients_for_the_folds():
    with pytest.raises(CohortError, match="scenario main: 4 patients in A, B cannot fill 5 folds"):
        development_splits(pd.concat([center("A", 2), center("B", 2)]), MAIN, 5, 1, TASKS)


def test_shuffled_labels_are_the_same_labels_of_other_cases():
    cases = cohort((40, 40), 1)
    cases.loc[3, ["idh", "grade", "idh_source"]] = ""
    shuffled = shuffle_labels(cases, 5)
    labels = ["idh", "codel_1p19q", "grade", "idh_source"]
    for name in ("A", "B"):
        before, after = (t[t["center"] == name] for t in (cases, shuffled))
        assert sorted(map(tuple, before[labels].to_numpy())) == sorted(map(tuple, after[labels].to_numpy()))
        assert not before[labels].equals(after[labels])
    external = cases["role"] == "external"  # the truth that tests is dealt anew as what trains is
    assert not shuffled.loc[external, labels].equals(cases.loc[external, labels])
    assert shuffled.drop(columns=labels).equals(cases.drop(columns=labels))
    assert shuffled.loc[3, labels].eq("").all()  # an unlabelled case stays unlabelled
    reordered = shuffle_labels(cases.iloc[::-1], 5).sort_index()
    assert reordered.equals(shuffled)


def test_shuffled_labels_leave_a_patients_scans_together():
    cases = cohort((20, 20), 1)
    twice = cases["patient_id"].isin(cases["patient_id"].head(20))
    again = cases[twice].assign(case_id=cases.loc[twice, "case_id"] + "-b")
    both = pd.concat([cases, again], ignore_index=True)
    shuffled = shuffle_labels(both, 2)
    labels = ["idh", "codel_1p19q", "grade"]
    of_patient = shuffled.groupby("patient_id")[labels].nunique()
    assert of_patient.to_numpy().max() == 1
    assert not shuffled[labels].equals(both[labels])
    assert sorted(map(tuple, shuffled[labels].to_numpy())) == sorted(map(tuple, both[labels].to_numpy()))
