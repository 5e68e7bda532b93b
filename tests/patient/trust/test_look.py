"""The look of a case made of the atlas itself: what each kind of damage moves, and a cavity's size by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import ndimage

from gliomanet.files.nifti import write_nifti
from gliomanet.imaging.registration.head_pose import tissue_maps
from gliomanet.patient.trust.look import look_of_case

SPACING = 4.0
BRIGHTNESS = {"t1": (0.6, 0.9, 0.2), "t1c": (0.65, 0.95, 0.25), "t2": (0.6, 0.4, 1.0), "flair": (0.8, 0.6, 0.2)}


def images_of(seed: int = 0) -> dict[str, np.ndarray]:
    """A head with edges of its own, the same in every modality."""
    rng = np.random.default_rng(seed)
    _, grey, white, brain = tissue_maps(SPACING, 0)
    fluid = np.clip(1 - grey - white, 0, 1) * brain
    own = np.where(ndimage.gaussian_filter(rng.normal(size=brain.shape), 1.5) > 0.12, 1.0, 0)
    found = {}
    for name, (of_grey, of_white, of_fluid) in BRIGHTNESS.items():
        signal = of_grey * grey + of_white * white + of_fluid * fluid + 0.5 * own
        found[name] = np.where(brain, signal + rng.normal(0, 0.01, brain.shape), 0).astype(np.float32)
    return found


def look(tmp_path, images, *, matrix=None, brain=None) -> dict[str, float]:
    grid, _, _, inside = tissue_maps(SPACING, 0)
    brain = inside if brain is None else brain
    for name, image in {**images, "brain_mask": brain.astype(np.uint8)}.items():
        write_nifti(image, grid.affine, tmp_path / f"{name}.nii.gz")
    record = {
        "modalities": list(images),
        "reference": "t1c",
        "transforms": {"t1c": {"matrix": (np.eye(4) if matrix is None else matrix).tolist()}},
        "qc": {"brain_volume_ml": 1500.0, **{f"coverage_{name}": 1.0 for name in images}},
    }
    (tmp_path / "preprocess.json").write_text(json.dumps(record))
    return look_of_case(tmp_path, SPACING)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return look(tmp_path_factory.mktemp("whole"), images_of())


def test_the_atlas_itself_is_what_it_is(whole):
    assert whole["head_size"] == whole["head_stretch"] == whole["atlas_covered"] == 1
    assert whole["beyond_atlas"] == whole["flat_t1"] == 0
    assert whole["explained_t1"] > 0.5
    assert whole["fluid_t1"] < 0 < whole["fluid_t2"]
    assert min(value for name, value in whole.items() if name.startswith("alike")) > 0.5
    assert whole["cavity_t1_flair"] < 0.5


def test_no_scale_of_an_image_matters(whole, tmp_path):
    scaled = {name: np.where(image != 0, 7 * image - 300, 0).astype(np.float32) for name, image in images_of().items()}
    again = look(tmp_path, scaled)
    for name in ("explained_t1", "fluid_t2", "grey_flair", "cavity_t2_flair"):
        assert again[name] == pytest.approx(whole[name], abs=0.02), name


def test_noise_is_no_head_and_another_contrast_has_another_sign(whole, tmp_path):
    images = images_of()
    noise = np.where(images["t1"] > 0, np.random.default_rng(1).normal(5, 1, images["t1"].shape), 0)
    found = look(tmp_path, {**images, "t1": noise.astype(np.float32), "t2": images["t1"]})
    assert found["explained_t1"] < 0.1
    assert found["detail_t1"] > whole["detail_t1"] + 1
    assert found["fluid_t2"] < 0


def test_parts_that_are_missing_are_told_by_their_side(tmp_path):
    _, _, _, brain = tissue_maps(SPACING, 0)
    cut = brain.copy()
    cut[:, :, brain.shape[2] * 2 // 3 :] = False
    images = images_of()
    found = look(tmp_path, {name: image * cut for name, image in images.items()}, brain=cut)
    assert found["covered_top"] == 0
    assert found["covered_bottom"] == 1
    assert 0.5 < found["atlas_covered"] < 0.9


def test_size_of_the_head_is_that_of_its_registration(tmp_path):
    found = look(tmp_path, images_of(), matrix=np.diag([0.8, 0.8, 0.8, 1]))
    assert found["head_size"] == pytest.approx(0.8)
    assert look(tmp_path, images_of(), matrix=np.diag([0.8, 1, 1, 1]))["head_stretch"] == pytest.approx(1.25)


def test_lost_slices_ripples_and_a_bias_field_are_told(whole, tmp_path):
    images = images_of()
    lost, ripples = images["flair"].copy(), images["t1c"].copy()
    lost[:, :, 15:21] = lost[20, 20, 20]
    ripples[:, ::2] *= 1.15
    x = np.linspace(-1, 1, images["t1"].shape[0])[:, None, None]
    found = look(tmp_path, {"flair": lost, "t1c": ripples, "t1": (images["t1"] * np.exp(x)).astype(np.float32)})
    assert found["flat_flair"] > 0.1
    assert found["ripple_t1c"] > whole["ripple_t1c"] + 0.3
    assert found["uneven_t1"] > whole["uneven_t1"] + 0.2


def test_an_image_of_another_head_is_unlike_the_others(whole, tmp_path):
    found = look(tmp_path, {**images_of(), "flair": images_of(9)["flair"]})
    for name in ("t1", "t1c", "t2"):
        assert found[f"alike_{name}_flair"] < 0.3
    assert found["alike_t1_t2"] == pytest.approx(whole["alike_t1_t2"], abs=0.05)


def test_a_cavity_has_its_size_and_oedema_is_none(tmp_path):
    images = images_of()
    shape = images["t1"].shape
    middle = np.array([shape[0] * 0.7, shape[1] * 0.7, shape[2] * 0.6])
    inside = np.linalg.norm((np.stack(np.indices(shape), -1) - middle) * SPACING, axis=-1) < 18
    filled = {name: np.where(inside, BRIGHTNESS[name][2], image).astype(np.float32) for name, image in images.items()}
    ml = inside.sum() * SPACING**3 / 1000
    assert 10 ** look(tmp_path, filled)["cavity_t2_flair"] - 1 == pytest.approx(ml, rel=0.3)
    oedema = {**images, "t2": filled["t2"], "flair": np.where(inside, 1.2, images["flair"]).astype(np.float32)}
    assert look(tmp_path, oedema)["cavity_t2_flair"] < 0.5


def test_only_what_was_given_is_measured(tmp_path):
    found = look(tmp_path, {"t1c": images_of()["t1c"]})
    assert not any("flair" in name or "alike" in name for name in found)
    assert "explained_t1c" in found
