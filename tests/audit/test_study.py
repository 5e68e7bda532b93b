"""The audit of tables and images together: the same head at two hospitals, one of which teaches and one tests."""

import shutil
import tempfile

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

from gliomanet.audit.center_images import inspect_center
from gliomanet.audit.fingerprint import write_fingerprints
from gliomanet.audit.study import audit_cohort, audit_images, refuse_false_results
from gliomanet.cohort.findings import findings_table
from gliomanet.cohort.read_center import read_center
from gliomanet.cohort.table import files_of
from gliomanet.config.load import load_study
from gliomanet.config.sources import PhantomSource
from gliomanet.config.study import Study
from gliomanet.errors import CohortError
from gliomanet.modalities import FILE_COLUMNS
from gliomanet.phantom.center import simulate_center
from gliomanet.tables.io import write_table
from tests.cohort.dicom.test_convert import FLAIR, T1_SE, write_series

HOSPITAL = {"cases": 2, "scanner": {"voxel_mm": [3, 3, 3]}}


@pytest.fixture(scope="module")
def hospitals(tmp_path_factory) -> Study:
    """B's second case is A's first under another id: stored with its axes turned round, and brighter."""
    root = tmp_path_factory.mktemp("hospitals")
    for center, seed in (("A", 1), ("B", 2)):
        simulate_center(center, PhantomSource.model_validate(HOSPITAL), seed, root / center, report=lambda _line: None)
    shutil.rmtree(root / "B" / "B-002")
    (root / "B" / "B-002").mkdir()
    for file in sorted((root / "A" / "A-001").glob("*.nii.gz")):
        image = nib.load(file)
        array = np.asarray(image.dataobj)
        turned = nib.Nifti1Image(array if "mask" in file.name else 3 * array, image.affine)
        nib.save(turned.as_reoriented([[0, -1], [2, 1], [1, -1]]), root / "B" / "B-002" / file.name)
    return load_study(
        {
            "centers": {
                center: {"role": role, "source": {"kind": "table", "path": str(root / center / "cases.tsv")}}
                for center, role in (("A", "train"), ("B", "external"))
            },
            "preprocessing": {"coregistration": False, "brain_extraction": "none"},
            "models": {"age": {"kind": "logistic", "inputs": ["age"]}},
        }
    )


@pytest.fixture(scope="module")
def left_by_jobs(hospitals, tmp_path_factory):
    """What the jobs of the centres leave: case tables, findings, fingerprints."""
    folder = tmp_path_factory.mktemp("jobs")
    tables, prints = {}, {}
    for name in hospitals.centers:
        tables[name], findings = read_center(name, hospitals)
        write_table(findings_table(findings), folder / f"{name}.source.tsv")
        rows = tables[name].to_dict("records")
        found, own, *_ = inspect_center(rows, hospitals.preprocessing_of(name))
        write_table(found, folder / f"{name}.tsv")
        prints[name] = folder / f"{name}.npz"
        write_fingerprints(own, prints[name])
    return tables, sorted(folder.glob("*.tsv")), prints


def test_the_same_head_in_teaching_and_testing_centres_ends_the_study(hospitals, left_by_jobs):
    tables, found, prints = left_by_jobs
    findings = audit_cohort(hospitals, pd.concat(tables.values(), ignore_index=True), found, prints)
    fatal = findings[findings["severity"] == "fatal"]
    assert fatal[["rule", "center", "case_id"]].to_numpy().tolist() == [["same_head_under_two_names", "B", "B-002"]]
    assert "'A-001' of centre A" in fatal["found"].iloc[0]
    with pytest.raises(CohortError) as caught:
        refuse_false_results(findings)
    (problem,) = caught.value.problems
    assert (problem.key, problem.rule) == ("centers.B", "same_head_under_two_names")


def test_volumes_of_the_images_are_compared_with_a_reference_table(hospitals, left_by_jobs, tmp_path):
    tables, found, prints = left_by_jobs
    cases = pd.concat(tables.values(), ignore_index=True)
    rows = tables["A"].to_dict("records")
    volumes = inspect_center(rows, hospitals.preprocessing_of("A"))[2]
    assert (volumes["tumour_volume_ml"] > 0).all()
    volumes.assign(tumour_volume_ml=volumes["tumour_volume_ml"] + [0, 50]).to_csv(tmp_path / "second.csv", index=False)
    values = hospitals.model_dump(mode="json")
    values["centers"]["A"]["reference_table"] = str(tmp_path / "second.csv")
    findings = audit_cohort(load_study(values), cases, found, prints, volumes=volumes)
    differing = findings[findings["rule"] == "numbers_differ_from_reference_table"]
    assert differing[["center", "case_id"]].to_numpy().tolist() == [["A", "A-002"]]


def test_a_person_resolves_it_by_excluding_one(hospitals, left_by_jobs):
    tables, found, prints = left_by_jobs
    cases = pd.concat(tables.values(), ignore_index=True)
    findings = audit_cohort(hospitals, cases, found, prints, excluded={("B", "B-002")})
    assert "fatal" not in set(findings["severity"])
    refuse_false_results(findings)


def test_validate_finds_it_in_the_files_alone(hospitals):
    seen = []
    findings, volumes = audit_images(hospitals, report=lambda done, every: seen.append((done, every)))
    assert ("fatal", "same_head_under_two_names") in {(finding.severity, finding.rule) for finding in findings}
    assert seen == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
    assert volumes[["center", "case_id"]].to_numpy().tolist() == [[c, f"{c}-00{n}"] for c in "AB" for n in (1, 2)]


def test_validate_reads_dicom_before_its_job_converts_it(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    write_series(tmp_path / "ward" / "good", 2, "AX T1", **T1_SE)
    write_series(tmp_path / "ward" / "stripped", 3, "AX FLAIR", **FLAIR)
    (tmp_path / "ward" / "empty").mkdir()
    study = load_study(
        {
            "centers": {"D": {"role": "train", "source": {"kind": "dicom", "folder": str(tmp_path / "ward")}}},
            "preprocessing": {"brain_extraction": "none"},
            "models": {"age": {"kind": "logistic", "inputs": ["age"]}},
        }
    )
    findings, volumes = audit_images(study)
    found = {(one.rule, one.case_id): one for one in findings if one.severity == "error"}
    assert set(found) == {
        ("not_converted", "empty"),
        ("stripped_but_is_not", "good"),
        ("stripped_but_is_not", "stripped"),
    }
    assert found["stripped_but_is_not", "good"].file == f"t1: {tmp_path / 'ward' / 'good' / 't1.nii.gz'}"
    assert found["not_converted", "empty"].file == str(tmp_path / "ward" / "empty")
    assert volumes["case_id"].tolist() == ["empty", "good", "stripped"]
    assert list((tmp_path / "scratch").iterdir()) == []


def test_files_that_have_moved_since_the_tables_were_written_are_looked_for_where_they_lie(hospitals, left_by_jobs):
    tables, found, prints = left_by_jobs
    cases = pd.concat(tables.values(), ignore_index=True)
    old = cases.assign(**{column: cases[column].str.replace("/A-", "/elsewhere/A-") for column in FILE_COLUMNS})
    assert "file_missing" in set(audit_cohort(hospitals, old, found, prints)["rule"])
    files = {name: files_of(table) for name, table in tables.items()}
    assert "file_missing" not in set(audit_cohort(hospitals, old, found, prints, files=files)["rule"])
