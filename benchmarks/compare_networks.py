"""The networks side by side on phantoms: what clinical data, several tasks, and each remedy of an unseen scanner give.

Usage:
  python benchmarks/phantom_study.py config/network-study.yaml --jobs 2
  python benchmarks/compare_networks.py [--only NAME ...] [--jobs N]
  python benchmarks/comparison_tables.py

Every variant of a network is trained on each fold: another seed, and another half of the teaching patients. Then it
predicts the external centres. The library does all of it as the workflow does, but within one process: hundreds of
short jobs would spend their time on starting. What is there already is not made again. Everything lands in
`results/network-study/comparison/`.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
import yaml

from gliomanet.cohort.cases_of_fold import cases_of_fold
from gliomanet.cohort.label_fraction import keep_labels
from gliomanet.config.image_models import image_model
from gliomanet.config.load import load_study
from gliomanet.config.study import Study
from gliomanet.models.acceleration import Acceleration
from gliomanet.models.arguments import tasks_of
from gliomanet.prediction.image import stochastic_passes
from gliomanet.prediction.predict_center import Member, predict_center
from gliomanet.prediction.predict_subsets import fusion_table, predict_center_subsets
from gliomanet.seeds import derive_seed
from gliomanet.stages import stage_of_round
from gliomanet.tables.io import read_table, write_table
from gliomanet.training.pseudo_labels.selection import TRAINABLE, select_pseudo_labels
from gliomanet.training.pseudo_labels.teacher_check import check_teacher, teacher_table
from gliomanet.training.run.image import train_image_model

CONFIG = Path("config/network-study.yaml")
SCENARIO, STAGE = "main", "supervised"
EPOCHS = 20
SHARED: dict[str, Any] = {
    "preset": "tiny",
    "modalities": ["t1", "t1c", "t2", "flair"],
    "input_shape": [64, 64, 64],
    "steps_per_epoch": 20,
    "learning_rate": 1e-3,
    "precision": "32",
}
"""The same for all, so that a difference is the networks'; all see 400 batches of six cases."""
NETWORKS: dict[str, dict[str, Any]] = {
    "cmtlnet": {"kind": "cmtlnet", "common_epochs": 12, "unique_epochs": 8, "scale": 16, "margin": 0.2},
    "gmmas": {"kind": "gmmas", "pretraining_epochs": 4, "epochs": 16, "pretraining_learning_rate": 1e-3},
    "mttunet": {"kind": "mttunet", "epochs": EPOCHS},
    "psnet": {
        "kind": "psnet",
        "epochs": EPOCHS,
        "task_weights": {"codel_1p19q": 3.38, "idh": 2.26, "grade": 1.33, "segmentation": 1},
    },
}
SEGMENTING = ("gmmas", "mttunet", "psnet")
"""Networks that find the tumour by themselves, which a crop around it needs."""
CLINICAL = {"clinical": ["age", "sex"]}
CROP = {"crop": "tumour", "input_shape": [32, 32, 32]}
"""A box of 96 mm, found by the network; half of its batches are whole heads on as few voxels."""
LONG = {"steps_per_epoch": 80}
JOINT = {"joint_likelihood_weight": 1.0}
DROPOUT = {"modality_dropout": 0.3}
RATIOS = {"ratio_maps": ["t1c/t1", "t2/flair"]}
TWICE: dict[str, dict[str, Any]] = {"cmtlnet": {"unique_epochs": 16}, "gmmas": {"epochs": 32}}
"""An adapted step sees its cases twice; so drop-out alone has twice the steps of the phase that distills."""
ADAPTED = {**DROPOUT, "distillation_weight": 1.0, "contrastive_weight": 0.1}

REMEDIES: dict[str, dict[str, Any]] = {
    "ratios": RATIOS,
    "nyul": {"intensities": "nyul"},
    "plain": {"augmentation": False},
    "plain_ratios": {"augmentation": False, **RATIOS},
    "cutmix": {"tumour_cutmix": 0.5},
    "no_cutmix": {"tumour_cutmix": 0.0},
    "no_feature_dropout": {"feature_dropout": 0.0},
    "ema": {"ema_decay": 0.99},
    "clip": {"gradient_clip": 1.0},
    "joint": JOINT,
    "remedies": {**RATIOS, "tumour_cutmix": 0.5, "ema_decay": 0.99},
    **{schedule: {"schedule": schedule} for schedule in ("constant", "cosine", "polynomial", "plateau")},
}
"""Each changes one thing, but for `remedies`, three together; some of them are a network's own already."""
TASKS = ("idh", "codel_1p19q", "grade")


@dataclass(frozen=True)
class Variant:
    """One row of the comparison.

    Attributes:
        network: a key of `NETWORKS`.
        changes: of its settings.
        kept: share of the teaching patients whose labels are known.
        rounds: of pseudo-labels after the supervised stage.
        subsets: whether all subsets of the modalities are predicted.
    """

    network: str
    changes: Mapping[str, Any]
    kept: float = 1.0
    rounds: int = 0
    subsets: bool = False


def _variants() -> dict[str, Variant]:
    found = {name: Variant(name, {}) for name in NETWORKS}
    found |= {f"{name}_clinical": Variant(name, CLINICAL) for name in NETWORKS}
    found |= {f"{name}_{remedy}": Variant(name, changes) for name in NETWORKS for remedy, changes in REMEDIES.items()}
    for name in SEGMENTING:
        found[f"{name}_crop"] = Variant(name, CROP)
        found[f"{name}_crop_clinical"] = Variant(name, {**CROP, **CLINICAL})
        found[f"{name}_crop_long"] = Variant(name, {**CROP, **LONG})
        found[f"{name}_crop_long_clinical"] = Variant(name, {**CROP, **LONG, **CLINICAL})
        for remedy, changes in REMEDIES.items():
            found[f"{name}_crop_{remedy}"] = Variant(name, {**CROP, **changes})
        # the single-task twins: the same network, phases and batches, one task alone
        found |= {f"{name}_crop_{task}": Variant(name, {**CROP, "tasks": [task]}) for task in TASKS}
    found |= {f"{name}_{task}": Variant(name, {"tasks": [task]}) for name in NETWORKS for task in TASKS}
    for name in TWICE:
        found[f"{name}_dropout"] = Variant(name, {**DROPOUT, **TWICE[name]}, subsets=True)
        found[f"{name}_adapted"] = Variant(name, ADAPTED, subsets=True)
        found[f"{name}_quarter"] = Variant(name, {}, kept=0.25, rounds=2)
        found[f"{name}_slim"] = Variant(name, {"preset": "slim"})
    found["cmtlnet_quarter_no_feature_dropout"] = Variant("cmtlnet", {"feature_dropout": 0.0}, kept=0.25, rounds=2)
    found["gmmas_frozen"] = Variant("gmmas", {"head_net": "frozen"})
    return found


VARIANTS: dict[str, Variant] = _variants()


@dataclass(frozen=True)
class Bench:
    """The study that `phantom_study.py` made, and where this writes."""

    study: Study
    cases: pd.DataFrame
    splits: pd.DataFrame
    preprocessed: Path
    out: Path

    @classmethod
    def load(cls) -> Bench:
        study = load_study(yaml.safe_load(CONFIG.read_text(encoding="utf-8")))
        results = Path(study.results)
        preprocessed = results / "preprocessed"
        cases = read_table(results / "cohort" / "cases.tsv")
        folders = [str(preprocessed / center / case) for center, case in zip(cases.center, cases.case_id, strict=True)]
        return cls(
            study,
            cases.assign(folder=folders, age=pd.to_numeric(cases["age"])),
            read_table(results / "splits.tsv").astype({"fold": str}),
            preprocessed,
            results / "comparison",
        )

    @property
    def folds(self) -> list[str]:
        """Without the refit."""
        return [str(fold) for fold in range(self.study.split.folds)]

    def visible(self, variant: Variant) -> pd.DataFrame:
        """The cases with the labels that a variant may learn from."""
        if variant.kept == 1:
            return self.cases
        tables = [
            keep_labels(
                of_center,
                variant.kept,
                derive_seed(self.study.seed, "kept labels", str(center)),
                self.study.tasks,
                at_least=self.study.split.folds,
            )
            if center in self.study.centers_of("train")
            else of_center
            for center, of_center in self.cases.groupby("center", sort=False)
        ]
        return pd.concat(tables, ignore_index=True)


def train(bench: Bench, name: str, fold: str) -> None:
    """All stages of a variant on one fold; what is there already is left."""
    variant = VARIANTS[name]
    model = image_model({**SHARED, **NETWORKS[variant.network], **variant.changes})
    cases = cases_of_fold(bench.splits, bench.visible(variant), fold)
    cases = cases[cases["part"] != "external"]
    stages = stages_of(variant)
    for number, stage in enumerate(stages):
        out = bench.out / name / stage / f"fold{fold}"
        if (out / "model.json").is_file():
            continue
        began = time.process_time()
        labels = select(bench, name, stages[number - 1], fold, cases, number) if number else None
        if labels is not None and not (labels["accepted"] == "yes").any():
            # The same labels, the same seed: training again would give the supervised network again.
            shutil.copytree(bench.out / name / STAGE / f"fold{fold}", out)
            print(f"{name}, {stage}, fold {fold}: nothing accepted", flush=True)
            continue
        log = bench.out / "logs" / f"{name}.{stage}.{fold}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w", encoding="utf-8") as file, contextlib.redirect_stdout(file):
            train_image_model(
                cases,
                bench.study.tasks,
                model,
                name={"model": name, "stage": stage, "fold": fold},
                seed=derive_seed(bench.study.seed, "compare", variant.network, fold),
                code="compare_networks",
                threads=1,
                gpus=0,
                out=out,
                scratch=bench.out / "checkpoints" / name / stage / fold,
                pseudo_labels=labels,
                cache=bench.out / "cache",
                acceleration=Acceleration(channels_last=True),
            )
        print(f"{name}, {stage}, fold {fold}: {time.process_time() - began:.0f} s of CPU", flush=True)


def select(bench: Bench, name: str, teacher_stage: str, fold: str, cases: pd.DataFrame, number: int) -> pd.DataFrame:
    """The pseudo-labels of a round, as the workflow's rule selects them; kept as a table."""
    study, settings = bench.study, bench.study.pseudo_labels
    folder = bench.out / name / teacher_stage / f"fold{fold}"
    variant = VARIANTS[name]
    tasks = tasks_of(image_model({**SHARED, **NETWORKS[variant.network], **variant.changes}), study.tasks)
    seed = derive_seed(study.seed, "select", name, fold, str(number))
    validation, students = (cases[cases["part"].isin(parts)] for parts in (("validation",), TRAINABLE))
    judged, passes = (stochastic_passes(folder, rows, settings.passes, seed) for rows in (validation, students))
    teacher = check_teacher([(validation, judged)], tasks, settings, seed)
    selected = select_pseudo_labels(students, passes, tasks, settings, teacher, number)
    where = bench.out / "pseudo_labels" / name
    write_table(selected, where / f"round{number}.fold{fold}.tsv")
    write_table(teacher_table(teacher, number), where / f"round{number}.fold{fold}.teacher.tsv")
    return selected


def predict(bench: Bench, name: str) -> None:
    """Rows of the folds for the cases that they do not train on, and of every subset of the modalities where asked."""
    variant = VARIANTS[name]
    members = [
        Member(stage, SCENARIO, fold, bench.out / name / stage / f"fold{fold}")
        for stage in stages_of(variant)
        for fold in bench.folds
    ]
    asked = bench.splits[bench.splits["part"].isin(("validation", "external"))]
    whole, reduced = (bench.out / what / f"{name}.tsv" for what in ("predictions", "subsets"))
    if not whole.is_file():
        tables = [
            predict_center(
                members,
                asked[asked["center"] == center],
                bench.cases[bench.cases["center"] == center].drop(columns="folder"),
                model=name,
                kind=NETWORKS[variant.network]["kind"],
                preprocessed=bench.preprocessed,
                features=None,
                threads=1,
                gpus=0,
            )[0]
            for center in bench.study.centers
        ]
        write_table(pd.concat(tables, ignore_index=True), whole, exact=True)
    if variant.subsets and not reduced.is_file():
        tables = [
            predict_center_subsets(
                members,
                asked[asked["center"] == center],
                bench.cases[bench.cases["center"] == center].drop(columns="folder"),
                model=name,
                preprocessed=bench.preprocessed,
                threads=1,
                gpus=0,
            )
            for center in bench.study.centers_of("external")
        ]
        write_table(pd.concat(tables, ignore_index=True), reduced, exact=True)
        write_table(fusion_table(members, name), reduced.with_suffix(".fusion.tsv"), exact=True)


def stages_of(variant: Variant) -> tuple[str, ...]:
    return (STAGE, *(stage_of_round(number + 1) for number in range(variant.rounds)))


def make(name: str) -> None:
    """Train and predict one variant."""
    bench = Bench.load()
    for fold in bench.folds:
        train(bench, name, fold)
    predict(bench, name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=VARIANTS, default=list(VARIANTS), metavar="NAME")
    parser.add_argument("--jobs", type=int, default=1, help="variants at a time, a core each")
    asked = parser.parse_args()
    joblib.Parallel(n_jobs=asked.jobs)(joblib.delayed(make)(name) for name in asked.only)
