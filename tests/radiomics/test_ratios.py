"""Log ratios between contrasts: their values, their names, and that a scanner's gain cancels in them."""

import numpy as np
import pandas as pd
import pytest

from gliomanet.radiomics.ratios import LEAST, says_nothing, with_ratios
from gliomanet.tables.feature_names import LOG_RATIO, parts_of

NAN = float("nan")


def table(**features):
    return pd.DataFrame({"case_id": ["a", "b"], "region": "whole", **features})


def test_values_are_those_by_hand():
    found = with_ratios(
        table(
            flair_firstorder_Mean=[2.0, 0.001],
            t1c_firstorder_Mean=[6.0, -3.0],
            flair_firstorder_Skewness=[0.5, -1.0],
            t1c_firstorder_Skewness=[0.25, 1.0],
        )
    )
    assert found["t1c-flair_logratio_Mean"].tolist() == pytest.approx([np.log(3), 0.0])  # both put to the least
    assert found["t1c-flair_logratio_Skewness"].tolist() == [-0.25, 2.0]
    assert LEAST == 0.02


def test_a_ratio_of_two_values_below_the_least_says_nothing():
    found = with_ratios(table(t1_firstorder_Median=[-0.34, -0.34], t1c_firstorder_Median=[-0.55, 0.4]))
    assert [says_nothing(found.iloc[[case]], "t1-t1c_logratio_Median") for case in (0, 1)] == [True, False]
    assert not says_nothing(found.iloc[[0]], "t1-t1c_logratio_Skewness")  # a difference, which may be 0
    assert not says_nothing(found.iloc[[0]], "t1_firstorder_Median")


@pytest.mark.parametrize("region", ["", "core_"])
def test_equal_values_above_the_least_are_a_ratio_of_0_that_says_something(region):
    """Intensities that no one normalised, or two maxima at the end of the scale."""
    found = with_ratios(table(t1_firstorder_Maximum=[1.0, 0.01], t1c_firstorder_Maximum=[1.0, 0.02])).add_prefix(region)
    name = f"{region}t1-t1c_logratio_Maximum"
    assert found[name].tolist() == [0, 0]
    assert [says_nothing(found.iloc[[case]], name) for case in (0, 1)] == [False, True]


def test_every_pair_in_the_protocols_order_and_nothing_of_one_alone():
    features = {f"{name}_firstorder_Variance": [1.0, 2.0] for name in ("flair", "adc", "t2", "t1")}
    found = with_ratios(table(**features, t1_firstorder_Median=[1.0, 1.0]))
    assert list(found.columns[-6:]) == [
        f"{pair}_logratio_Variance" for pair in ("t1-t2", "t1-flair", "t1-adc", "t2-flair", "t2-adc", "flair-adc")
    ]
    assert not [column for column in found if column.endswith("logratio_Median")]


def test_a_case_that_lacks_a_modality_lacks_its_ratios_alone():
    found = with_ratios(
        table(t1c_firstorder_Mean=[1.0, NAN], t2_firstorder_Mean=[1.0, 2.0], flair_firstorder_Mean=[1.0, 4.0])
    )
    assert np.isnan(found.loc[1, "t1c-flair_logratio_Mean"])
    assert np.isnan(found.loc[1, "t1c-t2_logratio_Mean"])
    assert found.loc[1, "t2-flair_logratio_Mean"] == pytest.approx(np.log(0.5))


def test_what_is_compared():
    """Texture, shape, signed and filtered features are not; other extractors' spellings are."""
    names = ("firstorder_Minimum", "firstorder_wavelet-LLH_Mean", "glcm_Contrast", "shape_MeshVolume", "firstorder_p10")
    features = {f"{modality}_{name}": [1.0, 2.0] for modality in ("t1c", "flair") for name in names}
    found = with_ratios(table(**features))
    assert [c for c in found if parts_of(c).family == LOG_RATIO] == ["t1c-flair_logratio_p10"]


def test_a_gain_on_all_contrasts_cancels():
    generator = np.random.default_rng(0)
    names = ("Mean", "Variance", "Energy", "90Percentile")
    features = {f"{m}_firstorder_{n}": 1 + generator.random(2) for m in ("t1c", "flair") for n in names}
    gain = {"Mean": 3.0, "90Percentile": 3.0, "Variance": 9.0, "Energy": 9.0}
    scaled = {column: values * gain[column.rsplit("_", 1)[1]] for column, values in features.items()}
    one, two = (with_ratios(table(**each)).filter(like=LOG_RATIO) for each in (features, scaled))
    pd.testing.assert_frame_equal(one, two)
