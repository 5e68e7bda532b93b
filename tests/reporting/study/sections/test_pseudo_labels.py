import pandas as pd

from gliomanet.config.pseudo_labels import PseudoLabels
from gliomanet.labels.tasks import DEFAULT_TASKS
from gliomanet.reporting.study.head import stages_phrase
from gliomanet.reporting.study.sections.pseudo_labels import (
    check_sentence,
    pseudo_labels_table,
    rounds_sentence,
)

TASKS = {"idh": DEFAULT_TASKS["idh"]}
COMPLETED = "completed: follows from codel_1p19q codeleted (pseudo-label)"


def selected(stages=("pseudo_label",)) -> pd.DataFrame:
    rows = [
        *(("0", "mutant", "yes", ""), ("1", "mutant", "yes", COMPLETED)),
        *(("1", "mutant", "no", "teacher not above chance: validation MCC 0.05 of 24 cases (p 0.3)"),),
        ("1", "wildtype", "no", "mean probability below 0.9"),
    ]
    table = pd.DataFrame(rows, columns=["fold", "label", "accepted", "reason"]).assign(model="net", task="idh")
    return pd.concat([table.assign(stage=stage) for stage in stages])


def accuracy() -> pd.DataFrame:
    names = {"model": "net", "stage": "pseudo_label", "task": "idh", "class": "mutant"}
    return pd.DataFrame([{**names, "fold": "pooled", "n_truth": 2, "correct": 1, "accuracy": 0.5}])


def test_accepted_completed_true_and_refused_labels_are_counted():
    table = pseudo_labels_table(selected(), TASKS, accuracy())
    assert [c.title for c in table.columns] == [
        *("Model", "Task", "Class", "Candidates", "Accepted", "Share", "True", "Refused because")
    ]
    texts = [[(cell.text, cell.small) for cell in row] for row in table.rows]
    assert texts[1][2:] == [
        *(("mutant", ""), ("3", ""), ("2", "1 to 1 per fold, 1 by WHO rules"), ("67 %", "")),
        *(("50 %", "1 of 2"), ("teacher not above chance (1)", "")),
    ]
    assert texts[0][-2:] == [("", ""), ("mean probability below 0.9 (1)", "")]


def test_rounds_have_a_column_and_without_a_truth_there_is_none_for_it():
    table = pseudo_labels_table(selected(("pseudo_label_2", "pseudo_label")), TASKS)
    titles = [c.title for c in table.columns]
    assert "True" not in titles
    assert [row[titles.index("Stage")].text for row in table.rows] == ["pseudo-label"] * 2 + ["pseudo-label 2"] * 2


def test_the_words_of_the_settings():
    two = PseudoLabels().model_dump()
    one = {**two, "rounds": two["rounds"][:1], "teacher_alpha": 1}
    assert "at least .90 and the standard deviation at most .05. The next" in rounds_sentence(one)
    assert "at most .01 (pseudo-label 2)" in rounds_sentence(two)
    assert check_sentence(one) == ""
    assert "with a confidence of 95 %" in check_sentence(two)
    models = {"net": {"stages": ("supervised", "pseudo_label")}, "age": {"stages": ("supervised",)}}
    assert stages_phrase({"models": models, "pseudo_labels": two}) == ["supervised", "pseudo-label", "pseudo-label 2"]
    assert stages_phrase({"models": {"age": models["age"]}, "pseudo_labels": two}) == ["supervised"]
