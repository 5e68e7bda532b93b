"""Predictions with modalities taken away: those of a case that never had them."""

import json
import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
import torch

from gliomanet.networks import build
from gliomanet.prediction.image import predict_cases
from gliomanet.prediction.modality_subsets import COLUMNS, fusion_weights, predict_subsets
from gliomanet.prediction.predict_center import Member
from gliomanet.prediction.predict_subsets import fusion_table, predict_center_subsets
from tests.descriptions import image_description, tasks_of, write_description
from tests.phantom_folders import write_case

MODALITIES = ("t2", "t1c", "flair")  # not in the order of the subsets' names
TASKS = {"idh": ("wildtype", "mutant"), "grade": ("2", "3", "4")}


def write_model(folder: Path, kind: str, seed: int = 0, ratio_maps: tuple[str, ...] = ()) -> Path:
    """An untrained network, written as training writes one, with biases of absent modalities that are not 0."""
    folder.mkdir(parents=True)
    constructor = {
        "n_modalities": 3 + len(ratio_maps),
        "tasks": {"idh": 2, "grade": 3},
        "preset": "tiny",
        "dropout": 0.2,
    }
    constructor |= {"segmentation": True} if kind != "cmtlnet" else {}
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = build(kind, **constructor)
        with torch.no_grad():
            for name, parameter in network.named_parameters():
                if name.endswith(("absent_bias", "significance")):
                    parameter.normal_()
    torch.save(network.state_dict(), folder / "weights.pt")
    description = image_description(
        kind=kind,
        constructor=constructor,
        geometry={"modalities": MODALITIES, "ratio_maps": ratio_maps},
        tasks=tasks_of(TASKS),
    )
    write_description(folder, description)
    return folder


@pytest.fixture(scope="module")
def cases(tmp_path_factory) -> pd.DataFrame:
    """Three cases: one complete, one without T2, one without a brain mask."""
    root = tmp_path_factory.mktemp("preprocessed") / "there"
    for number, modalities in enumerate((MODALITIES, MODALITIES[1:], MODALITIES)):
        write_case(root / f"case-{number}", number, bright=True, modalities=modalities, tumour=False)
    (root / "case-2/brain_mask.nii.gz").unlink()
    zeroed = nib.load(root / "case-2/t1c.nii.gz")  # each modality alone outlines another brain
    array = np.asanyarray(zeroed.dataobj).copy()
    array[:16] = 0
    nib.save(nib.Nifti1Image(array, zeroed.affine), root / "case-2/t1c.nii.gz")
    ids = [f"case-{number}" for number in range(3)]
    return pd.DataFrame({"case_id": ids, "center": "there", "folder": [str(root / i) for i in ids]})


@pytest.fixture(scope="module", params=["cmtlnet", "gmmas", "mttunet", "psnet"])
def predicted(request, tmp_path_factory, cases):
    folder = write_model(tmp_path_factory.mktemp("models") / request.param, request.param)
    return folder, predict_subsets(folder, cases, threads=1, gpus=0)


def of(table, case, subset):
    return table[(table["case_id"] == case) & (table["subset"] == subset)]["probability"].tolist()


def test_a_case_has_every_subset_of_what_it_has(predicted):
    table = predicted[1]
    assert tuple(table.columns) == COLUMNS
    names = table.groupby("case_id", sort=False)["subset"].unique().map(list)
    every = ["t1c", "t2", "flair", "t1c+t2", "t1c+flair", "t2+flair", "t1c+t2+flair"]
    assert names.to_dict() == {"case-0": every, "case-1": ["t1c", "flair", "t1c+flair"], "case-2": every}
    np.testing.assert_allclose(table.groupby(["case_id", "subset", "task"])["probability"].sum(), 1)
    assert table["class"].tolist()[:5] == ["wildtype", "mutant", "2", "3", "4"]


def test_all_modalities_give_the_ordinary_prediction_bit_for_bit(predicted, cases):
    folder, table = predicted
    ordinary = predict_cases(folder, cases, threads=1, gpus=0)[0]
    for case, subset in (("case-0", "t1c+t2+flair"), ("case-1", "t1c+flair"), ("case-2", "t1c+t2+flair")):
        assert of(table, case, subset) == ordinary[ordinary["case_id"] == case]["probability"].tolist()


@pytest.mark.parametrize("case", ["case-0", "case-2"])
def test_a_subset_is_the_case_that_has_no_other_files(predicted, cases, tmp_path, case):
    folder, table = predicted
    copy = shutil.copytree(Path(cases["folder"].iloc[0]).parent / case, tmp_path / case)
    (copy / "t2.nii.gz").unlink()
    one = pd.DataFrame({"case_id": [case], "folder": [str(copy)]})
    without = predict_cases(folder, one, threads=1, gpus=0)[0]["probability"].tolist()
    assert of(table, case, "t1c+flair") == without
    assert without != of(table, case, "t1c+t2+flair")


def test_what_is_taken_away_has_no_influence(predicted, cases, tmp_path):
    folder, table = predicted
    copy = shutil.copytree(cases["folder"].iloc[0], tmp_path / "case-0")
    image = nib.load(copy / "t2.nii.gz")
    noise = np.random.default_rng(9).normal(size=image.shape).astype(np.float32)
    nib.save(nib.Nifti1Image(noise, image.affine), copy / "t2.nii.gz")
    changed = predict_subsets(folder, cases.iloc[:1].assign(folder=str(copy)), threads=1, gpus=0)
    for subset in ("t1c", "flair", "t1c+flair"):
        assert of(changed, "case-0", subset) == of(table, "case-0", subset)
    for subset in ("t2", "t1c+t2", "t1c+t2+flair"):
        assert of(changed, "case-0", subset) != of(table, "case-0", subset)


def test_neighbours_do_not_matter_and_unreadable_cases_are_left_out_aloud(tmp_path, cases, capsys):
    folder = write_model(tmp_path / "net", "psnet")
    together = predict_subsets(folder, cases, threads=1, gpus=0)
    broken = pd.concat([cases.iloc[:1].assign(case_id="gone", folder=str(tmp_path)), cases.iloc[1:2]])
    alone = predict_subsets(folder, broken, threads=1, gpus=0)
    assert "left out: case gone: none of t2, t1c, flair" in capsys.readouterr().out
    pd.testing.assert_frame_equal(alone, together[together["case_id"] == "case-1"].reset_index(drop=True))
    assert tuple(predict_subsets(folder, cases.iloc[:0], threads=1, gpus=0).columns) == COLUMNS


def test_learnt_fusion_weights_are_the_networks_own(tmp_path):
    folder = write_model(tmp_path / "0", "gmmas", seed=1)
    weights = fusion_weights(folder)
    learned = torch.load(folder / "weights.pt", weights_only=True)["stem.significance"].double()
    assert weights == pytest.approx(dict(zip(MODALITIES, torch.softmax(learned, 0).tolist(), strict=True)), rel=1e-5)
    members = [
        Member("supervised", "main", "0", folder),
        Member("s", "main", "0", write_model(tmp_path / "1", "psnet")),
    ]
    table = fusion_table(members, "m")
    assert list(table.columns) == ["model", "stage", "scenario", "fold", "modality", "weight"]
    assert table["modality"].tolist() == list(MODALITIES)
    assert fusion_table(members[1:], "m").empty


def test_a_centres_table_holds_validation_by_fold_and_external_cases_by_the_ensemble(tmp_path, cases):
    members = [Member("last", "main", str(k), write_model(tmp_path / str(k), "psnet", seed=k)) for k in (0, 1)]
    preprocessed = Path(cases["folder"].iloc[0]).parents[1]
    parts = [("0", ["train", "validation", "external"]), ("1", ["validation", "train", "external"])]
    splits = pd.concat([cases[["case_id", "center"]].assign(fold=fold, part=part) for fold, part in parts])
    table = predict_center_subsets(
        members, splits, cases.assign(role="x"), model="m", preprocessed=preprocessed, threads=1, gpus=0
    )
    keys = ["stage", "scenario", "fold", "role", "case_id"]
    assert sorted(table[keys].drop_duplicates().itertuples(index=False, name=None)) == [
        ("last", "main", "0", "validation", "case-1"),
        ("last", "main", "1", "validation", "case-0"),
        ("last", "main", "ensemble", "external", "case-2"),
    ]
    single = [predict_subsets(member.folder, cases.iloc[2:], threads=1, gpus=0) for member in members]
    for subset in ("t1c", "t1c+t2+flair"):
        mean = np.mean([of(one, "case-2", subset) for one in single], axis=0)
        assert of(table, "case-2", subset) == pytest.approx(mean, rel=1e-15)
    nobody = predict_center_subsets(
        members, splits.assign(part="train"), cases, model="m", preprocessed=preprocessed, threads=1, gpus=0
    )
    assert nobody.empty
    assert list(nobody) == list(table)


def test_a_subset_that_a_fold_could_not_predict_is_left_out_aloud(tmp_path, cases, capsys, monkeypatch):
    members = [Member("last", "main", fold, Path(fold)) for fold in "01"]

    def predictions(folder, selected, *, threads, gpus):
        rows = [("case-0", "t1", "idh", "mutant", 0.25), ("case-0", "t2", "idh", "mutant", 0.75)]
        return pd.DataFrame(rows[: 2 - int(str(folder))], columns=list(COLUMNS))

    monkeypatch.setattr("gliomanet.prediction.predict_subsets.predict_subsets", predictions)
    splits = pd.concat([cases.iloc[:1][["case_id", "center"]].assign(fold=f, part="external") for f in "01"])
    table = predict_center_subsets(members, splits, cases, model="m", preprocessed=tmp_path, threads=1, gpus=0)
    assert table[["subset", "probability"]].to_numpy().tolist() == [["t1", 0.25]]
    assert capsys.readouterr().out == ("left out: case case-0, t2: not predicted by every fold (last, scenario main)\n")


@pytest.mark.parametrize("case", ["case-0", "case-2"])
def test_a_ratio_map_is_taken_away_with_either_of_its_modalities(cases, tmp_path, case):
    folder = write_model(tmp_path / "net", "psnet", ratio_maps=("t1c/t2", "t1c/flair"))
    copy = shutil.copytree(Path(cases["folder"].iloc[0]).parent / case, tmp_path / case)
    record = {"intensities": {name: {"offset": 9.0, "scale": 1.0} for name in MODALITIES}}
    (copy / "preprocess.json").write_text(json.dumps(record))
    one = pd.DataFrame({"case_id": [case], "folder": [str(copy)]})
    table = predict_subsets(folder, one, threads=1, gpus=0)
    (copy / "t2.nii.gz").unlink()
    without = predict_cases(folder, one, threads=1, gpus=0)[0]["probability"].tolist()
    assert of(table, case, "t1c+flair") == without
    assert list(fusion_weights(write_model(tmp_path / "g", "gmmas", ratio_maps=("t1c/t2",)))) == [*MODALITIES, "t1c/t2"]
