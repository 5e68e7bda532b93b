"""A quarter of the labels of three real centres: what pseudo-labels give, and how many of them are true.

Usage: python benchmarks/compare_few_labels.py [--seeds 1 2 3]

`config/real-few-labels.yaml` in one process for several seeds (which labels are kept, folds, networks), beside the same
with all labels. MCC of the ensemble of the folds, on centres that did not teach.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from gliomanet.cohort.cases_of_fold import cases_of_fold
from gliomanet.cohort.importers.feature_tables import read_feature_center
from gliomanet.cohort.label_fraction import keep_labels
from gliomanet.cohort.splits import development_splits, external_splits
from gliomanet.config.load import load_study
from gliomanet.config.study import Study
from gliomanet.evaluation.analyses.performance import evaluate
from gliomanet.pipeline.plan import Plan
from gliomanet.prediction.combine import combine_predictions
from gliomanet.prediction.predict_center import Member, predict_center
from gliomanet.prediction.tabular_net import tabular_stochastic_passes
from gliomanet.radiomics.table import wide_features
from gliomanet.seeds import derive_seed
from gliomanet.training.pseudo_labels.selection import TRAINABLE, select_pseudo_labels
from gliomanet.training.pseudo_labels.teacher_check import check_teacher
from gliomanet.training.tabular import train_tabular_model

CONFIG = Path("config/real-few-labels.yaml")
NAME = "radiomics_net"


def cohort(study: Study) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cases with all their labels, and the features, of all centres."""
    cases, features = [], []
    for name, center in study.centers.items():
        source: Any = center.source
        paths = study.data_path(source.path), study.data_path(source.clinical)
        found = read_feature_center(name, center.role, *paths, source.format)
        cases.append(found[0])
        features.append(found[1])
    return pd.concat(cases, ignore_index=True), wide_features(pd.concat(features, ignore_index=True))


def run(study: Study, cases: pd.DataFrame, features: pd.DataFrame, kept: float, folder: Path) -> Iterator[pd.DataFrame]:
    """Train every stage of every fold; yields the MCC table, then a table of accepted labels."""
    tables = [
        keep_labels(rows, kept, derive_seed(study.seed, "kept", str(name)), study.tasks, at_least=study.split.folds)
        if kept < 1 and study.centers[str(name)].role == "train"
        else rows
        for name, rows in cases.groupby("center", sort=False)
    ]
    visible, plan = pd.concat(tables, ignore_index=True), Plan(study)
    splits = [development_splits(visible, plan.scenarios, study.split.folds, study.seed, study.tasks)]
    splits += [
        external_splits(rows, plan.scenarios, study.split.folds)
        for name, rows in visible.groupby("center", sort=False)
        if study.centers[str(name)].role == "external"
    ]
    split = pd.concat(splits, ignore_index=True)
    stages = plan.stages_of(NAME) if kept < 1 else ("supervised",)
    members, accepted = [], []
    for fold in plan.folds.values():
        if fold.is_refit:
            continue
        mine = cases_of_fold(split, visible, fold.id)
        labels = None
        for number, stage in enumerate(stages):
            out = folder / stage / f"fold{fold.id}"
            if number:
                labels = select(study, mine, features, members[-1].folder, number)
                accepted.append(labels.assign(stage=stage, fold=fold.id))
            train_tabular_model(
                mine[mine["part"] != "external"],
                features,
                study.tasks,
                study.models[NAME],
                name={"model": NAME, "stage": stage, "fold": fold.id},
                seed=derive_seed(study.seed, "train", fold.id),
                code="compare_few_labels",
                out=out,
                pseudo_labels=labels,
            )
            members.append(Member(stage, fold.scenario, fold.id, out))
    rows = [
        predict_center(
            [member for member in members if is_new_to(plan, member, name)],
            split[split["center"] == name],
            visible[visible["center"] == name],
            model=NAME,
            kind=study.models[NAME].kind,
            preprocessed=None,
            features=features,
            threads=1,
            gpus=0,
        )[0]
        for name in study.centers
    ]
    predictions = combine_predictions(pd.concat(rows, ignore_index=True), None)
    metrics = evaluate(predictions, cases, study.tasks, study.evaluation, seed=study.seed).metrics
    wanted = (metrics["metric"] == "mcc") & (metrics["role"] == "external") & (metrics["subset"] == "all")
    yield metrics[wanted & (metrics["center"] != "pooled") & (metrics["center"] != "summary")]
    yield pd.concat(accepted, ignore_index=True) if accepted else pd.DataFrame()


def is_new_to(plan: Plan, member: Member, center: str) -> bool:
    """Whether a member may say something of a centre: it validates there, or has never seen it."""
    return any(fold.id == member.fold and center in (*fold.train, *fold.external) for fold in plan.folds.values())


def select(study: Study, mine: pd.DataFrame, features: pd.DataFrame, teacher: Path, number: int) -> pd.DataFrame:
    """The pseudo-labels of a round."""
    settings, seed = study.pseudo_labels, derive_seed(study.seed, "select", str(teacher.name), str(number))
    validation, students = (mine[mine["part"].isin(parts)] for parts in (("validation",), TRAINABLE))
    judged, passes = (
        tabular_stochastic_passes(teacher, rows, features, settings.passes, seed) for rows in (validation, students)
    )
    checks = check_teacher([(validation, judged)], study.tasks, settings, seed)
    return select_pseudo_labels(students, passes, study.tasks, settings, checks, number)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    values = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    scores, labels = [], []
    for seed in parser.parse_args().seeds:
        study = load_study({**values, "seed": seed})
        cases, features = cohort(study)
        for kept in (study.label_fraction, 1.0):
            with tempfile.TemporaryDirectory() as folder:
                mcc, accepted = run(study, cases, features, kept, Path(folder))
            scores.append(mcc.assign(seed=seed, kept=kept))
            if len(accepted):
                labels.append(accepted.merge(true_classes(study, cases), on=["case_id", "task"], how="left"))
            print(f"seed {seed}, {kept:.0%} of the labels: done", flush=True)
    table = pd.concat(scores).groupby(["scenario", "center", "task", "kept", "stage"], sort=False)["value"]
    print(table.agg(["mean", "min", "max", "size"]).dropna().round(3).to_string())
    print(counted(pd.concat(labels, ignore_index=True)).round(3).to_string())


def counted(rows: pd.DataFrame) -> pd.DataFrame:
    """By round and task: unknown labels, those accepted, those of them that follow from others, and the true ones."""
    taken = rows["accepted"] == "yes"
    judged = taken & rows["truth"].notna()
    figures = rows[["stage", "task"]].assign(
        unknown=True,
        taken=taken,
        completed=taken & rows["reason"].fillna("").str.startswith("completed"),
        judged=judged,
        right=judged & (rows["truth"] == rows["label"]),
    )
    sums = figures.groupby(["stage", "task"], sort=False).sum()
    return sums.assign(share=sums["taken"] / sums["unknown"], accuracy=sums["right"] / sums["judged"])


def true_classes(study: Study, cases: pd.DataFrame) -> pd.DataFrame:
    """case_id, task, truth: the class that a case's own label is of; cases of unknown label are left out."""
    tables = []
    for name, task in study.tasks.items():
        index = cases[task.label].fillna("").map(task.encode)
        known = cases.loc[index >= 0, ["case_id"]]
        tables.append(known.assign(task=name, truth=[task.class_names[i] for i in index[index >= 0]]))
    return pd.concat(tables, ignore_index=True)


if __name__ == "__main__":
    main()
