"""Two processes on the CPU train one network, and are compared with one that trains alone."""

import io
import json
import os
import signal
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from gliomanet.config.image_models import image_model
from gliomanet.labels.tasks import DEFAULT_TASKS
from gliomanet.models.acceleration import AS_IT_IS
from gliomanet.models.devices import Device
from gliomanet.training.data.batches import BalancedBatches
from gliomanet.training.distributed.collectives import Shares, rank, same_everywhere
from gliomanet.training.distributed.launcher import launch
from gliomanet.training.recipes.phase import Phase
from gliomanet.training.run import epochs
from gliomanet.training.run import image as module

TASKS = {name: DEFAULT_TASKS[name] for name in ("idh", "codel_1p19q")}
NAME = {"model": "m", "stage": "supervised", "fold": "0"}
TWO = (Device("cpu"), Device("cpu"))
SETTINGS = {"preset": "tiny", "steps_per_epoch": 2, "learning_rate": 1e-3, "augmentation": False, "dropout": 0.0}
PSNET = SETTINGS | {"kind": "psnet", "input_shape": (24, 24, 24), "epochs": 2, "weighting": "uncertainty"}
PSNET |= {"gradient_clip": 1.0, "ema_decay": 0.5}
GMMAS = SETTINGS | {"kind": "gmmas", "input_shape": (32, 32, 32), "pretraining_epochs": 1, "epochs": 1}


def request(cases: pd.DataFrame, folder: Path, settings: dict) -> module.Request:
    return module.Request(
        cases=cases,
        tasks=TASKS,
        model=image_model(settings),
        name=NAME,
        seed=1,
        code="c",
        threads=1,
        devices=TWO,
        precision="32-true",
        out=folder / "out",
        scratch=folder / "scratch",
        pseudo_labels=None,
        cache=None,
        acceleration=AS_IT_IS,
    )


def train(cases, folder: Path, settings: dict, devices=TWO) -> Path:
    out = folder / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "choose_devices", lambda _: devices)
        arguments = {"seed": 1, "code": "c", "threads": 1, "gpus": 2, "out": out, "scratch": folder / "scratch"}
        module.train_image_model(cases, TASKS, image_model(settings), name=NAME, **arguments)
    return out


def figures(out: Path) -> list[tuple[str, int, float]]:
    told = [json.loads(line) for line in (out / "events.jsonl").read_text().splitlines()]
    return [(event["name"], event["step"], event["value"]) for event in told if event["event"] == "metric"]


def killed_in_epoch_two(what: module.Request) -> None:
    step = Phase.training_step

    def dying(self, batch, batch_idx):
        if rank() == 1 and self.epoch == 1 and batch.step == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return step(self, batch, batch_idx)

    Phase.training_step = dying
    module.read_and_train(what)


def test_a_killed_job_goes_on_and_two_processes_learn_what_one_learns(cohort, tmp_path, capfd):
    """PS-Net normalises each case by itself; one case of the batches has no mask, and some labels are unknown."""
    killed = r"^m, fold 0: the process of device 2 of 2 was killed by signal 9 \(Killed\), maybe for want of memory; "
    with pytest.raises(RuntimeError, match=killed + "started again, the job goes on from its newest checkpoint$"):
        launch(partial(killed_in_epoch_two, request(cohort, tmp_path, PSNET)), TWO, "m, fold 0")
    assert not (tmp_path / "out").exists()
    assert capfd.readouterr().out.count("tasks 1/2: train/loss") == 1
    together = train(cohort, tmp_path, PSNET)
    assert capfd.readouterr().out.count("1 epochs run in this process, resumed from 1") == 1
    assert not (tmp_path / "scratch").exists()
    alone = train(cohort, tmp_path / "alone", PSNET, TWO[:1])
    for (name, step, value), (its_name, its_step, its_value) in zip(figures(together), figures(alone), strict=True):
        assert (name, step) == (its_name, its_step)
        assert value == pytest.approx(its_value, rel=1e-3, abs=1e-4), name
    found, wanted = (torch.load(io.BytesIO((out / "weights.pt").read_bytes())) for out in (together, alone))
    assert list(found) == list(wanted)
    apart = torch.cat([(found[name] - wanted[name]).abs().flatten() for name in found])
    # Adam moves a weight without a gradient by the learning rate times the sign of rounding errors.
    assert (apart > 1e-5).double().mean() < 0.01
    descriptions = [json.loads((out / "model.json").read_text()) for out in (together, alone)]
    assert descriptions[0].pop("digest") != descriptions[1].pop("digest")
    assert [set(each.pop("files")) for each in descriptions] == [{"weights.pt", "heads.npz"}] * 2
    assert [each.pop("computed")["device"] for each in descriptions] == ["2 × CPU", "CPU"]
    assert descriptions[0] == descriptions[1]


def test_killed_and_unkilled_are_the_same_bits_with_all_that_is_drawn(cohort, tmp_path, capfd):
    """Clinical data taken away, tumours pasted, crops and whole views, dropout, augmentation; and averaged weights."""
    patients = cohort.assign(age=np.arange(len(cohort)) + 40.0, sex=["F", "M"] * (len(cohort) // 2))
    drawn = {"augmentation": True, "dropout": 0.2, "modality_dropout": 0.3, "crop": "tumour", "tumour_cutmix": 0.7}
    model = PSNET | drawn | {"clinical": ["age", "sex"], "clinical_dropout": 0.5}
    with pytest.raises(RuntimeError, match="killed by signal 9"):
        launch(partial(killed_in_epoch_two, request(patients, tmp_path / "killed", model)), TWO, "m, fold 0")
    goes_on = train(patients, tmp_path / "killed", model)
    assert capfd.readouterr().out.count("1 epochs run in this process, resumed from 1") == 1
    whole = train(patients, tmp_path / "whole", model)
    for name in ("weights.pt", "heads.npz", "model.json"):
        assert (goes_on / name).read_bytes() == (whole / name).read_bytes(), name
    assert figures(goes_on) == figures(whole)
    assert max(value for name, _, value in figures(whole) if name == "train/pasted") > 0


def weights_are_compared(what: module.Request) -> None:
    run = epochs._run_phases

    def compared(job, network, *others):
        done = run(job, network, *others)
        same = same_everywhere([parameter.tolist() for parameter in network.parameters()])
        (what.scratch / f"rank{rank()}").write_text(str(same))
        return done

    epochs._run_phases = compared
    module.read_and_train(what)
    same_everywhere(None)  # both are done
    if rank() == 1:
        raise ValueError("device 2 has had enough")


def test_frozen_parts_and_weights_without_a_gradient(cohort, tmp_path):
    """GMMAS learns its head net alone, then all the rest; its errors are handed on."""
    with pytest.raises(ValueError, match="device 2 has had enough") as caught:
        launch(partial(weights_are_compared, request(cohort, tmp_path, GMMAS)), TWO, "m, fold 0")
    assert "in weights_are_compared" in caught.value.__notes__[0]
    assert [(tmp_path / "scratch" / f"rank{number}").read_text() for number in (0, 1)] == ["True", "True"]
    assert [step for name, step, _ in figures(tmp_path / "out") if name == "train/loss"] == [1, 2]


def test_shares_are_the_batch_and_too_small_a_batch_is_refused(monkeypatch):
    labels = np.array([[0, 0], [1, 1], [0, 2], [1, -1]])
    whole = list(BalancedBatches(labels, 3, 7))
    parts = []
    monkeypatch.setattr("gliomanet.training.distributed.collectives.world_size", lambda: 2)
    for number in (0, 1):
        monkeypatch.setattr("gliomanet.training.distributed.collectives.rank", lambda number=number: number)
        parts.append(list(Shares(BalancedBatches(labels, 3, 7))))
    assert [[len(positions) for _, positions in part] for part in parts] == [[2] * 3, [3] * 3]
    assert [(step, first + second) for (step, first), (_, second) in zip(*parts, strict=True)] == whole
    monkeypatch.setattr("gliomanet.training.distributed.collectives.world_size", lambda: 6)
    refused = "a batch has 5 cases, too few to share among 6 devices: set compute.gpus to 5 or less"
    with pytest.raises(ValueError, match=refused):
        Shares(BalancedBatches(labels, 3, 7))
