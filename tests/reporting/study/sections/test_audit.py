from gliomanet.cohort.findings import Finding, findings_table
from gliomanet.reporting.study.sections.audit import audit_sentence, notes_table
from gliomanet.reporting.study.sections.audit import findings_table as grave_table

FINDINGS = findings_table(
    [
        Finding("note", "spellings_harmonised", "north", "", "idh", "'wt' is wildtype, 12 times", "nothing to do"),
        Finding("note", "oblique", "north", "n-1", "t1.nii.gz", "tilted by 11 degrees", "nothing to do"),
        Finding("note", "oblique", "north", "n-2", "t1.nii.gz", "tilted by 12 degrees", "nothing to do"),
        Finding("error", "not_finite", "south", "s-1", "flair.nii.gz", "3 voxels are NaN", "export it again"),
        Finding("warning", "who_contradiction", "", "s-2", "", "codeleted, grade 4", "look at the report"),
    ]
)


def test_what_wants_a_person_is_listed_the_gravest_first():
    rows = [[cell.text for cell in row] for row in grave_table(FINDINGS).rows]
    assert rows == [
        ["error", "not finite", "south", "s-1", "3 voxels are NaN", "export it again"],
        ["warning", "who contradiction", "the study", "s-2", "codeleted, grade 4", "look at the report"],
    ]


def test_notes_are_counted_by_rule_and_centre():
    rows = [[cell.text for cell in row] for row in notes_table(FINDINGS).rows]
    assert rows == [
        ["oblique", "north", "2", "n-1: tilted by 11 degrees"],
        ["spellings harmonised", "north", "1", "'wt' is wildtype, 12 times"],
    ]


def test_the_sentence_counts_severities():
    assert audit_sentence(FINDINGS) == "The audit of tables, images and predictions: 1 error, 1 warning, 3 notes."
    assert audit_sentence(FINDINGS.iloc[:0]) == "The audit found nothing to report."
