"""Flat parameters."""

from gliomanet.tracking.figures import accepted_name
from gliomanet.tracking.store import MAX_VALUE, flatten


def test_nested_settings_become_dotted_keys_in_order():
    values = {"split": {"folds": 5, "design": "fixed"}, "modalities": ("t1c", "t2"), "uri": None}
    assert flatten(values, "study.") == {
        "study.split.folds": "5",
        "study.split.design": "fixed",
        "study.modalities": '["t1c", "t2"]',
        "study.uri": "null",
    }


def test_long_values_are_cut_visibly():
    (text,) = flatten({"mean": list(range(1000))}).values()
    assert len(text) == MAX_VALUE
    assert text.endswith("…")


def test_names_that_mlflow_refuses_are_mended():
    assert accepted_name("mcc/external/a+b (c)") == "mcc/external/a_b _c_"
