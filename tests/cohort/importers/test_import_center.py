from pathlib import Path

import pytest

from gliomanet.cohort.findings import Finding
from gliomanet.cohort.importers import FORMATS, case_table
from gliomanet.cohort.importers.case_table import import_center
from gliomanet.cohort.importers.exam import Collection, Exam
from gliomanet.errors import CohortError


@pytest.fixture
def reading(monkeypatch):
    """Make a format of exams made up by a test."""

    def use(*exams, **about):
        made_up = {**FORMATS, "made-up": lambda *paths: Collection(exams, **about)}
        monkeypatch.setattr(case_table, "FORMATS", made_up)

    return use


def exam(case_id="a", **about):
    return Exam(case_id=case_id, patient_id=about.pop("patient_id", case_id), files={"t1": Path("/x.nii")}, **about)


def test_formats_are_those_of_the_study():
    from typing import get_args

    from gliomanet.config.sources import CollectionSource

    assert set(FORMATS) == set(get_args(CollectionSource.model_fields["kind"].annotation))


def test_an_unknown_format():
    with pytest.raises(CohortError, match="'ucsf' is no format; allowed: ucsf-pdgm, utsw, upenn-gbm, egd"):
        import_center("ucsf", "A", "train", Path("x"))


def test_rows_are_sorted_and_findings_know_their_centre(reading):
    about = {"raw": {"idh": "Mutant", "codel_1p19q": "maybe"}, "read_as": {"codel_1p19q": "codeleted"}}
    finding = Finding("warning", "rule", "", "b", "f", "found", "action")
    reading(exam("b", other_ids=("x", "y"), **about), exam("a", scan="follow_up", patient_id="b"), findings=(finding,))
    cases, findings = import_center("made-up", "A", "train", Path("/data"))
    assert cases["case_id"].tolist() == ["a", "b"]
    b = cases.iloc[1]
    assert (b["idh"], b["idh_raw"], b["idh_source"]) == ("mutant", "Mutant", "measured")
    assert (b["codel_1p19q"], b["codel_1p19q_raw"], b["other_ids"]) == ("codeleted", "maybe", "x;y")
    assert (b["t1"], b["t2"], b["role"], b["center"]) == ("/x.nii", "", "train", "A")
    assert [f.center for f in findings] == ["A", "A"]
    assert findings[0].found == "found"
    assert findings[1].found == "2 scans of 1 patients: 1 baseline, 1 follow_up"


def test_labels_that_mean_nothing_are_errors(reading):
    reading(exam("a", raw={"idh": "?!"}), exam("b", raw={"grade": "5"}), columns={"idh": "IDH status"})
    with pytest.raises(CohortError) as error:
        import_center("made-up", "A", "train", Path("/data"), Path("/t.csv"))
    idh, grade = error.value.problems
    assert (idh.file, idh.case, idh.column, idh.rule) == ("/t.csv", "a", "IDH status", "unknown_spelling")
    assert (grade.case, grade.column, grade.found) == ("b", "grade", "'5' is no known spelling")
    assert grade.action.startswith("allowed: 2 (")
    reading(exam("a", raw={"idh": "?!"}), clinical=Path("/inside.tsv"))
    with pytest.raises(CohortError, match="/inside.tsv, case 'a', column 'idh'"):
        import_center("made-up", "A", "train", Path("/data"))
    reading(exam("a", raw={"idh": "?!"}))
    with pytest.raises(CohortError, match="/data, case 'a', column 'idh'"):
        import_center("made-up", "A", "train", Path("/data"))


def test_ids_that_name_no_folder_or_two(reading):
    reading(exam("a"), exam("A"), exam("x/y"))
    with pytest.raises(CohortError) as error:
        import_center("made-up", "A", "train", Path("/data"))
    assert [(p.case, p.rule) for p in error.value.problems] == [("A", "id_twice"), ("x/y", "id_names_no_folder")]
    reading()
    with pytest.raises(CohortError, match="/data: no exam in it"):
        import_center("made-up", "A", "train", Path("/data"))
