import time

import pytest

from gliomanet.cohort.importers.bids import read
from gliomanet.cohort.importers.case_table import import_center
from gliomanet.cohort.remarks import heard_remarks
from gliomanet.errors import CohortError

SUFFIXES = ("T1w", "ce-gadolinium_T1w", "T2w", "FLAIR")
MODALITIES = ["t1", "t1c", "t2", "flair"]


def anat(subject, session="", suffixes=SUFFIXES, top="", end=".nii.gz"):
    folder = f"{top}sub-{subject}/" + (f"ses-{session}/" if session else "") + "anat/"
    name = f"sub-{subject}_" + (f"ses-{session}_" if session else "")
    return [f"{folder}{name}{suffix}{end}" for suffix in suffixes]


def import_bids(folder, **options):
    cases, findings = import_center("bids", "Oslo", "train", folder, **options)
    return cases, {finding.rule: finding for finding in findings}


def test_layout_labels_and_masks(make_tree):
    masks = ("label-tumor_mask",)
    folder = make_tree(
        [
            "dataset_description.json",
            "README",
            *anat("01"),
            *anat("01", suffixes=["T1w"], end=".json"),
            *anat("02", suffixes=["T1w", "T2w", "T2starw", "ce-none_T1w"]),
            *anat("03", suffixes=["FLAIR"], end=".nii"),
            "sub-01/dwi/sub-01_dwi.nii.gz",
            "sub-01/dwi/sub-01_dwi.bval",
            *anat("01", suffixes=masks, top="derivatives/seg/"),
            *anat("01", suffixes=["desc-brain_mask", "space-MNI152_T1w"], top="derivatives/hdbet/"),
            *anat("02", suffixes=["dseg"], top="derivatives/tumour/"),
            *anat("02", suffixes=["dseg"], top="derivatives/fastsurfer/"),
            *anat("03", suffixes=["space-MNI152_desc-tumour_mask"], top="derivatives/seg/"),
            *anat("04", suffixes=masks, top="derivatives/seg/"),
            "sourcedata/sub-01/anat/sub-01_T1w.nii.gz",
            "notes.docx",
        ]
    )
    (folder / "participants.tsv").write_text(
        "participant_id\tage\tSex\tIDH status\t1p/19q\tWHO grade\tgrade_edition\tdiagnosis\tother_ids\thandedness\n"
        "sub-01\t45\tF\tmutant\tcodel\t3\t2021\toligo\tA1;B2\tR\n02\tn/a\tn/a\twt\tn/a\tn/a\tn/a\tn/a\tn/a\tL\nsub-09\t1\tM\twt\tn/a\t4\tn/a\tn/a\tn/a\tL\n"
    )
    cases, findings = import_bids(folder)
    assert cases["case_id"].tolist() == cases["patient_id"].tolist() == ["sub-01", "sub-02", "sub-03"]
    assert cases.loc[0, MODALITIES].tolist() == [str(folder / path) for path in anat("01")]
    assert cases.loc[0, "tumour_mask"] == str(folder / anat("01", suffixes=masks, top="derivatives/seg/")[0])
    assert cases.loc[0, "brain_mask"].endswith("derivatives/hdbet/sub-01/anat/sub-01_desc-brain_mask.nii.gz")
    assert cases.loc[1, "tumour_mask"].endswith("derivatives/tumour/sub-02/anat/sub-02_dseg.nii.gz")
    assert cases.loc[2, "tumour_mask"] == ""
    assert cases.loc[2, "flair"].endswith("sub-03_FLAIR.nii")
    assert cases["idh"].tolist() == ["mutant", "wildtype", ""]
    assert cases["codel_1p19q"].tolist() == ["codeleted", "", ""]
    assert cases["grade"].tolist() == ["3", "", ""]
    assert cases["grade_edition"].tolist() == ["2021", "", ""]
    assert cases["other_ids"].tolist() == ["A1;B2", "", ""]
    assert cases["sex"].tolist() == ["F", "", ""]
    assert set(cases["scan"]) == {"baseline"}
    assert findings["mask_elsewhere"].case_id == "sub-03"
    assert findings["no_row"].case_id == "sub-03"
    assert {finding.case_id for finding in read(folder, None, None).findings if finding.rule == "no_image"} == {
        "sub-04",
        "sub-09",
    }
    assert (
        findings["unused_files"].found
        == "known, and not used by this project: anat/*_T2starw (1), derivatives: anat/*_T1w (1), derivatives: anat/*_dseg (1), dwi/*_dwi (1)"
    )
    assert findings["unknown_columns"].found.startswith("columns not used: handedness; used: participant_id as id")
    assert findings["unknown_files"].file == "notes.docx"
    assert findings["several_images"].case_id == "sub-02"  # T1w and ce-none_T1w
    assert cases.loc[1, "t1"].endswith("sub-02_ce-none_T1w.nii.gz")  # the one that says so


def scans(folder):
    cases, _ = import_bids(folder)
    return dict(zip(cases["case_id"], cases["scan"], strict=True))


def test_sessions_by_name_in_the_order_of_their_numbers(make_tree):
    folder = make_tree([path for session in ("2", "10", "1") for path in anat("01", session)])
    assert scans(folder) == {"sub-01_ses-1": "baseline", "sub-01_ses-2": "follow_up", "sub-01_ses-10": "follow_up"}
    cases, _ = import_bids(folder)
    assert set(cases["patient_id"]) == {"sub-01"}


def test_sessions_named_by_surgery(make_tree):
    folder = make_tree([path for session in ("postop", "preop") for path in anat("01", session)])
    assert scans(folder) == {"sub-01_ses-postop": "post_operative", "sub-01_ses-preop": "baseline"}


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("session_id\tacq_time\nses-a\t2020-02-01\nses-b\t2019-01-01\n", ["follow_up", "baseline"]),
        ("session_id\tacq_time\nses-a\t2020-02-01T09:30:00Z\nses-b\t2019-11-01\n", ["follow_up", "baseline"]),
        ("session_id\tdays\na\t30\nb\t-4.5\n", ["follow_up", "baseline"]),
        ("session_id\tdays\nses-a\tn/a\nses-b\t-4\n", ["baseline", "follow_up"]),
        ("session_id\tstage\nses-a\tpost-operative\nses-b\tn/a\n", ["post_operative", "follow_up"]),
        ("session_id\tscan\nses-a\tpre-operative\nses-b\tpre-operative\n", ["baseline", "follow_up"]),
        ("session_id\tstage\nses-a\tfollow-up\nses-b\tbaseline\n", ["follow_up", "baseline"]),
    ],
)
def test_sessions_by_their_table(make_tree, table, expected):
    folder = make_tree([*anat("01", "a"), *anat("01", "b")])
    (folder / "sub-01" / "sub-01_sessions.tsv").write_text(table)
    assert list(scans(folder).values()) == expected


def test_dates_that_are_not_of_iso_end_the_import(make_tree):
    folder = make_tree([*anat("01", "a"), *anat("01", "b")])
    table = folder / "sub-01" / "sub-01_sessions.tsv"
    table.write_text("session_id\tacq_time\nses-a\t05/06/2019\nses-b\t2020-01-03\n")
    with pytest.raises(CohortError) as raised:
        import_bids(folder)
    (problem,) = raised.value.problems
    assert (problem.rule, problem.column) == ("no_date", "acq_time")
    assert problem.found.startswith("session 'a': '05/06/2019'")


def test_two_datasets_are_not_one_patient(make_tree):
    folder = make_tree([*anat("01", suffixes=["T1w"], top="ds1/"), *anat("01", suffixes=["FLAIR"], top="ds2/")])
    with pytest.raises(CohortError, match="images of 2 datasets: .*/ds1, .*/ds2; name each as a centre of its own"):
        import_bids(folder)


def test_labels_of_a_session_stand_over_the_participants(make_tree):
    folder = make_tree([*anat("01", "a"), *anat("01", "b")])
    (folder / "participants.tsv").write_text("participant_id\tidh\tage\nsub-01\tmutant\t40\n")
    (folder / "sub-01" / "sub-01_sessions.tsv").write_text("session_id\tage\tgrade\nses-a\tn/a\t2\nses-b\t43\t3\n")
    cases, _ = import_bids(folder)
    assert cases["age"].tolist() == [40.0, 43.0]
    assert cases["grade"].tolist() == ["2", "3"]
    assert cases["idh"].tolist() == ["mutant", "mutant"]


def test_several_images_of_a_modality_and_of_a_mask(make_tree):
    folder = make_tree(
        [
            *anat("01", suffixes=["run-1_T2w", "run-2_T2w", "acq-fast_run-3_T2w", "part-phase_T2w"]),
            *anat(
                "01", suffixes=["desc-auto_label-tumor_mask", "desc-manual_label-tumor_mask"], top="derivatives/seg/"
            ),
        ]
    )
    cases, findings = import_bids(folder)
    assert cases.loc[0, "t2"].endswith("sub-01_run-2_T2w.nii.gz")
    assert cases.loc[0, "tumour_mask"].endswith("desc-manual_label-tumor_mask.nii.gz")
    told = findings["several_images"].found
    assert (
        "sub-01_run-2_T2w.nii.gz is taken as t2, not sub-01_acq-fast_run-3_T2w.nii.gz, sub-01_run-1_T2w.nii.gz" in told
    )


def test_a_dataset_below_the_folder_and_a_table_of_ones_own(make_tree):
    folder = make_tree(anat("01", top="rawdata/"))
    table = folder / "labels.csv"
    table.write_text("participant_id,idh\n01,wildtype\n")
    cases, _ = import_bids(folder, clinical=table)
    assert cases["idh"].tolist() == ["wildtype"]


def test_sessions_of_the_table_that_are_written_otherwise(make_tree):
    folder = make_tree([*anat("01", "01"), *anat("01", "02")])
    (folder / "sub-01" / "sub-01_sessions.tsv").write_text("session_id\tdays\nses-1\t30\nses-2\t-4\n")
    assert scans(folder) == {"sub-01_ses-01": "follow_up", "sub-01_ses-02": "baseline"}


@pytest.mark.parametrize("names", [("1", "2"), ("SUB-01", "SUB-02"), ("sub-1", "sub-002"), ("P-01", "P-02")])
def test_participants_that_are_written_otherwise(make_tree, names):
    folder = make_tree([*anat("01"), *anat("02")])
    table = "".join(f"{name}\t{idh}\n" for name, idh in zip(names, ("mutant", "wt"), strict=True))
    (folder / "participants.tsv").write_text(f"participant_id\tidh\n{table}")
    with heard_remarks() as remarks:
        cases, findings = import_bids(folder)
    assert cases["idh"].tolist() == ["mutant", "wildtype"]
    assert "no_row" not in findings
    by_number = names[0].startswith("P")
    assert [(one.severity, one.rule) for one in remarks] == [
        ("warning", "ids_matched_by_number") if by_number else ("note", "ids_matched")
    ]


def test_participants_of_which_two_fit_one_subject(make_tree):
    folder = make_tree(anat("001"))
    (folder / "participants.tsv").write_text("participant_id\tidh\n1\tmutant\n01\twt\n")
    with heard_remarks() as remarks:
        cases, findings = import_bids(folder)
    assert cases["idh"].tolist() == [""]
    assert findings["no_row"].case_id == "sub-001"
    (ambiguous,) = remarks
    assert (ambiguous.severity, ambiguous.rule, ambiguous.case_id) == ("warning", "ids_ambiguous", "sub-001")
    assert "'sub-1' or 'sub-01'" in ambiguous.found


def test_a_participant_twice_names_both_lines(make_tree):
    folder = make_tree(anat("01"))
    (folder / "participants.tsv").write_text("participant_id\tage\nsub-01\t45\n\nsub-02\t1\nsub-01\t46\n")
    with pytest.raises(CohortError) as error:
        import_bids(folder)
    (problem,) = error.value.problems
    assert (problem.rule, problem.case, problem.column) == ("two_rows", "sub-01", "age")
    assert problem.found.endswith("'45' and '46', in lines 2 and 5")


def test_no_label_columns_is_a_warning(make_tree):
    folder = make_tree(anat("01"))
    (folder / "participants.tsv").write_text("participant_id\tage\nsub-01\t4\n")
    _, findings = import_bids(folder)
    assert findings["no_label_column"].severity == "warning"
    assert findings["no_label_column"].found.endswith("found: participant_id, age")


def test_what_ends_an_import(make_tree):
    folder = make_tree(["sub-01/anat/sub-01_PDw.nii.gz"])
    with pytest.raises(
        CohortError,
        match=r"no exam in it; looked for sub-<label>/\[ses-<label>/\]anat/.*; found sub-01/anat/sub-01_PDw.nii.gz",
    ):
        import_bids(folder)
    make_tree(anat("01", "a"))
    (folder / "participants.tsv").write_text("id2\tidh\nsub-01\tmutant\n")
    with pytest.raises(CohortError) as error:
        import_bids(folder)
    (problem,) = error.value.problems
    assert (problem.file, problem.rule) == (str(folder / "participants.tsv"), "column_missing")
    assert "id2, idh" in problem.found
    assert "'participant_id'" in problem.action
    (folder / "participants.tsv").write_text("participant_id\tidh\nsub-01\tperhaps\n")
    with pytest.raises(CohortError, match="case 'sub-01_ses-a', column 'idh': 'perhaps' is no known spelling; allowed"):
        import_bids(folder)
    (folder / "sub-01" / "sub-01_sessions.tsv").write_text("name\tdays\nses-a\t3\n")
    with pytest.raises(CohortError, match="sub-01_sessions.tsv: no column 'session_id'; found: name, days"):
        import_bids(folder)
    (folder / "sub-01" / "sub-01_sessions.tsv").write_text("session_id\tdays\nses-a\tlate\n")
    with pytest.raises(CohortError, match="column 'days': session 'a': 'late' is no number of days"):
        import_bids(folder)
    with pytest.raises(CohortError, match="BIDS has no mapping table"):
        import_bids(folder, mapping=folder)


def test_names_in_capitals_are_found(make_tree):
    folder = make_tree([*anat("01", suffixes=["T1w"], end=".NII.GZ"), *anat("01", suffixes=["FLAIR"], end=".nii.GZ")])
    cases, _ = import_bids(folder)
    assert cases.loc[0, ["t1", "flair"]].tolist() == [
        str(folder / "sub-01/anat/sub-01_T1w.NII.GZ"),
        str(folder / "sub-01/anat/sub-01_FLAIR.nii.GZ"),
    ]


@pytest.mark.parametrize("folder_name", ["sub-01_A", "sub-01/ses-pre-op", "sub-"])
def test_a_label_that_is_more_than_letters_and_digits_ends_an_import(make_tree, folder_name):
    folder = make_tree([*anat("02"), f"{folder_name}/anat/{folder_name.replace('/', '_')}_T1w.nii.gz"])
    with pytest.raises(CohortError) as error:
        import_bids(folder)
    (problem,) = error.value.problems
    assert problem.rule == "label_not_of_bids"
    assert folder_name.rpartition("/")[2] in problem.found


def test_500_subjects_within_a_second(make_tree):
    folder = make_tree([path for number in range(500) for path in anat(f"{number:03d}")])
    start = time.process_time()
    assert len(read(folder, None, None).exams) == 500
    assert time.process_time() - start < 1.0
