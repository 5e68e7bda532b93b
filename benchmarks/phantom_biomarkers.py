"""Precision and recall of planted biomarkers in phantoms, over seeds, with and without the consistency over centres.

Each study has five centres with a scanner each: A, B and C train in three folds, X and Y are external. A's scanner
marks the FLAIR of IDH-mutant tumours: the shortcut. The product trains a network on features, logistic regression and
trees, and explains all of them; a small network on images is trained here (16³ voxels are less than the product's
networks take). Cases are drawn from those of `phantom_cases.py`, without replacement within a study; where fewer were
simulated than all studies take, studies share cases.

    nice -n 10 python benchmarks/phantom_biomarkers.py FOLDER [--permutations 4]

A biomarker is right where the feature differs between the classes in the same direction in all five centres of the
cases that the study has *not* (mean |AUC − ½| ≥ .05), since features that are not on the list of planted ones share
their causes. Recall is of the planted list. Without the consistency, every linked feature counts, in the direction in
which the model reads it.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.nn import functional as F

from gliomanet.config.analysis import Explanation
from gliomanet.config.feature_models import ExtraTreesModel, LogisticModel, TabularNetModel
from gliomanet.evaluation.statistics.random_effects import random_effects
from gliomanet.explanation.biomarkers import biomarkers
from gliomanet.explanation.consistency import class_effect
from gliomanet.explanation.deep_features import explain_deep_features, read_heads
from gliomanet.explanation.explained import tables_of
from gliomanet.explanation.input_shap import Fit, explain_inputs
from gliomanet.labels.tasks import DEFAULT_TASKS
from gliomanet.model_kinds import KINDS, load
from gliomanet.phantom.truth import MARKED, REGION, SIGNALS
from gliomanet.prediction.tabular import predict_tabular
from gliomanet.training.tabular import train_tabular_model

TRAINING, FOLDS, LABELS = ("A", "B", "C"), 3, ("idh", "codel_1p19q", "grade")
MODELS = {
    "tabular network": TabularNetModel(ensemble=2, epochs=100),
    "logistic regression": LogisticModel(C=0.01, inputs=("radiomics",)),
    "trees": ExtraTreesModel(n_estimators=100, inputs=("radiomics",)),
}
SETTINGS = Explanation()


class SmallNetwork(nn.Module):
    """Three convolutions, the mean and the spread over the box, a deep feature of 16, and a linear head a task."""

    def __init__(self) -> None:
        super().__init__()
        widths = (3, 8, 16, 24)
        self.layers = nn.ModuleList(nn.Conv3d(a, b, 3, stride=2, padding=1) for a, b in pairwise(widths))
        self.trunk = nn.Linear(48, 16)
        self.heads = nn.ModuleDict({task: nn.Linear(16, 2) for task in LABELS})

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = F.leaky_relu(F.instance_norm(layer(x)) if layer is not self.layers[-1] else layer(x), 0.1)
        flat = x.flatten(2)
        return F.leaky_relu(self.trunk(torch.cat([flat.mean(2), flat.std(2)], 1)), 0.1)


def train_images(boxes: np.ndarray, targets: dict[str, np.ndarray], train: np.ndarray, seed: int, epochs: int = 40):
    """Deep features of all cases and the heads, of a network trained on some of them."""
    torch.manual_seed(seed)
    x = torch.from_numpy(boxes.astype(np.float32))
    network, rng = SmallNetwork(), np.random.default_rng(seed)
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=1e-2)
    labels = {task: torch.from_numpy(values) for task, values in targets.items()}
    rows = np.flatnonzero(train)
    for _ in range(epochs):
        for part in np.array_split(rng.permutation(rows), 4):
            axes = [axis + 2 for axis in range(3) if rng.random() < 0.5]
            z = F.dropout(network(torch.flip(x[part], axes)), 0.2)
            loss = sum(F.cross_entropy(network.heads[task](z), labels[task][part]) for task in LABELS)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        z = network.eval()(x).double().numpy()
    heads = {
        t: (h.weight.detach().double().numpy(), h.bias.detach().double().numpy()) for t, h in network.heads.items()
    }
    return z, heads


def splits_of(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Folds dealt within centres; X and Y external in each."""
    rng = np.random.default_rng([seed, 1])
    fold = table.groupby("center")["case_id"].transform(lambda ids: rng.permutation(len(ids)) % FOLDS)
    inside = table["center"].isin(TRAINING)
    blocks = []
    for number in range(FOLDS):
        part = np.select([~inside, fold == number], ["external", "validation"], "train")
        blocks.append(table[["case_id", "center"]].assign(scenario="main", fold=str(number), part=part))
    return pd.concat(blocks, ignore_index=True)


def explained_by(name: str, table: pd.DataFrame, boxes: np.ndarray, splits: pd.DataFrame, seed: int, folder: Path):
    """SHAP values of a model that is trained on a study: the tables of `tables_of`."""
    tasks = {label: DEFAULT_TASKS[label] for label in LABELS}
    cases = table[["case_id", "center", *LABELS]].assign(age=np.nan)
    features = table.drop(columns=["center", *LABELS])
    inside = table["center"].isin(TRAINING).to_numpy()
    deep, heads, fits = [], {}, []
    for number in range(FOLDS):
        fold = str(number)
        of_fold = cases.merge(splits.loc[splits["fold"] == fold, ["case_id", "part"]], on="case_id")
        named = {"stage": "supervised", "scenario": "main", "fold": fold}
        if name == "image network":
            targets = {t: np.array([tasks[t].encode(v) for v in table[t]]) for t in LABELS}
            z, heads[fold] = train_images(boxes, targets, (of_fold["part"] == "train").to_numpy(), seed + number)
            rows = pd.DataFrame(z, columns=[f"z{i}" for i in range(z.shape[1])]).assign(case_id=table["case_id"])[
                inside
            ]
            deep += [rows.assign(task=task, **named) for task in LABELS]
            continue
        at = folder / f"{name}-{fold}".replace(" ", "-")
        at.mkdir()
        model, fit = MODELS[name], {"model": name, "stage": "supervised", "fold": fold}
        own = of_fold[of_fold["part"] != "external"]
        train_tabular_model(own, features, tasks, model, name=fit, seed=seed, code="", out=at)
        fits.append(Fit("main", fold, at))
        if name == "tabular network":
            deep.append(predict_tabular(at, own, features)[1].assign(**named))
    if deep:
        heads = heads or read_heads({fit.fold: fit.folder / "heads.npz" for fit in fits}, LABELS)
        found = explain_deep_features(pd.concat(deep, ignore_index=True), heads, splits)
    else:
        explain = load(KINDS[MODELS[name].kind].explanation)
        given = cases.loc[inside, ["case_id", "center", "age"]]
        found = explain_inputs(fits, explain, given, features, splits, seed)
    return tables_of(found, SETTINGS.shap_fraction)


def search(name: str, table: pd.DataFrame, boxes: np.ndarray, seed: int) -> pd.DataFrame:
    """The biomarkers' table of a model of a study."""
    splits = splits_of(table, seed)
    radiomics = table.drop(columns=["center", *LABELS]).assign(region=REGION)
    with tempfile.TemporaryDirectory() as folder:
        tables = explained_by(name, table, boxes, splits, seed, Path(folder))
    tasks = {label: DEFAULT_TASKS[label] for label in LABELS}
    given = (radiomics, table[["case_id", "center", *LABELS]], splits, tasks, SETTINGS)
    return biomarkers(*tables, *given, scenario="main").biomarkers


def directions(table: pd.DataFrame) -> dict[tuple[str, str], int]:
    """(task, feature) → direction of the class difference that holds in every centre, of those that have one."""
    found = {}
    for task in LABELS:
        positive = np.array([DEFAULT_TASKS[task].encode(value) == 1 for value in table[task]])
        for feature in table.columns.drop(["case_id", "center", *LABELS]):
            effects = [
                class_effect(positive[at], table.loc[at, feature].to_numpy(float), 3)
                for at in ((table["center"] == center).to_numpy() for center in sorted(table["center"].unique()))
            ]
            signs = {int(np.sign(effect.effect)) for effect in effects}
            summary = random_effects([e.effect for e in effects], [e.variance for e in effects])
            if len(signs) == 1 and abs(summary.effect) >= 0.05:
                found[task, feature] = signs.pop()
    return found


def scored(rows: pd.DataFrame, truth: dict[tuple[str, str], int], column: str) -> dict[str, float]:
    """Counts of rows that are taken for biomarkers, in the direction of a column."""
    signs = {(row["task"], row["feature"]): int(np.sign(row[column])) for row in rows.to_dict("records")}
    planted = {(label, feature): 1 if sign == "+" else -1 for feature, label, sign, _ in SIGNALS}
    right = sum(truth.get(key) == sign for key, sign in signs.items())
    marked = sum(("idh", feature) in signs for feature in MARKED)
    found = sum(signs.get(key) == sign for key, sign in planted.items())
    return {"taken": len(signs), "right": right, "found": found, "planted": len(planted), "marked": marked}


def pool_of(folder: Path) -> tuple[pd.DataFrame, np.ndarray]:
    """All simulated cases and their boxes; names tell the seed."""
    seeds = sorted(int(file.stem) for file in folder.glob("*.tsv"))
    labels = dict.fromkeys(LABELS, str)
    tables = [pd.read_csv(folder / f"{seed}.tsv", sep="\t", dtype=labels) for seed in seeds]
    named = [t.assign(case_id=f"{seed}-" + t["case_id"]) for seed, t in zip(seeds, tables, strict=True)]
    boxes = [np.load(folder / f"{seed}.npy") for seed in seeds]
    return pd.concat(named, ignore_index=True), np.concatenate(boxes)


def drawn(pool: pd.DataFrame, cases: int, seed: int) -> np.ndarray:
    """Rows of a study: some cases of each centre."""
    rng = np.random.default_rng([seed, 3])
    return np.sort(np.concatenate([rng.permutation(rows)[:cases] for rows in pool.groupby("center").groups.values()]))


def permuted(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The labels dealt anew among the cases of each centre, those of a case together."""
    mixed = table.copy()
    for rows in table.groupby("center").groups.values():
        mixed.loc[rows, list(LABELS)] = table.loc[rng.permutation(rows), list(LABELS)].to_numpy()
    return mixed


def study(pool: pd.DataFrame, boxes: np.ndarray, seed: int, cases: int, permutations: int) -> tuple[list, list]:
    """Rows of the two results: counts by model and step, and what permuted labels keep."""
    rows = drawn(pool, cases, seed)
    table, own = pool.loc[rows].reset_index(drop=True), boxes[rows]
    truth = directions(pool.drop(index=rows).reset_index(drop=True))
    result, kept_of_permuted = [], []
    for name in ("tabular network", "logistic regression", "trees", "image network"):
        found = search(name, table, own, seed)
        marks = int((found["task"].eq("idh") & found["feature"].isin(MARKED)).sum())
        for step, taken, column in (("with", found[found["status"] == "kept"], "summary"), ("without", found, "rho")):
            counts = scored(taken, truth, column)
            result.append({"model": name, "consistency": step, "seed": seed, "linked_marks": marks, **counts})
    rng = np.random.default_rng([seed, 2])
    for draw in range(permutations):
        mixed = permuted(table, rng)
        for name in ("tabular network", "logistic regression"):
            found = search(name, mixed, own, 1000 * seed + draw)
            kept = int((found["status"] == "kept").sum())
            kept_of_permuted.append({"model": name, "linked": len(found), "kept": kept})
    return result, kept_of_permuted


def report(result: pd.DataFrame, permutations: pd.DataFrame) -> None:
    """Print the table of the README."""
    print("| model | consistency | taken per study | precision | recall | shortcut rejected, of linked |")
    print("|---|---|---|---|---|---|")
    sums = result.groupby(["model", "consistency"], sort=False).sum(numeric_only=True)
    for (model, step), row in sums.iterrows():
        rejected = f"{(row.linked_marks - row.marked) / row.linked_marks:.2f}" if row.linked_marks else "none linked"
        taken = f"{row.taken / result['seed'].nunique():.1f} | {row.right / max(row.taken, 1):.2f}"
        print(f"| {model} | {step} | {taken} | {row.found / row.planted:.2f} | {rejected} ({row.linked_marks:.0f}) |")
    for model, rows in permutations.groupby("model", sort=False) if len(permutations) else ():
        none = (rows["kept"] == 0).mean()
        print(f"permuted labels, {model}: none kept in {none:.3f} of {len(rows)}; linked {rows['linked'].mean():.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--studies", type=int, default=10)
    parser.add_argument("--cases", type=int, default=60, help="of each centre")
    parser.add_argument("--permutations", type=int, default=1, help="of each study's labels, within centres")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    pool, boxes = pool_of(asked.folder)
    result, permutations = [], []
    for seed in range(asked.studies):
        start = time.process_time()
        counts, kept = study(pool, boxes, seed, asked.cases, asked.permutations)
        result += counts
        permutations += kept
        print(f"study {seed}: {time.process_time() - start:.0f} s of CPU", flush=True)
        report(pd.DataFrame(result), pd.DataFrame(permutations))
