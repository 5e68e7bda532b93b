import csv

import pytest

from gliomanet.cohort.importers.case_table import import_center
from gliomanet.cohort.importers.utsw import LAYOUT
from gliomanet.cohort.remarks import heard_remarks
from gliomanet.errors import CohortError

HEADER = "Subject ID\tSex at birth\tAge at Imaging\tTumor Type\tTumor Grade\tIDH\t1p19Q CODEL\tOperation Status\r\n"
PLAIN = ("brain_t1", "brain_t1ce", "brain_t2", "brain_flair")
ANTS = ("brain_t1_ants", "brain_t1ce_ants", "brain_t2_ants", "brain_fl_ants")
MASKS = ("rtumorseg_manual_correction", "tumorseg_manual_correction", "tumorseg_FeTS")


def patient(case, *names):
    return [f"UTSW-Glioma/{case}/{name}.nii.gz" for name in names]


def import_utsw(folder, clinical=None, **options):
    return import_center("utsw", "UTSW", "external", folder, clinical, **options)


def by_rule(findings, rule):
    return [finding for finding in findings if finding.rule == rule]


@pytest.fixture
def table(tmp_path):
    def write(*rows):
        path = tmp_path / "UTSW_Glioma_Metadata-2-1.tsv"
        path.write_bytes((HEADER + "".join("\t".join(row) + "\r\n" for row in rows)).encode())
        return path

    return write


def test_variants_and_masks_in_their_order(make_tree, table):
    folder = make_tree(
        [
            *patient("BT0001", *PLAIN, *ANTS, *MASKS),
            *patient("BT0002", *ANTS, *MASKS[1:]),
            *patient("BT0003", *ANTS, "brain_t1", "tumorseg_FeTS"),
            *patient("BT0004", "brain_t1", "brain_t1ce", "brain_fl", "scribble"),
        ]
    )
    rows = [(f"BT000{n}", "F", "44", "GLIOBLASTOMA", "4", "wild type", "NA", "PRE") for n in (1, 2, 3, 4)]
    cases, findings = import_utsw(folder, table(*rows))
    stems = [[str(cell).rpartition("/")[2].removesuffix(".nii.gz") for cell in row] for row in cases[FILES].to_numpy()]
    assert stems == [
        [*PLAIN, MASKS[0]],
        [*ANTS, MASKS[1]],
        [*ANTS, MASKS[2]],
        ["brain_t1", "brain_t1ce", "", "brain_fl", ""],
    ]
    (second,) = by_rule(findings, "files_of_second_choice")
    assert (second.severity, second.case_id) == ("warning", "BT0002")
    assert "this mask of some cases is on another grid than the modalities" in second.action
    found = {finding.found for finding in by_rule(findings, "preferred_files")}
    assert "rtumorseg_manual_correction.nii.gz is preferred to tumorseg_FeTS.nii.gz in case BT0001" in found
    assert "brain_flair.nii.gz is preferred to brain_fl_ants.nii.gz in case BT0001" in found
    assert "brain_t1_ants.nii.gz is preferred to brain_t1.nii.gz in case BT0003" in found
    (unknown,) = by_rule(findings, "unknown_files")
    assert "scribble.nii.gz" in unknown.found
    assert set(cases["grade_edition"]) == {""}
    assert set(cases["role"]) == {"external"}


FILES = ["t1", "t1c", "t2", "flair", "tumour_mask"]


def test_midline_gliomas_and_operated_patients(make_tree, table):
    folder = make_tree([*patient("BT0001", *PLAIN), *patient("BT0002", *PLAIN), *patient("BT0003", *PLAIN)])
    cases, findings = import_utsw(
        folder,
        table(
            ("BT0001", "F", "9", "DIFFUSE MIDLINE GLIOMA", "4", "wild type", "NA", "PRE"),
            ("BT0002", "M", "50", "GLIOBLASTOMA", "4", "NA", "non co-deleted", "POST"),
            ("BT0003", "M", "50", "OLIGODENDROGLIOMA, NOS", "NA", "mutated", "co-deleted", "PRE"),
        ),
    )
    assert cases["scan"].tolist() == ["baseline", "post_operative", "baseline"]
    assert cases["idh"].tolist() == ["wildtype", "", "mutant"]
    assert cases["codel_1p19q"].tolist() == ["", "intact", "codeleted"]
    assert cases["diagnosis"].tolist()[2] == "OLIGODENDROGLIOMA, NOS"
    (midline,) = by_rule(findings, "not_adult_type")
    assert (midline.severity, midline.case_id) == ("warning", "BT0001")
    assert midline.found == "Tumor Type is DIFFUSE MIDLINE GLIOMA: no adult-type diffuse glioma"
    assert midline.action.startswith("kept; exclude it in the study's decision table")
    (operated,) = by_rule(findings, "post_operative")
    assert (operated.severity, operated.case_id) == ("note", "BT0002")
    assert "2 baseline, 1 post_operative" in by_rule(findings, "scans")[0].found


def test_errors(make_tree, table, tmp_path):
    folder = make_tree(patient("BT0001", *PLAIN))
    with pytest.raises(CohortError, match="column 'Subject ID': '17' is no id; ids look like BT0001"):
        LAYOUT.read(folder, table(("17", "F", "9", "x", "4", "NA", "NA", "PRE")), None)
    with pytest.raises(CohortError, match=r"column '1p19Q CODEL': 'partial' is no known spelling; allowed: intact \("):
        import_utsw(folder, table(("BT0001", "F", "9", "x", "4", "NA", "partial", "PRE")))
    with pytest.raises(CohortError, match="UTSW-Glioma has no mapping table"):
        LAYOUT.read(folder, None, tmp_path / "m.csv")


@pytest.fixture(scope="module")
def published(shared_data, tmp_path_factory):
    """Every patient of the real table, manual masks where the table says so."""
    folder, table = tmp_path_factory.mktemp("utsw"), shared_data / "clinical" / "UTSW_Glioma_Metadata-2-1.tsv"
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    for row in rows:
        masks = MASKS if row["Manually Refined Segmentation"] == "Yes" else MASKS[2:]
        place = folder / "UTSW-Glioma" / row["Subject ID"]
        place.mkdir(parents=True)
        for name in (*(PLAIN if len(masks) == 3 else ANTS), *masks):
            (place / f"{name}.nii.gz").touch()
    return folder, table


def test_the_published_table(published):
    cases, findings = import_utsw(*published)
    assert (len(cases), cases["patient_id"].nunique(), set(cases["scan"])) == (625, 625, {"baseline"})
    assert cases["idh"].value_counts().to_dict() == {"wildtype": 446, "mutant": 176, "": 3}
    assert cases["codel_1p19q"].value_counts().to_dict() == {"intact": 272, "": 290, "codeleted": 63}
    assert cases["grade"].value_counts().to_dict() == {"4": 420, "2": 101, "3": 97, "": 7}
    assert cases["grade_raw"].value_counts()["NA"] == 7
    assert cases["diagnosis"].nunique() == 17
    assert cases["age"].notna().all()
    assert (cases[FILES] != "").all(axis=None)
    assert cases["tumour_mask"].str.contains("rtumorseg_manual").sum() == 362
    midline = by_rule(findings, "not_adult_type")
    assert len(midline) == 6
    assert {f.rule for f in findings if f.severity != "note"} == {"not_adult_type"}


def test_derived_labels_of_the_published_table(published):
    cases, findings = import_utsw(*published, derive=True)
    derived = cases[cases["codel_1p19q_source"] == "derived"]
    assert (len(derived), set(derived["idh"]), set(derived["codel_1p19q_raw"])) == (251, {"wildtype"}, {"NA"})
    assert cases["codel_1p19q"].value_counts().to_dict() == {"intact": 523, "": 39, "codeleted": 63}
    assert by_rule(findings, "derived_1p19q")[0].found.startswith("1p/19q of 251 cases was unknown")


def test_ids_of_the_table_that_lack_zeros(make_tree, table):
    folder = make_tree([*patient("BT0001", *PLAIN), *patient("BT0002", *PLAIN)])
    rows = [(name, "F", "44", "X", "4", idh, "NA", "PRE") for name, idh in (("BT1", "wild type"), ("BT02", "mutated"))]
    with heard_remarks() as remarks:
        cases, findings = import_utsw(folder, table(*rows))
    assert cases["idh"].tolist() == ["wildtype", "mutant"]
    assert not by_rule(findings, "no_row")
    assert not by_rule(findings, "no_image")
    assert [one.rule for one in remarks] == ["ids_matched"]
