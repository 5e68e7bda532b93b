"""What the comparison of the networks showed: external MCC, joint decoding, pseudo-labels, missing modalities.

Usage: python benchmarks/comparison_tables.py      (after benchmarks/compare_networks.py; shows what is there)

MCC is of the external centres together. `mean` and `range` are over a variant's three networks; `ensemble` is the mean
of their calibrated probabilities, with a 95 % interval over patients. The tables are printed, and kept beside the runs.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from compare_networks import VARIANTS, Bench

from gliomanet.evaluation.analyses.modality_subsets import evaluate_subsets
from gliomanet.evaluation.analyses.performance import Evaluated, evaluate
from gliomanet.evaluation.metrics.classification import confusion_counts, matthews
from gliomanet.prediction.calibration import fit_temperatures
from gliomanet.prediction.combine import combine_predictions
from gliomanet.prediction.joint_decoding import with_joint
from gliomanet.tables.io import read_table, write_table

SINGLE = "single"
"""The three networks of one task each are one row."""
KEYS = ["model", "stage"]


def fold_rows(bench: Bench) -> pd.DataFrame:
    """What every network of every variant that is there says of the cases, uncalibrated."""
    tables = [table for name in VARIANTS if (table := bench.out / "predictions" / f"{name}.tsv").is_file()]
    rows = pd.concat([read_table(table) for table in tables], ignore_index=True)
    rows["model"] = rows["model"].where(~rows["model"].str.startswith(f"{SINGLE}_"), SINGLE)
    return rows


def calibrated(bench: Bench, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Predictions with ensembles and joint decoding, and the temperatures, as the workflow makes them."""
    predictions, temperatures = [], []
    for name, of_model in rows.groupby("model", sort=False):
        variant = VARIANTS.get(str(name))
        seen = bench.visible(variant) if variant else bench.cases
        fitted = fit_temperatures(of_model, seen, bench.study.tasks)
        temperatures.append(fitted)
        predictions.append(with_joint(combine_predictions(of_model, fitted), bench.study.tasks))
    return pd.concat(predictions, ignore_index=True), pd.concat(temperatures, ignore_index=True)


def of_each_network(bench: Bench, rows: pd.DataFrame) -> pd.DataFrame:
    """External MCC of every single network: model, stage, fold, task, mcc."""
    external = rows[rows["role"] == "external"]
    truth = bench.cases.set_index("case_id")
    found = []
    for (model, stage, fold, task), group in external.groupby([*KEYS, "fold", "task"], sort=False):
        definition = bench.study.tasks[str(task)]
        wide = group.pivot_table(index="case_id", columns="class", values="raw_probability")[list(definition.classes)]
        labels = truth.loc[wide.index, definition.label].map(definition.encode).to_numpy(dtype=np.int64)
        known = labels >= 0
        called = wide.to_numpy().argmax(axis=1)
        counts = confusion_counts(labels[known], called[known], wide.shape[1], np.ones((known.sum(), 1)))
        found.append((model, stage, fold, task, matthews(counts)[0]))
    return pd.DataFrame(found, columns=[*KEYS, "fold", "task", "mcc"])


def mcc_table(each: pd.DataFrame, evaluated: Evaluated) -> pd.DataFrame:
    """Mean and range over the networks, and the ensemble with its interval: a row a model, stage and task."""
    spread = each.groupby([*KEYS, "task"], sort=False)["mcc"].agg(["mean", "min", "max", "size"]).reset_index()
    metrics = evaluated.metrics
    pooled = metrics[
        (metrics["metric"] == "mcc")
        & (metrics["center"] == "pooled")
        & (metrics["role"] == "external")
        & (metrics["subset"] == "all")
    ]
    columns = [*KEYS, "task", "value", "ci_low", "ci_high", "n", "n_positive"]
    return spread.merge(pooled[columns], on=[*KEYS, "task"], how="left")


def accepted_table(bench: Bench) -> pd.DataFrame:
    """Of every round: unknown labels, how many were accepted or completed, and how many of these are true."""
    truth, rows = bench.cases.set_index("case_id"), []
    for path in sorted((bench.out / "pseudo_labels").glob("*/round*.fold?.tsv")):
        table = read_table(path)
        teacher = read_table(path.with_name(path.name.replace(".tsv", ".teacher.tsv"))).set_index("task")
        for task, group in table.groupby("task"):
            definition = bench.study.tasks[str(task)]
            taken = group[group["accepted"] == "yes"]
            real = truth.loc[taken["case_id"], definition.label].map(definition.encode)
            given = taken["label"].map(list(definition.classes).index)
            right = int((real.to_numpy() == given.to_numpy()).sum())
            completed = int(taken["reason"].fillna("").str.startswith("completed").sum())
            judged = teacher.loc[task]
            group_of = (path.parent.name, int(table["round"].iloc[0]), path.name.split(".")[1], task)
            rows.append((*group_of, judged["passed"], judged["mcc"], len(group), len(taken), completed, right))
    columns = ["model", "round", "fold", "task", "passed", "teacher_mcc", "unknown", "accepted", "completed", "right"]
    return pd.DataFrame(rows, columns=columns)


def main() -> None:
    bench = Bench.load()
    rows = fold_rows(bench)
    predictions, temperatures = calibrated(bench, rows)
    study = bench.study
    evaluated = evaluate(predictions, bench.cases, study.tasks, study.evaluation, seed=study.seed)
    tables = {
        "mcc": mcc_table(of_each_network(bench, rows), evaluated),
        "decoding": evaluated.decoding[
            (evaluated.decoding["role"] == "external") & (evaluated.decoding["center"] == "pooled")
        ],
        "calibration": temperatures,
        "accepted": accepted_table(bench),
    }
    subsets = [path for name in VARIANTS if (path := bench.out / "subsets" / f"{name}.tsv").is_file()]
    if subsets:
        fusion = [read_table(path.with_suffix(".fusion.tsv")) for path in subsets]
        found = evaluate_subsets(
            pd.concat([read_table(path) for path in subsets], ignore_index=True),
            bench.cases,
            study.tasks,
            study.evaluation,
            study.seed,
            fusion=pd.concat([table for table in fusion if len(table)] or fusion, ignore_index=True),
        )
        tables["subsets"], tables["significance"] = found.subsets, found.significance
    for name, table in tables.items():
        write_table(table, bench.out / "tables" / f"{name}.tsv")
        print(f"\n## {name}\n{table.to_string(index=False, float_format='%.3f', max_rows=400)}")


if __name__ == "__main__":
    main()
