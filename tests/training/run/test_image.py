import fcntl
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
import torch

from gliomanet.config.image_models import CmtlnetModel
from gliomanet.labels.tasks import DEFAULT_TASKS
from gliomanet.models.acceleration import Acceleration
from gliomanet.models.case_input import load_case, network_input
from gliomanet.prediction.image import load_image_model, predict_cases
from gliomanet.training.data.fold_cases import learn_histograms
from gliomanet.training.recipes.phase import Phase
from gliomanet.training.run import epochs as epochs_module
from gliomanet.training.run import image as module
from gliomanet.training.run.image import train_image_model

TASKS = {name: DEFAULT_TASKS[name] for name in ("idh", "codel_1p19q")}
NAME = {"model": "cmtlnet", "stage": "supervised", "fold": "0"}


def settings(**changes) -> CmtlnetModel:
    values = {
        "preset": "tiny",
        "input_shape": (32, 32, 32),
        "common_epochs": 2,
        "unique_epochs": 2,
        "steps_per_epoch": 2,
        "learning_rate": 1e-3,
    }
    return CmtlnetModel(**(values | changes))


def train(cases: pd.DataFrame, folder: Path, *, model=None, tasks=TASKS, **changes) -> Path:
    arguments = {"name": NAME, "seed": 1, "code": "c0", "threads": 1, "gpus": 0, "pseudo_labels": None} | changes
    out = folder / "out"
    train_image_model(cases, tasks, model or settings(), out=out, scratch=folder / "scratch", **arguments)
    return out


def events(out: Path) -> list[dict]:
    return [json.loads(line) for line in (out / "events.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def trained(cohort, tmp_path_factory) -> Path:
    return train(cohort, tmp_path_factory.mktemp("trained"))


def test_a_trained_model_is_described_whole(trained):
    description = json.loads((trained / "model.json").read_text())
    assert description["kind"] == "cmtlnet"
    assert description["constructor"] == {
        "n_modalities": 2,
        "tasks": {"idh": 2, "codel_1p19q": 2},
        "preset": "tiny",
        "dropout": 0.2,
        "feature_dropout": 0.1,
    }
    assert description["input"] == {
        "shape": [32, 32, 32],
        "modalities": ["t1c", "t2"],
        "ratio_maps": [],
        "crop": "centre",
        "crop_from": None,
        "grid": [36, 32, 30],
        "spacing_mm": [4.0, 4.0, 4.0],
        "intensities": "as_preprocessed",
        "histograms": None,
    }
    assert description["tasks"]["idh"] == {
        "label": "idh",
        "classes": {"wildtype": ["wildtype"], "mutant": ["mutant"]},
    }
    assert description["joint_likelihood_weight"] == 0
    shared = {"epochs": 2, "updates": 4, "optimizer": "adam", "learning_rate": 1e-3, "weight_decay": 2e-5}
    shared |= {"schedule": "plateau", "plateau_factor": 0.7, "plateau_patience": 8, "plateau_floor": 1e-6}
    shared |= {"gradient_clip": None, "ema_decay": 0.0}
    assert description["phases"] == [{"name": name, **shared} for name in ("common", "unique")]
    assert description["computed"] == {
        "device": "CPU",
        "precision": "32-true",
        "acceleration": {"channels_last": False, "compiled": False, "checkpointed": False},
        "batch_parts": 1,
    }
    assert set(description["files"]) == {"weights.pt", "heads.npz"}
    assert set(description["versions"]) == {
        *("python", "gliomanet"),
        *("torch", "lightning", "numpy", "scikit-learn", "pandas"),
    }
    assert sorted(path.name for path in trained.iterdir()) == ["events.jsonl", "heads.npz", "model.json", "weights.pt"]
    with np.load(trained / "heads.npz") as heads:
        assert sorted(heads) == ["codel_1p19q.bias", "codel_1p19q.weight", "idh.bias", "idh.weight"]
        assert heads["idh.weight"].shape == (2, 64)
        assert heads["idh.bias"].shape == (2,)


def test_events_tell_the_whole_story(trained):
    told = events(trained)
    digest = json.loads((trained / "model.json").read_text())["digest"]
    assert told[0] == {"event": "run", "model": "cmtlnet", "stage": "supervised", "fold": "0", "digest": digest}
    assert [event["event"] for event in told[1:3]] == ["params", "start"]
    assert told[-1]["event"] == "end"
    assert (told[-1]["epochs_run"], told[-1]["resumed_from"]) == (4, 0)
    losses = [event["step"] for event in told if event.get("name") == "train/loss"]
    assert losses == [1, 2, 3, 4]
    assert {event["name"] for event in told if event["event"] == "metric"} == {
        "train/loss",
        "train/learning_rate",
        "validation/loss",
        "validation/mcc/idh",
        "validation/mcc/codel_1p19q",
    }


def test_scratch_is_gone_after_success(trained):
    assert not (trained.parent / "scratch").exists()


def test_the_same_job_gives_the_same_bytes(trained, cohort, tmp_path):
    again = train(cohort.sample(frac=1, random_state=3), tmp_path)
    for name in ("weights.pt", "heads.npz", "model.json"):
        assert (again / name).read_bytes() == (trained / name).read_bytes(), name


def test_cases_from_the_cache_give_the_same_bytes(trained, cohort, tmp_path):
    for turn in ("written", "there already"):
        mapped = train(cohort, tmp_path / turn, cache=tmp_path / "cache")
        for name in ("weights.pt", "heads.npz", "model.json"):
            assert (mapped / name).read_bytes() == (trained / name).read_bytes(), name
    assert len(list((tmp_path / "cache").rglob("*.npy"))) == 12  # unlabelled ones are not looked at


def test_cases_mapped_to_a_folds_own_histograms_stay_in_its_scratch_folder(two_scanners, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "discard_scratch", lambda _: None)
    monkeypatch.setattr(epochs_module, "_fit", lambda *_: None)
    train(two_scanners, tmp_path, model=settings(intensities="nyul"), cache=tmp_path / "cache")
    assert not (tmp_path / "cache").exists()
    assert len(list((tmp_path / "scratch" / "cases").rglob("*.npy"))) == 12


def test_a_checkpointed_training_gives_the_same_weights_and_a_channels_last_one_as_good_ones(trained, cohort, tmp_path):
    weights = {}
    for acceleration in (Acceleration(checkpointed=True), Acceleration(channels_last=True)):
        out = train(cohort, tmp_path / str(acceleration), acceleration=acceleration)
        weights[acceleration.checkpointed] = (out / "weights.pt").read_bytes()
        computed = json.loads((out / "model.json").read_text())["computed"]
        assert computed["acceleration"] == vars(acceleration)
    assert weights[True] == (trained / "weights.pt").read_bytes()
    found, plain = (
        torch.load(io.BytesIO(content), weights_only=True)
        for content in (weights[False], (trained / "weights.pt").read_bytes())
    )
    for name, value in found.items():
        assert value.is_contiguous(), name
    apart, whole = (torch.cat([v.flatten().double() for v in all_of.values()]) for all_of in (found, plain))
    assert (apart - whole).norm() < 0.03 * whole.norm()  # rounding errors, which Adam enlarges in its first steps


def test_validation_cases_teach_nothing(trained, cohort, tmp_path):
    others = cohort.copy()
    swap = {"mutant": "wildtype", "wildtype": "mutant"}
    of_validation = others["part"] == "validation"
    others.loc[of_validation, "idh"] = others.loc[of_validation, "idh"].map(swap)
    again = train(others, tmp_path)
    assert (again / "weights.pt").read_bytes() == (trained / "weights.pt").read_bytes()
    assert (
        json.loads((again / "model.json").read_text())["digest"]
        != json.loads((trained / "model.json").read_text())["digest"]
    )


@pytest.fixture(scope="module")
def two_scanners(cohort, tmp_path_factory) -> pd.DataFrame:
    """The cohort, every second pair of cases as another scanner sees it: intensities stretched by a cube."""
    root = tmp_path_factory.mktemp("scanners")
    for number, folder in enumerate(cohort["folder"]):
        shutil.copytree(folder, root / Path(folder).name)
        for path in (root / Path(folder).name).glob("t*.nii.gz"):
            image = nib.load(path)
            if number // 2 % 2 and path.name != "tumour_mask.nii.gz":
                values = np.asarray(image.dataobj)
                nib.save(nib.Nifti1Image(values**3 / 9 + 2 * values, image.affine), path)
    return cohort.assign(folder=[str(root / Path(folder).name) for folder in cohort["folder"]])


@pytest.fixture(scope="module")
def trained_on_histograms(two_scanners, tmp_path_factory) -> Path:
    return train(two_scanners, tmp_path_factory.mktemp("nyul"), model=settings(intensities="nyul"))


def test_histograms_are_learnt_from_training_cases_only_and_saved(trained_on_histograms, two_scanners, tmp_path):
    described = json.loads((trained_on_histograms / "model.json").read_text())
    assert described["input"]["intensities"] == "nyul"
    assert sorted(described["input"]["histograms"]) == ["t1c", "t2"]
    alone = train(two_scanners[two_scanners["part"] == "train"], tmp_path, model=settings(intensities="nyul"))
    assert json.loads((alone / "model.json").read_text())["input"] == described["input"]
    assert (alone / "weights.pt").read_bytes() == (trained_on_histograms / "weights.pt").read_bytes()


def test_predictions_read_the_histograms_that_training_saved(trained_on_histograms, two_scanners):
    model = load_image_model(trained_on_histograms)
    learnt = learn_histograms(two_scanners[two_scanners["part"] == "train"], ("t1c", "t2"))
    assert model.histograms == learnt
    row = two_scanners.iloc[9]
    case = load_case("x", Path(row["folder"]), model.modalities, model.shape, tumour=False, histograms=learnt)
    with torch.inference_mode():
        z = model.network(*network_input(case)).features["idh"][0].double().numpy()
    deep = predict_cases(trained_on_histograms, two_scanners.iloc[[9]], threads=1, gpus=0)[1]
    # Threads differ, and with them the order of sums.
    np.testing.assert_allclose(deep.loc[deep["task"] == "idh"].iloc[0, 2:].to_numpy(float), z, rtol=1e-4, atol=1e-7)


def test_a_modality_that_no_training_case_has_cannot_be_mapped(two_scanners, tmp_path):
    model = settings(intensities="nyul", modalities=("t1c", "flair"))
    with pytest.raises(ValueError, match="fold 0: no training case has a histogram of flair to learn from; choose"):
        train(two_scanners, tmp_path, model=model)


def test_known_labels_of_unlabelled_cases_are_never_used(trained, cohort, tmp_path):
    without = cohort[cohort["part"] != "unlabelled"]
    assert (train(without, tmp_path) / "weights.pt").read_bytes() == (trained / "weights.pt").read_bytes()


def test_accepted_pseudo_labels_teach_and_refused_ones_do_not(trained, cohort, tmp_path):
    table = pd.DataFrame(
        {
            "case_id": ["case-12", "case-13"],
            "task": ["idh", "idh"],
            "label": ["wildtype", "mutant"],
            "accepted": ["no", "no"],
        }
    )
    plain = (trained / "weights.pt").read_bytes()
    refused = train(cohort, tmp_path / "refused", pseudo_labels=table)
    assert (refused / "weights.pt").read_bytes() == plain
    accepted = train(cohort, tmp_path / "accepted", pseudo_labels=table.assign(accepted="yes"))
    assert (accepted / "weights.pt").read_bytes() != plain
    assert next(e for e in events(accepted) if e["event"] == "params")["values"]["training_cases"] == 10


KILLED = """
import os, signal, sys
import pandas as pd
import gliomanet.training.run.epochs as t
from gliomanet.training.run.image import train_image_model
from pathlib import Path
from gliomanet.labels.tasks import DEFAULT_TASKS
from gliomanet.config.image_models import CmtlnetModel

save = t.save_progress
def save_then_die(scratch, digest, progress):
    save(scratch, digest, progress)
    if progress.epochs_done == {epochs}:
        # in the middle of the next epoch: its first step has changed the weights
        step = t.Phase.training_step
        def dying(self, batch, batch_idx):
            if batch.step == 1:
                os.kill(os.getpid(), signal.SIGKILL)
            return step(self, batch, batch_idx)
        t.Phase.training_step = dying
t.save_progress = save_then_die
cases = pd.read_csv({cases!r}, sep="\\t", dtype=str, keep_default_na=False)
train_image_model(
    cases, {{name: DEFAULT_TASKS[name] for name in ("idh", "codel_1p19q")}},
    CmtlnetModel.model_validate_json({model!r}), name={name!r}, seed=1, code="c0", threads=1, gpus=0,
    out=Path({folder!r}) / "out", scratch=Path({folder!r}) / "scratch", pseudo_labels=None,
)
"""


def assert_it_goes_on_to_the_same_bytes(trained, cohort, folder, capsys, epochs):
    assert not (folder / "out").exists()
    out = train(cohort, folder)
    for name in ("weights.pt", "heads.npz", "model.json"):
        assert (out / name).read_bytes() == (trained / name).read_bytes(), name
    told = events(out)
    figures = [(e["name"], e["step"], e["value"]) for e in told if e["event"] == "metric"]
    assert figures == [(e["name"], e["step"], e["value"]) for e in events(trained) if e["event"] == "metric"]
    assert [e["epochs_done"] for e in told if e["event"] == "resume"] == [epochs]
    assert (told[-1]["epochs_run"], told[-1]["resumed_from"]) == (4 - epochs, epochs)
    assert f"{4 - epochs} epochs run in this process, resumed from {epochs}" in capsys.readouterr().out
    assert not (folder / "scratch").exists()


@pytest.mark.parametrize("epochs", [1, 2], ids=["in phase common", "between the phases"])
def test_a_failed_job_goes_on_and_ends_in_the_same_bytes(trained, cohort, tmp_path, capsys, monkeypatch, epochs):
    step = Phase.training_step

    def failing(self, batch, batch_idx):
        if (self.name, self.epoch, batch.step) == (("common", "unique")[epochs // 2], epochs % 2, 1):
            raise InterruptedError("the time limit")
        return step(self, batch, batch_idx)

    with monkeypatch.context() as patch:
        patch.setattr(Phase, "training_step", failing)
        with pytest.raises(InterruptedError, match="the time limit"):
            train(cohort, tmp_path)
    assert_it_goes_on_to_the_same_bytes(trained, cohort, tmp_path, capsys, epochs)


def test_a_killed_job_goes_on_and_ends_in_the_same_bytes(trained, cohort, tmp_path, repository, capsys):
    epochs = 3
    table = tmp_path / "cases.tsv"
    cohort.to_csv(table, sep="\t", index=False)
    script = textwrap.dedent(KILLED).format(
        epochs=epochs, cases=str(table), model=settings().model_dump_json(), name=NAME, folder=str(tmp_path)
    )
    environment = os.environ | {"PYTHONPATH": str(repository / "src")}
    killed = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert_it_goes_on_to_the_same_bytes(trained, cohort, tmp_path, capsys, epochs)


SHORT = settings(common_epochs=1, unique_epochs=1, steps_per_epoch=1)


def test_only_an_unchanged_job_resumes(cohort, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "discard_scratch", lambda _: None)
    shutil.rmtree(train(cohort, tmp_path, model=SHORT))
    monkeypatch.setattr(epochs_module, "_fit", lambda *_: None)
    assert events(train(cohort, tmp_path, model=SHORT))[-1]["resumed_from"] == 2
    for changes in (
        *({"code": "c1"}, {"seed": 2}, {"threads": 2}, {"model": settings(common_epochs=1)}),
        {"acceleration": Acceleration(channels_last=True)},
    ):
        assert events(train(cohort, tmp_path, **({"model": SHORT} | changes)))[-1]["resumed_from"] == 0, changes
    for name, other in (
        ("software_versions", lambda names: dict.fromkeys(names, "0")),
        ("common_precision", lambda *_: "bf16-mixed"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, other)
            assert events(train(cohort, tmp_path, model=SHORT))[-1]["resumed_from"] == 0, name


def test_the_device_and_the_versions_are_part_of_the_digest(cohort, tmp_path, monkeypatch):
    digested = {}

    def keep(values):
        digested.update(values)
        raise InterruptedError

    monkeypatch.setattr(module, "digest_of", keep)
    with pytest.raises(InterruptedError):
        train(cohort, tmp_path)
    assert digested["device"] == ["cpu", "32-true", 1]
    assert {"torch", "lightning", "numpy"} < set(digested["versions"])


def test_what_another_process_has_finished_stays(cohort, tmp_path, monkeypatch, capsys):
    out = train(cohort, tmp_path, model=SHORT)
    (tmp_path / "scratch" / "stale").mkdir(parents=True)
    with monkeypatch.context() as patch:
        patch.setattr(epochs_module, "_fit", lambda *_: pytest.fail("trained again"))
        train(cohort, tmp_path, model=SHORT)
    assert "fold 0: another process has finished this job; its results stay" in capsys.readouterr().out
    assert not (tmp_path / "scratch").exists()
    (out / "weights.pt").unlink()
    train(cohort, tmp_path, model=SHORT)
    assert (out / "weights.pt").is_file()


def test_no_other_process_can_train_the_job_meanwhile(cohort, tmp_path, monkeypatch):
    tried = []

    def try_to_lock(*_):
        with (tmp_path / "scratch" / "lock").open() as other, pytest.raises(BlockingIOError) as refused:
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        tried.append(refused.value)

    monkeypatch.setattr(epochs_module, "_fit", try_to_lock)
    train(cohort, tmp_path)
    assert len(tried) == 2


def test_checkpoints_of_earlier_configurations_go_on_success(cohort, tmp_path):
    for stale in ("digest-a", "digest-b"):
        (tmp_path / "scratch" / stale).mkdir(parents=True)
        (tmp_path / "scratch" / stale / "last.ckpt").touch()
    train(cohort, tmp_path, model=SHORT)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_task_without_a_known_label_names_the_fold_and_the_task(cohort, tmp_path):
    blank = cohort.assign(codel_1p19q="")
    with pytest.raises(ValueError, match=r"cmtlnet, stage supervised, fold 0: task 'codel_1p19q' has no known"):
        train(blank, tmp_path)


def test_cases_on_different_grids_are_refused(cohort, tmp_path):
    folder = tmp_path / "other"
    folder.mkdir()
    nib.save(nib.Nifti1Image(np.ones((32, 32, 32), np.float32), np.eye(4)), folder / "t2.nii.gz")
    cases = cohort.copy()
    cases.loc[7, "folder"] = str(folder)
    with pytest.raises(ValueError, match=r"case case-07 has grid \(32, 32, 32\).*one atlas grid"):
        train(cases, tmp_path)


def test_an_unreadable_case_is_left_out_with_its_reason(cohort, tmp_path, capsys):
    cases = cohort.copy()
    cases.loc[7, "folder"] = str(tmp_path / "nowhere")
    out = train(cases, tmp_path, model=settings(common_epochs=1, unique_epochs=1, steps_per_epoch=1))
    assert "left out: case case-07: none of t1c, t2" in capsys.readouterr().out
    assert next(e for e in events(out) if e["event"] == "params")["values"]["training_cases"] == 7


def test_the_common_part_does_not_move_in_the_unique_phase(cohort, tmp_path, monkeypatch):
    states = {}

    def keep(scratch, digest, progress):
        states[progress.epochs_done] = {key: value.clone() for key, value in progress.network.items()}

    monkeypatch.setattr(epochs_module, "save_progress", keep)
    train(cohort, tmp_path)
    common = [key for key in states[2] if key.startswith("common.")]
    assert any("running_mean" in key for key in common)
    assert all(torch.equal(states[2][key], states[4][key]) for key in common)
    assert not torch.equal(
        states[2]["fusion.heads.by_task.task_idh.weight"], states[4]["fusion.heads.by_task.task_idh.weight"]
    )


def test_what_can_be_seen_is_learnt(cohort, tmp_path):
    model = settings(common_epochs=3, unique_epochs=12, steps_per_epoch=8, learning_rate=3e-3, scale=8, margin=0.1)
    one_task = {"idh": DEFAULT_TASKS["idh"]}
    out = train(cohort, tmp_path, model=model, tasks=one_task)
    mcc = [e["value"] for e in events(out) if e.get("name") == "validation/mcc/idh"]
    assert mcc[-1] == 1.0
