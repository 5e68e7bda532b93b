"""The configuration: every error at once, in words, with its key and the nearest one."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from gliomanet.study import Study, load_study
from gliomanet.study_errors import StudyError

VALID: dict[str, Any] = {
    "centers": {
        "A": {"role": "train", "source": {"kind": "phantom", "cases": 4}},
        "B": {"role": "external", "source": {"kind": "phantom", "cases": 4}},
    },
    "models": {"net": {"kind": "cmtlnet", "preset": "tiny", "input_shape": [64, 64, 64]}},
}
FEATURES = {"kind": "features", "path": "f.csv", "clinical": "c.csv", "format": "utsw"}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The valid study with one key set."""
    config = copy.deepcopy(VALID)
    *parents, last = path.split("/")
    section = config
    for key in parents:
        section = section.setdefault(key, {})
    section[last] = value
    return config


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("sed", 1, "sed: no such key; did you mean 'seed'?"),
        ("models/net/presett", 1, "models.net.presett: no such key; did you mean 'preset'?"),
        ("models/net/qqq", 1, "models.net.qqq: no such key; allowed: augmentation, "),
        ("centers/A/source/case", 3, "centers.A.source.case: no such key; did you mean 'cases'?"),
        ("centers/A/source/scanner", {"voxl_mm": 1}, "centers.A.source.scanner.voxl_mm: no such key; did you mean"),
        ("centers/A/role", "trian", "centers.A.role: input should be 'train', 'external' or 'unlabelled' (found 'trian')"),
        ("centers/A/source", {"kind": "phantom"}, "centers.A.source.cases: missing, and has no default"),
        ("centers/A/preprocessing", {"spacing": 2}, "centers.A.preprocessing.spacing: no such key; did you mean 'spacing_mm'"),
        ("centers/A/role", "external", "centers: no centre has the role train; at least one must"),
        ("centers/A/source", FEATURES, "feature tables and images are mixed"),
        ("split", {"design": "leave_one_center_out"}, "needs at least two centres of role train"),
        ("split", {"transfers": [{"name": "x", "train": ["Z"]}]}, "'Z' is no centre; centres: A, B"),
        ("split", {"transfers": [{"name": "x", "train": ["B"]}]}, "'B' teaches, so its role must be train"),
        ("split", {"transfers": [{"name": "x", "train": ["A"], "external": ["A"]}]}, "'A' both teaches and tests"),
        ("split", {"transfers": [{"name": "main", "train": ["A"]}]}, "split.transfers.main: this name is taken"),
        ("models/net/input_shape", [60, 64, 64], "must be positive multiples of 32"),
        ("models/net/modalities", ["t1", "t1"], "must name each contrast once"),
        ("models/net/stages", ["pseudo_label"], "models.net.stages: must start with supervised"),
        ("tasks", {"mgmt": {"label": "mgmt", "classes": {"a": ["x"], "b": ["y"]}}}, "tasks.mgmt.label: is not a label column"),
        ("tasks", {"g": {"label": "grade", "classes": {"a": ["2"], "b": ["5"]}}}, "class 'b' holds '5', which is no value of grade"),
        ("tasks", {"g": {"label": "grade", "classes": {"a": ["2"], "b": ["2"]}}}, "grade value '2' is in two classes"),
        ("tasks", {"g": {"label": "grade", "classes": {"a": ["2"]}}}, "needs at least two classes, found 1"),
        ("centers/A/source/shortcut", {"label": "idh", "value": "mutnt"}, "'mutnt' is no value of idh; allowed: wildtype, mutant"),
    ],
)  # fmt: skip
def test_every_error_names_its_key_and_what_to_do(path, value, message):
    with pytest.raises(StudyError) as caught:
        load_study(changed(path, value))
    assert message in str(caught.value)


def test_a_tabular_study_has_no_image_model():
    config = changed("centers", {"A": {"role": "train", "source": FEATURES}})
    with pytest.raises(StudyError, match="models.net: cmtlnet needs images"):
        load_study(config)


def test_all_problems_are_told_at_once():
    config = changed("sed", 1)
    config["centers"]["A"]["role"] = "trian"
    config["models"]["net"]["presett"] = "tiny"
    with pytest.raises(StudyError) as caught:
        load_study(config)
    assert len(caught.value.problems) == 3
    assert str(caught.value).startswith("3 problems in the study's configuration:")


def test_a_centre_overrides_preprocessing_key_by_key():
    study = load_study(changed("centers/A/preprocessing", {"brain_extraction": "none"}))
    assert study.preprocessing_of("A").brain_extraction == "none"
    assert study.preprocessing_of("A").spacing_mm == study.preprocessing.spacing_mm
    assert study.preprocessing_of("B").brain_extraction == "builtin"


def test_the_fixed_design_is_one_transfer_with_plain_fold_names():
    study = load_study(changed("split", {"folds": 3}))
    (transfer,) = study.transfers
    assert (transfer.name, transfer.train, transfer.external) == ("main", ("A",), ("B",))
    assert [fold.id for fold in study.folds] == ["0", "1", "2", "all"]


@given(st.integers(2, 6), st.integers(2, 5))
def test_leave_one_centre_out_never_teaches_what_it_tests(centers, folds):
    config = {
        "centers": {f"C{n}": {"role": "train", "source": {"kind": "phantom", "cases": 4}} for n in range(centers)},
        "models": {"m": {"kind": "logistic"}},
        "split": {"design": "leave_one_center_out", "folds": folds},
    }
    study = load_study(config)
    assert len(study.transfers) == centers
    assert len(study.folds) == centers * (folds + 1) == len({fold.id for fold in study.folds})
    for fold in study.folds:
        assert not set(fold.train) & set(fold.external)
        assert set(fold.train) | set(fold.external) == set(config["centers"])


def test_data_paths_are_filled_in_and_the_variable_wins(monkeypatch):
    monkeypatch.delenv("GLIOMANET_DATA", raising=False)
    study = load_study(changed("data_root", "mine"))
    assert str(study.data_path("{data_root}/a.csv")) == "mine/a.csv"
    assert str(study.data_path("tables/a.csv")) == "tables/a.csv"
    monkeypatch.setenv("GLIOMANET_DATA", "elsewhere")
    assert str(study.data_path("{data_root}/a.csv")) == "elsewhere/a.csv"


def test_every_key_says_what_it_means():
    def unnamed(model: type[BaseModel], prefix: str = "") -> list[str]:
        from gliomanet.study_reference import fields_of

        return [key for key, field in fields_of(model) if not field.description and key.split(".")[-1] != "kind"]

    assert unnamed(Study) == []
