import pandas as pd
import pytest

from gliomanet.radiomics.table import center_table, wide_features


def test_columns_have_one_order_whichever_case_came_first():
    one = pd.DataFrame(
        {"case_id": ["b"], "region": ["whole"], "t2_glcm_Contrast": [1.0], "mask_shape_MeshVolume": [2.0]}
    )
    two = pd.DataFrame({"case_id": ["a"], "region": ["whole"], "t1_glcm_Contrast": [3.0], "t2_firstorder_Mean": [4.0]})
    table = center_table([one, two])
    assert table.equals(center_table([two, one]))
    assert table["case_id"].tolist() == ["a", "b"]
    assert table.columns.tolist()[2:] == [
        *("mask_shape_MeshVolume", "t1_glcm_Contrast", "t2_firstorder_Mean", "t2_glcm_Contrast"),
    ]
    assert center_table([]).columns.tolist() == ["case_id", "region"]


def test_regions_become_prefixes():
    rows = {"case_id": ["a", "a", "b"], "region": ["whole", "core", "whole"], "t1_glcm_Contrast": [1.0, 2.0, 3.0]}
    wide = wide_features(pd.DataFrame(rows))
    assert wide.columns.tolist() == ["case_id", "core_t1_glcm_Contrast", "whole_t1_glcm_Contrast"]
    assert wide.loc[0].tolist() == ["a", 2.0, 1.0]
    assert pd.isna(wide.loc[1, "core_t1_glcm_Contrast"])
    only = wide_features(pd.DataFrame(rows).query("region == 'whole'"))
    assert only.columns.tolist() == ["case_id", "t1_glcm_Contrast"]
    with pytest.raises(ValueError, match="several rows of a whole"):
        wide_features(pd.DataFrame({"case_id": ["a", "a"], "region": ["whole", "whole"]}))
