"""The models of a study against its reference on centres that did not teach: a table in Markdown, and a forest plot.

    python benchmarks/against_age.py results/real-radiomics docs/pictures/against-age.png

Reads `evaluation/metrics.tsv` and `comparisons.tsv`; nothing is computed here. AUC with its interval, MCC at the
threshold that validation folds chose, and the difference in AUC from the reference with DeLong's interval.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd

from gliomanet.tables.io import read_table

ROW = ["task", "scenario", "center"]
WORDS = {"idh": "IDH", "codel_1p19q": "1p/19q", "grade": "grade 4"}
MARKS = (("o", "#1b3a5c"), ("s", "#c8702a"), ("^", "#8a8a8a"), ("D", "#5b8c5a"))


def main(results: Path, picture: Path, reference: str, shown: list[str]) -> None:
    """Print the table and draw the plot.

    Args:
        results: folder of a finished study with `evaluation.reference`.
        picture: PNG or SVG to write.
        reference: that model.
        shown: models to compare with it, the main one first.
    """
    comparisons, metrics = (read_table(results / f"evaluation/{name}.tsv") for name in ("comparisons", "metrics"))
    rows = comparisons.query("role == 'external' and metric == 'auc' and subset == 'all' and model_b == @reference")
    rows = rows[rows["model_a"].isin(shown) & rows["difference"].notna() & (rows["center"] != "stratified")]
    rows = rows[~rows["center"].isin(["summary", "pooled"])]
    order = rows[ROW].drop_duplicates()
    order = order.assign(_task=order["task"].map({task: place for place, task in enumerate(WORDS)}))
    order = order.sort_values(["_task", "center", "scenario"])[ROW].reset_index(drop=True)
    values = metrics.query("role == 'external' and subset == 'all'").set_index([*ROW, "model", "metric"])
    pairs = rows.set_index([*ROW, "model_a"])
    print(table(order, values, pairs, reference, shown))
    draw(order, pairs, reference, shown, picture)


def table(order: pd.DataFrame, values: pd.DataFrame, pairs: pd.DataFrame, reference: str, shown: list[str]) -> str:
    """The table in Markdown: a row for each task, training and test centre."""
    main_model = shown[0]
    head = ["task", "train → test", f"`{reference}`: AUC, MCC", f"`{main_model}`: AUC, MCC"]
    head += [f"`{model}` − `{reference}`" for model in shown]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for key in order.itertuples(index=False):
        cells = [WORDS.get(key.task, key.task), f"{taught(key.scenario)} → {key.center}"]
        for model in (reference, main_model):
            auc, mcc = (values.loc[(*key, model, metric)] for metric in ("auc", "mcc_at_threshold"))
            cells.append(f"{short(auc['value'])} {interval(auc)}, {short(mcc['value'])}")
        cells += [
            f"{signed(pair['difference'])} {interval(pair, signed)}"
            for pair in (pairs.loc[(*key, model)] for model in shown)
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def draw(order: pd.DataFrame, pairs: pd.DataFrame, reference: str, shown: list[str], picture: Path) -> None:
    """A forest plot of the differences."""
    figure, axis = plt.subplots(figsize=(7.2, 0.42 * len(order) + 1.3), layout="constrained")
    for place, model in enumerate(shown):
        found = [pairs.loc[(*key, model)] for key in order.itertuples(index=False)]
        y = [number + 0.24 * (place - (len(shown) - 1) / 2) for number in range(len(found))]
        middle = [pair["difference"] for pair in found]
        sides = [[pair["difference"] - pair["ci_low"] for pair in found]]
        sides.append([pair["ci_high"] - pair["difference"] for pair in found])
        mark, color = MARKS[place % len(MARKS)]
        words = f"{model} − {reference}"
        axis.errorbar(middle, y, xerr=sides, fmt=mark, color=color, markersize=4.5, linewidth=1.2, label=words)
    names = [f"{WORDS.get(k.task, k.task)}: {taught(k.scenario)} → {k.center}" for k in order.itertuples(index=False)]
    axis.set_yticks(range(len(names)), names)
    axis.set_ylim(len(names) - 0.5, -0.5)
    for edge in [n for n in range(1, len(order)) if order["task"][n] != order["task"][n - 1]]:
        axis.axhline(edge - 0.5, color="#dddddd", linewidth=0.8)
    axis.axvline(0, color="black", linewidth=0.8)
    axis.set_xlabel(
        f"← {reference} better      difference in AUC, 95 % interval (DeLong)      model better →", fontsize=9
    )
    axis.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper right", ncols=len(shown), frameon=False)
    figure.savefig(picture, dpi=150, metadata={"Software": None} if picture.suffix == ".png" else None)


def taught(scenario: str) -> str:
    """The training centres of a scenario in words."""
    return scenario.removeprefix("from-").replace("without-", "all but ")


def short(value: float) -> str:
    return f"{value:.3f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.3f}"


def signed(value: float) -> str:
    return f"{value:+.3f}".replace("0.", ".", 1).replace("-", "−")


def interval(row: pd.Series, words: object = short) -> str:
    assert callable(words)
    return f"[{words(row['ci_low'])}, {words(row['ci_high'])}]"


if __name__ == "__main__":
    given = sys.argv[3:] or ["age", "ratios_chain", "ratios_net", "ratios"]
    main(Path(sys.argv[1]), Path(sys.argv[2]), given[0], given[1:])
