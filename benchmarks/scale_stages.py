"""What each stage of a whole study costs as the number of cases grows: the study is run, on tables of made-up features.

    python benchmarks/scale_stages.py [--cases 180 1800 18000] [--folder FOLDER] [--cores 1]

Six centres, a hospital's own table of 100 features each, three models (logistic regression on age, and on everything;
trees), five folds. All jobs are run for real but those on images: reading, audit, fits, predictions, statistics,
biomarkers, the report, MLflow. The figures are the jobs' own (`results/benchmarks`): seconds of CPU over all jobs of a
rule, memory of the largest. Then a finished study's commands: nothing to do, and one centre's table changed.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from scale import ENGINE, ROOT, cost
from scale_cohort import CENTERS, LABELS

FEATURES = 100
STUDY = (*ENGINE, "--snakefile", str(ROOT / "Snakefile"), "--configfile", "study.yaml")
COMMAND = (sys.executable, "-c", "from gliomanet.cli.main import app; app()")
STATUS = (*COMMAND, "status", "study.yaml", "--snakefile", str(ROOT / "Snakefile"))
VALIDATE = (*COMMAND, "validate", "study.yaml")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=int, nargs="+", default=[180, 1800, 18000])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--cores", default="1")
    options = parser.parse_args()
    above = options.folder or Path(tempfile.mkdtemp(prefix="gliomanet-stages-"))
    found: dict[int, pd.DataFrame] = {}
    for cases in sorted(options.cases):
        folder = (above / str(cases)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        make_tables(folder, cases)
        whole = cost([*STUDY, "--cores", options.cores], folder)
        rows = {"the whole run, largest process": whole, **costs_of_rules(folder / "results/benchmarks")}
        rows["validate"] = cost(VALIDATE, folder)
        rows["nothing to do: dry run"] = cost([*STUDY, "-n"], folder)
        rows["nothing to do: status"] = cost(STATUS, folder)
        _change_a_cell(folder / "ELM.tsv")
        rows["one cell changed: dry run"] = cost([*STUDY, "-n"], folder)
        rows["one cell changed: status"] = cost(STATUS, folder)
        found[cases] = pd.DataFrame(rows, index=["CPU s", "MB"]).T
        print(cases, found[cases].round(1).to_string(), sep="\n", flush=True)
    print(table_of(found).to_string())


def make_tables(folder: Path, cases: int) -> None:
    """A table of features for each centre, the first of which carry the labels' signal, and the study on them."""
    draws = np.random.default_rng(7)
    names = [f"T1c_original_firstorder_F{number:03d}" for number in range(FEATURES)]
    for order, center in enumerate(CENTERS):
        numbers = np.arange(order, cases, len(CENTERS))
        labels = pd.DataFrame(
            [LABELS[number % len(LABELS)] for number in numbers], columns=["idh", "codel_1p19q", "grade"]
        )
        values = draws.normal(size=(len(numbers), FEATURES))
        values[:, :5] += labels["idh"].eq("mutant").to_numpy()[:, None]
        ids = [f"{center}-{number:05d}" for number in numbers]
        sexes = ["FM"[number % 2] for number in numbers]
        about = labels.assign(case_id=ids, patient_id=ids, age=30 + numbers % 50, sex=sexes)
        table = pd.concat([about, pd.DataFrame(values.round(5), columns=names)], axis=1)
        table.to_csv(folder / f"{center}.tsv", sep="\t", index=False)
    (folder / "study.yaml").write_text(yaml.safe_dump(_study(folder)), encoding="utf-8")


def _study(folder: Path) -> dict[str, object]:
    source = {"kind": "features", "features": "numeric"}
    return {
        "title": "Tables of as many cases as asked for",
        "centers": {
            center: {"role": role, "source": {**source, "path": str(folder / f"{center}.tsv")}}
            for center, role in CENTERS.items()
        },
        "models": {
            "age": {"kind": "logistic", "inputs": ["age"]},
            "logistic": {"kind": "logistic"},
            "trees": {"kind": "extra_trees"},
        },
        "split": {"folds": 5},
    }


def costs_of_rules(benchmarks: Path) -> Mapping[str, tuple[float, float]]:
    """Rule → seconds of CPU of all its jobs, and MB of the largest."""
    jobs = pd.concat(
        [
            pd.read_csv(file, sep="\t").assign(rule=file.relative_to(benchmarks).parts[0].removesuffix(".tsv"))
            for file in sorted(benchmarks.rglob("*.tsv"))
        ]
    )
    by_rule = jobs.groupby("rule").agg(cpu=("cpu_time", "sum"), memory=("max_rss", "max"))
    return {str(rule): (float(row["cpu"]), float(row["memory"])) for rule, row in by_rule.iterrows()}


def table_of(found: Mapping[int, pd.DataFrame]) -> pd.DataFrame:
    """Seconds and memory of all sizes side by side, with the power by which the time grows between the last two."""
    sizes = sorted(found)
    table = pd.concat({f"{cases:,}": found[cases] for cases in sizes}, axis=1).round(1)
    if len(sizes) > 1:
        before, after = sizes[-2:]
        ratio = found[after]["CPU s"] / found[before]["CPU s"]
        table["exponent"] = [round(math.log(each) / math.log(after / before), 2) for each in ratio]
    return table


def _change_a_cell(table: Path) -> None:
    rows = pd.read_csv(table, sep="\t", dtype=str)
    rows.loc[0, "age"] = str(int(rows.loc[0, "age"]) + 1)
    rows.to_csv(table, sep="\t", index=False)


if __name__ == "__main__":
    main()
