from pathlib import Path

import pytest

from gliomanet.cohort.check import case_ids, check_study
from gliomanet.cohort.errors import CohortError
from gliomanet.study import load_study


def study_of(folder: Path, tables: dict[str, str], roles: dict[str, str] | None = None):
    centers = {}
    for name, text in tables.items():
        (folder / f"{name}.tsv").write_text(text)
        source = {"kind": "table", "path": str(folder / f"{name}.tsv")}
        centers[name] = {"role": (roles or {}).get(name, "train"), "source": source}
    return load_study({"centers": centers, "models": {"m": {"kind": "logistic"}}})


@pytest.fixture
def image(tmp_path):
    (tmp_path / "x.nii.gz").touch()
    return "x.nii.gz"


def test_a_sound_study_passes_and_phantoms_are_passed_over(tmp_path, image):
    study = study_of(tmp_path, {"A": f"case_id\tt1\tidh\n007\t{image}\t0\n", "B": f"case_id\tt1\tidh\nb\t{image}\t1\n"})
    check_study(study)
    assert case_ids("A", study) == ["007"]
    phantom = {"P": {"role": "train", "source": {"kind": "phantom", "cases": 3}}}
    phantoms = load_study({"centers": phantom, "models": {"m": {"kind": "logistic"}}})
    check_study(phantoms)
    with pytest.raises(ValueError, match="'P' is a phantom source"):
        case_ids("P", phantoms)


def test_the_problems_of_all_centres_come_at_once(tmp_path, image):
    tables = {
        "A": f"case_id\tt1\ttumour_mask\tidh\nX-001\t{image}\tgone.nii.gz\t0\n",
        "B": f"case_id\tt1\tidh\nx-01_nifti\t{image}\t1\n",
        "C": f"case_id\tt1\tidh\nc\t{image}\tqueer\n",
        "D": f"case_id\tt1\tidh\nd\t{image}\tNA\n",
    }
    study = study_of(tmp_path, tables)
    (tmp_path / "C.tsv").write_text(tables["C"])
    broken = study.model_copy(update={"centers": {**study.centers}})
    with pytest.raises(CohortError) as error:
        check_study(broken)
    text = str(error.value)
    assert f"centers.A: case 'X-001': tumour_mask '{tmp_path / 'gone.nii.gz'}' is not there" in text
    assert "patient 'X-001' of centre A (case 'X-001') is 'x-01_nifti' of centre B (case 'x-01_nifti')" in text
    assert "centers.C:" in text
    assert "'queer' is no known spelling" in text
    assert "centers.D: has the role train, but none of its 1 cases has a label of codel_1p19q, grade, idh" in text
    assert len(error.value.problems) == 4


def test_a_missing_table_and_follow_ups_under_ids_of_their_own(tmp_path, image):
    rows = f"UCSF-PDGM-0429\t{image}\t0\nUCSF-PDGM-0429_FU003d\t{image}\t0\n"
    study = study_of(tmp_path, {"A": "", "B": "case_id\tt1\tidh\n" + rows})
    (tmp_path / "A.tsv").unlink()
    with pytest.raises(CohortError) as error:
        check_study(study)
    assert "centers.A: " in str(error.value)
    assert "no such file" in str(error.value)
    assert "centers.B: cases 'UCSF-PDGM-0429' and 'UCSF-PDGM-0429_FU003d' look like one patient" in str(error.value)
    with pytest.raises(CohortError, match="no such file"):
        case_ids("A", study)


def test_one_case_id_in_two_centres(tmp_path, image):
    header = "case_id\tpatient_id\tt1\tidh\n"
    study = study_of(tmp_path, {"A": f"{header}1\tA1\t{image}\t0\n", "B": f"{header}1\tB1\t{image}\t0\n"})
    with pytest.raises(CohortError, match="case_id '1' is used by the centres A and B; rename one"):
        check_study(study)


def test_a_table_uses_the_id_of_a_phantom(tmp_path, image):
    study = study_of(tmp_path, {"A": f"case_id\tt1\tidh\nP-001\t{image}\t0\n"})
    check_study(study, {"P": ["P-000"]})
    with pytest.raises(CohortError, match="case_id 'P-001' is used by the centres A and P; rename one"):
        check_study(study, {"P": ["P-001", "P-002"]})


def test_an_external_or_unlabelled_centre_needs_no_label(tmp_path, image):
    tables = {
        "A": f"case_id\tt1\tidh\na\t{image}\t0\n",
        "B": f"case_id\tt1\nb\t{image}\n",
        "C": f"case_id\tt1\nc\t{image}\n",
    }
    check_study(study_of(tmp_path, tables, {"B": "external", "C": "unlabelled"}))
