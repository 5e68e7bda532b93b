"""The comparison of the networks: external MCC and AUC, differences from age alone and between variants, calibration.

Usage: python benchmarks/comparison_tables.py      (after benchmarks/compare_networks.py; shows what is there)

All figures are of external cases and of a variant's ensemble, with 95 % intervals over patients. Differences are
paired, and made within each external centre before they are averaged. The tables are printed, and kept beside the runs.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from compare_networks import REMEDIES, TASKS, VARIANTS, Bench
from comparison_stacks import STACKS, rows_of_age, rows_of_stack

from gliomanet.evaluation.analyses.modality_subsets import evaluate_subsets
from gliomanet.evaluation.analyses.performance import Evaluated, evaluate
from gliomanet.prediction.calibration import fit_temperatures
from gliomanet.prediction.combine import combine_predictions
from gliomanet.prediction.joint_decoding import with_joint
from gliomanet.reporting.format import estimate
from gliomanet.tables.io import read_table, write_table

REFERENCE = "age"


def pairs() -> Iterator[tuple[str, str]]:
    """A variant, and what it is held against: the network without its one change, a single task's twin, a member."""
    for name in VARIANTS:
        for end in ("clinical", *REMEDIES, "crop", "crop_clinical", "crop_long", "crop_long_clinical"):
            base, _, last = name.rpartition(f"_{end}")
            if base in VARIANTS and not last:
                yield name, base
        for task in TASKS:
            if f"{name}_{task}" in VARIANTS:
                yield name, f"{name}_{task}"
    yield from ((stack, member) for stack, members in STACKS.items() for member in members)
    yield from ((f"stack_{name}", f"{name}_clinical") for name in VARIANTS if f"stack_{name}" in STACKS)


def fold_rows(bench: Bench) -> dict[str, pd.DataFrame]:
    """What age alone, every variant that is there, and the stacks of such say of the cases, uncalibrated."""
    found = {REFERENCE: rows_of_age(bench)}
    for name in VARIANTS:
        if (table := bench.out / "predictions" / f"{name}.tsv").is_file():
            found[name] = read_table(table)
    for name, members in STACKS.items():
        if found.keys() >= set(members):
            found[name] = rows_of_stack(bench, name, pd.concat([found[member] for member in members]))
    return found


def predicted(bench: Bench, name: str, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A variant's predictions with ensembles, calibration and joint decoding; its last stage. And its temperatures."""
    rows = rows[rows["stage"] == rows["stage"].iloc[-1]].assign(stage="last")
    seen = bench.visible(VARIANTS[name]) if name in VARIANTS else bench.cases
    fitted = fit_temperatures(rows, seen, bench.study.tasks)
    return with_joint(combine_predictions(rows, fitted), bench.study.tasks), fitted


def held_against(bench: Bench, predictions: dict[str, pd.DataFrame], name: str, other: str) -> Evaluated:
    study = bench.study
    both = pd.concat([predictions[name], predictions[other]], ignore_index=True)
    settings = study.evaluation.model_copy(update={"reference": other})
    return evaluate(both, bench.cases, study.tasks, settings, seed=study.seed)


def differences(evaluated: Evaluated, task: str) -> dict[str, float]:
    """`auc` and `mcc` of the first model less those of the second, each with `_low` and `_high`; none without any."""
    rows = evaluated.comparisons
    mine = rows[(rows["role"] == "external") & (rows["center"] == "stratified") & (rows["subset"] == "all")]
    mine = mine[mine["task"] == task].set_index("metric")
    return triples(mine.rename(columns={"difference": "value"})) if len(mine) else {}


def triples(rows: pd.DataFrame) -> dict[str, float]:
    """Value and interval of AUC and MCC, as columns of one row."""
    named = {"": "value", "_low": "ci_low", "_high": "ci_high"}
    return {f"{m}{part}": rows.loc[m, column] for m in ("auc", "mcc") for part, column in named.items()}


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """Each value and its interval in one column."""
    lows = [column for column in table if f"{column}_low" in table]
    shown = table.drop(columns=[f"{column}{end}" for column in lows for end in ("_low", "_high")])
    for column in lows:
        cells = table[[column, f"{column}_low", f"{column}_high"]].to_numpy()
        shown[column] = ["" if pd.isna(row[0]) else estimate(*row) for row in cells]
    return shown


def external_rows(bench: Bench, predictions: dict[str, pd.DataFrame]) -> Iterator[dict[str, object]]:
    """A row a variant and task: AUC, MCC, the gains on age alone, ECE and its mean if it were calibrated."""
    for number, name in enumerate(name for name in predictions if name != REFERENCE):
        evaluated = held_against(bench, predictions, name, REFERENCE)
        rows = evaluated.metrics
        rows = rows[(rows["role"] == "external") & (rows["center"] == "pooled") & (rows["subset"] == "all")]
        for model in (name,) if number else (REFERENCE, name):
            for task in bench.study.tasks:
                own = rows[(rows["model"] == model) & (rows["task"] == task)].set_index("metric")
                if "auc" not in own.index:  # a task that it does not learn
                    continue
                less = differences(evaluated, task) if model == name else {}
                found: dict[str, object] = {"model": model, "task": task}
                found |= triples(own)
                found |= {column.replace("auc", "auc_gain").replace("mcc", "mcc_gain"): v for column, v in less.items()}
                yield found | {"ece": own.loc["ece", "value"], "calibrated": own.loc["ece", "expected"]}


def main() -> None:
    bench = Bench.load()
    rows = fold_rows(bench)
    predictions = {name: predicted(bench, name, table)[0] for name, table in rows.items()}
    external = list(external_rows(bench, predictions))
    paired = [
        {"model": name, "against": other, "task": task, **differences(evaluated, task)}
        for name, other in pairs()
        if name in predictions and other in predictions
        for evaluated in [held_against(bench, predictions, name, other)]
        for task in bench.study.tasks
        if differences(evaluated, task)
    ]
    tables = {
        "external": pd.DataFrame(external),
        "pairs": pd.DataFrame(paired),
        "accepted": accepted_table(bench),
    }
    tables |= subset_tables(bench)
    for name, table in tables.items():
        write_table(table, bench.out / "tables" / f"{name}.tsv")
        print(f"\n## {name}\n{readable(table).to_string(index=False, float_format='%.3f', max_rows=400)}")


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


def subset_tables(bench: Bench) -> dict[str, pd.DataFrame]:
    """Every subset of the modalities, and what each modality is worth, of the variants that were asked."""
    paths = [path for name in VARIANTS if (path := bench.out / "subsets" / f"{name}.tsv").is_file()]
    if not paths:
        return {}
    fusion = [read_table(path.with_suffix(".fusion.tsv")) for path in paths]
    found = evaluate_subsets(
        pd.concat([read_table(path) for path in paths], ignore_index=True),
        bench.cases,
        bench.study.tasks,
        bench.study.evaluation,
        bench.study.seed,
        fusion=pd.concat([table for table in fusion if len(table)] or fusion, ignore_index=True),
    )
    return {"subsets": found.subsets, "significance": found.significance}


if __name__ == "__main__":
    main()
