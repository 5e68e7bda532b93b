import pytest

from gliomanet.audit.registry import audit_tables
from gliomanet.audit.rules.identity import patient_under_two_names
from gliomanet.audit.rules.mapping_tables import mapping_table_unusable, same_patient_ids
from tests.audit.cohorts import good_cases, good_context, put


@pytest.fixture
def write(tmp_path):
    def make(text, name="map.csv"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return make


def test_a_row_joins_patients_of_two_centres(write):
    path = write("ours,theirs,Grade\nA-0003,C-0007,HGG\nA-0004,BraTS2021_00001,LGG\n")
    (finding,) = [f for f in audit_tables(good_context(identities=(path,))) if f.severity != "note"]
    assert (finding.rule, finding.severity, finding.case_id) == ("patient_in_two_centers", "fatal", "C-0007")
    assert "joined by map.csv, line 2" in finding.found


def test_tables_join_transitively_and_with_other_ids(write):
    first = write("x,y\nA-3,BraTS20_Training_011\n", "one.csv")
    second = write("y,z\nBraTS20_Training_011,TCGA-02-0006\n", "two.csv")
    cases = put(good_cases(), "B-0009", other_ids="tcga-02-0006-01A")
    (finding,) = patient_under_two_names(good_context(cases=cases, identities=(first, second)))
    assert (finding.rule, finding.severity, finding.case_id) == ("patient_in_two_centers", "error", "B-0009")
    assert "joined by one.csv, line 2 and two.csv, line 2 and other_ids of case 'B-0009'" in finding.found
    assert list(patient_under_two_names(good_context(cases=cases, identities=(first,)))) == []


def test_plain_numbers_are_ids_of_the_centre_that_their_column_is_named_after(write):
    cases = put(put(good_cases(), "A-0001", patient_id="007"), "C-0001", patient_id="12")
    assert list(patient_under_two_names(good_context(cases=put(cases, "C-0001", patient_id="7")))) == []
    path = write("A\tC\n7\t12\n8\t13\n")
    (finding,) = patient_under_two_names(good_context(cases=cases, identities=(path,)))
    assert "patient '007' of centre A (case 'A-0001') is '12' of centre C" in finding.found
    unnamed = write("mine\tyours\n7\t12\n8\t13\n")
    (problem,) = mapping_table_unusable(good_context(cases=cases, identities=(unnamed,)))
    assert (problem.rule, problem.severity) == ("mapping_table_unusable", "error")
    assert "mine, yours" in problem.found


def test_labels_and_dates_that_repeat_are_no_ids(write):
    rows = "".join(f"A-{n:04d},UCSF-PDGM-{n:03d},G{n % 3 + 2},IDH1 p.R132H,site{n % 2},{n}\n" for n in range(1, 9))
    path = write("a,b,grade,idh,site,age\n" + rows)
    patients, problems, passed_over = same_patient_ids(path, ("A", "B"))
    assert problems == []
    assert passed_over == ["grade", "idh", "site", "age"]
    assert patients[0] == ([("", "A-0001"), ("", "UCSF-PDGM-001")], 2)
    (note,) = mapping_table_unusable(good_context(identities=(path,)))
    assert (note.rule, note.severity) == ("mapping_columns_not_used", "note")


def test_missing_cells_join_nobody(write):
    path = write("x,y\nA-0001,NA\nA-0002,NA\nunknown,A-0003\n")
    assert list(patient_under_two_names(good_context(identities=(path,)))) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [(None, ""), ("a\nA-1\n", ""), ("a,b\nA-1\n", "line 2")],
)
def test_tables_that_hold_no_mapping_are_errors(write, tmp_path, text, line):
    path = tmp_path / "none.csv" if text is None else write(text)
    (finding,) = mapping_table_unusable(good_context(identities=(path,)))
    assert (finding.rule, finding.severity) == ("mapping_table_unusable", "error")
    assert str(path) in finding.file + finding.found
    assert line in finding.file + finding.found
    assert finding.action


def test_a_table_that_joins_everyone_is_told_in_linear_time(write):
    rows = "".join(f"P{n}-1,P{n + 1}-1\n" for n in range(1999))
    path = write("x,y\n" + rows)
    cases = good_cases(500)
    cases["patient_id"] = [f"P{n}-1" for n in range(len(cases))]
    findings = list(patient_under_two_names(good_context(cases=cases, identities=(path,))))
    assert len(findings) == len(cases) - 1
