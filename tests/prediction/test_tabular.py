import numpy as np
import pandas as pd
import pytest
import torch

from gliomanet.errors import ProblemError
from gliomanet.models.combat import Combat
from gliomanet.models.devices import torch_threads
from gliomanet.models.tabular import SklearnModels, TabularInputs
from gliomanet.models.tabular_net import NetEnsemble
from gliomanet.networks.tabular import TabularNet
from gliomanet.prediction.tabular import PREDICTION_COLUMNS, predict_tabular
from gliomanet.prediction.tabular_net import tabular_stochastic_passes
from tests.descriptions import write_fitted

COLUMNS = ("t1_glcm_Contrast", "t2_glcm_Contrast", "age")
CLASSES = {"idh": ("wildtype", "mutant"), "grade": ("2", "3", "4")}
INPUTS = TabularInputs(COLUMNS, np.array([1.0, 2.0, 50.0]), np.array([1.0, 2.0, 50.0]), np.array([1.0, 1.0, 10.0]))


class Fixed:
    """A classifier of known answers: the first input is the logit of the second class."""

    def predict_proba(self, x):
        p = 1 / (1 + np.exp(-x[:, 0]))
        return np.stack([1 - p, p], axis=1)


@pytest.fixture
def network(tmp_path):
    arguments = {"n_features": 3, "tasks": {"idh": 2, "grade": 3}, "hidden": (8, 4), "dropout": 0.5}
    members = [{k: v.numpy() for k, v in TabularNet(**arguments).state_dict().items()} for _ in range(3)]
    fitted = NetEnsemble(INPUTS, CLASSES, arguments, tuple(members))
    write_fitted(tmp_path, fitted)
    return tmp_path, fitted


@pytest.fixture
def data():
    cases = pd.DataFrame({"case_id": ["b", "a", "c"], "age": [40.0, np.nan, 70.0]})
    features = pd.DataFrame({"case_id": ["a", "b"], COLUMNS[0]: [1.0, 3.0], COLUMNS[1]: [np.nan, 1.0]})
    return cases, features


def test_known_probabilities_and_their_entropy(tmp_path, data):
    write_fitted(tmp_path, SklearnModels({"idh": INPUTS}, {"idh": CLASSES["idh"]}, {"idh": Fixed()}))
    predictions, deep = predict_tabular(tmp_path, *data)
    assert tuple(predictions.columns) == PREDICTION_COLUMNS
    assert predictions["case_id"].tolist() == ["b", "b", "a", "a"]
    assert predictions["class"].tolist() == ["wildtype", "mutant"] * 2
    p = 1 / (1 + np.exp(-2.0))  # case b is 3, two above the mean; case a is the mean
    assert predictions["probability"].tolist() == pytest.approx([1 - p, p, 0.5, 0.5])
    assert predictions["uncertainty"].iloc[2] == pytest.approx(np.log(2))
    assert deep.empty
    assert deep.columns.tolist() == ["case_id", "task"]
    with pytest.raises(ValueError, match="stochastic passes need a model with dropout"):
        tabular_stochastic_passes(tmp_path, *data, 2, 1)


@pytest.mark.parametrize(
    ("columns", "age", "left_out"),
    [
        (COLUMNS, 70.0, ["c: none of this model's radiomic inputs is known"]),
        (COLUMNS, np.nan, ["c: none of this model's inputs is known"]),
        (COLUMNS[:2], 70.0, ["c: none of this model's inputs is known"]),
        (
            COLUMNS[1:],
            70.0,
            ["a: none of this model's inputs is known", "c: none of this model's radiomic inputs is known"],
        ),
        (("age",), 70.0, ["a: none of this model's inputs is known"]),
        (("flair_glcm_Contrast",), 70.0, [f"{case}: none of this model's inputs is known" for case in "bac"]),
    ],
)
def test_cases_without_this_models_inputs_are_left_out_aloud(tmp_path, data, capsys, columns, age, left_out):
    cases, features = data
    cases.loc[2, "age"] = age
    inputs = TabularInputs(columns, *(np.ones(len(columns)) for _ in range(3)))
    write_fitted(tmp_path, SklearnModels({"idh": inputs}, {"idh": CLASSES["idh"]}, {"idh": Fixed()}))
    predictions, deep = predict_tabular(tmp_path, cases, features)
    assert capsys.readouterr().out == "".join(f"left out: case {line}\n" for line in left_out)
    gone = {line[0] for line in left_out}
    assert predictions["case_id"].unique().tolist() == [case for case in "bac" if case not in gone]
    assert tuple(predictions.columns) == PREDICTION_COLUMNS
    assert deep.empty


def test_where_no_case_has_inputs_the_tables_are_empty(network, data):
    cases, features = data
    predictions, deep = predict_tabular(network[0], cases, features.iloc[:0])
    assert predictions.empty
    assert tuple(predictions.columns) == PREDICTION_COLUMNS
    assert deep.empty
    assert len(deep.columns) == 2 + 12


def test_the_heads_are_linear_in_the_deep_features(network, data):
    folder, fitted = network
    predictions, deep = predict_tabular(folder, *data)
    assert deep.columns.tolist() == ["case_id", "task", *(f"z{number}" for number in range(12))]
    assert deep["case_id"].tolist() == ["b", "b", "a", "a"]
    for task, (weight, bias) in fitted.heads().items():
        z = deep.loc[deep["task"] == task].iloc[:, 2:].to_numpy(float)
        logits = z @ weight.T + bias
        expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        found = predictions[predictions["task"] == task]["probability"].to_numpy().reshape(2, -1)
        assert found == pytest.approx(expected)
        assert found.sum(axis=1) == pytest.approx(1)


def test_the_ensemble_averages_its_members_logits(network, data):
    fitted = network[1]
    single = [NetEnsemble(INPUTS, CLASSES, fitted.arguments, (member,)) for member in fitted.members]
    table = pd.DataFrame({COLUMNS[0]: [0.3], COLUMNS[1]: [0.1], "age": [61.0]})
    logs = [np.log(one.predict(table)["grade"]) for one in single]
    mean = np.mean(logs, axis=0)  # equal to the logits but for a constant a case
    assert fitted.predict(table)["grade"] == pytest.approx(np.exp(mean) / np.exp(mean).sum())


def test_stochastic_passes_are_seeded_and_differ(network, data):
    folder, _ = network
    passes = tabular_stochastic_passes(folder, *data, 6, 1)
    assert {task: values.shape for task, values in passes.items()} == {"idh": (6, 3, 2), "grade": (6, 3, 3)}
    assert np.array_equal(passes["idh"], tabular_stochastic_passes(folder, *data, 6, 1)["idh"], equal_nan=True)
    assert not np.array_equal(passes["idh"][:, :2], tabular_stochastic_passes(folder, *data, 6, 2)["idh"][:, :2])
    assert not np.array_equal(passes["idh"][0, :2], passes["idh"][3, :2])
    assert passes["grade"][:, :2].sum(axis=2) == pytest.approx(1)


def test_stochastic_passes_of_a_case_without_inputs_are_nan(network, data, capsys):
    passes = tabular_stochastic_passes(network[0], *data, 4, 1)
    assert capsys.readouterr().out == "left out: case c: none of this model's radiomic inputs is known\n"
    for values in passes.values():
        assert np.isnan(values).all(axis=(0, 2)).tolist() == [False, False, True]
        assert np.isfinite(values[:, :2]).all()


def test_seen_centres_are_harmonised_and_others_passed_aloud(tmp_path, data, capsys):
    cases, features = data
    # Feature 1 of centre B lies two deviations too high, and spreads twice as wide.
    harmonization = Combat(
        COLUMNS[:1], ("A", "B"), np.zeros(1), np.ones(1), np.array([[0.0], [2.0]]), np.array([[1.0], [4.0]])
    )
    inputs = TabularInputs(COLUMNS, np.zeros(3), np.zeros(3), np.ones(3))
    model = SklearnModels({"idh": inputs}, {"idh": CLASSES["idh"]}, {"idh": Fixed()}, harmonization)
    write_fitted(tmp_path, model)
    logits = {}
    for center in ("A", "B", "C"):
        predictions, _ = predict_tabular(tmp_path, cases.assign(center=center), features)
        p = predictions.loc[predictions["class"] == "mutant", "probability"].to_numpy()
        logits[center] = np.log(p / (1 - p)).tolist()
    assert logits["A"] == pytest.approx([3, 1])
    assert logits["B"] == pytest.approx([0.5, -0.5])
    assert logits["C"] == logits["A"]
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("not harmonised")]
    assert told == ["not harmonised: centre C: ComBat was fitted on A, B; its features are passed unchanged"]


@pytest.mark.parametrize("content", [b"", b"\0" * 999, None], ids=["empty", "other bytes", "missing"])
def test_a_file_that_training_did_not_write_is_named_and_not_unpickled(tmp_path, data, network, content):
    if content is None:
        (tmp_path / "model.joblib").unlink()
    else:
        (tmp_path / "model.joblib").write_bytes(content)
    with pytest.raises(ProblemError) as caught:
        predict_tabular(tmp_path, *data)
    problem = caught.value.problem
    assert (problem.rule, problem.file) == ("damaged_result", str(tmp_path / "model.joblib"))
    assert problem.action.startswith(f"delete {tmp_path / 'model.joblib'} and start Snakemake again")


def test_the_digits_of_a_prediction_do_not_hang_on_the_machines_threads():
    """Seven rows: of another size, torch's sums are the same however many threads take part."""
    torch.manual_seed(0)
    names = tuple(f"t1_{number}" for number in range(400))
    arguments = {"n_features": len(names), "tasks": {"idh": 2}, "hidden": (64, 32), "dropout": 0.2}
    members = tuple({k: v.numpy() for k, v in TabularNet(**arguments).state_dict().items()} for _ in range(2))
    inputs = TabularInputs(names, np.zeros(400), np.zeros(400), np.ones(400))
    fitted = NetEnsemble(inputs, {"idh": CLASSES["idh"]}, arguments, members)
    rows = pd.DataFrame(np.random.default_rng(0).normal(size=(7, 400)), columns=list(names))
    found = []
    for count in (1, 2, 4):
        with torch_threads(count):
            found.append((fitted.predict(rows)["idh"], fitted.stochastic_passes(rows, 3, 1)["idh"]))
            assert torch.get_num_threads() == count
    for probabilities, passes in found[1:]:
        np.testing.assert_array_equal(probabilities, found[0][0])
        np.testing.assert_array_equal(passes, found[0][1])
