import joblib
import numpy as np
import pandas as pd
import pytest

from gliomanet.networks.estimators import SklearnModels, TabularInputs
from gliomanet.prediction.center import Member, predict_center

CLASSES = {"idh": ("wildtype", "mutant")}


class Even:
    def predict_proba(self, x):
        return np.full((len(x), 2), 0.5)


@pytest.fixture
def members(tmp_path):
    """Two folds' models; the first knows one feature, the second two."""
    found = []
    for number, columns in enumerate((("a",), ("a", "b"))):
        inputs = TabularInputs(columns, *(np.ones(len(columns)) for _ in range(3)))
        folder = tmp_path / str(number)
        folder.mkdir()
        joblib.dump(SklearnModels({"idh": inputs}, CLASSES, {"idh": Even()}), folder / "model.joblib")
        found.append(Member("supervised", "main", str(number), folder))
    return found


def predict(members, features, part="external"):
    cases = pd.DataFrame({"case_id": ["x", "y"], "center": "there", "age": np.nan})
    splits = pd.concat([cases[["case_id", "center"]].assign(fold=fold, part=part) for fold in "01"])
    return predict_center(members, splits, cases, model="m", preprocessed=None, features=features, threads=1, gpus=0)


def table(**values):
    return pd.DataFrame({"case_id": ["x", "y"], "a": np.nan, "b": np.nan} | values)


def test_an_external_case_that_only_some_folds_know_is_left_out_aloud(members, capsys):
    predictions, deep = predict(members, table(a=[1.0, np.nan], b=[1.0, 2.0]))
    assert predictions.groupby("fold")["case_id"].unique().map(list).to_dict() == {
        "0": ["x"],
        "1": ["x"],
        "ensemble": ["x"],
    }
    assert capsys.readouterr().out.splitlines() == [
        "left out: case y: none of this model's inputs is known",
        "left out: case y: only 1 of 2 folds (supervised, transfer main) know an input of it",
    ]
    assert deep.empty


def test_a_validation_case_needs_its_own_fold_only(members):
    predictions, _ = predict(members, table(a=[1.0, np.nan], b=[1.0, 2.0]), part="validation")
    assert predictions.groupby("fold")["case_id"].unique().map(list).to_dict() == {"0": ["x"], "1": ["x", "y"]}


def test_a_centre_of_which_no_case_is_known_has_empty_tables(members):
    predictions, deep = predict(members, table())
    assert predictions.empty
    assert deep.empty
    assert predictions.columns[0] == "model"
