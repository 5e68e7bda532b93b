import json

import nibabel as nib
import numpy as np
import pytest

from gliomanet.config.analysis import Radiomics
from gliomanet.radiomics.extract import extract_case, region_features

SHAPE = (30, 32, 28)


def save(path, array, spacing=3.0):
    nib.save(nib.Nifti1Image(array.astype(np.float32), np.diag([spacing, spacing, spacing, 1])), path)


@pytest.fixture
def case(tmp_path):
    """A ball of radius 15 mm, core 4 of radius 9 mm inside oedema 2, on two modalities."""
    generator = np.random.default_rng(1)
    distance = np.linalg.norm(np.indices(SHAPE).T - np.array([15, 14, 13]), axis=-1).T * 3.0
    mask = np.where(distance <= 9, 4, np.where(distance <= 15, 2, 0))
    save(tmp_path / "tumour_mask.nii.gz", mask)
    for name in ("t1c", "t2"):
        save(tmp_path / f"{name}.nii.gz", generator.normal(size=SHAPE))
    return tmp_path, mask


def test_a_case_with_two_regions(case):
    folder, mask = case
    table, notes = extract_case(folder, "007", Radiomics(regions={"whole": [1, 2, 4], "enhancing": [4]}))
    assert notes == []
    assert table["case_id"].tolist() == ["007", "007"]
    assert table["region"].tolist() == ["enhancing", "whole"]
    # 14 shape features of the mask, and 18 + 24 + 16 + 16 + 14 + 5 of each modality
    assert len(table.columns) == 2 + 14 + 2 * 93
    volume = table.set_index("region")["mask_shape_VoxelVolume"]
    assert volume["whole"] == 27 * (mask > 0).sum()
    assert volume["enhancing"] == 27 * (mask == 4).sum()
    image = np.asarray(nib.load(folder / "t2.nii.gz").dataobj)
    assert table.set_index("region").loc["whole", "t2_firstorder_Mean"] == pytest.approx(
        image[mask > 0].mean(), rel=1e-6
    )
    again, _ = extract_case(folder, "007", Radiomics(regions={"whole": [1, 2, 4], "enhancing": [4]}))
    assert again.equals(table)


def test_what_lies_outside_the_mask_decides_nothing(case):
    folder, mask = case
    before, _ = extract_case(folder, "a", Radiomics())
    image = np.asarray(nib.load(folder / "t2.nii.gz").dataobj).copy()
    image[mask == 0] = 50
    save(folder / "t2.nii.gz", image)
    after, _ = extract_case(folder, "a", Radiomics())
    assert after.equals(before)


def test_a_region_that_is_empty_and_one_too_small_are_stated(case):
    folder, mask = case
    mask = mask.copy()
    mask[mask > 0] = 2
    mask[0, 0, 0] = 1
    save(folder / "tumour_mask.nii.gz", mask)
    table, notes = extract_case(folder, "a", Radiomics(regions={"none": [4], "dot": [1], "whole": [1, 2, 4]}))
    assert table["region"].tolist() == ["whole"]
    assert notes[0] == "case 'a', region 'none' (codes [4]): the region is empty"
    assert notes[1].startswith("case 'a', region 'dot' (codes [1]): ")
    assert len(notes) == 2


def test_cases_without_features_give_a_reason_and_no_row(case):
    folder, mask = case
    (folder / "preprocess.json").write_text(json.dumps({"status": "failed", "reason": "no brain"}))
    table, notes = extract_case(folder, "a", Radiomics())
    assert table.columns.tolist() == ["case_id", "region"]
    assert (len(table), notes) == (0, ["case 'a': preprocessing failed: no brain"])
    (folder / "preprocess.json").write_text(json.dumps({"status": "ok"}))
    save(folder / "tumour_mask.nii.gz", np.zeros(SHAPE))
    assert extract_case(folder, "a", Radiomics())[1] == [
        "case 'a', region 'whole' (codes [1, 2, 4]): the region is empty"
    ]
    (folder / "tumour_mask.nii.gz").unlink()
    assert extract_case(folder, "a", Radiomics())[1] == ["case 'a': no tumour mask"]
    save(folder / "tumour_mask.nii.gz", mask)
    (folder / "t1c.nii.gz").unlink()
    (folder / "t2.nii.gz").unlink()
    assert "no modality; looked for t1.nii.gz" in extract_case(folder, "a", Radiomics())[1][0]


def test_modalities_that_cannot_be_described(case):
    folder = case[0]
    image = np.asarray(nib.load(folder / "t2.nii.gz").dataobj).copy()
    image[15, 14, 13] = 1e5
    save(folder / "t2.nii.gz", image)
    table, notes = extract_case(folder, "a", Radiomics())
    assert not [column for column in table if column.startswith("t2_")]
    assert "t2: 4000" in notes[0]
    assert "grey levels of radiomics.bin_width 0.25 (at most 2000); no features" in notes[0]
    image[15, 14, 13] = np.nan
    save(folder / "t2.nii.gz", image)
    assert "t2: 1 voxels are not finite" in extract_case(folder, "a", Radiomics())[1][0]
    save(folder / "t2.nii.gz", image, spacing=2.0)
    with pytest.raises(ValueError, match="not on the grid of its tumour mask"):
        extract_case(folder, "a", Radiomics())


@pytest.mark.parametrize("settings", [{"normalize": True, "binWidth": 0.5}, {"resampledPixelSpacing": [2, 2, 2]}])
def test_settings_that_look_beyond_the_mask_are_given_the_whole_image(settings):
    generator = np.random.default_rng(1)
    image = generator.normal(size=(20, 20, 20))
    mask = np.zeros(image.shape, bool)
    mask[8:13, 8:13, 8:13] = True
    found = region_features(image, mask, (3, 3, 3), settings, families=("firstorder",))["firstorder_Maximum"]
    image[5, 10, 10] = 1e3  # three voxels from the mask
    moved = region_features(image, mask, (3, 3, 3), settings, families=("firstorder",))["firstorder_Maximum"]
    assert abs(moved - found) > 0.1
    plain = region_features(image, mask, (3, 3, 3), {"binWidth": 0.5}, families=("firstorder",))
    assert plain["firstorder_Maximum"] == image[mask].max()


def test_a_mask_that_tells_no_parts_has_the_whole_tumour_only(case):
    folder, mask = case
    save(folder / "tumour_mask.nii.gz", (mask > 0).astype(np.uint8))
    (folder / "preprocess.json").write_text(json.dumps({"status": "ok", "tumour_parts_told": False}))
    regions = {"whole": [4, 1, 2], "core": [1, 4], "oedema": [2]}
    table, notes = extract_case(folder, "007", Radiomics(regions=regions))
    assert table["region"].tolist() == ["whole"]
    assert [("core" in note or "oedema" in note) and "parts are not told" in note for note in notes] == [True, True]
