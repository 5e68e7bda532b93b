"""Defects that fail a case, and policies that end the study; their words are in tests/messages/golden.txt."""

import errno
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from gliomanet.config.preprocessing import Preprocessing
from gliomanet.errors import StudyStopError
from gliomanet.files import storage
from gliomanet.files.storage import StorageError
from gliomanet.imaging.brain_extraction.extraction import why_no_signal
from gliomanet.imaging.quality.center_table import collect_qc
from gliomanet.imaging.volume import Volume, resample
from tests.imaging.conftest import FAST, STRIPPED, run, turned
from tests.messages.cases import FAILING, SUPPLIED

ALL_BUT_T1C = ("t1", "t2", "flair", "tumour_mask")


@pytest.fixture
def failed(write_case, tmp_path):
    """Preprocess a case that must fail, and return its record."""

    def record_of(settings=STRIPPED, **changes):
        row = write_case(**changes)
        record = run(row, settings, tmp_path / "out")
        assert record["status"] == "failed"
        assert record["transforms"] == {}
        assert [path.name for path in (tmp_path / "out").iterdir()] == ["preprocess.json"]
        return record

    return record_of


@pytest.mark.parametrize("name", FAILING)
def test_a_case_fails_with_its_rule(name, failed, modalities, brain):
    failing = FAILING[name]
    record = failed(failing.settings, **failing.changes(modalities, brain))
    assert record["rule"] == failing.rule
    assert "case-1" in record["reason"]
    assert not failing.image or f"{failing.image} (" in record["reason"]


def test_no_case_is_lost_to_a_full_disk(write_case, tmp_path, monkeypatch):
    row = write_case()
    (tmp_path / "raw" / "case-1" / "t2.nii.gz").write_bytes(b"cut")
    monkeypatch.setattr(storage, "free_bytes", lambda _folder: 1000)
    with pytest.raises(StorageError) as caught:
        run(row, STRIPPED, tmp_path / "out")
    assert caught.value.problem.rule == "disk_full"
    assert not list((tmp_path / "out").iterdir())


def test_no_case_is_lost_to_a_network_share_that_fails(write_case, tmp_path, monkeypatch):
    row = write_case()
    read = Path.read_bytes

    def stale(path):
        if path.name == "t2.nii.gz":
            raise OSError(errno.ESTALE, "Stale file handle")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", stale)
    with pytest.raises(StorageError) as caught:
        run(row, STRIPPED, tmp_path / "out")
    assert caught.value.problem.file.endswith("t2.nii.gz")
    assert not list((tmp_path / "out").iterdir())


def test_a_file_that_cannot_be_read(write_case, tmp_path):
    path = tmp_path / "raw" / "case-1" / "t2.nii.gz"
    row = write_case()
    path.write_bytes(path.read_bytes()[:2000])
    record = run(row, STRIPPED, tmp_path / "out")
    assert (record["status"], record["rule"]) == ("failed", "unreadable_file")
    assert f"t2 ({path})" in record["reason"]


def test_a_file_that_is_not_there(write_case, tmp_path):
    record = run({**write_case(), "flair": "gone.nii.gz"}, STRIPPED, tmp_path / "out")
    assert (record["status"], record["rule"]) == ("failed", "missing_file")
    assert "flair (gone.nii.gz)" in record["reason"]


# ----------------------------------------------------------------------------------------------------- brains


def test_an_image_without_a_head_is_no_brain_though_the_atlas_fits_it(failed):
    """15 lit voxels and the volume of the atlas' own brain."""
    rng = np.random.default_rng(0)
    dots = np.zeros((40, 40, 40), np.float32)
    dots.ravel()[rng.choice(dots.size, 15, replace=False)] = 1 + 100 * rng.random(15)
    record = failed(
        Preprocessing(**FAST), arrays={"t1c": dots}, affines={"t1c": np.diag([5.0, 5, 5, 1])}, absent=ALL_BUT_T1C
    )
    assert record["rule"] == "no_brain_found"
    assert "0% of its voxels" in record["reason"]


def test_signal_is_a_distance_from_the_background_to_either_side(brain, modalities):
    volume, inside = brain
    assert why_no_signal(volume.with_array(modalities["t1c"]), inside) is None
    scored = np.where(inside, (modalities["t1c"] - modalities["t1c"][inside].mean()) / 20, 0).astype(np.float32)
    assert why_no_signal(volume.with_array(scored), inside) is None
    assert why_no_signal(volume.with_array(np.where(inside, 0, scored + 1)), inside).startswith("0% of its voxels")


# ------------------------------------------------------------------------------------------- false declarations


@pytest.mark.parametrize("voxels", [2, -2, 4])
def test_declared_aligned_and_shifted(voxels, failed, modalities):
    record = failed(arrays={"t1": np.roll(modalities["t1"], voxels, axis=1)})
    assert record["rule"] == "declared_aligned_but_not"
    assert f"(shift 0, {4 * voxels}, 0 mm along x, y, z, turn 0°)" in record["reason"]


@pytest.mark.parametrize("degrees", [5, -8])
def test_declared_aligned_and_turned(degrees, failed, brain, modalities):
    t1 = Volume(modalities["t1"], brain[0].grid)
    record = failed(arrays={"t1": resample(t1, t1.grid, turned(degrees, [0, 0, 0]))})
    assert record["rule"] == "declared_aligned_but_not"
    assert f"turn {abs(degrees)}°" in record["reason"]


def test_a_modality_that_registration_left_elsewhere_is_flagged(write_case, tmp_path, monkeypatch):
    astray = turned(0, [0, 15, 0])
    monkeypatch.setattr("gliomanet.imaging.registration.coregistration.coregister", lambda *_: np.eye(4))
    monkeypatch.setattr("gliomanet.imaging.registration.coregistration.refine", lambda *_: astray)
    settings = STRIPPED.model_copy(update={"coregistration": True})
    record = run(write_case(absent=("t1", "t2")), settings, tmp_path / "a")
    assert record["status"] == "ok"
    flag = next(flag for flag in record["qc"]["flags"] if flag.startswith("flair may not lie on t1c: "))
    assert "(shift 0, -15, 0 mm along x, y, z, turn 0°)" in flag


# -------------------------------------------------------------------------------- registrations that go astray


def test_a_modality_that_covers_less_than_half_of_the_brain(failed, brain, modalities, monkeypatch):
    monkeypatch.setattr("gliomanet.imaging.registration.coregistration.coregister", lambda *_: np.eye(4))
    monkeypatch.setattr("gliomanet.imaging.registration.coregistration.refine", lambda *_: np.eye(4))
    settings = SUPPLIED.model_copy(update={"coregistration": True, "atlas_registration": "none"})
    slab = modalities["t2"][:, :, :18]
    record = failed(settings, arrays={"t2": slab, "brain_mask": brain[1].astype(np.uint8)})
    share = brain[1][:, :, :18].sum() / brain[1].sum()
    assert record["rule"] == "brain_not_covered"
    found = int(record["reason"].split("covers ")[1].split("%")[0])
    assert found == pytest.approx(100 * share, abs=3)


def test_a_brain_outside_the_atlas_grid(failed, monkeypatch):
    monkeypatch.setattr("gliomanet.imaging.atlas_resampling.register_to_atlas", lambda *_, **__: turned(0, [500, 0, 0]))
    assert failed()["rule"] == "brain_outside_atlas_grid"


def test_a_registration_that_gives_up(failed, monkeypatch):
    monkeypatch.setattr("gliomanet.imaging.registration.coregistration.best_start", lambda *_: turned(0, [900, 0, 0]))
    assert failed(Preprocessing(**FAST, brain_extraction="none"))["rule"] == "registration_failed"


# ------------------------------------------------------------------------------------- what the study's policy does


def test_a_dropped_case_says_what_is_missing(write_case, tmp_path):
    record = run(
        write_case(absent=("t2", "t1")), STRIPPED.model_copy(update={"missing_modality": "drop"}), tmp_path / "a"
    )
    assert (record["status"], record["rule"]) == ("dropped", "modality_missing")
    assert "t1, t2" in record["reason"]
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["preprocess.json"]


def test_a_refused_case_ends_the_study(write_case, tmp_path):
    settings = STRIPPED.model_copy(update={"missing_modality": "refuse"})
    with pytest.raises(StudyStopError) as caught:
        run(write_case(absent=("t2",)), settings, tmp_path / "a")
    problem = caught.value.problem
    assert (problem.rule, problem.case) == ("modality_missing", "case-1")
    assert "preprocessing.missing_modality" in problem.action
    assert '"status": "failed"' in (tmp_path / "a" / "preprocess.json").read_text(encoding="utf-8")


def test_a_policy_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(ValidationError, match="(?s)missing_modality.*'refuse', 'drop' or 'mark'.*input_value='keep'"):
        Preprocessing(missing_modality="keep")


def test_too_many_failed_cases_end_the_study_with_their_reasons(write_case, modalities, tmp_path):
    row = write_case(arrays={"t1": np.zeros_like(modalities["t1"])})
    record = run(row, STRIPPED, tmp_path / "a")
    with pytest.raises(StudyStopError) as caught:
        collect_qc([tmp_path / "a"], 0.8)
    problem = caught.value.problem
    assert (problem.rule, problem.center) == ("too_few_cases_left", "Here")
    assert problem.action.endswith(f"\n  - case-1: failed: {record['reason']}")
