import pytest

from gliomanet.cohort.decisions import Decision, excluded_cases, read_decisions
from gliomanet.errors import CohortError

KNOWN = {"Leiden": ["L-001", "L-002"], "Graz": ["007"]}


def write(folder, *rows, header="center\tcase_id\tdecision\treason"):
    path = folder / "decisions.tsv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_decisions_by_centre_and_case(tmp_path):
    path = write(tmp_path, "Leiden\tL-002\texclude\tmotion", "Graz\t007\tkeep\t")
    decisions = read_decisions(path, KNOWN)
    assert decisions == {"Leiden": {"L-002": Decision("exclude", "motion")}, "Graz": {"007": ("keep", "")}}
    assert excluded_cases(decisions) == {("Leiden", "L-002")}


def test_an_empty_table_decides_nothing_and_other_columns_are_comments(tmp_path):
    path = write(tmp_path, header="center\tcase_id\tdecision")
    assert read_decisions(path, KNOWN) == {"Leiden": {}, "Graz": {}}
    path = write(tmp_path, "Graz,007,review,ab", header="center,case_id,decision,by")
    assert read_decisions(path, KNOWN)["Graz"] == {"007": ("review", "")}


@pytest.mark.parametrize(
    ("rows", "rule", "case", "action"),
    [
        (["Leiden\tL-001\texcluded\t"], "unknown_decision", "L-001", "did you mean 'exclude'?"),
        (["Leiden\tL-001\t\t"], "unknown_decision", "L-001", "allowed: exclude, keep, review"),
        (["leiden\tL-001\tkeep\t"], "no_centre", "L-001", "did you mean 'Leiden'?"),
        (["Leiden\tL-0001\tkeep\t"], "no_such_case", "L-0001", "did you mean 'L-001'?"),
        (["Graz\tqqq\tkeep\t"], "no_such_case", "qqq", "allowed: 007"),
        (["Graz\t007\tkeep\t", "Graz\t007\texclude\t"], "case_twice", "007", "keep one row"),
    ],
)
def test_what_cannot_be_meant_is_an_error(tmp_path, rows, rule, case, action):
    path = write(tmp_path, *rows)
    with pytest.raises(CohortError) as error:
        read_decisions(path, KNOWN)
    (problem,) = error.value.problems
    assert (problem.rule, problem.file, problem.case, problem.action) == (rule, str(path), case, action)
    assert problem.center == rows[0].split("\t")[0]


def test_columns_that_are_not_there(tmp_path):
    with pytest.raises(CohortError, match="no column 'decision'; found: center, case_id, status"):
        read_decisions(write(tmp_path, header="center\tcase_id\tstatus"), KNOWN)
    with pytest.raises(CohortError, match="no such file"):
        read_decisions(tmp_path / "none.tsv", KNOWN)
