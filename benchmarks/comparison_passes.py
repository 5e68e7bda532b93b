"""Stochastic passes of the compared networks over external cases, as candidates of pseudo-labels with a known truth.

Usage:
  python benchmarks/comparison_passes.py NAME ...      (after benchmarks/compare_networks.py)
  python benchmarks/refused_by_std.py TABLE --truth results/network-study/cohort/cases.tsv

Tables land in `results/network-study/comparison/passes/`. The network of the first fold passes as often as the
study's `pseudo_labels.passes` says.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from compare_networks import STAGE, Bench

from gliomanet.prediction.image import stochastic_passes
from gliomanet.seeds import derive_seed
from gliomanet.tables.io import write_table


def candidates(bench: Bench, name: str) -> pd.DataFrame:
    """case_id, task, label, probability (mean over the passes of the likeliest class) and its std."""
    cases = bench.cases[bench.cases["role"] == "external"]
    folder = bench.out / name / STAGE / f"fold{bench.folds[0]}"
    drawn = stochastic_passes(folder, cases, bench.study.pseudo_labels.passes, derive_seed(bench.study.seed, name))
    tables = []
    for task, of_task in drawn.items():
        read = np.isfinite(of_task).all(axis=(0, 2))  # a case whose preprocessing failed has no images
        of_task, ids = of_task[:, read], cases["case_id"].to_numpy()[read]
        mean, likeliest = of_task.mean(axis=0), of_task.mean(axis=0).argmax(axis=1)
        every = np.arange(len(ids))
        names = np.array(bench.study.tasks[task].class_names)
        found = {"label": names[likeliest], "probability": mean[every, likeliest]}
        tables.append(
            pd.DataFrame({"case_id": ids, "task": task, **found, "std": of_task.std(axis=0)[every, likeliest]})
        )
    return pd.concat(tables, ignore_index=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+", metavar="NAME")
    study = Bench.load()
    for asked in parser.parse_args().names:
        write_table(candidates(study, asked), study.out / "passes" / f"{asked}.tsv", exact=True)
