"""Whatever form the same predictions have, they score the same; and as scikit-learn says."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import matthews_corrcoef, roc_auc_score

from gliomanet.config.analysis import Evaluation
from gliomanet.errors import StudyError
from gliomanet.scoring.options import tasks_of
from gliomanet.tables.io import read_table
from tests.scoring.conftest import LABELS, MUTANT, TRUTH, value_of, wide

MCC = matthews_corrcoef(TRUTH, MUTANT > 0.5)
AUC = roc_auc_score(TRUTH, MUTANT)
CALLS = ["mutant" if value > 0.5 else "wildtype" for value in MUTANT]
ROWS = list(enumerate(MUTANT))

FORMS = {
    "one column": (wide(),),
    "the other class": (wide(1 - MUTANT, "case_id\tidh:wildtype"),),
    "columns of each class": (
        "case_id\tidh_wildtype\tidh_mutant\n" + "".join(f"P-{n:02d}\t{1 - p:.3f}\t{p}\n" for n, p in ROWS),
    ),
    "a task's probability": (wide(header="case_id\tidh:probability"),),
    "columns of other names": (
        wide(header="Patient\tP(mut)"),
        "case_id=Patient",
        "labels.case_id=case_id",
        "idh:mutant=P(mut)",
    ),
    "long": (
        "case_id\ttask\tclass\tprobability\n"
        + "".join(
            f"P-{n:02d}\tidh\t{c}\t{v}\n" for n, p in ROWS for c, v in (("wildtype", round(1 - p, 3)), ("mutant", p))
        ),
    ),
    "long, positive class in words": (
        "case_id\tclass\tprobability\n" + "".join(f"P-{n:02d}\tIDH-mut\t{p}\n" for n, p in ROWS),
    ),
    "long, probability alone": (wide(header="case_id\tprobability"),),
    "predicted class with its probability": (
        "case_id\tpredicted\tprobability\n"
        + "".join(f"P-{n:02d}\t{c}\t{max(p, 1 - p):.3f}\n" for (n, p), c in zip(ROWS, CALLS, strict=True)),
    ),
    "ids written otherwise": (wide().replace("P-", "p_"),),
    "rows in another order": ("\n".join([wide().splitlines()[0], *reversed(wide().splitlines()[1:])]) + "\n",),
    "semicolons": (wide().replace("\t", ";"),),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_says_the_same(form, score):
    results = score(FORMS[form][0], LABELS, *FORMS[form][1:])
    assert value_of(results) == pytest.approx(MCC, abs=1e-12)
    assert value_of(results, "auc") == pytest.approx(AUC, abs=1e-12)
    assert set(results.joined.predictions["role"]) == {"external"}
    assert [f.rule for f in results.findings if f.severity == "warning"] == []


@pytest.mark.parametrize("column", ["predicted", "class", "idh:predicted"])
def test_classes_alone_have_no_metric_of_probabilities(column, score):
    results = score(f"case_id\t{column}\n" + "".join(f"P-{n:02d}\t{c}\n" for n, c in enumerate(CALLS)))
    assert value_of(results) == pytest.approx(MCC, abs=1e-12)
    metrics = results.evaluated.metrics
    empty = metrics[metrics["metric"].isin(["auc", "brier", "ece", "mcc_at_threshold"])]
    assert empty["value"].isna().all()
    assert empty["ci_low"].isna().all()
    assert set(empty["note"]) == {"not estimable: classes are given without probabilities"}
    assert len(results.evaluated.thresholds) == 0
    assert "classes_only" in {finding.rule for finding in results.findings}


def test_three_classes_with_the_probability_of_the_predicted_one_are_classes_alone(score):
    labels = "case_id\tgrade\n" + "".join(f"{n}\t{2 + n % 3}\n" for n in range(12))
    rows = "".join(f"{n}\t{2 + (n % 3 if n else 1)}\t.6\n" for n in range(12))
    results = score(f"case_id\tpredicted\tprobability\n{rows}", labels, task=["grade=2,3,4"])
    assert results.joined.classes_only == {("theirs", "grade")}
    assert value_of(results, task="grade") == pytest.approx(
        matthews_corrcoef([n % 3 for n in range(12)], [n % 3 if n else 1 for n in range(12)])
    )


def test_folds_of_one_answer_each_validate_and_several_are_averaged(score):
    folds = "".join(f"P-{n:02d}\t{n % 5}\t{p}\n" for n, p in ROWS)
    one = score(f"case_id\tfold\tidh:mutant\n{folds}")
    assert set(one.joined.predictions["role"]) == {"validation"}
    assert value_of(one) == pytest.approx(MCC)
    shifts = np.random.default_rng(1).normal(scale=0.02, size=30)
    pairs = "".join(
        f"P-{n:02d}\t{fold}\t{p + d:.9f}\n"
        for (n, p), s in zip(ROWS, shifts / 50, strict=True)
        for fold, d in ((0, s), (1, -s))
    )
    two = score(f"case_id\tfold\tidh:mutant\n{pairs}")
    assert set(two.joined.predictions["role"]) == {"external"}
    assert value_of(two, "auc") == pytest.approx(AUC)
    assert "30 answers are the mean of 2 folds, as an ensemble's are" in {f.found for f in two.findings}


def test_patients_and_centres_from_either_table(score):
    labels = "case_id\tpatient_id\tcenter\tidh\n" + "".join(
        f"P-{n:02d}\tpatient {n // 2}\t{'A' if n < 16 else 'B'}\t{int(one)}\n" for n, one in enumerate(TRUTH)
    )
    results = score(wide(), labels)
    assert set(results.joined.cases["center"]) == {"A", "B"}
    assert results.joined.cases["patient_id"].nunique() == 15
    assert value_of(results, center="A") == pytest.approx(matthews_corrcoef(TRUTH[:16], MUTANT[:16] > 0.5))
    assert set(score(wide()).joined.cases["center"]) == {"here"}


def test_models_in_a_column_are_compared(score):
    rows = "".join(f"P-{n:02d}\t{m}\t{v}\n" for n, p in ROWS for m, v in (("a", p), ("b", round(1 - p, 3))))
    comparisons = score(f"case_id\tmodel\tidh:mutant\n{rows}").evaluated.comparisons
    assert set(comparisons["model_a"]) | set(comparisons["model_b"]) == {"a", "b"}


def test_words_of_a_hospital_and_its_unknown_ones(score):
    words = ["R132H found" if one else "not found" for one in TRUTH]
    labels = "case_id\tidh\n" + "".join(f"P-{n:02d}\t{word}\n" for n, word in enumerate(words)) + "P-99\t77\n"
    results = score(wide(), labels, value=["idh:R132H found=mutant", "idh:not found=wildtype"], unknown=["77"])
    assert value_of(results) == pytest.approx(MCC)
    unread = [f for f in results.findings if f.rule == "labels_without_prediction"]
    assert [f.found for f in unread] == ["1 labelled case has no prediction: P-99"]


def test_what_is_unknown_is_not_predicted(score):
    gaps = [value if n > 4 else -1 for n, value in ROWS]
    results = score(wide(gaps), unknown=["-1"])
    metrics = results.evaluated.metrics
    assert set(metrics.loc[(metrics["metric"] == "mcc") & (metrics["subset"] == "all"), "n"]) == {25}


def test_workbooks_are_read_as_text_is(score, tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    for row in (line.split("\t") for line in wide().splitlines()):
        book.active.append([row[0], row[1] if row[1].startswith("idh") else float(row[1])])
    book.save(tmp_path / "book.xlsx")
    results = score(wide())
    (tmp_path / "p.tsv").write_bytes((tmp_path / "book.xlsx").read_bytes())  # known by its content
    from gliomanet.scoring.column_map import ColumnMap
    from gliomanet.scoring.options import Words
    from gliomanet.scoring.prediction_rows import read_answers

    tasks, _ = tasks_of(["idh=wildtype,mutant"])
    answers, _ = read_answers(tmp_path / "book.xlsx", ColumnMap(), tasks, Words())
    assert [answer.given["mutant"] for answer in answers.values()] == MUTANT.tolist()
    assert len(results.joined.cases) == 30


def test_tasks_of_options():
    tasks, vocabulary = tasks_of(["grade=2+3,4", "mgmt=unmethylated,methylated"])
    assert tasks["grade"].classes == {"2-3": ["2", "3"], "4": ["4"]}
    assert vocabulary["mgmt"] == ("unmethylated", "methylated")
    with pytest.raises(StudyError) as caught:
        tasks_of(["grade=2", "idh=wildtype,mutated"])
    assert [problem.rule for problem in caught.value.problems] == ["no_task", "unknown_value"]


def test_words_for_unknown_predict_nothing(score):
    gaps = (
        wide(header="case_id\tidh:mutant\tidh:predicted").replace("\n", "\t\n").replace("predicted\t\n", "predicted\n")
    )
    gaps = gaps.replace(f"P-03\t{MUTANT[3]}\t\n", "P-03\tNA\tunknown\n")
    metrics = score(gaps).evaluated.metrics
    assert set(metrics.loc[(metrics["metric"] == "mcc") & (metrics["subset"] == "all"), "n"]) == {29}


def test_rows_of_tasks_that_are_not_asked_for_are_told(score):
    rows = "".join(
        f"P-{n:02d}\t{task}\t{name}\t{p}\n" for n, p in ROWS for task, name in (("idh", "mutant"), ("mgmt", "x"))
    )
    results = score(f"case_id\ttask\tclass\tprobability\n{rows}")
    assert value_of(results) == pytest.approx(MCC)
    (told,) = [f for f in results.findings if f.rule == "unknown_task"]
    assert told.found == "'mgmt' is no task that is asked for, and its rows are left out"


def test_classes_alone_are_written_as_one_and_zero(score, tmp_path):
    from gliomanet.scoring.evaluate_tables import write_evaluated

    results = score("case_id\tpredicted\n" + "".join(f"P-{n:02d}\t{c}\n" for n, c in enumerate(CALLS)))
    page = write_evaluated(results, tmp_path / "out", "Theirs", Evaluation(resamples=100))
    written = read_table(tmp_path / "out/predictions/theirs.tsv").query("`class` == 'mutant'")
    assert written["probability"].tolist() == [float(call == "mutant") for call in CALLS]
    assert "classes are given without probabilities" in page.read_text(encoding="utf-8")
