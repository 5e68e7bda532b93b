"""Every kind of source through one door."""

import subprocess
import sys
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest

from gliomanet.cohort.importers.feature_tables import COLLECTIONS
from gliomanet.cohort.read_center import case_ids, center_source, read_cases, read_center, request_of
from gliomanet.cohort.sources.registry import SOURCES
from gliomanet.cohort.table import mask_codes_of
from gliomanet.config.load import load_study
from gliomanet.config.sources import FeatureSource, Source
from gliomanet.errors import CohortError
from gliomanet.tables.cohort import CASES


def study_of(source, **keys):
    center = {"role": "train", "source": source, **keys}
    return load_study({"centers": {"A": center}, "models": {"m": {"kind": "logistic"}}})


@pytest.fixture
def table(tmp_path):
    def make(text, name="a.tsv"):
        (tmp_path / name).write_text(text)
        return {"kind": "table", "path": str(tmp_path / name)}

    return make


def test_a_table_is_read_with_1p19q_derived_where_asked(table):
    source = table("case_id\tt1\tidh\tcodel_1p19q\nb\tb.nii\twt\t\na\ta.nii\tmutant\t\n")
    cases, findings = read_center("A", study_of(source))
    assert cases["case_id"].tolist() == ["a", "b"]
    assert cases["codel_1p19q"].tolist() == ["", ""]
    assert findings == ()
    cases, _ = read_center("A", study_of(source, derive_1p19q=True))
    assert cases[["codel_1p19q", "codel_1p19q_source"]].to_numpy().tolist() == [["", ""], ["intact", "derived"]]
    assert case_ids("A", study_of(source)) == ["a", "b"]
    assert center_source("A", study_of(source)).file_order() == ("b", "a")


def test_scans_that_the_study_does_not_use_are_noted(table):
    source = table("case_id\tt1\tscan\nb\tb.nii\tfollow_up\na\ta.nii\t\nc\tc.nii\tbaseline\nd\td.nii\tpost_operative\n")
    study = study_of(source)
    cases, (note,) = read_center("A", study)
    assert cases["case_id"].tolist() == case_ids("A", study) == ["a", "c"]
    assert (note.rule, note.severity, note.center) == ("scans_not_used", "note", "A")
    assert note.found.startswith("2 cases not used, because centers.A.scans is baseline")
    assert note.found.endswith("follow_up: b; post_operative: d")
    study = study_of(source, scans=["baseline", "follow_up"])
    assert read_center("A", study)[0]["case_id"].tolist() == case_ids("A", study) == ["a", "b", "c"]


def test_a_centre_without_a_scan_to_use_is_an_error(table):
    study = study_of(table("case_id\tt1\tscan\nb\tb.nii\tfollow_up\n"))
    with pytest.raises(CohortError) as error:
        read_center("A", study)
    (problem,) = error.value.problems
    assert (problem.rule, problem.action) == ("no_case_left", "name their kind in centers.A.scans to use them")


def test_what_was_found_may_hold_semicolons(table):
    """The kinds of scan are parted by "; ", and the action stays whole beside them."""
    study = study_of(table("case_id\tt1\tscan\na\ta.nii\tfollow_up\nb\tb.nii\tpost_operative\n"))
    with pytest.raises(CohortError) as error:
        read_center("A", study)
    (problem,) = error.value.problems
    assert problem.found.endswith("follow_up: a; post_operative: b")
    assert problem.action == "name their kind in centers.A.scans to use them"


def test_every_kind_of_source_is_registered():
    assert set(SOURCES) == set(get_args(get_args(Source)[0]))


def test_formats_of_features_are_those_of_the_settings():
    (allowed, nothing) = get_args(FeatureSource.model_fields["format"].annotation)
    assert set(COLLECTIONS) == set(get_args(allowed))
    assert nothing is type(None)  # a hospital's own table


def test_phantoms_are_known_before_and_read_after_their_job(tmp_path):
    study = study_of({"kind": "phantom", "cases": 2}, derive_1p19q=True)
    assert case_ids("A", study) == ["A-001", "A-002"]
    (tmp_path / "cases.tsv").write_text("case_id\tt1\tidh\nA-001\tx.nii\twildtype\nA-002\ty.nii\tmutant\n")
    cases, findings = read_cases(request_of("A", study), [tmp_path])
    assert cases["codel_1p19q"].tolist() == ["intact", ""]
    assert cases["t1"].tolist() == [str(tmp_path / "x.nii"), str(tmp_path / "y.nii")]
    assert findings == ()


def test_the_tables_of_a_source(tmp_path):
    folder = {"kind": "brats", "folder": str(tmp_path), "mapping": "m.csv"}
    tables = {
        kind: center_source("A", study_of(source)).tables()
        for kind, source in {
            "brats": folder,
            "phantom": {"kind": "phantom", "cases": 2},
            "table": {"kind": "table", "path": "{data_root}/t.tsv"},
        }.items()
    }
    assert tables["brats"] == {"mapping": Path("m.csv")}
    assert tables["phantom"] == {}
    assert tables["table"]["path"].name == "t.tsv"
    assert "{" not in str(tables["table"]["path"])


def test_a_phantom_has_no_table_yet_and_features_no_images(shared_data):
    with pytest.raises(ValueError, match="'A' is simulated by a job"):
        read_center("A", study_of({"kind": "phantom", "cases": 2}))
    files = {
        "path": str(shared_data / "real-radiomics/UTSW-Glioma.csv"),
        "clinical": str(shared_data / "clinical/UTSW_Glioma_Metadata-2-1.tsv"),
    }
    study = study_of({"kind": "features", "format": "utsw", **files}, derive_1p19q=True)
    cases, _ = read_center("A", study)
    assert len(cases) == 427
    assert (cases["codel_1p19q_source"] == "derived").sum() > 100
    assert len(center_source("A", study).read_with_features()[1]) == 427
    assert case_ids("A", study) == []


def test_a_collection_is_read_by_its_importer(tmp_path):
    for case in ("BT0001", "BT0005"):
        (tmp_path / case).mkdir()
        for modality in ("t1", "t1ce", "t2", "flair"):
            (tmp_path / case / f"brain_{modality}.nii.gz").touch()
    header = (
        "Subject ID\tSex at birth\tAge at Imaging\tTumor Type\tPathology Information\tTumor Grade\tIDH\t1p19Q CODEL"
    )
    header += "\tOperation Status"
    rows = [f"{case}\tF\t50\tGLIOBLASTOMA\tNA\t4\twild type\tNA\tPRE" for case in ("BT0001", "BT0005")]
    (tmp_path / "labels.tsv").write_text("\n".join([header, *rows]) + "\n")
    source = {"kind": "utsw", "folder": str(tmp_path), "clinical": str(tmp_path / "labels.tsv")}
    study = study_of(source, derive_1p19q=True)
    cases, findings = read_center("A", study)
    assert case_ids("A", study) == cases["case_id"].tolist() == ["BT0001", "BT0005"]
    assert cases["codel_1p19q_source"].tolist() == ["derived", "derived"]
    assert {finding.center for finding in findings} <= {"A"}


def test_dicom_cases_are_folders_with_labels_beside_them(tmp_path):
    for case in ("P1", "P2", "P4"):
        (tmp_path / "dicom" / case / "series").mkdir(parents=True)
        (tmp_path / "dicom" / case / "series" / "0001.dcm").write_bytes(bytes(128) + b"DICM")
    clinical = tmp_path / "labels.csv"
    clinical.write_text("case_id,idh,scan\nP1,wt,\nP3,mutant,\nP4,mutant,follow_up\n")
    source = {"kind": "dicom", "folder": str(tmp_path / "dicom"), "clinical": str(clinical)}
    study = study_of(source, derive_1p19q=True)
    cases, findings = read_center("A", study)
    assert cases["case_id"].tolist() == case_ids("A", study) == ["P1", "P2"]
    assert cases[["idh", "codel_1p19q"]].to_numpy().tolist() == [["wildtype", "intact"], ["", ""]]
    assert list(cases.columns) == CASES.names()
    found = {finding.rule: finding for finding in findings}
    assert found["images_without_labels"].found.endswith(": P2")
    assert found["labels_without_images"].found.endswith(": P3")
    assert "follow_up: P4" in found["scans_not_used"].found
    clinical.write_text("id,idh\nP1,wt\n")
    with pytest.raises(CohortError, match="no column 'case_id'; found: id, idh"):
        read_center("A", study)
    clinical.write_text("case_id,idh,scan\nP1,wt,later\n")
    with pytest.raises(
        CohortError, match="column 'scan': 'later'; allowed: baseline, follow_up, post_operative, empty"
    ):
        read_center("A", study)
    clinical.write_text("case_id,idh\nP1,queer\n")
    with pytest.raises(CohortError, match="'queer' is no known spelling"):
        read_center("A", study)


def test_dicom_folders_and_rows_that_are_written_otherwise(tmp_path):
    for case in ("case_001", "case_002"):
        (tmp_path / "dicom" / case).mkdir(parents=True)
    clinical = tmp_path / "labels.csv"
    clinical.write_text("case_id,idh,scan\n1,wt,\nCASE-2,mutant,follow_up\n")
    study = study_of({"kind": "dicom", "folder": str(tmp_path / "dicom"), "clinical": str(clinical)})
    cases, findings = read_center("A", study)
    assert cases["case_id"].tolist() == case_ids("A", study) == ["case_001"]
    assert cases["idh"].tolist() == ["wildtype"]
    assert [(one.center, one.severity) for one in findings if one.rule == "ids_matched"] == [("A", "note")]
    assert "images_without_labels" not in {one.rule for one in findings}


def test_what_conversions_left_is_found_with_the_table(tmp_path):
    for case in ("P1", "P2"):
        (tmp_path / "dicom" / case).mkdir(parents=True)
        (tmp_path / "made" / case).mkdir(parents=True)
    (tmp_path / "made" / "P1" / "t1.nii.gz").touch()
    (tmp_path / "made" / "P2" / "failure.txt").write_text("no series is a whole head\n")
    study = study_of({"kind": "dicom", "folder": str(tmp_path / "dicom")})
    cases, findings = read_cases(request_of("A", study), [tmp_path / "made" / case for case in ("P1", "P2")])
    assert cases["t1"].tolist() == [str(tmp_path / "made/P1/t1.nii.gz"), ""]
    (failed,) = [one for one in findings if one.severity == "error"]
    assert (failed.rule, failed.center, failed.case_id) == ("not_converted", "A", "P2")
    assert failed.file == str(tmp_path / "dicom" / "P2")


def test_reading_ids_imports_no_pandas(table):
    """The workflow is parsed once a job."""
    path = table("case_id\tt1\nb\tb.nii\n")["path"]
    code = (
        "import sys; from gliomanet.cohort.read_center import case_ids; from gliomanet.config.load import load_study; "
        f"s = load_study({{'centers': {{'A': {{'role': 'train', 'source': {{'kind': 'table', 'path': {path!r}}}}}}}, "
        "'models': {'m': {'kind': 'logistic'}}}); assert case_ids('A', s) == ['b']; print('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_case_ids_do_not_become_numbers(table):
    assert case_ids("A", study_of(table("case_id\tt1\n007\tb.nii\n"))) == ["007"]
    cases, _ = read_center("A", study_of(table("case_id\tt1\n007\tb.nii\n")))
    pd.testing.assert_series_equal(cases["case_id"], pd.Series(["007"], name="case_id"))


def test_what_readers_remark_reaches_the_findings_with_its_centre(table):
    study = study_of(table("case_id\tpatient_id\tt1\tage\na\tNA\tt1.nii\t90+\n"))
    cases, findings = read_center("A", study)
    assert cases[["patient_id", "age"]].to_numpy().tolist() == [["a", 90.0]]
    assert {(one.rule, one.severity, one.center, one.case_id) for one in findings} == {
        ("patient_unknown", "warning", "A", "a"),
        ("age_top_coded", "note", "A", "a"),
    }


def test_a_convention_in_a_row_without_a_mask_is_no_masks(table):
    text = "case_id\tt1\ttumour_mask\tmask_codes\na\ta.nii\tm.nii\tnnunet\nb\tb.nii\t\tnnunet\n"
    cases, _ = read_center("A", study_of(table(text)))
    assert mask_codes_of(cases) == {"a": "nnunet"}


def test_the_convention_of_the_masks_is_a_rows_or_the_whole_centres(table):
    text = "case_id\tt1\ttumour_mask\tmask_codes\na\ta.nii\tm.nii\tNNUNET\nb\tb.nii\tn.nii\t\nc\tc.nii\to.nii\tcore=2 oedema=1\n"
    cases, findings = read_center("A", study_of(table(text)))
    assert cases["mask_codes"].tolist() == ["nnunet", "", "core=2 oedema=1"]
    (warning,) = findings
    assert (warning.severity, warning.rule) == ("warning", "mask_codes_partly_declared")
    assert warning.found.startswith("1 of 3 tumour masks")
    assert mask_codes_of(cases) == {"a": "nnunet", "c": "core=2 oedema=1"}
    cases, (warning,) = read_center("A", study_of(table(text), mask_codes={"oedema": 1, "core": [2], "enhancing": 3}))
    assert cases["mask_codes"].tolist() == ["core=2 oedema=1 enhancing=3"] * 3
    assert (warning.severity, warning.rule) == ("warning", "mask_codes_overridden")
    assert "'core=2 oedema=1' of 1" in warning.found
    assert "nnunet" not in warning.found  # the same in other words
    with pytest.raises(CohortError) as caught:
        read_center("A", study_of(table(text.replace("NNUNET", "nnU"))))
    (problem,) = caught.value.problems
    assert (problem.rule, problem.case, problem.column) == ("unknown_mask_convention", "a", "mask_codes")


def test_phantoms_say_their_own_convention():
    assert request_of("A", study_of({"kind": "phantom", "cases": 2})).mask_codes == "brats"
