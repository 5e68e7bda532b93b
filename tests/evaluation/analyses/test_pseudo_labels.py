import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from gliomanet.evaluation.analyses.pseudo_labels import pseudo_label_accuracy, truth_of
from gliomanet.labels.tasks import DEFAULT_TASKS
from gliomanet.tables.evaluation import PSEUDO_LABEL_ACCURACY

TASKS = {name: DEFAULT_TASKS[name] for name in ("idh", "grade")}
TRUTH = pd.DataFrame(
    {"center": "U", "case_id": ["a", "b", "c"], "idh": ["mutant", "wildtype", ""], "grade": ["3", "4", "2"]}
)


def selected(fold="0", stage="pseudo_label"):
    rows = [
        ("a", "idh", "mutant", "yes", ""),
        ("b", "idh", "mutant", "yes", ""),
        ("c", "idh", "mutant", "yes", ""),
        ("d", "idh", "wildtype", "no", "mean probability below 0.9"),
        ("a", "grade", "2-3", "yes", "completed: follows from codel_1p19q codeleted (pseudo-label)"),
        ("b", "grade", "4", "no", "standard deviation above 0.05"),
    ]
    table = pd.DataFrame(rows, columns=["case_id", "task", "label", "accepted", "reason"])
    return table.assign(center="U", model="net", stage=stage, fold=fold)


def test_counts_by_hand():
    table = pseudo_label_accuracy(pd.concat([selected(), selected("1")]), TRUTH, TASKS)
    assert list(table.columns) == PSEUDO_LABEL_ACCURACY.names()
    found = table.set_index(["fold", "task", "class"])
    counts = ["unknown", "accepted", "completed", "n_truth", "correct"]
    # c is accepted, and its IDH is not known even to the truth; b is mutant to the teacher only
    assert found.loc[("0", "idh", "mutant"), counts].tolist() == [3, 3, 0, 2, 1]
    assert found.loc[("0", "idh", "wildtype"), counts].tolist() == [1, 0, 0, 0, 0]
    assert found.loc[("0", "idh", "all"), counts].tolist() == [4, 3, 0, 2, 1]
    assert found.loc[("0", "grade", "2-3"), counts].tolist() == [1, 1, 1, 1, 1]
    assert found.loc[("pooled", "idh", "mutant"), counts].tolist() == [6, 6, 0, 4, 2]
    row = found.loc[("0", "idh", "mutant")]
    assert (row["share"], row["accuracy"]) == (1, 0.5)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(proportion_confint(1, 2, 0.05, "wilson"))
    assert found.loc[("pooled", "idh", "mutant"), ["ci_low", "ci_high"]].isna().all()
    assert pd.isna(found.loc[("0", "idh", "wildtype"), "accuracy"])


def test_rows_are_in_the_order_of_stages_folds_and_classes():
    parts = [selected(f, s) for s in ("pseudo_label_2", "pseudo_label") for f in ("1", "0")]
    table = pseudo_label_accuracy(pd.concat(parts), TRUTH, TASKS)
    assert table["stage"].drop_duplicates().tolist() == ["pseudo_label", "pseudo_label_2"]
    assert table["fold"].drop_duplicates().tolist() == ["1", "0", "pooled"]
    assert table["class"].tolist()[:5] == ["wildtype", "mutant", "all", "2-3", "4"]


def test_without_a_truth_nothing_is_said_of_accuracy():
    table = pseudo_label_accuracy(selected(), truth_of(pd.DataFrame(), None), TASKS)
    assert table["n_truth"].eq(0).all()
    assert table[["accuracy", "ci_low", "ci_high"]].isna().to_numpy().all()
    assert table["accepted"].sum() == 2 * 2 * 4  # in a class and in all of them, in the fold and over folds


def test_no_candidates_are_an_empty_table():
    table = pseudo_label_accuracy(selected().iloc[:0], TRUTH, TASKS)
    assert list(table.columns) == PSEUDO_LABEL_ACCURACY.names()
    assert table.empty


def test_phantoms_complete_what_was_hidden():
    hidden = TRUTH[TRUTH["case_id"] == "a"].assign(idh="")
    phantoms = TRUTH.assign(idh="wildtype", codel_1p19q="intact")
    truth = truth_of(hidden, phantoms).set_index("case_id")
    assert truth.loc["a", ["idh", "grade", "codel_1p19q"]].tolist() == ["wildtype", "3", "intact"]
    assert len(truth) == 3
    assert truth_of(hidden, None)["idh"].tolist() == [""]
