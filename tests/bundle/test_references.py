"""Distributions of features in groups: quantiles, and nothing of a group that is too small."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
from safetensors.numpy import load

from gliomanet.bundle.fitted import packed
from gliomanet.bundle.references import FEWEST, POOLED, References

FEATURES = pd.DataFrame({"center": ["A"] * 6 + ["B"] * 4, "x": np.arange(10.0), "t1c-flair_logratio_Mean": 1.0})
CLASSES = {"idh": pd.Series(["mutant"] * 6 + ["mutant"] * 3 + [""])}


def test_groups_have_their_own_quantiles_and_small_ones_none():
    found = References.measure(FEATURES, CLASSES, {"idh": ("x",)})
    groups = {(group.label, group.center): (n, quantiles) for group, n, quantiles in found.beside("x")}
    assert set(groups) == {("mutant", POOLED), ("mutant", "A"), ("mutant", "B")}
    assert groups["mutant", "A"][0] == 6
    assert groups["mutant", "A"][1][2] == np.median(np.arange(6.0))
    assert groups["mutant", POOLED][0] == 9  # the case of unknown class counts nowhere
    assert groups["mutant", "B"] == (3, None)
    assert FEWEST > 3


def test_they_are_the_same_after_a_way_through_their_parts():
    found = References.measure(FEATURES, CLASSES, {"idh": ("x",)})
    values, arrays = found.parts()
    again = References.of(json.loads(json.dumps(values)), load(packed(arrays)))
    assert again.shown() == ("x", "t1c-flair_logratio_Mean")
    assert list(again.beside("x")) == list(found.beside("x"))
    assert again.biomarkers == {"idh": ("x",)}


def test_a_study_without_features_has_no_group():
    assert References.measure(pd.DataFrame({"center": []}), {}, {}).groups == ()
