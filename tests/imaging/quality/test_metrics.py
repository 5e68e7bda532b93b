"""Metrics on a made-up head whose faults are planted."""

import dataclasses

import numpy as np
import pytest
from scipy import ndimage

from gliomanet.imaging.quality.center_table import METRICS
from gliomanet.imaging.quality.evidence import Evidence
from gliomanet.imaging.quality.metrics import quality_metrics
from tests.imaging.conftest import MODALITIES, tumour_of


@pytest.fixture(scope="module")
def evidence(brain, modalities):
    """A head in place: brain in fluid, inside a skull of another brightness in every modality."""
    image, inside = brain
    beyond = ndimage.distance_transform_edt(~inside, sampling=image.grid.spacing)
    surround = {"t1": (20, 160), "t1c": (20, 160), "t2": (160, 10), "flair": (10, 120)}
    heads = {
        name: image.with_array(
            np.select([inside, beyond <= 4, beyond <= 12], [modalities[name], *surround[name]], 0).astype(np.float32)
        )
        for name in MODALITIES
    }
    return Evidence(
        case_id="case-1",
        center="Here",
        reference="t1c",
        raw=heads,
        corrected=heads,
        from_reference={name: np.eye(4) for name in MODALITIES},
        brain_mask=image.with_array(inside.astype(np.uint8)),
        to_atlas=np.eye(4),
        tumour=(image.with_array(tumour_of(brain)), "t1c"),
        on_atlas={},
        metrics={},
        flags=(),
    )


def _grown(evidence, millimetres):
    mask = evidence.brain_mask
    inside = mask.array > 0
    spacing = mask.grid.spacing
    if millimetres < 0:
        changed = ndimage.distance_transform_edt(inside, sampling=spacing) > -millimetres
    else:
        changed = ndimage.distance_transform_edt(~inside, sampling=spacing) <= millimetres
    return dataclasses.replace(evidence, brain_mask=mask.with_array(changed.astype(np.uint8)))


def test_a_good_case_is_within_every_bound(evidence):
    metrics = quality_metrics(evidence)
    assert {name for name in metrics if name.startswith("residual")} == {
        f"residual_shift_{name}_mm" for name in ("t1", "t2", "flair")
    }
    assert max(value for name, value in metrics.items() if name.startswith("residual")) <= 2
    assert metrics["rim_outside"] < METRICS["rim_outside"].most
    assert metrics["rim_inside"] > METRICS["rim_inside"].least
    assert metrics["mask_atlas_dice"] > 0.95
    assert metrics["tumour_outside_brain"] == 0


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_modality_shifted_by_15_mm_is_found(evidence, axis):
    matrix = np.eye(4)
    matrix[axis, 3] = 15
    moved = dataclasses.replace(evidence, from_reference={**evidence.from_reference, "flair": matrix})
    metrics = quality_metrics(moved)
    assert metrics["residual_shift_flair_mm"] == pytest.approx(15, abs=2)
    assert metrics["residual_shift_t1_mm"] <= 2


def test_masks_too_small_and_too_large_are_found(evidence):
    assert quality_metrics(_grown(evidence, -5))["rim_outside"] > METRICS["rim_outside"].most
    assert quality_metrics(_grown(evidence, 6))["rim_inside"] < METRICS["rim_inside"].least


def test_a_mask_off_the_atlas_and_a_tumour_off_the_brain_are_found(evidence):
    away = np.eye(4)
    away[0, 3] = 60
    assert quality_metrics(dataclasses.replace(evidence, to_atlas=away))["mask_atlas_dice"] < 0.85
    tumour = np.roll(evidence.tumour[0].array, 12, axis=0)
    moved = dataclasses.replace(evidence, tumour=(evidence.tumour[0].with_array(tumour), "t1c"))
    assert quality_metrics(moved)["tumour_outside_brain"] > 0.1


@pytest.mark.parametrize("shift", [[0, 15, 0]])
def test_real_scans_keep_the_bounds_and_lose_them_when_spoilt(shared_data, shift):
    """BraTS2021_00495: stripped and aligned; then one modality shifted, and the mask eroded."""
    import nibabel as nib

    from gliomanet.imaging.volume import Volume

    folder = shared_data / "real-mri" / "BraTS2021_00495"
    images = {name: nib.as_closest_canonical(nib.load(folder / f"{name}.nii.gz")) for name in ("t1", "t1c", "flair")}
    volumes = {name: Volume.of(np.asarray(i.dataobj, np.float32), i.affine) for name, i in images.items()}
    mask = volumes["t1c"].with_array(ndimage.binary_fill_holes(volumes["t1c"].array > 0).astype(np.uint8))
    real = Evidence(
        "real", "B", "t1c", volumes, volumes, {n: np.eye(4) for n in volumes}, mask, np.eye(4), None, {}, {}, ()
    )
    matrix = np.eye(4)
    matrix[:3, 3] = shift
    good = quality_metrics(real)
    assert good["residual_shift_flair_mm"] <= 2
    assert good["rim_outside"] < 0.1
    spoilt = dataclasses.replace(_grown(real, -5), from_reference={**real.from_reference, "flair": matrix})
    metrics = quality_metrics(dataclasses.replace(spoilt, from_reference=real.from_reference))
    assert metrics["rim_outside"] > METRICS["rim_outside"].most
    assert quality_metrics(spoilt)["residual_shift_flair_mm"] > METRICS["residual_shift_mm"].most
