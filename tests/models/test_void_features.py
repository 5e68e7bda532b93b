"""Features that carry nothing, decided on training cases."""

import numpy as np
import pytest

from gliomanet.models.void_features import duplicates, one_level_images, void_features
from gliomanet.tables.feature_names import parts_of
from tests.audit.feature_tables import good_features, one_grey_level


def told(table, **options):
    return {column: str(void) for column, void in void_features(table, **options).items()}


def test_good_features_all_carry_something():
    assert told(good_features()) == {}


def test_what_is_empty_or_constant():
    table = good_features().assign(nothing=np.nan, same=3.0, rounded=0.1 + 1e-17)
    assert told(table) == {"nothing": "empty", "same": "constant", "rounded": "constant"}


def test_texture_of_one_grey_level_is_void_and_first_order_is_not():
    found = told(one_grey_level(good_features()))
    assert set(found.values()) == {"one grey level"}
    assert sum("glcm" in column for column in found) == 28
    assert {column for column in found if "firstorder" in column} == {
        f"{m}_firstorder_{n}" for m in ("t1c", "flair") for n in ("Entropy", "Uniformity")
    }


def test_an_image_filter_and_a_region_are_judged_by_themselves():
    table = good_features()
    for name in ("firstorder_wavelet-LLH_Entropy", "firstorder_Entropy"):
        table[f"core_t1c_{name}"] = 0.0 if "wavelet" in name else table["t1c_firstorder_Mean"] + 4
        table[f"core_t1c_{name.replace('firstorder', 'glcm').replace('Entropy', 'Id')}"] = (
            table["flair_glcm_Texture3"] ** 2
        )
    found = told(table)
    assert found["core_t1c_glcm_wavelet-LLH_Id"] == "one grey level"
    assert "core_t1c_glcm_Id" not in found


def test_of_duplicates_the_fullest_then_the_masks_then_the_first_is_kept():
    table = good_features()
    table["flair_shape_MeshVolume"] = table["t1c_shape_MeshVolume"] = table["mask_shape_MeshVolume"]
    table["a_copy"] = table["t1c_firstorder_Mean"].where(table.index != "c00")
    assert told(table) == {
        "a_copy": "the same as t1c_firstorder_Mean",
        "flair_shape_MeshVolume": "the same as mask_shape_MeshVolume",
        "t1c_shape_MeshVolume": "the same as mask_shape_MeshVolume",
    }


def test_age_is_never_a_duplicate_and_may_be_constant():
    table = good_features().assign(years=lambda t: t["t1c_firstorder_Mean"], age=lambda t: t["t1c_firstorder_Mean"])
    assert "age" not in told(table.drop(columns="years"), apart=("age",))
    assert told(table.drop(columns="years").assign(age=50.0), apart=("age",)) == {"age": "constant"}


def test_too_few_cases_make_no_duplicates():
    assert told(good_features(cases=4)) == {}


@pytest.mark.parametrize("noise", [1e-7, 1e-3])
def test_the_bound_between_one_feature_and_two(noise):
    table = good_features()
    table["copy"] = table["t1c_glcm_Texture0"] + noise * np.random.default_rng(3).normal(size=len(table))
    assert ("copy" in told(table) or "t1c_glcm_Texture0" in told(table)) is (noise < 1e-5)


def test_columns_without_a_case_in_common_are_two():
    table = good_features()[["t1c_glcm_Texture0"]].copy()
    table["other"] = table["t1c_glcm_Texture0"]
    table.iloc[:20, 0] = np.nan
    table.iloc[20:, 1] = np.nan
    assert duplicates(table, {c: parts_of(c) for c in table}) == {}


def test_the_share_of_cases_of_one_level():
    table = good_features()[["t1c_firstorder_Entropy"]].copy()
    table.iloc[:30, 0] = 0.0
    assert one_level_images(table) == {("", "t1c", ""): 0.75}


def test_texture_that_is_the_same_in_two_contrasts_is_the_masks():
    table = good_features()
    table["flair_glcm_Texture3"] = 2 * table["t1c_glcm_Texture3"] + 1
    table["flair_glcm_Texture5"] = table["t1c_glcm_Texture4"]
    assert told(table) == {
        "flair_glcm_Texture3": "mask alone",
        "t1c_glcm_Texture3": "mask alone",
        "t1c_glcm_Texture4": "the same as flair_glcm_Texture5",
    }
