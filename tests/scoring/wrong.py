"""Wrong tables of predictions and labels, by what is wrong: the rule of the problem, and its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.scoring.conftest import LABELS, wide

_LONG = "case_id\ttask\tclass\tprobability\n"
_GRADES = "case_id\tgrade\nP-00\t2\nP-01\t3\nP-02\t4\n"


@dataclass(frozen=True)
class Wrong:
    """Two texts, the options, and the problem that they are."""

    rule: str
    predictions: str = wide()
    labels: str = LABELS
    options: Sequence[str] = ()
    task: Sequence[str] = ("idh=wildtype,mutant",)
    line: int | None = None
    case: str = ""


WRONG: dict[str, Wrong] = {
    "no such name": Wrong("unknown_name", options=["patient=Patient"]),
    "no column in an option": Wrong("no_name_and_column", options=["case_id"]),
    "a name twice": Wrong("name_twice", options=["case_id=a", "case_id=b"]),
    "no such column": Wrong("column_missing", options=["patient_id=Patient"]),
    "no such column of one table": Wrong("column_missing", options=["labels.patient_id=Patient"]),
    "no column of cases": Wrong("column_missing", predictions=wide(header="Patient\tidh:mutant")),
    "no column of answers": Wrong("column_missing", predictions=wide(header="case_id\tscore")),
    "no column of labels": Wrong("column_missing", labels=LABELS.replace("idh", "status")),
    "no column of tasks": Wrong(
        "column_missing",
        predictions=wide(header="case_id\tprobability"),
        task=["idh=wildtype,mutant", "codel_1p19q=intact,codeleted"],
    ),
    "percentages": Wrong("no_probability", predictions=wide([50, *[0.5] * 29]), line=2, case="P-00"),
    "no unknown as said": Wrong("no_probability", predictions=wide([0.5, -1, *[0.5] * 28]), line=3, case="P-01"),
    "a decimal comma": Wrong("no_number", predictions=wide().replace("P-02\t0.", "P-02\t0,"), line=4, case="P-02"),
    "no sum of one": Wrong(
        "no_sum_of_one",
        predictions="case_id\tidh:wildtype\tidh:mutant\nP-00\t.5\t.5\nP-01\t.7\t.4\n",
        line=3,
        case="P-01",
    ),
    "a class without probability": Wrong(
        "class_without_probability",
        predictions="case_id\tgrade:2\tgrade:3\tgrade:4\nP-00\t.5\t.2\t.3\nP-01\t.7\t\t\n",
        labels=_GRADES,
        task=["grade=2,3,4"],
        line=3,
        case="P-01",
    ),
    "classes of some and probabilities of others": Wrong(
        "class_without_probability",
        predictions="case_id\tidh:mutant\tidh:predicted\nP-00\t.5\tmutant\nP-01\t\tmutant\n",
        line=3,
        case="P-01",
    ),
    "one probability of three classes": Wrong(
        "class_without_probability",
        predictions="case_id\tgrade:probability\nP-00\t.5\n",
        labels=_GRADES,
        task=["grade=2,3,4"],
        line=2,
        case="P-00",
    ),
    "a probability of another class": Wrong(
        "less_likely_class_predicted",
        predictions="case_id\tpredicted\tprobability\nP-00\tmutant\t.8\nP-01\twildtype\t.1\n",
        line=3,
        case="P-01",
    ),
    "a case twice": Wrong("answer_twice", predictions=f"{wide()}P-07\t.4\n", line=32, case="P-07"),
    "an answer twice": Wrong(
        "answer_twice", predictions=f"{_LONG}P-00\tidh\tmutant\t.4\nP-00\tidh\tmutant\t.4\n", line=3, case="P-00"
    ),
    "a labelled case twice": Wrong("case_twice", labels=f"{LABELS}P-07\t1\n", line=32, case="P-07"),
    "no such task": Wrong("unknown_task", predictions=f"{_LONG}P-00\tmgmt\tmethylated\t.4\n", line=2, case="P-00"),
    "no such class": Wrong("unknown_spelling", predictions=f"{_LONG}P-00\tidh\tmutnat\t.4\n", line=2, case="P-00"),
    "no such label": Wrong("unknown_spelling", labels=LABELS.replace("P-02\t0", "P-02\tqueer"), line=4, case="P-02"),
    "a row without a case": Wrong("no_id", predictions=wide().replace("P-02\t", "\t"), line=4),
    "other cases": Wrong("no_case_of_both", labels=LABELS.replace("P-", "Q7-")),
    "two patients": Wrong(
        "two_patients",
        predictions="case_id\tpatient_id\tidh:mutant\nP-00\tA\t.4\n",
        labels="case_id\tpatient_id\tidh\nP-00\tB\t1\n",
        line=2,
        case="P-00",
    ),
    "two patients in the predictions": Wrong(
        "two_patients",
        predictions="case_id\tpatient_id\tclass\tprobability\nP-00\tA\tmutant\t.4\nP-00\tB\twildtype\t.6\n",
        line=3,
        case="P-00",
    ),
    "no role": Wrong("no_role", predictions="case_id\trole\tidh:mutant\nP-00\ttest\t.4\n", line=2, case="P-00"),
    "a case of two centres": Wrong(
        "case_of_two_centers", labels="case_id\tcenter\tidh\nP-00\tA\t1\nP-00\tB\t0\n", line=3, case="P-00"
    ),
    "a predicted case of two centres": Wrong(
        "case_of_two_centers", predictions="case_id\tcenter\tidh:mutant\nP-00\tA\t.1\nP-00\tB\t.2\n", case="P-00"
    ),
    "classes of several folds": Wrong(
        "classes_of_several_folds",
        predictions="case_id\tfold\tpredicted\nP-00\t0\tmutant\nP-00\t1\twildtype\n",
    ),
}
