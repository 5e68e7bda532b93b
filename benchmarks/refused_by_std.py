"""What the deviation of stochastic passes adds to the probability in choosing pseudo-labels.

    python benchmarks/refused_by_std.py TABLE ... --truth CASES [--min-probability 0.9] [--max-std 0.05]

TABLE: tables of `results/pseudo_labels/` or of `compare_networks.py` (one model's). CASES: a case table with the labels
that were hidden. Prints, for each task, the teacher's candidates, those above the probability, the share of these that
the deviation alone refuses, and how many of the kept and of the refused are true.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from gliomanet.labels.tasks import DEFAULT_TASKS
from gliomanet.tables.io import read_table


def refused(candidates: pd.DataFrame, truth: pd.DataFrame, min_probability: float, max_std: float) -> pd.DataFrame:
    """A row a task, and one of all; accuracies are empty where no truth is known."""
    teachers = candidates[candidates["std"].notna()]  # what follows from another label has no passes
    known = teachers.merge(truth, on=["case_id", "task"], how="left", validate="m:1")
    sure = known[known["probability"] >= min_probability]
    rows = []
    for task, of_task in [*sure.groupby("task", sort=False), ("all", sure)]:
        kept = of_task["std"] <= max_std
        right = (of_task["label"] == of_task["true"]).where(of_task["true"].notna())
        all_of_task = teachers if task == "all" else teachers[teachers["task"] == task]
        rows.append(
            {
                "task": task,
                "candidates": len(all_of_task),
                "above the probability": len(of_task),
                "refused by the deviation alone": round(float((~kept).mean()), 3) if len(of_task) else None,
                "true among the kept": right[kept].mean(),
                "true among the refused": right[~kept].mean(),
            }
        )
    return pd.DataFrame(rows)


def true_classes(cases: pd.DataFrame) -> pd.DataFrame:
    """case_id, task, true (class) of every known label."""
    rows = [
        {"case_id": case["case_id"], "task": name, "true": task.class_names[index]}
        for _, case in cases.iterrows()
        for name, task in DEFAULT_TASKS.items()
        if (index := task.encode(str(case.get(task.label, "")))) >= 0
    ]
    return pd.DataFrame(rows, columns=["case_id", "task", "true"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tables", nargs="+", type=Path)
    parser.add_argument("--truth", type=Path, required=True)
    parser.add_argument("--min-probability", type=float, default=0.9)
    parser.add_argument("--max-std", type=float, default=0.05)
    asked = parser.parse_args()
    found = pd.concat([read_table(table) for table in asked.tables], ignore_index=True)
    found = found.assign(**{name: pd.to_numeric(found[name]) for name in ("probability", "std")})
    print(
        refused(found, true_classes(read_table(asked.truth)), asked.min_probability, asked.max_std).to_string(
            index=False, float_format="{:.3f}".format
        )
    )
