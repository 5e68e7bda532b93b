import numpy as np
import pandas as pd
import pytest

from gliomanet.explanation.features import Radiomics, centers_of, modality_of, with_log_shape

TABLE = pd.DataFrame(
    {
        "case_id": ["b", "a", "a"],
        "region": ["whole", "whole", "core"],
        "t1c_firstorder_Mean": [2.0, 1.0, np.inf],
        "flair_shape_MeshVolume": [5.0, 4.0, np.nan],
    }
)


def test_one_column_a_region_and_feature():
    found = Radiomics.of(TABLE)
    assert found.keys == (("whole", "flair_shape_MeshVolume"), ("whole", "t1c_firstorder_Mean"))
    assert found.rows(np.array(["b", "z", "a"]))[:, 1].tolist() == pytest.approx([2, np.nan, 1], nan_ok=True)
    assert found.column(("whole", "t1c_firstorder_Mean")).tolist() == [1, 2]


def test_the_masks_volume_comes_before_a_modalities():
    found = Radiomics.of(TABLE.assign(mask_shape_MeshVolume=1.0))
    assert found.keys[found.volume("whole")] == ("whole", "mask_shape_MeshVolume")
    assert Radiomics.of(TABLE).volume("whole") == 0
    assert Radiomics.of(TABLE).volume("core") is None


def test_errors():
    with pytest.raises(ValueError, match="region whole of case a stands there twice"):
        Radiomics.of(TABLE.assign(region="whole"))
    with pytest.raises(ValueError, match="feature t1c_firstorder_Mean of region whole holds what is no number"):
        Radiomics.of(TABLE.assign(t1c_firstorder_Mean=["x", "1", "2"]))
    with pytest.raises(ValueError, match="no feature 't9' in region 'whole'"):
        Radiomics.of(TABLE).column(("whole", "t9"))


def test_training_centres_come_first():
    splits = pd.DataFrame(
        {
            "case_id": ["a", "a", "b", "c", "d"],
            "center": ["T", "T", "E", "T", "U"],
            "scenario": "main",
            "fold": ["0", "1", "0", "0", "0"],
            "part": ["train", "validation", "external", "train", "unlabelled"],
        }
    )
    assert {k: v.tolist() for k, v in centers_of(splits, "main").items()} == {"T": ["a", "c"], "E": ["b"]}
    assert list(centers_of(splits, "main")) == ["T", "E"]
    with pytest.raises(ValueError, match="no scenario 'other'; scenarios: main"):
        centers_of(splits, "other")


def test_modality_is_the_first_part():
    assert modality_of("t1c_firstorder_Mean") == "t1c"
    assert modality_of("mask_shape_MeshVolume") == "mask"


def test_inputs_are_found_by_their_names_in_models():
    found = Radiomics.of(TABLE)
    assert found.column_of_input("whole_t1c_firstorder_Mean") == found.keys.index(("whole", "t1c_firstorder_Mean"))
    alone = Radiomics.of(TABLE[TABLE["region"] == "whole"])
    assert alone.keys[alone.column_of_input("t1c_firstorder_Mean")] == ("whole", "t1c_firstorder_Mean")
    assert found.column_of_input("age") is None


def test_the_shape_that_models_read_can_be_found_too():
    found = Radiomics.of(with_log_shape(TABLE.rename(columns={"flair_shape_MeshVolume": "mask_shape_MeshVolume"})))
    assert found.column_of_input("whole_mask_shape_log(MeshVolume)") is not None
    assert found.column(("whole", "mask_shape_log(MeshVolume)")).tolist() == pytest.approx([np.log(4), np.log(5)])
