"""The inputs of models on features, by name."""

import numpy as np
import pandas as pd
import pytest

from gliomanet.models.tabular_inputs import clinical_values, log_shape, model_table

CASES = pd.DataFrame({"case_id": ["a", "b", "c"], "age": [40.0, 50.0, np.nan], "sex": ["F", "M", ""]})
FEATURES = pd.DataFrame(
    {
        "case_id": ["b", "a", "c"],
        "t1c_firstorder_Mean": [1.0, 2.0, 3.0],
        "t1c-flair_logratio_Mean": [0.1, 0.2, 0.3],
        "t1c_glcm_Contrast": [4.0, 5.0, 6.0],
        "mask_shape_MeshVolume": [8.0, 27.0, 0.0],
        "mask_shape_SurfaceArea": [24.0, 54.0, 1.0],
        "mask_shape_Maximum3DDiameter": [4.0, 6.0, 1.0],
        "mask_shape_Sphericity": [0.9, 0.8, 0.7],
        "necrosis": [1.0, 0.0, 1.0],
    }
)
SHAPE = [
    "mask_shape_Sphericity",
    "mask_shape_log(MeshVolume)",
    "mask_shape_log(SurfaceArea/MeshVolume)",
    "mask_shape_log(Maximum3DDiameter/MeshVolume^(1/3))",
]


@pytest.mark.parametrize(
    ("inputs", "columns"),
    [
        (("ratios",), ["t1c-flair_logratio_Mean"]),
        (("texture", "age"), ["t1c_glcm_Contrast", "age"]),
        (("shape",), SHAPE),
        (("sex", "age"), ["sex", "age"]),
        (("radiomics",), [c for c in FEATURES if c not in ("case_id", "t1c-flair_logratio_Mean")]),
        (("texture", "radiomics"), ["t1c_glcm_Contrast", "t1c_firstorder_Mean", *FEATURES.columns[4:]]),
    ],
    ids=lambda value: "+".join(value)[:20],
)
def test_an_input_is_its_columns_each_once(inputs, columns):
    assert list(model_table(CASES, FEATURES, inputs).columns) == columns


def test_rows_are_the_cases_in_order_and_sex_is_a_number():
    table = model_table(CASES, FEATURES, ("ratios", "sex"))
    assert table["t1c-flair_logratio_Mean"].tolist() == [0.2, 0.1, 0.3]
    assert table["sex"].tolist() == pytest.approx([1.0, 0.0, np.nan], nan_ok=True)


def test_shape_on_scales_that_suit_a_line():
    found = log_shape(FEATURES)
    assert found["mask_shape_log(MeshVolume)"].tolist()[:2] == pytest.approx(np.log([8, 27]))
    assert found["mask_shape_log(SurfaceArea/MeshVolume)"].tolist()[:2] == pytest.approx(np.log([3, 2]))
    assert found["mask_shape_log(Maximum3DDiameter/MeshVolume^(1/3))"].tolist()[:2] == pytest.approx(np.log([2, 2]))
    assert found.loc[2, "mask_shape_log(MeshVolume)"] != found.loc[2, "mask_shape_log(MeshVolume)"]  # no volume, no log


def test_a_mask_named_by_region_and_modality_and_another_volume():
    table = pd.DataFrame({"core_t1c_shape_VoxelVolume": [np.e], "core_t1c_shape_SurfaceArea": [np.e**3]})
    assert log_shape(table).iloc[0].to_dict() == pytest.approx(
        {"core_t1c_shape_log(VoxelVolume)": 1.0, "core_t1c_shape_log(SurfaceArea/VoxelVolume)": 2.0}
    )


def test_clinical_values_of_cases_without_the_column_are_refused_by_its_name():
    with pytest.raises(ValueError, match="have no column sex, which the model takes; add it, empty where"):
        clinical_values(pd.DataFrame({"case_id": ["a"], "age": [50.0]}), ("age", "sex"))
