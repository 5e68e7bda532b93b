"""Ratio maps: free of the scanner's gain, there only with both modalities, made from the intensities before z-scoring."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from gliomanet.errors import CaseError
from gliomanet.models.case_input import load_case
from gliomanet.models.ratio_maps import LEAST, kept_ratios
from tests.models.test_case_input import save

GRID = (8, 8, 8)
BRAIN = np.zeros(GRID, bool)
BRAIN[1:-1, 1:-1, 1:-1] = True
LIT = np.zeros(GRID, bool)
LIT[2:4, 2:4, 2:4] = True


def raw(seed: int, *, lit: float = 1.0) -> np.ndarray:
    """Positive intensities, `lit` times as bright in `LIT`."""
    image = np.random.default_rng(seed).uniform(50, 150, GRID)
    return np.where(LIT, lit * image, image)


def case(folder: Path, images: dict[str, np.ndarray], *, z_scored: bool = True) -> Path:
    """As preprocessing leaves it: z-scored inside the brain, with the scale in the record."""
    record = {}
    for name, image in images.items():
        offset, scale = (image[BRAIN].mean(), image[BRAIN].std()) if z_scored else (0.0, 1.0)
        record[name] = {"offset": float(offset), "scale": float(scale)}
        save(folder, name, np.where(BRAIN, (image - offset) / scale, 0).astype(np.float32))
    save(folder, "brain_mask", BRAIN.astype(np.uint8))
    (folder / "preprocess.json").write_text(json.dumps({"intensities": record}))
    return folder


def ratio(folder: Path, name: str = "t1c/t1") -> np.ndarray:
    found = load_case("p", folder, ("t1", "t1c"), GRID, tumour=False, ratio_maps=(name,))
    assert found.available.tolist() == [True, True, True]
    return found.image[2].astype(np.float32)


def test_a_map_is_the_log_ratio_of_what_was_scanned(tmp_path):
    images = {"t1": raw(0), "t1c": raw(1, lit=2)}
    found = ratio(case(tmp_path, images))
    shares = {name: image / np.median(image[BRAIN]) for name, image in images.items()}
    wanted = np.log(np.maximum(shares["t1c"], LEAST) / np.maximum(shares["t1"], LEAST))
    np.testing.assert_allclose(found[BRAIN], wanted[BRAIN], atol=2e-3)
    assert not found[~BRAIN].any()


def test_gains_cancel_and_a_ratio_turned_over_changes_sign(tmp_path):
    images = {"t1": raw(0), "t1c": raw(1)}
    plain = ratio(case(tmp_path / "a", images))
    gained = ratio(case(tmp_path / "b", {"t1": 7 * images["t1"], "t1c": 0.3 * images["t1c"]}))
    np.testing.assert_allclose(gained, plain, atol=2e-3)
    np.testing.assert_allclose(ratio(tmp_path / "a", "t1/t1c"), -plain, atol=2e-3)


def test_a_ratio_is_absent_with_either_of_its_modalities(tmp_path):
    folder = case(tmp_path, {"t1c": raw(1)})
    found = load_case("p", folder, ("t1", "t1c"), GRID, tumour=False, ratio_maps=("t1c/t1",))
    assert found.available.tolist() == [False, True, False]
    assert not found.image[2].any()


def test_intensities_that_came_z_scored_have_no_ratio_and_that_is_said(tmp_path, capsys):
    centred = {name: image - np.median(image[BRAIN]) for name, image in {"t1": raw(0), "t1c": raw(1)}.items()}
    folder = case(tmp_path, centred, z_scored=False)
    found = load_case("p", folder, ("t1", "t1c"), GRID, tumour=False, ratio_maps=("t1c/t1",))
    assert found.available.tolist() == [True, True, False]
    assert "case p: without its ratio map t1c/t1" in capsys.readouterr().out


def test_a_record_without_the_scale_is_the_cases_error(tmp_path):
    folder = case(tmp_path, {"t1": raw(0), "t1c": raw(1)})
    (folder / "preprocess.json").write_text("{}")
    with pytest.raises(CaseError) as caught:
        ratio(folder)
    assert (caught.value.problem.rule, caught.value.problem.case) == ("no_intensities", "p")
    assert nib.load(folder / "t1.nii.gz").shape == GRID


def test_the_places_of_a_ratios_modalities():
    assert kept_ratios(("t2", "t1c", "flair", "t1"), ("t1c/t1", "t2/flair")) == [(1, 3), (0, 2)]
