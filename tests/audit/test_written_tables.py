"""The audit's job reads tables that another job wrote: the same findings must come of them."""

from gliomanet.audit.registry import audit_tables
from gliomanet.cohort.findings import findings_table
from gliomanet.tables.io import read_table, write_table
from tests.audit.cohorts import good_cases, good_context, put


def test_a_written_cohort_has_the_findings_of_the_one_in_memory(tmp_path):
    cases = good_cases()
    cases.loc[cases["center"] == "B", "idh_raw"] = "0"
    cases = put(put(put(cases, "A-0001", patient_id="007"), "A-0002", patient_id="7"), "C-0001", other_ids="B-1")
    write_table(cases, tmp_path / "cases.tsv")
    written = audit_tables(good_context(cases=read_table(tmp_path / "cases.tsv")))
    assert findings_table(written).equals(findings_table(audit_tables(good_context(cases=cases))))
    assert {f.rule for f in written} >= {"patient_under_two_ids", "patient_in_two_centers", "spellings_harmonised"}
