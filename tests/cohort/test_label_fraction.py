import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gliomanet.cohort.label_fraction import hidden_labels, keep_labels, with_hidden_labels
from gliomanet.cohort.table import case_frame
from gliomanet.labels.tasks import DEFAULT_TASKS
from gliomanet.labels.vocabulary import VOCABULARY

DIAGNOSES = [("wildtype", "intact", "4"), ("mutant", "intact", "2"), ("mutant", "codeleted", "3"), ("", "", "")]


def center(numbers=(24, 12, 4, 3), scans=1) -> pd.DataFrame:
    """So many patients of each of `DIAGNOSES`, the last without a label."""
    rows = []
    for diagnosis, number in zip(DIAGNOSES, numbers, strict=True):
        for _ in range(number):
            patient = f"p{len({row['patient_id'] for row in rows}):03d}"
            for scan in range(scans):
                labels = dict(zip(VOCABULARY, diagnosis, strict=True))
                sources = {f"{label}_source": "measured" if value else "" for label, value in labels.items()}
                row = {"case_id": f"{patient}s{scan}", "patient_id": patient, "center": "A", "role": "train", "t1": "x"}
                rows.append({**row, **labels, **sources, "diagnosis": "glioma" if any(diagnosis) else "", "age": 50.0})
    return case_frame(rows)


def labelled(cases: pd.DataFrame) -> pd.DataFrame:
    return cases[(cases[list(VOCABULARY)] != "").any(axis=1)]


def test_a_quarter_of_every_diagnosis_is_kept_and_the_rest_says_nothing():
    cases = center()
    kept = keep_labels(cases, 0.25, 1, DEFAULT_TASKS)
    assert len(labelled(kept)) == 10
    counts = labelled(kept).groupby(["idh", "codel_1p19q"]).size().to_dict()
    assert counts == {("wildtype", "intact"): 6, ("mutant", "intact"): 3, ("mutant", "codeleted"): 1}
    hidden = kept[~kept["case_id"].isin(labelled(kept)["case_id"])]
    assert (hidden[["idh_source", "grade_source", "diagnosis"]] == "").to_numpy().all()
    same = ["case_id", "patient_id", "center", "role", "t1", "age"]
    assert kept[same].equals(cases[same])
    untouched = labelled(kept)
    assert untouched.equals(cases.loc[untouched.index])


def test_all_are_kept_at_one_and_seeds_differ():
    cases = center()
    assert keep_labels(cases, 1.0, 1, DEFAULT_TASKS).equals(cases)
    draws = {tuple(labelled(keep_labels(cases, 0.25, seed, DEFAULT_TASKS))["case_id"]) for seed in range(5)}
    assert len(draws) == 5


def test_rare_classes_keep_as_many_as_the_folds_need():
    kept = keep_labels(center((40, 6, 3, 0)), 0.1, 3, DEFAULT_TASKS, at_least=3)
    assert (kept["codel_1p19q"] == "codeleted").sum() == 3
    assert (kept["idh"] == "mutant").sum() >= 3
    few = keep_labels(center((40, 6, 1, 0)), 0.1, 3, DEFAULT_TASKS, at_least=3)
    assert (few["codel_1p19q"] == "codeleted").sum() == 1  # there is no other


@settings(max_examples=10, deadline=None)
@given(
    numbers=st.tuples(*[st.integers(0, 12)] * 4),
    share=st.floats(0.01, 1),
    seed=st.integers(0, 2**31 - 1),
    scans=st.integers(1, 2),
)
def test_laws_of_keeping(numbers, share, seed, scans):
    cases = center((numbers[0] + 1, *numbers[1:]), scans)
    kept = keep_labels(cases, share, seed, DEFAULT_TASKS)
    before, after = labelled(cases)["patient_id"].nunique(), labelled(kept)["patient_id"].nunique()
    assert share * before - 1 < after < share * before + 1 + 6  # one of each class of each task, at most
    assert (labelled(kept).groupby("patient_id").size() == scans).all()  # a patient's cases together
    for task in DEFAULT_TASKS.values():
        assert set(kept[task.label].map(task.encode)) - {-1} == set(cases[task.label].map(task.encode)) - {-1}
    order = cases.sample(frac=1, random_state=seed % 1000)
    assert keep_labels(order, share, seed, DEFAULT_TASKS).sort_index().equals(kept)
    truth = hidden_labels(cases, kept)
    assert set(truth["case_id"]) == set(labelled(cases)["case_id"]) - set(labelled(kept)["case_id"])
    merged = truth.merge(cases, on=["center", "case_id"], suffixes=("", "_true"))
    assert all(merged[label].equals(merged[f"{label}_true"]) for label in VOCABULARY)


def test_nothing_hidden_is_an_empty_table_of_the_same_columns():
    cases = center()
    table = hidden_labels(cases, cases)
    assert list(table.columns) == ["center", "case_id", *VOCABULARY, *(f"{label}_source" for label in VOCABULARY)]
    assert table.empty


def test_a_centre_without_labels_stays_as_it_is():
    cases = center((0, 0, 0, 3))
    assert keep_labels(cases, 0.5, 1, DEFAULT_TASKS).equals(cases)


def test_hidden_labels_are_put_back_and_marked():
    cases = center()
    kept = keep_labels(cases, 0.25, 1, DEFAULT_TASKS)
    hidden = hidden_labels(cases, kept)
    back = with_hidden_labels(kept, hidden.sample(frac=1, random_state=0))
    assert back[list(VOCABULARY)].equals(cases[list(VOCABULARY)])
    assert sorted(back.loc[back["hidden"], "case_id"]) == sorted(hidden["case_id"])
    none = with_hidden_labels(cases, hidden.iloc[:0])
    assert none.drop(columns="hidden").equals(cases)
    assert not none["hidden"].any()
    with pytest.raises(ValueError, match="hidden labels: case .* of centre A is not among the cases"):
        with_hidden_labels(kept.iloc[:1], hidden)
