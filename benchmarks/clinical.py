"""What clinical data add to the networks of a finished study, on its external cases.

Usage: python benchmarks/clinical.py RESULTS

For a study whose models are networks without and with `clinical`, stacks and `evaluation.reference` (the age alone).
Prints three tables: AUC and MCC of every model with its paired difference from the reference; the paired differences of
models with clinical data from the same without; and the AUC of each network with clinical data where these are
withheld from the trained network, which is how far its image stands alone.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from gliomanet.labels.tasks import Task
from gliomanet.prediction.image import load_image_model
from gliomanet.reporting.format import estimate
from gliomanet.reporting.study.sections.clinical import clinical_table, pairs_of
from gliomanet.tables.io import read_table
from gliomanet.uncertainty.probabilities import softmax


def against_reference(results: Path, reference: str) -> Iterator[tuple[str, ...]]:
    """Model, task, AUC, MCC, and both less the reference's, on the external cases of all centres."""
    metrics = read_table(results / "evaluation/metrics.tsv")
    pairs = read_table(results / "evaluation/comparisons.tsv")
    keys = ["scenario", "stage", "model", "task"]
    whole = metrics[(metrics["role"] == "external") & (metrics["center"] == "pooled") & (metrics["subset"] == "all")]
    beside = pairs[(pairs["role"] == "external") & (pairs["model_b"] == reference) & (pairs["subset"] == "all")]
    beside = beside[beside["center"] == "stratified"] if (beside["center"] == "stratified").any() else beside
    for (scenario, stage, model, task), rows in whole.groupby(keys, sort=True):
        own = {row.metric: estimate(row.value, row.ci_low, row.ci_high) for row in rows.itertuples()}
        mine = beside[(beside["scenario"] == scenario) & (beside["stage_a"] == stage)]
        mine = mine[(mine["model_a"] == model) & (mine["task"] == task)]
        less = {row.metric: estimate(row.difference, row.ci_low, row.ci_high) for row in mine.itertuples()}
        found = [own.get("auc", ""), own.get("mcc", ""), less.get("auc", ""), less.get("mcc", "")]
        yield (f"{scenario} {model} ({stage})", str(task), *found)


def withheld(results: Path, study: dict, model: str) -> Iterator[tuple[str, ...]]:
    """Model, task, AUC with clinical data and with them withheld, of the mean of the folds' probabilities."""
    splits, cases = read_table(results / "splits.tsv"), read_table(results / "cohort/cases.tsv")
    external = splits.loc[splits["part"] == "external", ["case_id", "fold"]].astype(str)
    deep = pd.concat([read_table(file) for file in sorted((results / "deep_features" / model).glob("*.tsv.gz"))])
    deep = deep[deep["stage"] == deep["stage"].iloc[-1]].astype({"fold": str}).merge(external, on=["case_id", "fold"])
    for task, definition in study["tasks"].items():
        if not (deep["task"] == task).any():  # the network does not learn it
            continue
        told: dict[str, list[pd.Series]] = {"with": [], "without": []}
        for (stage, fold), rows in deep[deep["task"] == task].groupby(["stage", "fold"], sort=True):
            network = load_image_model(results / "models" / model / str(stage) / f"fold{fold}").network
            weight, bias = (value.numpy() for value in network.heads()[task])
            z = rows[[c for c in rows.columns if c.startswith("z")]].to_numpy(float)
            unknown = network.clinical.heads[task].unknown.detach().numpy()
            alone = np.concatenate([z[:, : -len(unknown)], np.tile(unknown, (len(z), 1))], axis=1)
            for name, features in (("with", z), ("without", alone)):
                told[name].append(pd.Series(softmax(features @ weight.T + bias)[:, -1], index=rows["case_id"]))
        truth = cases.set_index("case_id")[definition["label"]].map(Task.model_validate(definition).encode)
        cells = []
        for each in told.values():
            mean = pd.concat(each, axis=1).mean(axis=1)
            known = truth.reindex(mean.index)
            last = known == len(definition["classes"]) - 1
            cells.append(f"{roc_auc_score(last[known >= 0], mean[known >= 0]):.3f}")
        yield (model, task, *cells)


def print_table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> None:
    for line in (head, ("---",) * len(head), *rows):
        print("| " + " | ".join(line) + " |")
    print()


def main(results: Path) -> None:
    study = json.loads((results / "study.json").read_text(encoding="utf-8"))["study"]
    reference = study["evaluation"]["reference"]
    print_table(
        ("model", "task", "AUC", "MCC", f"AUC − {reference}", f"MCC − {reference}"),
        against_reference(results, reference),
    )
    pairs = list(pairs_of(study["models"]))
    table = clinical_table(read_table(results / "evaluation/comparisons.tsv"), pairs)
    if table is not None:
        print_table(tuple(c.title for c in table.columns), (tuple(str(c.text) for c in row) for row in table.rows))
    on_images = [name for name, model in study["models"].items() if model.get("clinical") and "modalities" in model]
    rows = (row for model in on_images for row in withheld(results, study, model))
    print_table(("network", "task", "AUC with", "AUC withheld"), rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path)
    main(parser.parse_args().results)
