"""Figures of explanations: SHAP values, links, and examples."""

import io
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from gliomanet.files.nifti import write_nifti
from gliomanet.reporting.study.figures.examples import Example, chosen_examples, draw_examples
from gliomanet.reporting.study.figures.links import drawn_links, link_map
from gliomanet.reporting.study.figures.shap import shap_shares, shap_summary


def texts(svg: str) -> list[str]:
    return [re.sub(r"<[^>]+>", "", one).strip() for one in re.findall(r"<text.*?</text>", svg, flags=re.DOTALL)]


@pytest.fixture
def values():
    rng = np.random.default_rng(0)
    names = [("input", "t1c_glcm_Contrast", "0"), ("deep feature", "z3", "0"), ("deep feature", "z3", "1")]
    rows = [
        {"scenario": "main", "task": "idh", "fold": fold, "unit": unit, "feature": name, "share": 0.5}
        | {"case_id": f"c{case}", "value": rng.normal(), "shap": rng.normal()}
        for unit, name, fold in names
        for case in range(9)
    ]
    return pd.DataFrame(rows)


def test_inputs_are_shown_by_name_where_a_model_has_any(values):
    found = texts(shap_summary(values))
    assert "IDH" in found
    assert "T1c GLCM Contrast" in found
    assert not any("z3" in text for text in found)
    assert shap_shares(values)["feature"].tolist() == ["t1c_glcm_Contrast"]


def test_deep_features_of_two_folds_are_two(values):
    deep = values[values["unit"] == "deep feature"]
    assert {"fold 0 · z3", "fold 1 · z3"} <= set(texts(shap_summary(deep)))
    assert shap_summary(deep) == shap_summary(deep)
    assert shap_summary(values.head(0)) == ""


@pytest.fixture
def links():
    rows = [
        ("main", "idh", "0", f"z{z}", "whole", f"t2_glcm_F{f}", 0.1 * f - 0.05 * z, 0.0, 0.01)
        for z in range(3)
        for f in range(20)
    ]
    names = ["scenario", "task", "fold", "deep_feature", "region", "feature", "rho", "pearson", "q"]
    found = pd.DataFrame(
        [("main", "idh", "whole", "t2_glcm_F1", "kept")], columns=["scenario", "task", "region", "feature", "status"]
    )
    return pd.DataFrame(rows, columns=names), found


def test_kept_features_come_first_then_the_strongest_links(links):
    found = texts(link_map(*links, 0.05))
    rows = [text for text in found if "T2 GLCM" in text]
    assert rows[:2] == ["✓ T2 GLCM F1 (whole)", "T2 GLCM F19 (whole)"]
    assert len(rows) == 12
    drawn = drawn_links(*links)
    assert len(drawn) == 36
    assert drawn.loc[0, ["feature", "deep_feature", "rho"]].tolist() == ["t2_glcm_F1", "0:z0", 0.1]


def test_inputs_have_no_map(links):
    assert link_map(links[0].assign(deep_feature="t2_glcm_F1"), links[1], 0.05) == ""


def test_examples_are_near_the_ends_of_the_centre_with_the_most_cases():
    table = pd.DataFrame(
        {"case_id": [f"c{i:02d}" for i in range(21)], "region": "whole", "t1c_glcm_F": np.arange(21.0)}
    )
    row = {"scenario": "main", "task": "idh", "region": "whole", "feature": "t1c_glcm_F", "summary": 0.3}
    found = pd.DataFrame([row | {"status": "kept"}, row | {"status": "dropped", "feature": "other"}])
    (one,) = chosen_examples(found, {"A": table.head(3), "B": table})
    assert (one.center, one.low, one.high) == ("B", ("c01", 1.0), ("c19", 19.0))
    assert chosen_examples(found.iloc[1:], {"A": table}) == []


def test_shapes_on_a_logarithmic_scale_have_examples_though_no_table_holds_them():
    table = pd.DataFrame({"case_id": [f"c{i:02d}" for i in range(21)], "region": "whole"})
    table["mask_shape_MeshVolume"] = np.exp(np.arange(21.0))
    row = {"scenario": "main", "task": "idh", "region": "whole", "feature": "mask_shape_log(MeshVolume)"}
    (one,) = chosen_examples(pd.DataFrame([row | {"summary": 0.3, "status": "kept"}]), {"A": table})
    assert one.low == ("c01", pytest.approx(1.0))


def test_nothing_outside_the_brain_is_ever_shown(tmp_path):
    shape = (12, 12, 6)
    head = np.full(shape, 50.0, dtype=np.float32)
    brain = np.zeros(shape, dtype=np.uint8)
    brain[3:9, 3:9, 1:5] = 1
    mask = np.zeros(shape, dtype=np.uint8)
    mask[5:7, 5:7, 2:4] = 1
    pictures = []
    for outside in (50.0, 900.0):
        folder = tmp_path / f"{outside:g}" / "c1"
        for name, image in (
            ("t1c", np.where(brain, head + mask, outside).astype(np.float32)),
            ("brain_mask", brain),
            ("tumour_mask", mask),
        ):
            write_nifti(image, np.eye(4), folder / f"{name}.nii.gz")
        example = Example("idh", "whole", "t1c_glcm_F", "A", ("c1", 0.0), ("c1", 1.0))
        pictures.append(draw_examples([example], {"A": folder.parent}, {"whole": [1]}))
    assert pictures[0] == pictures[1]
    assert Image.open(io.BytesIO(pictures[0])).width > 300
