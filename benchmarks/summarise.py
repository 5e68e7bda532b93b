"""Time and memory of a finished study by rule, from what its jobs measured of themselves.

Usage: python benchmarks/summarise.py [results]
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd


def summarise(results: Path) -> pd.DataFrame:
    """One row per rule: jobs, median and total seconds, seconds of CPU, and the largest job's memory in MB."""
    rows = []
    for file in sorted((results / "benchmarks").rglob("*.tsv")):
        measured = pd.read_csv(file, sep="\t").iloc[0]
        rule, *rest = file.relative_to(results / "benchmarks").with_suffix("").parts
        # Training is told apart by model and stage, everything else by rule alone.
        name = " ".join([rule, *rest[:2]]) if rule == "train" else rule
        rows.append({"rule": name, "s": measured["s"], "cpu": measured["cpu_time"], "mb": measured["max_rss"]})
    groups = pd.DataFrame(rows).groupby("rule")
    return pd.DataFrame(
        {
            "jobs": groups.size(),
            "median_s": groups["s"].median().round(1),
            "total_s": groups["s"].sum().round(0),
            "cpu_s": groups["cpu"].sum().round(0),
            "max_mb": groups["mb"].max().round(0),
        }
    ).sort_values("total_s", ascending=False)


if __name__ == "__main__":
    print(summarise(Path(sys.argv[1] if len(sys.argv) > 1 else "results")).to_string())
