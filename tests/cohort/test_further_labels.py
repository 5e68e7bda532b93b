"""A further label of a study in case tables: read, kept apart from what it was spelt as, hidden, dealt and audited."""

import pandas as pd
import pytest

from gliomanet.audit.context import AuditContext, ReferenceTable
from gliomanet.audit.registry import audit_tables
from gliomanet.audit.rules.columns import label_column_says_nothing
from gliomanet.audit.rules.reference_table import reference_table_disagrees
from gliomanet.audit.rules.spellings import missing_spellings, spellings_harmonised
from gliomanet.audit.rules.who_labels import labels_derived
from gliomanet.audit.tables import audit_study
from gliomanet.cohort.importers.feature_tables import read_feature_center
from gliomanet.cohort.read_center import read_center
from gliomanet.cohort.splits import shuffle_labels
from gliomanet.cohort.table import columns_of, label_cells_in, labels_in, read_case_table, without_labels
from gliomanet.config.load import load_study
from gliomanet.errors import CohortError
from gliomanet.labels.vocabulary import VOCABULARY
from gliomanet.tables.cohort import CASES
from tests.audit.cohorts import good_cases, good_context

MGMT = {**VOCABULARY, "mgmt": ("unmethylated", "methylated")}
CELLS = ["mgmt", "mgmt_source", "mgmt_raw"]
TABLE = (
    "case_id\tt1\tidh\tmgmt\tmgmt_source\na\tx.nii\twt\tPositive\t\nb\tx.nii\t\tmethylated\tderived\nc\tx.nii\t\tNA\t\n"
)


def write(folder, text):
    path = folder / "cases.tsv"
    path.write_text(text)
    return path


def test_a_hospitals_table(tmp_path):
    cases = read_case_table(write(tmp_path, TABLE), "A", "train", vocabulary=MGMT)
    assert tuple(cases.columns) == columns_of(MGMT)
    assert [column for column in cases if column not in CASES.names()] == CELLS
    assert cases[CELLS].to_numpy().tolist() == [
        ["methylated", "measured", "Positive"],
        ["methylated", "derived", "methylated"],
        ["", "", "NA"],
    ]
    assert labels_in(cases) == tuple(MGMT)
    blank = without_labels(cases)
    assert blank[["idh", *CELLS]].eq("").all(axis=None)
    assert label_cells_in(cases)[:4] == list(MGMT)


def test_every_problem_of_the_column_at_once(tmp_path):
    text = TABLE.replace("Positive", "hyper").replace("derived", "guessed")
    with pytest.raises(CohortError) as error:
        read_case_table(write(tmp_path, text), "A", "train", vocabulary=MGMT)
    spelling, source = error.value.problems
    assert (spelling.case, spelling.column, spelling.found) == ("a", "mgmt", "'hyper' is no known spelling")
    assert spelling.action == (
        "allowed: unmethylated (unmethylated, un-methylated, "
        "non-methylated, not methylated, negative, 0); methylated (methylated, positive, 1); unknown (empty, unknown, NA, "
        "-1, NOS/NEC, Not Available, Indeterminate)"
    )
    assert (source.case, source.column, source.rule) == ("b", "mgmt_source", "value_not_allowed")
    assert source.action == "allowed: measured, derived, empty"


def test_a_column_that_the_study_does_not_name(tmp_path):
    with pytest.raises(
        CohortError, match="column 'mgmt': is not known; allowed: case_id, .*, other_ids, and the study's labels"
    ):
        read_case_table(write(tmp_path, TABLE), "A", "train")
    with pytest.raises(CohortError, match="column 'MGMT': is not known; did you mean 'mgmt'?"):
        read_case_table(write(tmp_path, TABLE.replace("\tmgmt\t", "\tMGMT\t")), "A", "train", vocabulary=MGMT)


def study_of(center, **changes):
    classes = {"no": ["unmethylated"], "yes": ["methylated"]}
    values = {
        "labels": {"mgmt": ["unmethylated", "methylated"]},
        "tasks": {"mgmt": {"label": "mgmt", "classes": classes}},
        "centers": {"A": center},
        "models": {"m": {"kind": "logistic"}},
    }
    return load_study({**values, **changes})


def test_a_study_reads_its_labels_from_tables_and_dicom(tmp_path):
    (tmp_path / "x.nii").touch()
    table = {"role": "train", "source": {"kind": "table", "path": str(write(tmp_path, TABLE))}}
    assert read_center("A", study_of(table))[0]["mgmt"].tolist() == ["methylated", "methylated", ""]
    (tmp_path / "archive" / "a").mkdir(parents=True)
    clinical = tmp_path / "labels.tsv"
    clinical.write_text("case_id\tmgmt\na\tnegative\n")
    source = {"kind": "dicom", "folder": str(tmp_path / "archive"), "clinical": str(clinical)}
    cases, _ = read_center("A", study_of({"role": "train", "source": source}))
    assert cases[CELLS].to_numpy().tolist() == [["unmethylated", "measured", "negative"]]
    clinical.write_text("case_id\tmgmt\tmgmt_source\na\tnegativ\tguess\n")
    with pytest.raises(
        CohortError, match="(?s)column 'mgmt': 'negativ' is no known.*column 'mgmt_source': 'guess'; allowed"
    ):
        read_center("A", study_of({"role": "train", "source": source}))


def test_a_training_centre_without_a_label_of_the_tasks_is_told(tmp_path):
    (tmp_path / "x.nii").touch()
    text = TABLE.replace("Positive", "").replace("methylated", "")
    center = {"role": "train", "source": {"kind": "table", "path": str(write(tmp_path, text))}}
    (finding,) = [f for f in audit_study(study_of(center)) if f.rule == "no_label_in_a_training_center"]
    assert finding.found == "has the role train, but none of its 3 cases has a label of mgmt"


COUNTS = {
    "ucsf-pdgm": ("UCSF-PDGM", "UCSF-PDGM-metadata_v5.csv", (113, 297)),
    "upenn-gbm": ("UPENN-GBM", "UPENN-GBM_clinical_info_v2.1.csv", (151, 111)),
    "utsw": ("UTSW-Glioma", "UTSW_Glioma_Metadata-2-1.tsv", (119, 76)),
}


@pytest.mark.parametrize("collection", COUNTS)
def test_feature_tables_are_joined_with_mgmt(shared_data, collection):
    features, clinical, counts = COUNTS[collection]
    paths = shared_data / "real-radiomics" / f"{features}.csv", shared_data / "clinical" / clinical
    cases, _ = read_feature_center("A", "train", *paths, collection, MGMT)
    assert (cases["mgmt"].eq("unmethylated").sum(), cases["mgmt"].eq("methylated").sum()) == counts
    plain, _ = read_feature_center("A", "train", *paths, collection)
    pd.testing.assert_frame_equal(cases[CASES.names()], plain)


def with_mgmt(cases: pd.DataFrame) -> pd.DataFrame:
    """Both values in turn, spelt as UCSF does, every fifth unknown, and one derived."""
    values = ["" if row % 5 == 4 else MGMT["mgmt"][row % 2] for row in range(len(cases))]
    raw = [{"": "indeterminate", "methylated": "positive", "unmethylated": "negative"}[value] for value in values]
    source = ["measured" if value else "" for value in values]
    return cases.assign(mgmt=values, mgmt_raw=raw, mgmt_source=["derived", *source[1:]])


def material(**changes) -> AuditContext:
    return good_context(**{"cases": with_mgmt(good_cases()), "vocabulary": MGMT, "labels": tuple(MGMT), **changes})


def test_a_good_cohort_with_a_further_label_has_notes_only():
    assert {finding.severity for finding in audit_tables(material())} == {"note"}


def test_the_audit_tells_of_a_further_label_what_it_tells_of_the_others():
    spelt = [f for f in spellings_harmonised(material()) if f.file == "mgmt_raw"]
    assert spelt[0].found == "2 spellings: 'negative' → unmethylated (10), 'positive' → methylated (10)"
    (missing, *_) = [f for f in missing_spellings(material()) if f.file == "mgmt_raw"]
    assert missing.found == "mgmt is unknown for 4 cases of 24: 'indeterminate' (4)"
    (derived,) = labels_derived(material())
    assert derived.found == "mgmt of 1 case of 24 is derived, not measured"
    one_value = material(cases=with_mgmt(good_cases()).assign(mgmt="methylated"))
    constant = [f for f in label_column_says_nothing(one_value) if f.rule == "label_column_constant"]
    assert [f.found for f in constant if f.center == "A"] == ["mgmt is methylated for all 24 cases that have one"]


def test_a_reference_table_is_held_against_a_further_label(tmp_path):
    cases = with_mgmt(good_cases())
    of_a = cases[cases["center"] == "A"]
    path = tmp_path / "second.tsv"
    other = of_a["mgmt"].replace({"methylated": "Positive", "": "unknown"}).tolist()
    other[0], other[2] = "methylated", "hyper"
    lines = [f"{case}\t{cell}" for case, cell in zip(of_a["case_id"], other, strict=True)]
    path.write_text("\n".join(["case_id\tMGMT status", *lines]) + "\n")
    second = {"A": ReferenceTable(path, tuple(of_a["case_id"]))}
    found = {f.rule: f for f in reference_table_disagrees(material(reference_tables=second))}
    assert found["labels_differ_from_reference_table"].case_id == "A-0001"
    assert "mgmt differs for 1 case of 19 (ours, theirs): A-0001 (unmethylated, methylated)" in (
        found["labels_differ_from_reference_table"].found
    )
    unread = found["reference_table_spelling"]
    assert unread.found == "1 cell of mgmt could not be read, nor compared: 'hyper' (1)"
    assert unread.action.startswith("allowed: unmethylated (unmethylated")


def test_a_further_label_is_dealt_anew_with_the_others():
    cases = with_mgmt(good_cases())
    shuffled = shuffle_labels(cases, 3)
    labels = ["idh", "grade", *CELLS]
    for name in ("A", "B"):
        before, after = (table[table["center"] == name][labels] for table in (cases, shuffled))
        assert sorted(map(tuple, before.to_numpy())) == sorted(map(tuple, after.to_numpy()))
        assert not before["mgmt"].equals(after["mgmt"])
