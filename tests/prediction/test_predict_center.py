from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from gliomanet.models.tabular import SklearnModels, TabularInputs
from gliomanet.models.tabular_net import NetEnsemble
from gliomanet.networks import build
from gliomanet.networks.tabular import TabularNet
from gliomanet.prediction.image import stochastic_passes
from gliomanet.prediction.predict_center import Member, predict_center
from gliomanet.prediction.tabular_net import tabular_stochastic_passes
from gliomanet.seeds import derive_seed
from gliomanet.tables.prediction import CASE, FOLD_PREDICTIONS
from tests.descriptions import image_description, write_description, write_fitted

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
        write_fitted(folder, SklearnModels({"idh": inputs}, CLASSES, {"idh": Even()}))
        found.append(Member("supervised", "main", str(number), folder))
    return found


def predict(members, features, part="external", **passes):
    cases = pd.DataFrame({"case_id": ["x", "y"], "center": "there", "age": np.nan})
    splits = pd.concat([cases[["case_id", "center"]].assign(fold=fold, part=part) for fold in "01"])
    return predict_center(
        members,
        splits,
        cases,
        model="m",
        kind="tabular_net",
        preprocessed=None,
        features=features,
        threads=1,
        gpus=0,
        **passes,
    )


def table(**values):
    return pd.DataFrame({"case_id": ["x", "y"], "a": np.nan, "b": np.nan} | values)


def test_an_external_case_that_only_some_folds_know_is_left_out_aloud(members, capsys):
    predictions, deep = predict(members, table(a=[1.0, np.nan], b=[1.0, 2.0]))
    assert predictions.groupby("fold")["case_id"].unique().map(list).to_dict() == {
        "0": ["x"],
        "1": ["x"],
    }
    assert capsys.readouterr().out.splitlines() == [
        "left out: case y: none of this model's inputs is known",
        "left out: case y: only 1 of 2 folds (supervised, scenario main) know an input of it",
    ]
    assert deep.empty


def test_a_validation_case_needs_its_own_fold_only(members):
    predictions, _ = predict(members, table(a=[1.0, np.nan], b=[1.0, 2.0]), part="validation")
    assert predictions.groupby("fold")["case_id"].unique().map(list).to_dict() == {"0": ["x"], "1": ["x", "y"]}


def test_a_centre_of_which_no_case_is_known_has_empty_tables(members):
    predictions, deep = predict(members, table())
    assert predictions.empty
    assert deep.empty
    assert list(predictions.columns) == FOLD_PREDICTIONS.names()


def test_rows_are_raw_and_ordered_and_have_no_passes_unless_asked(members):
    predictions, _ = predict(members[::-1], table(a=[1.0, 2.0], b=[1.0, 2.0]))
    assert list(predictions.columns) == FOLD_PREDICTIONS.names()
    assert predictions["raw_probability"].tolist() == [0.5] * 8
    assert predictions["pass_std"].isna().all()
    keys = [*CASE, "class"]
    pd.testing.assert_frame_equal(predictions, predictions.sort_values(keys, ignore_index=True))


@pytest.fixture
def networks(tmp_path):
    """Two folds' networks on features, with dropout."""
    found = []
    for number in range(2):
        arguments = {"n_features": 2, "tasks": {"idh": 2, "grade": 3}, "hidden": (8, 4), "dropout": 0.5}
        with torch.random.fork_rng():
            torch.manual_seed(number)
            weights = {k: v.numpy() for k, v in TabularNet(**arguments).state_dict().items()}
        inputs = TabularInputs(("a", "b"), *(np.ones(2) for _ in range(3)))
        folder = tmp_path / f"net{number}"
        folder.mkdir()
        fitted = NetEnsemble(inputs, CLASSES | {"grade": ("2", "3", "4")}, arguments, (weights,))
        write_fitted(folder, fitted)
        found.append(Member("supervised", "main", str(number), folder))
    return found


def test_pass_std_is_that_of_the_seeded_passes_of_each_class(networks):
    features = table(a=[3.0, np.nan], b=[1.0, np.nan])
    predictions, _ = predict(networks, features, passes=7, seed=5)
    cases = pd.DataFrame({"case_id": ["x"], "age": [np.nan]})
    for member in networks:
        seed = derive_seed(5, "supervised", member.fold)
        drawn = tabular_stochastic_passes(member.folder, cases, features, 7, seed)
        mine = predictions[predictions["fold"] == member.fold].set_index(["task", "class"])["pass_std"]
        assert len(mine) == 5
        for place, name in enumerate(("2", "3", "4")):
            assert mine["grade", name] == pytest.approx(np.std([one[0, place] for one in drawn["grade"]]))
            assert mine["grade", name] > 0
        assert mine["idh", "mutant"] == pytest.approx(mine["idh", "wildtype"])
    again, _ = predict(networks, features, passes=7, seed=5)
    pd.testing.assert_frame_equal(again, predictions)
    without, _ = predict(networks, features)
    pd.testing.assert_frame_equal(without.drop(columns="pass_std"), predictions.drop(columns="pass_std"))


def test_an_unreadable_centre_has_no_passes(networks):
    predictions, _ = predict(networks, table(), passes=3)
    assert predictions.empty


def test_passes_of_image_networks_are_of_predicted_cases_only(cohort, tmp_path, capsys):
    folder = untrained(tmp_path / "net")
    home = Path(cohort.loc[0, "folder"]).parent
    names = [Path(path).name for path in cohort["folder"][:2]]
    cases = pd.DataFrame({"case_id": [*names, "gone"], "center": home.name})
    splits = cases.assign(fold="0", part=["external", "train", "external"])
    predictions, _ = predict_center(
        [Member("supervised", "main", "0", folder)],
        splits,
        cases,
        model="m",
        kind="singletask",
        preprocessed=home.parent,
        features=None,
        threads=1,
        gpus=0,
        passes=4,
        seed=3,
    )
    assert predictions["case_id"].unique().tolist() == names[:1]
    drawn = stochastic_passes(folder, cohort.iloc[:1].assign(case_id=names[:1]), 4, derive_seed(3, "supervised", "0"))
    expected = {name: np.std(drawn["idh"][:, 0, place]) for place, name in enumerate(("wildtype", "mutant"))}
    assert predictions.set_index("class")["pass_std"].to_dict() == pytest.approx(expected)
    assert capsys.readouterr().out.count("left out: case gone") == 1


def untrained(folder):
    """An untrained network, written as training writes one."""
    constructor = {"n_modalities": 2, "tasks": {"idh": 2}, "preset": "tiny", "dropout": 0.5}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = build("singletask", **constructor)
    folder.mkdir()
    torch.save(network.state_dict(), folder / "weights.pt")
    write_description(folder, image_description(kind="singletask", constructor=constructor))
    return folder
