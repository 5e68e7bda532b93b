"""What fails as a case, in the words that the person who can mend it reads, and what ends the study."""

import numpy as np
import pytest
from pydantic import ValidationError

from gliomanet.config.preprocessing import Preprocessing
from gliomanet.errors import StudyStopError
from gliomanet.imaging.brain_extraction.extraction import why_no_signal
from gliomanet.imaging.quality.center_table import collect_qc
from gliomanet.imaging.volume import Volume, resample
from tests.imaging.conftest import FAST, IN_ATLAS_SPACE, MODALITIES, STRIPPED, run, turned

ALIGN = "set coregistration to true for this centre"
ALL_BUT_T1C = ("t1", "t2", "flair", "tumour_mask")
SUPPLIED = STRIPPED.model_copy(update={"brain_extraction": "supplied"})


@pytest.fixture
def failed(write_case, tmp_path):
    """Preprocess a case that must fail, and return its reason, with the files' folder left out."""

    def reason_of(settings=STRIPPED, **changes):
        row = write_case(**changes)
        record = run(row, settings, tmp_path / "out")
        assert record["status"] == "failed"
        assert record["transforms"] == {}
        assert [path.name for path in (tmp_path / "out").iterdir()] == ["preprocess.json"]
        return record["reason"].replace(str(tmp_path / "raw" / "case-1") + "/", "")

    return reason_of


# -------------------------------------------------------------------------------- files: worded in test_reading


def test_a_file_that_cannot_be_read(failed, write_case, tmp_path):
    path = tmp_path / "raw" / "case-1" / "t2.nii.gz"
    row = write_case()
    path.write_bytes(path.read_bytes()[:2000])
    record = run(row, STRIPPED, tmp_path / "out")
    assert record["status"] == "failed"
    assert record["reason"].startswith(f"case case-1: t2 ({path}) cannot be read as NIfTI: ")
    assert record["reason"].endswith("; copy or export it again")


def test_a_file_that_is_not_there(write_case, tmp_path):
    record = run({**write_case(), "flair": "gone.nii.gz"}, STRIPPED, tmp_path / "out")
    assert (record["status"], record["reason"]) == (
        "failed",
        "case case-1: flair (gone.nii.gz) does not exist; correct the path in the case table, or leave the cell empty",
    )


def test_no_modality_at_all(failed):
    assert failed(absent=MODALITIES) == (
        "case case-1: no modality at all; at least one of t1, t1c, t2, flair is needed"
    )


def test_voxels_that_are_no_numbers(failed, modalities):
    t1 = modalities["t1"].copy()
    t1[20, 20, 20] = np.nan
    assert failed(arrays={"t1": t1}) == (
        "case case-1: t1 (t1.nii.gz) holds 1 voxels that are NaN or infinite; export it again, or fill them knowingly"
    )


def test_a_series_in_one_file(failed, modalities):
    t1 = modalities["t1"]
    shape = " x ".join(map(str, t1.shape))
    assert failed(arrays={"t1": np.stack([t1] * 3, -1)}) == (
        f"case case-1: t1 (t1.nii.gz) has shape {shape} x 3; one 3-D volume is allowed: split the series, name one file"
    )


# ------------------------------------------------------------------------------------------------------- masks


def test_tumour_codes_of_no_edition(failed, modalities):
    codes = np.zeros(modalities["t1"].shape, np.uint8)
    codes[20:25, 20:25, 20:25] = 9
    assert failed(arrays={"tumour_mask": codes}) == (
        "case case-1: tumour_mask (tumour_mask.nii.gz) holds the codes [0, 9]; allowed: 1, 2, 4 or 1, 2, 3 or 1, 2, 3, 4 "
        "(BraTS 2013) or 1 alone; recode it"
    )


@pytest.mark.parametrize("name", ["tumour_mask", "brain_mask"])
def test_a_mask_on_another_grid(name, failed, brain):
    mask = brain[1][:-1].astype(np.uint8)
    reason = failed(SUPPLIED, arrays={"brain_mask": brain[1].astype(np.uint8), name: mask})
    assert reason.startswith(f"case case-1: {name} ({name}.nii.gz) lies on a grid of {mask.shape[0]} x ")
    assert f", which no modality of the case has (t1c {mask.shape[0] + 1} x " in reason
    assert reason.endswith("; draw or resample it on the grid of one of them")


def test_no_brain_mask_where_one_is_to_be_supplied(failed):
    assert failed(SUPPLIED) == (
        "case case-1: brain_mask is empty, and brain_extraction is supplied; name the mask's file in the case table, or "
        "set brain_extraction to builtin or none"
    )


def test_a_supplied_mask_that_is_no_brain(failed, brain):
    ball = np.zeros(brain[1].shape, np.uint8)
    ball[15:25, 15:25, 15:25] = 1
    assert failed(SUPPLIED, arrays={"brain_mask": ball}) == (
        "case case-1: no brain found (supplied, brain_mask.nii.gz): its volume is 64 ml; a brain's is 500 to 2300 ml; "
        "look at the image, or supply another mask"
    )


def test_an_image_without_a_head_is_no_brain_though_the_atlas_fits_it(failed):
    """15 lit voxels and the volume of the atlas' own brain."""
    rng = np.random.default_rng(0)
    dots = np.zeros((40, 40, 40), np.float32)
    dots.ravel()[rng.choice(dots.size, 15, replace=False)] = 1 + 100 * rng.random(15)
    reason = failed(
        Preprocessing(**FAST), arrays={"t1c": dots}, affines={"t1c": np.diag([5.0, 5, 5, 1])}, absent=ALL_BUT_T1C
    )
    assert reason == (
        "case case-1: no brain found (builtin, t1c.nii.gz): 0% of its voxels give signal; allowed: at least 50%; look at "
        "the image, or supply another mask"
    )


def test_signal_is_a_distance_from_the_background_to_either_side(brain, modalities):
    volume, inside = brain
    assert why_no_signal(volume.with_array(modalities["t1c"]), inside) is None
    scored = np.where(inside, (modalities["t1c"] - modalities["t1c"][inside].mean()) / 20, 0).astype(np.float32)
    assert why_no_signal(volume.with_array(scored), inside) is None
    assert why_no_signal(volume.with_array(np.where(inside, 0, scored + 1)), inside).startswith("0% of its voxels")


# ------------------------------------------------------------------------------------------- false declarations


def test_declared_stripped_with_something_around_the_brain(failed, modalities):
    t1 = modalities["t1"]
    noisy = t1 + np.random.default_rng(0).random(t1.shape).astype(np.float32) + 1
    assert failed(arrays={"t1": noisy}) == (
        "case case-1: t1 (t1.nii.gz) is declared stripped (brain_extraction: none), but 100% of its border voxels are "
        "not background; allowed: 5%; set brain_extraction to builtin or supplied for this centre"
    )


def test_declared_stripped_with_too_little_left(failed, modalities):
    cut = {m: np.where(np.indices(a.shape)[0] < 14, a, 0).astype(np.float32) for m, a in modalities.items()}
    volume_ml = (cut["t1"] != 0).sum() * 0.064
    assert volume_ml < 500
    assert failed(arrays=cut) == (
        f"case case-1: t1 (t1.nii.gz) is declared stripped (brain_extraction: none), but its volume is {volume_ml:.0f} "
        "ml; a brain's is 500 to 2300 ml; set brain_extraction to builtin or supplied for this centre"
    )


def test_declared_aligned_on_two_grids(failed, modalities):
    x, y, z = modalities["t1"].shape
    assert failed(arrays={"t1": modalities["t1"][:, :, :-1]}) == (
        "case case-1: t1 (t1.nii.gz) and t1c (t1c.nii.gz) are declared aligned (coregistration: false), but grids differ: "
        f"{x} x {y} x {z} voxels of 4 x 4 x 4 mm and {x} x {y} x {z - 1} voxels of 4 x 4 x 4 mm; {ALIGN}"
    )


@pytest.mark.parametrize("voxels", [2, -2, 4])
def test_declared_aligned_and_shifted(voxels, failed, modalities):
    reason = failed(arrays={"t1": np.roll(modalities["t1"], voxels, axis=1)})
    assert reason.startswith(
        "case case-1: t1 (t1.nii.gz) and t1c (t1c.nii.gz) are declared aligned (coregistration: false), but normalised "
        "mutual information grows from 0."
    )
    assert reason.endswith(f" mm (shift 0, {4 * voxels}, 0 mm along x, y, z, turn 0°); {ALIGN}")


@pytest.mark.parametrize("degrees", [5, -8])
def test_declared_aligned_and_turned(degrees, failed, brain, modalities):
    t1 = Volume(modalities["t1"], brain[0].grid)
    reason = failed(arrays={"t1": resample(t1, t1.grid, turned(degrees, [0, 0, 0]))})
    assert f"turn {abs(degrees)}°" in reason
    assert reason.endswith(ALIGN)


def test_a_modality_that_registration_left_elsewhere_is_flagged(write_case, tmp_path, monkeypatch):
    astray = turned(0, [0, 15, 0])
    monkeypatch.setattr("gliomanet.imaging.registration.coregistration.coregister", lambda *_: np.eye(4))
    monkeypatch.setattr("gliomanet.imaging.registration.coregistration.refine", lambda *_: astray)
    settings = STRIPPED.model_copy(update={"coregistration": True})
    record = run(write_case(absent=("t1", "t2")), settings, tmp_path / "a")
    assert record["status"] == "ok"
    flag = next(flag for flag in record["qc"]["flags"] if flag.startswith("flair may not lie on t1c: "))
    assert "(shift 0, -15, 0 mm along x, y, z, turn 0°)" in flag


def test_declared_aligned_and_nothing_alike(failed, modalities):
    noise = np.random.default_rng(1).permutation(np.linspace(1, 2, modalities["t1"].size)).astype(np.float32)
    reason = failed(SUPPLIED, arrays={"t1": noise.reshape(modalities["t1"].shape)})
    assert reason.startswith(
        "case case-1: t1 (t1.nii.gz) and t1c (t1c.nii.gz) are declared aligned (coregistration: false), but normalised "
        "mutual information is 0.0"
    )
    assert reason.endswith(f"; allowed: at least 0.02; {ALIGN}")


def test_declared_in_atlas_space_and_elsewhere(failed, brain, modalities):
    elsewhere = turned(0, [60, 0, 0]) @ brain[0].grid.affine
    reason = failed(IN_ATLAS_SPACE, affines=dict.fromkeys((*modalities, "tumour_mask"), elsewhere))
    assert reason.startswith(
        "case case-1: t1c.nii.gz is declared to lie in atlas space (atlas_registration: none), but its brain's Dice "
        "overlap with the atlas is 0."
    )
    assert reason.endswith("; allowed: at least 0.7; set it to affine")


# -------------------------------------------------------------------------------- registrations that go astray


def test_a_modality_that_covers_less_than_half_of_the_brain(failed, brain, modalities, monkeypatch):
    monkeypatch.setattr("gliomanet.imaging.registration.coregistration.coregister", lambda *_: np.eye(4))
    monkeypatch.setattr("gliomanet.imaging.registration.coregistration.refine", lambda *_: np.eye(4))
    settings = SUPPLIED.model_copy(update={"coregistration": True, "atlas_registration": "none"})
    slab = modalities["t2"][:, :, :18]
    reason = failed(settings, arrays={"t2": slab, "brain_mask": brain[1].astype(np.uint8)})
    share = brain[1][:, :, :18].sum() / brain[1].sum()
    found = int(reason.split("covers ")[1].split("%")[0])
    assert found == pytest.approx(100 * share, abs=3)
    assert reason == (
        f"case case-1: t2 (t2.nii.gz) covers {found}% of the brain; at least 50 % is needed; leave its cell empty, or "
        "look whether it shows the same head"
    )


def test_a_brain_outside_the_atlas_grid(failed, monkeypatch):
    monkeypatch.setattr("gliomanet.imaging.atlas_resampling.register_to_atlas", lambda *_, **__: turned(0, [500, 0, 0]))
    assert failed() == ("case case-1: its brain lies outside the atlas grid; look at the header of t1c.nii.gz")


def test_a_registration_that_gives_up(failed, monkeypatch):
    monkeypatch.setattr("gliomanet.imaging.registration.coregistration.best_start", lambda *_: turned(0, [900, 0, 0]))
    assert failed(Preprocessing(**FAST, brain_extraction="none")) == (
        "case case-1: the images do not overlap; look whether its images show the same head at all"
    )


# ------------------------------------------------------------------------------------- what the study's policy does


def test_a_dropped_case_says_what_is_missing(write_case, tmp_path):
    record = run(
        write_case(absent=("t2", "t1")), STRIPPED.model_copy(update={"missing_modality": "drop"}), tmp_path / "a"
    )
    assert (record["status"], record["reason"]) == (
        "dropped",
        "case case-1: modalities missing: t1, t2; missing_modality is drop",
    )
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["preprocess.json"]


def test_a_refused_case_ends_the_study(write_case, tmp_path):
    settings = STRIPPED.model_copy(update={"missing_modality": "refuse"})
    with pytest.raises(StudyStopError) as caught:
        run(write_case(absent=("t2",)), settings, tmp_path / "a")
    assert str(caught.value) == (
        "case case-1: modalities missing: t2; missing_modality is refuse: supply the files, or set "
        "preprocessing.missing_modality to drop or mark"
    )
    assert '"status": "failed"' in (tmp_path / "a" / "preprocess.json").read_text(encoding="utf-8")


def test_a_policy_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(ValidationError, match="(?s)missing_modality.*'refuse', 'drop' or 'mark'.*input_value='keep'"):
        Preprocessing(missing_modality="keep")


def test_too_many_failed_cases_end_the_study_with_their_reasons(write_case, modalities, tmp_path):
    row = write_case(arrays={"t1": np.zeros_like(modalities["t1"])})
    record = run(row, STRIPPED, tmp_path / "a")
    with pytest.raises(StudyStopError) as caught:
        collect_qc([tmp_path / "a"], 0.8)
    assert str(caught.value) == (
        "centre Here: 0 of 1 cases survived preprocessing (0%); min_success_fraction allows no less than 80%. Mend the cases, or "
        f"lower min_success_fraction:\n  - case-1: failed: {record['reason']}"
    )
