import itertools
import math
import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from gliomanet.errors import ModelError
from gliomanet.models.case_input import load_case, network_input
from gliomanet.networks import build
from gliomanet.prediction.image import image_model, load_image_model, predict_cases, stochastic_passes
from gliomanet.uncertainty.probabilities import entropy, softmax
from tests.descriptions import image_description, tabular_description, tasks_of, write_description

NAMES = {"idh": ("wildtype", "mutant"), "grade": ("2", "3", "4")}
CONSTRUCTOR = {"n_modalities": 2, "tasks": {"idh": 2, "grade": 3}, "preset": "tiny", "dropout": 0.5}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An untrained network, written as training writes one."""
    path = tmp_path_factory.mktemp("model")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = build("cmtlnet", **CONSTRUCTOR)
    torch.save(network.state_dict(), path / "weights.pt")
    write_description(path, image_description(kind="cmtlnet", constructor=CONSTRUCTOR, tasks=tasks_of(NAMES)))
    return path


def test_predictions_are_the_networks_on_brain_and_image(folder, cohort):
    probabilities, deep = predict_cases(folder, cohort.iloc[:4], threads=1, gpus=0)
    assert list(probabilities.columns) == ["case_id", "task", "class", "probability", "uncertainty"]
    assert probabilities["class"].tolist()[:5] == ["wildtype", "mutant", "2", "3", "4"]
    assert probabilities["case_id"].unique().tolist() == cohort["case_id"].tolist()[:4]
    sums = probabilities.groupby(["case_id", "task"])["probability"].sum()
    np.testing.assert_allclose(sums, 1)
    model = load_image_model(folder)
    case = load_case("x", Path(cohort.loc[1, "folder"]), model.modalities, model.shape, tumour=False)
    with torch.inference_mode():
        outputs = model.network(*network_input(case))
    ours = probabilities[(probabilities["case_id"] == "case-01") & (probabilities["task"] == "idh")]
    expected = F.softmax(outputs.logits["idh"].double(), dim=1)[0].numpy()
    np.testing.assert_allclose(ours["probability"], expected, rtol=1e-5)
    np.testing.assert_allclose(ours["uncertainty"], -(expected * np.log(expected)).sum(), rtol=1e-5)
    assert (ours["uncertainty"] <= math.log(2) + 1e-12).all()
    assert list(deep.columns) == ["case_id", "task", *(f"z{i}" for i in range(64))]
    np.testing.assert_allclose(deep.iloc[2, 2:].astype(float), outputs.features["idh"][0], rtol=1e-5)


def test_deep_features_and_heads_give_the_probabilities(folder, cohort):
    probabilities, deep = predict_cases(folder, cohort.iloc[:2], threads=1, gpus=0)
    weight, bias = load_image_model(folder).network.heads()["grade"]
    z = deep[deep["task"] == "grade"].iloc[:, 2:].to_numpy(dtype=float)
    p = softmax(z @ weight.numpy().T + bias.numpy())
    ours = probabilities[probabilities["task"] == "grade"]["probability"].to_numpy().reshape(2, 3)
    np.testing.assert_allclose(ours, p, rtol=1e-4)


def test_tables_are_the_same_bytes_again_and_whoever_the_neighbours_are(folder, cohort):
    tables = [predict_cases(folder, cohort.iloc[:4], threads=1, gpus=0) for _ in range(2)]
    for first, second in zip(*tables, strict=True):
        assert first.to_csv(sep="\t") == second.to_csv(sep="\t")
    alone = predict_cases(folder, cohort.iloc[3:4], threads=1, gpus=0)[0]
    together = tables[0][0]
    assert alone["probability"].tolist() == together[together["case_id"] == "case-03"]["probability"].tolist()


def test_a_tumour_mask_makes_no_difference(folder, cohort, tmp_path):
    copy = shutil.copytree(cohort.loc[0, "folder"], tmp_path / "case-00")
    (copy / "tumour_mask.nii.gz").unlink()
    without = predict_cases(folder, cohort.iloc[:1].assign(folder=str(copy)), threads=1, gpus=0)[0]
    pd.testing.assert_frame_equal(without, predict_cases(folder, cohort.iloc[:1], threads=1, gpus=0)[0])


def test_no_cases_give_empty_tables(folder, cohort):
    probabilities, deep = predict_cases(folder, cohort.iloc[:0], threads=1, gpus=0)
    assert probabilities.empty
    assert deep.empty
    assert len(deep.columns) == 66


def test_unreadable_cases_are_left_out_aloud(folder, cohort, tmp_path, capsys):
    cases = cohort.iloc[:2].assign(folder=[str(tmp_path), cohort.loc[1, "folder"]])
    probabilities, _ = predict_cases(folder, cases, threads=1, gpus=0)
    assert probabilities["case_id"].unique().tolist() == ["case-01"]
    assert "left out: case case-00: none of t1c, t2" in capsys.readouterr().out
    assert np.isnan(stochastic_passes(folder, cases, 2, 1)["idh"]).all(axis=(0, 2)).tolist() == [True, False]


def test_a_case_on_another_grid_is_refused(folder, cohort, tmp_path):
    nib.save(nib.Nifti1Image(np.ones((36, 32, 30), np.float32), np.eye(4)), tmp_path / "t2.nii.gz")
    with pytest.raises(ValueError, match=r"grid \(36, 32, 30\) at \(1.0, 1.0, 1.0\) mm; the model was trained on"):
        predict_cases(folder, cohort.iloc[:1].assign(folder=str(tmp_path)), threads=1, gpus=0)


def test_stochastic_passes_are_seeded_and_do_not_touch_the_global_generator(folder, cohort):
    cases = cohort.iloc[:3]
    state = torch.get_rng_state()
    passes = stochastic_passes(folder, cases, 5, 1)
    assert torch.equal(torch.get_rng_state(), state)
    assert {task: p.shape for task, p in passes.items()} == {"idh": (5, 3, 2), "grade": (5, 3, 3)}
    np.testing.assert_array_equal(stochastic_passes(folder, cases, 5, 1)["idh"], passes["idh"])
    assert not np.array_equal(stochastic_passes(folder, cases, 5, 2)["idh"], passes["idh"])
    last = stochastic_passes(folder, cases.iloc[2:], 5, 1)["idh"]
    np.testing.assert_array_equal(last[:, 0], passes["idh"][:, 2])
    assert passes["idh"].std(axis=0).min() > 0


def test_passes_have_the_distribution_of_whole_stochastic_passes(folder, cohort):
    cases = cohort.iloc[:1]
    ours = stochastic_passes(folder, cases, 4000, 1)["idh"][:, 0, 1]
    model = load_image_model(folder)
    x, available = network_input(
        load_case("x", Path(cases["folder"].iloc[0]), model.modalities, model.shape, tumour=False)
    )
    for layer in model.network.modules():
        layer.training = isinstance(layer, nn.Dropout)  # batch norm keeps its running statistics
    with torch.random.fork_rng(), torch.inference_mode():
        torch.manual_seed(0)
        first, second = (model.network(x, available).features["idh"] for _ in range(2))
        assert torch.equal(first, second)  # dropout comes after the deep features: they need computing only once
        whole = [F.softmax(model.network(x, available).logits["idh"], dim=1)[0, 1].item() for _ in range(60)]
    assert ours.mean() == pytest.approx(np.mean(whole), abs=4 * np.std(whole) / np.sqrt(60))
    assert ours.std() == pytest.approx(np.std(whole), rel=0.4)


def test_an_unknown_network_is_refused():
    with pytest.raises(ValueError, match="nonesuch"):
        image_model(image_description(kind="nonesuch"), {})


KINDS = ("gmmas", "mttunet", "psnet", "singletask")


def written(path, kind, *, dropout=0.5):
    """An untrained network of another kind, written as training writes one."""
    tasks = {"idh": 2} if kind == "singletask" else CONSTRUCTOR["tasks"]
    constructor = {**CONSTRUCTOR, "tasks": tasks, "dropout": dropout}
    constructor |= {} if kind == "singletask" else {"segmentation": True}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = build(kind, **constructor)
    torch.save(network.state_dict(), path / "weights.pt")
    described = tasks_of({task: NAMES[task] for task in tasks})
    write_description(path, image_description(kind=kind, constructor=constructor, tasks=described))
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_networks_without_a_prompt_see_the_brain_alone(kind, cohort, tmp_path):
    probabilities, deep = predict_cases(written(tmp_path, kind), cohort.iloc[:2], threads=1, gpus=0)
    model = load_image_model(tmp_path)
    case = load_case("x", Path(cohort.loc[1, "folder"]), model.modalities, model.shape, tumour=False)
    x = torch.from_numpy(case.image.astype(np.float32) * case.brain)[None]
    with torch.inference_mode():
        outputs = model.network(x, torch.from_numpy(case.available)[None])
    ours = probabilities[(probabilities["case_id"] == "case-01") & (probabilities["task"] == "idh")]
    np.testing.assert_allclose(ours["probability"], softmax(outputs.logits["idh"].double().numpy())[0], rtol=1e-5)
    assert list(probabilities["task"].unique()) == list(model.classes)
    assert deep["task"].tolist() == list(model.classes) * 2


@pytest.mark.parametrize("kind", ["gmmas", "mttunet", "psnet"])
def test_whole_passes_are_seeded_and_touch_neither_generator_nor_neighbours(kind, cohort, tmp_path):
    folder, cases = written(tmp_path, kind), cohort.iloc[:3]
    state = torch.get_rng_state()
    passes = stochastic_passes(folder, cases, 4, 1)
    assert torch.equal(torch.get_rng_state(), state)
    assert {task: p.shape for task, p in passes.items()} == {"idh": (4, 3, 2), "grade": (4, 3, 3)}
    np.testing.assert_allclose(passes["grade"].sum(axis=2), 1)
    assert (passes["idh"].std(axis=0) > 0).all()
    np.testing.assert_array_equal(stochastic_passes(folder, cases.iloc[2:], 4, 1)["idh"][:, 0], passes["idh"][:, 2])
    assert not np.array_equal(stochastic_passes(folder, cases, 4, 2)["idh"], passes["idh"])


def test_whole_passes_without_dropout_are_the_prediction(cohort, tmp_path):
    folder = written(tmp_path, "psnet", dropout=0.0)
    passes = stochastic_passes(folder, cohort.iloc[:2], 2, 1)["idh"]
    probabilities = predict_cases(folder, cohort.iloc[:2], threads=1, gpus=0)[0]
    expected = probabilities[probabilities["task"] == "idh"]["probability"].to_numpy().reshape(2, 2)
    np.testing.assert_array_equal(passes, np.stack([expected, expected]))


def test_a_case_that_cannot_be_read_has_no_whole_pass(cohort, tmp_path):
    cases = cohort.iloc[:2].assign(folder=[str(tmp_path), cohort.loc[1, "folder"]])
    passes = stochastic_passes(written(tmp_path, "psnet"), cases, 2, 1)["idh"]
    assert np.isnan(passes).all(axis=(0, 2)).tolist() == [True, False]


def test_a_network_on_features_is_refused(tmp_path):
    path = write_description(tmp_path, tabular_description(kind="tabular_net"))
    with pytest.raises(ModelError) as refused:
        load_image_model(tmp_path)
    assert [(problem.file, problem.key) for problem in refused.value.problems] == [(str(path), "takes")]


@pytest.mark.parametrize(("flips", "passes"), [("left_right", [(), (2,)]), ("all", None)])
def test_flips_average_probabilities_and_leave_the_deep_features(flips, passes, folder, cohort):
    """CMTLNet, whose input has the brain beside the modalities: both are flipped."""
    cases = cohort.iloc[1:2]
    plain, deep = predict_cases(folder, cases, threads=1, gpus=0)
    averaged, same_deep = predict_cases(folder, cases, threads=1, gpus=0, flips=flips)
    pd.testing.assert_frame_equal(deep, same_deep)
    model = load_image_model(folder)
    x, available = network_input(
        load_case("x", Path(cases["folder"].iloc[0]), model.modalities, model.shape, tumour=False)
    )
    axes = passes or [a for n in range(4) for a in itertools.combinations((2, 3, 4), n)]
    with torch.inference_mode():
        each = [softmax(model.network(x.flip(a), available).logits["idh"].double().numpy())[0] for a in axes]
    ours = averaged[averaged["task"] == "idh"]
    np.testing.assert_allclose(ours["probability"], np.mean(each, axis=0), rtol=1e-5)
    assert (ours["probability"].to_numpy() != plain[plain["task"] == "idh"]["probability"].to_numpy()).all()
    np.testing.assert_allclose(ours["uncertainty"], entropy(ours["probability"].tolist()))


@pytest.mark.parametrize("kind", ["gmmas", "mttunet"])
def test_classes_and_passes_never_run_a_decoder(kind, cohort, tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise AssertionError("the decoder ran")

    monkeypatch.setattr("gliomanet.networks.blocks.region_decoder.RegionDecoder.forward", refuse)
    predict_cases(written(tmp_path, kind), cohort.iloc[:1], threads=1, gpus=0)
    stochastic_passes(tmp_path, cohort.iloc[:1], 2, 1)
