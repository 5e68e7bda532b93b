"""Every kind of image network through the same door: trained, written, killed and resumed, predicted."""

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

from gliomanet.config.image_model import ImageModel
from gliomanet.config.image_models import image_model
from gliomanet.labels.tasks import DEFAULT_TASKS, Task
from gliomanet.labels.vocabulary import MISSING
from gliomanet.models.arguments import tasks_of
from gliomanet.networks import IMAGE_NETWORKS, build
from gliomanet.prediction.image import load_image_model, predict_cases, stochastic_passes
from gliomanet.training.data.fold_cases import load_fold
from gliomanet.training.recipes.phase import Phase
from gliomanet.training.run import epochs as module
from gliomanet.training.run.image import train_image_model

TASKS = {name: DEFAULT_TASKS[name] for name in ("idh", "codel_1p19q")}
OWN = {
    "cmtlnet": {
        "common_epochs": 1,
        "unique_epochs": 1,
        "joint_likelihood_weight": 0.5,
        "schedule": "cosine",
        "gradient_clip": 1.0,
        "ema_decay": 0.5,
    },
    "gmmas": {"pretraining_epochs": 2, "epochs": 2, "ema_decay": 0.5},
    "mttunet": {"epochs": 2, "weighting": "uncertainty_full"},
    "psnet": {"epochs": 2, "task_weights": {"idh": 2.26}, "joint_likelihood_weight": 0.5},
    "singletask": {"epochs": 2, "tasks": ["idh"]},
}
"""Each kind's own keys here."""
NEW = [kind for kind in OWN if kind != "cmtlnet"]
assert set(OWN) == set(IMAGE_NETWORKS)


def settings(kind: str, **changes) -> ImageModel:
    values = {"kind": kind, "preset": "tiny", "modalities": ["t1c", "t2"], "input_shape": [32, 32, 32]}
    values |= {"steps_per_epoch": 2, "learning_rate": 1e-3, "modality_dropout": 0.3, **OWN[kind]}
    return image_model(values | changes)


def name_of(kind: str) -> dict[str, str]:
    return {"model": kind, "stage": "supervised", "fold": "0"}


def train(cases: pd.DataFrame, folder: Path, model: ImageModel, *, tasks=TASKS, **changes) -> Path:
    arguments = {"name": name_of(model.kind), "seed": 1, "code": "c0", "threads": 1, "gpus": 0} | changes
    train_image_model(cases, tasks, model, out=folder / "out", scratch=folder / "scratch", **arguments)
    return folder / "out"


def events(out: Path) -> list[dict]:
    return [json.loads(line) for line in (out / "events.jsonl").read_text().splitlines()]


def learnt(kind: str) -> list[str]:
    return ["idh"] if kind == "singletask" else list(TASKS)


@pytest.fixture(scope="module")
def trained(cohort, tmp_path_factory) -> dict[str, Path]:
    return {kind: train(cohort, tmp_path_factory.mktemp(kind), settings(kind)) for kind in OWN}


def distilled(kind: str) -> ImageModel:
    """With whole cases that teach reduced ones."""
    return settings(
        kind,
        distillation_weight=0.5,
        contrastive_weight=0.5,
        **({"unique_epochs": 2} if kind == "cmtlnet" else {"pretraining_epochs": 1}),
    )


@pytest.fixture(scope="module")
def trained_distilled(cohort, tmp_path_factory) -> dict[str, Path]:
    return {kind: train(cohort, tmp_path_factory.mktemp(kind), distilled(kind)) for kind in ("cmtlnet", "gmmas")}


# ------------------------------------------------------------------------------------- what a job writes


@pytest.mark.parametrize("kind", OWN)
def test_a_study_trains_writes_and_predicts_with_it(kind, trained, cohort):
    description = json.loads((trained[kind] / "model.json").read_text())
    assert description["kind"] == kind
    assert list(description["tasks"]) == learnt(kind)
    assert description["joint_likelihood_weight"] == OWN[kind].get("joint_likelihood_weight", 0)
    network = build(description["kind"], **description["constructor"])
    network.load_state_dict(torch.load(trained[kind] / "weights.pt", weights_only=True))
    with np.load(trained[kind] / "heads.npz") as heads:
        assert sorted(heads) == sorted(f"{task}.{part}" for task in learnt(kind) for part in ("weight", "bias"))
        assert heads["idh.weight"].shape == (2, network.deep_feature_size)
    cases = cohort.iloc[8:12]
    probabilities, deep = predict_cases(trained[kind], cases, threads=1, gpus=0)
    assert len(probabilities) == 4 * 2 * len(learnt(kind))
    assert probabilities.groupby(["case_id", "task"])["probability"].sum().to_numpy() == pytest.approx(1)
    assert deep.drop_duplicates(["case_id", "task"]).shape == (4 * len(learnt(kind)), 2 + network.deep_feature_size)
    assert set(deep["task"]) == set(learnt(kind))
    passes = stochastic_passes(trained[kind], cases, 3, seed=1)
    assert {task: values.shape for task, values in passes.items()} == dict.fromkeys(learnt(kind), (3, 4, 2))
    assert np.isfinite(passes["idh"]).all()
    assert passes["idh"].std(axis=0).max() > 0


@pytest.mark.parametrize("kind", NEW)
def test_the_constructor_says_what_was_built(kind, trained):
    constructor = json.loads((trained[kind] / "model.json").read_text())["constructor"]
    expected = {"n_modalities": 2, "tasks": dict.fromkeys(learnt(kind), 2), "preset": "tiny"}
    expected |= {"dropout": 0.25 if kind == "psnet" else 0.2}
    assert constructor == expected | ({"feature_dropout": 0.1} if kind == "singletask" else {"segmentation": True})


def test_figures_tell_losses_weights_and_dice(trained):
    told = {
        kind: {e["name"]: e["value"] for e in events(out) if e["event"] == "metric"} for kind, out in trained.items()
    }
    terms = ("idh", "codel_1p19q", "segmentation")
    for kind in ("gmmas", "mttunet", "psnet"):
        assert {f"train/{what}/{term}" for what in ("loss", "weight") for term in terms} < set(told[kind])
        assert 0 <= told[kind]["validation/dice"] <= 1
    assert told["psnet"]["train/weight/idh"] == pytest.approx(2.26)
    assert {kind for kind in told if "train/loss/joint" in told[kind]} == {"cmtlnet", "psnet"}
    assert told["psnet"]["train/loss/joint"] > 0
    assert told["gmmas"]["train/weight/idh"] not in (0.5, 1.0)  # learnt
    assert "validation/mcc/idh" in told["singletask"]
    assert not [name for name in told["singletask"] if "codel" in name or "dice" in name]


def test_phases_come_one_after_the_other(cohort, tmp_path, capsys):
    train(cohort, tmp_path, settings("gmmas", steps_per_epoch=1))
    printed = [line for line in capsys.readouterr().out.splitlines() if " train/loss " in line]
    assert [line.split(": ")[1] for line in printed] == ["head 1/2", "head 2/2", "tasks 1/2", "tasks 2/2"]


def test_all_networks_see_batches_of_one_size(outlined, tmp_path, monkeypatch):
    """But one that is asked to learn from the masks of cases without a label."""
    seen = {}

    def keep(phase, epochs, job, *_):
        batches = module.BalancedBatches(job.training.labels, 2, 1, 0, job.batch_size)
        seen[job.model.kind] = {len(positions) for _, positions in batches}
        phase.configure_optimizers()

    monkeypatch.setattr(module, "_fit", keep)
    for kind in OWN:
        train(outlined, tmp_path / kind, settings(kind))
    assert seen == {kind: {4} for kind in OWN}
    train(outlined, tmp_path / "asked", settings("psnet", unlabelled_masks=True))
    assert seen["psnet"] == {5}


# ------------------------------------------------------------------------------------- killed and resumed


def assert_same(out: Path, other: Path, resumed_from: int) -> None:
    for name in ("weights.pt", "heads.npz", "model.json"):
        assert (out / name).read_bytes() == (other / name).read_bytes(), name
    told, expected = events(out), events(other)
    figures = [
        [(e["name"], e["step"], e["value"]) for e in told if e["event"] == "metric"] for told in (told, expected)
    ]
    assert figures[0] == figures[1]
    assert told[-1]["resumed_from"] == resumed_from


def test_the_same_job_gives_the_same_bytes(trained, cohort, tmp_path):
    assert_same(train(cohort.sample(frac=1, random_state=3), tmp_path, settings("gmmas")), trained["gmmas"], 0)


@pytest.mark.parametrize(
    ("kind", "phase", "epoch", "done"),
    [
        ("gmmas", "head", 1, 1),
        ("gmmas", "tasks", 0, 2),
        ("gmmas", "tasks", 1, 3),
        ("mttunet", "tasks", 1, 1),
        ("psnet", "tasks", 1, 1),
        ("singletask", "tasks", 1, 1),
    ],
)
def test_a_failed_job_goes_on_and_ends_in_the_same_bytes(
    kind, phase, epoch, done, trained, cohort, tmp_path, monkeypatch
):
    step = Phase.training_step

    def failing(self, batch, batch_idx):
        if (self.name, self.epoch, batch.step) == (phase, epoch, 1):
            raise InterruptedError("the time limit")
        return step(self, batch, batch_idx)

    with monkeypatch.context() as patch:
        patch.setattr(Phase, "training_step", failing)
        with pytest.raises(InterruptedError, match="the time limit"):
            train(cohort, tmp_path, settings(kind))
    assert_same(train(cohort, tmp_path, settings(kind)), trained[kind], done)
    assert not (tmp_path / "scratch").exists()


KILLED = """
import os, signal
import pandas as pd
import gliomanet.training.run.epochs as t
from gliomanet.training.run.image import train_image_model
from pathlib import Path
from gliomanet.labels.tasks import DEFAULT_TASKS
from gliomanet.config.image_models import image_model

step = t.Phase.training_step
def dying(self, batch, batch_idx):
    if (self.name, self.epoch, batch.step) == ("tasks", 1, 1):
        os.kill(os.getpid(), signal.SIGKILL)
    return step(self, batch, batch_idx)
t.Phase.training_step = dying
cases = pd.read_csv({cases!r}, sep="\\t", dtype=str, keep_default_na=False)
train_image_model(
    cases, {{name: DEFAULT_TASKS[name] for name in ("idh", "codel_1p19q")}}, image_model({model!r}),
    name={name!r}, seed=1, code="c0", threads=1, gpus=0,
    out=Path({folder!r}) / "out", scratch=Path({folder!r}) / "scratch",
)
"""


@pytest.mark.parametrize(
    ("make", "whole", "done"),
    [(settings, "trained", 3), (distilled, "trained_distilled", 2)],
    ids=["plain", "distilled"],
)
def test_a_killed_job_goes_on_and_ends_in_the_same_bytes(make, whole, done, request, cohort, tmp_path, repository):
    table, model = tmp_path / "cases.tsv", make("gmmas")
    cohort.to_csv(table, sep="\t", index=False)
    values = {"cases": str(table), "model": model.model_dump(mode="json"), "folder": str(tmp_path)}
    script = textwrap.dedent(KILLED).format(**values, name=name_of("gmmas"))
    environment = os.environ | {"PYTHONPATH": str(repository / "src")}
    killed = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert not (tmp_path / "out").exists()
    assert_same(train(cohort, tmp_path, model), request.getfixturevalue(whole)["gmmas"], done)


# ------------------------------------------------------------------------------------- adapted to missing modalities


@pytest.mark.parametrize("kind", ["cmtlnet", "gmmas"])
def test_distillation_is_told_of_the_epochs_that_have_it(kind, trained_distilled):
    told = [e for e in events(trained_distilled[kind]) if e["event"] == "metric"]
    found = {name: [e["value"] for e in told if e["name"] == name] for name in {e["name"] for e in told}}
    assert [e["step"] for e in told if e["name"] == "train/loss/distillation"] == [2, 3]  # the first phase has none
    assert min(found["train/loss/distillation"]) > 0
    description = json.loads((trained_distilled[kind] / "model.json").read_text())
    assert description["missing_modalities"] == {
        "modality_dropout": 0.3,
        "distillation_weight": 0.5,
        "contrastive_weight": 0.5,
    }
    assert all(0 < value < 4 for value in found["train/loss/contrast"])
    assert all(0 < value <= 1 for value in found["train/feature_std"])


@pytest.mark.parametrize(("epoch", "done"), [(0, 1), (1, 2)], ids=["between the phases", "in phase unique"])
def test_an_adapted_job_that_failed_goes_on_and_ends_in_the_same_bytes(
    epoch, done, trained_distilled, cohort, tmp_path, monkeypatch
):
    """Between the phases: the predictors are made in a process that never ran the first."""
    step = Phase.training_step

    def failing(self, batch, batch_idx):
        if (self.name, self.epoch, batch.step) == ("unique", epoch, 1):
            raise InterruptedError("the time limit")
        return step(self, batch, batch_idx)

    with monkeypatch.context() as patch:
        patch.setattr(Phase, "training_step", failing)
        with pytest.raises(InterruptedError, match="the time limit"):
            train(cohort, tmp_path, distilled("cmtlnet"))
    assert_same(train(cohort, tmp_path, distilled("cmtlnet")), trained_distilled["cmtlnet"], done)


def test_distillation_of_no_weight_is_none(trained, cohort, tmp_path):
    off = settings("gmmas", distillation_weight=0.0, contrastive_weight=0.0, distillation_temperature=7.0)
    again = train(cohort, tmp_path, off)
    assert (again / "weights.pt").read_bytes() == (trained["gmmas"] / "weights.pt").read_bytes()


def test_both_views_have_one_augmentation(cohort, tmp_path, monkeypatch):
    seen = []
    loss = module.plan_of(distilled("gmmas"), TASKS, 1).phases[1][0].loss

    def keep(self, batch, step):
        seen.append(batch)
        return loss(self, batch, step)

    monkeypatch.setattr("gliomanet.training.recipes.multitask.MultitaskPhase.loss", keep)
    train(cohort, tmp_path, distilled("gmmas"))
    for batch in seen:
        n = len(batch.labels) // 2
        assert (batch.views, n) == (2, 4)
        kept = batch.available[n:, :, None, None, None]
        assert torch.equal(batch.image[n:], torch.where(kept, batch.image[:n], 0.0))
        assert torch.equal(batch.masks[n:], batch.masks[:n])
    assert len(seen) == 4


def test_a_frozen_head_net_does_not_move_once_it_is_trained(cohort, tmp_path, monkeypatch):
    states = {}

    def keep(scratch, digest, progress):
        states[progress.epochs_done] = {key: value.clone() for key, value in progress.network.items()}

    monkeypatch.setattr(module, "save_progress", keep)
    train(cohort, tmp_path, settings("gmmas", head_net="frozen"))
    head = [key for key in states[2] if key.startswith("head.")]
    assert head
    assert all(torch.equal(states[2][key], states[4][key]) for key in head)
    assert any(not torch.equal(states[1][key], states[2][key]) for key in head)
    assert any(not torch.equal(states[2][key], states[4][key]) for key in states[2] if key.startswith("encoder."))


# ------------------------------------------------------------------------------------- averaged and clipped


def test_the_average_is_what_is_looked_at_and_left(cohort, tmp_path, monkeypatch):
    seen, looked_at = [], []

    def keep(scratch, digest, progress):
        average = progress.beside["average"]["values"]
        seen.append(all(torch.equal(progress.network[name], value) for name, value in average.items()))

    def look(self, batch, batch_idx):
        name, weight = next(iter(self.network.named_parameters()))
        looked_at.append(torch.equal(weight, self.average.state()["values"][name]))

    monkeypatch.setattr(module, "save_progress", keep)
    monkeypatch.setattr(Phase, "validation_step", look)
    train(cohort, tmp_path, settings("mttunet", ema_decay=0.5))
    assert seen == [False, True]  # its own weights go on learning; the last checkpoint is of what is left
    assert looked_at
    assert all(looked_at)


# ------------------------------------------------------------------------------------- what it learns


@pytest.mark.parametrize("kind", NEW)
def test_eight_cases_are_learnt_by_heart(kind, cohort, tmp_path):
    changes = {"epochs": 1, "steps_per_epoch": 24, "learning_rate": 3e-3, "augmentation": False, "dropout": 0.0}
    changes |= {"modality_dropout": 0.0} | ({"pretraining_epochs": 0} if kind == "gmmas" else {})
    taught = cohort[cohort["part"] == "train"]
    assert len(taught) == 8
    probabilities, _ = predict_cases(train(taught, tmp_path, settings(kind, **changes)), taught, threads=1, gpus=0)
    best = probabilities.loc[probabilities.groupby(["case_id", "task"])["probability"].idxmax()]
    truth = taught.set_index("case_id")
    wrong = [
        (case, task)
        for case, task, label in best[["case_id", "task", "class"]].itertuples(index=False)
        if truth.loc[case, task] not in ("", label)
    ]
    assert wrong == []


@pytest.mark.parametrize("kind", NEW)
@pytest.mark.filterwarnings("ignore:TF32 acceleration on top of oneDNN")  # torch's own, on switching oneDNN off
def test_half_precision_trains(kind, cohort, tmp_path, monkeypatch):
    """As on a GPU; on this CPU by torch's own kernels, since oneDNN's are refused (see `Device.precision`)."""
    monkeypatch.setattr("gliomanet.training.run.image.common_precision", lambda *_: "bf16-mixed")
    with torch.backends.mkldnn.flags(enabled=False):
        out = train(cohort, tmp_path, settings(kind, steps_per_epoch=1, epochs=1))
    losses = [event["value"] for event in events(out) if event.get("name", "").startswith("train/loss")]
    assert losses
    assert np.isfinite(losses).all()
    weights = torch.load(out / "weights.pt", weights_only=True)
    assert all(value.dtype != torch.bfloat16 for value in weights.values())


def test_half_precision_on_a_cpu_is_refused_before_anything_is_read(tmp_path):
    with pytest.raises(ValueError, match="precision is bf16, and this job computes on a CPU"):
        train(pd.DataFrame(), tmp_path, settings("psnet", precision="bf16"))
    assert not (tmp_path / "scratch").exists()


def test_the_modality_dropout_is_part_of_training(trained, cohort, tmp_path):
    without = train(cohort, tmp_path, settings("singletask", modality_dropout=0.0))
    assert (without / "weights.pt").read_bytes() != (trained["singletask"] / "weights.pt").read_bytes()


def test_labels_of_other_tasks_do_not_reach_a_network_of_one(trained, cohort, tmp_path):
    others = cohort.assign(codel_1p19q="")
    again = train(others, tmp_path, settings("singletask"))
    assert (again / "weights.pt").read_bytes() == (trained["singletask"] / "weights.pt").read_bytes()


@pytest.fixture
def outlined(cohort) -> pd.DataFrame:
    """The cohort, its cases 5 and 6 without a label."""
    unknown = cohort["case_id"].isin(["case-05", "case-06"])
    return cohort.assign(**{task: cohort[task].mask(unknown, "") for task in ("idh", "codel_1p19q")})


@pytest.mark.parametrize("kind", ["gmmas", "psnet", "cmtlnet", "singletask"])
@pytest.mark.parametrize("asked", [False, True])
def test_cases_without_a_label_teach_segmentation_alone_and_where_asked(kind, asked, outlined):
    segments = kind in ("gmmas", "psnet")
    model = settings(kind, **({"unlabelled_masks": asked} if segments else {}))
    training, validation, _ = load_fold(outlined, tasks_of(model, TASKS), model, None, "fold 0")
    names = [f"case-{number:02}" for number in range(8) if (segments and asked) or number not in (5, 6)]
    assert [case.case_id for case in training.images] == names
    assert (training.labels[[names.index(n) for n in names if n in ("case-05", "case-06")]] == MISSING).all()
    assert len(validation) == 4


@pytest.mark.parametrize("kind", ["gmmas", "psnet"])
def test_cases_of_which_nothing_can_be_learnt_are_not_read(kind, outlined, tmp_path):
    model = settings(kind, unlabelled_masks=True)
    elsewhere = outlined.copy()
    elsewhere.loc[elsewhere["case_id"] == "case-05", "part"] = "unlabelled"  # teaches by pseudo-labels alone
    folder = tmp_path / "case-06"
    shutil.copytree(elsewhere.loc[6, "folder"], folder)
    elsewhere.loc[6, "folder"] = str(folder)
    mask = nib.load(folder / "tumour_mask.nii.gz")
    for worth, codes in ((kind == "psnet", 1), (False, 0)):  # 1: the whole tumour, whose parts nobody outlined
        nib.save(nib.Nifti1Image(np.asarray(mask.dataobj).clip(max=codes), mask.affine), folder / "tumour_mask.nii.gz")
        training = load_fold(elsewhere, TASKS, model, None, "fold 0")[0]
        found = {case.case_id for case in training.images} & {"case-05", "case-06"}
        assert found == ({"case-06"} if worth else set())
    (folder / "tumour_mask.nii.gz").unlink()
    assert "case-06" not in {case.case_id for case in load_fold(elsewhere, TASKS, model, None, "fold 0")[0].images}


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("psnet", "has a tumour mask; add"),
        ("gmmas", "has a tumour mask that tells its parts apart .codes 2 and 4.; add"),
    ],
)
def test_segmentation_needs_a_mask(kind, found, cohort, tmp_path):
    bare = cohort[cohort["case_id"] == "case-04"]  # the case without a mask
    both = pd.concat([bare, bare.assign(case_id="case-x", idh="mutant", codel_1p19q="codeleted")])
    with pytest.raises(ValueError, match=f"fold 0: there is segmentation to learn, and no training case {found}"):
        train(both, tmp_path, settings(kind))
    off = settings(kind, segmentation=False, **({"pretraining_epochs": 0} if kind == "gmmas" else {}))
    out = train(both, tmp_path, off)
    assert (
        load_image_model(out).network(torch.zeros(1, 2, 32, 32, 32), torch.ones(1, 2, dtype=torch.bool)).segmentation
        is None
    )


def test_tumours_that_carry_no_label_are_not_pasted(cohort, tmp_path, capsys):
    """GMMAS pastes by default; a paste would take the only label away."""
    site = Task.model_validate({"label": "site", "classes": {"here": ["here"], "there": ["there"]}})
    cases = cohort.assign(site=np.where(np.arange(len(cohort)) % 2, "here", "there"))
    model = settings("gmmas", epochs=1, pretraining_epochs=0, steps_per_epoch=1)
    out = train(cases, tmp_path, model, tasks={"site": site})
    assert "pastes nothing: a pasted tumour carries the label of none of its tasks" in capsys.readouterr().out
    assert json.loads((out / "model.json").read_text())["tumour_cutmix"] == 0
    assert not any(event.get("name") == "train/pasted" for event in events(out))
