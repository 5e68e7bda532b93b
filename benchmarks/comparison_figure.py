"""The compared networks against age alone, as a picture: paired differences in AUC on the external centres, by task.

Usage: python benchmarks/comparison_figure.py FILE.png      (after benchmarks/comparison_tables.py)
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
from compare_networks import NETWORKS, Bench
from matplotlib.lines import Line2D

from gliomanet.tables.io import read_table

TITLES = {"idh": "IDH", "codel_1p19q": "1p/19q", "grade": "grade 4"}
NAMES = {"cmtlnet": "CMTLNet", "gmmas": "GMMAS", "mttunet": "MTTU-Net", "psnet": "PS-Net"}
KINDS = {"": ("image alone", "#8c6d46", "o"), "_clinical": ("with age and sex", "#2a6f97", "s")}
STACKED = ("stacked with age and sex", "#012a4a", "D")


def rows_of(models: set[str]) -> list[tuple[str, list[tuple[str, tuple[str, str, str]]]]]:
    """Label of each row, from above, with the models drawn in it and their looks."""
    found = []
    for network in NETWORKS:
        for crop, words in (("", ", whole head"), ("_crop", ", box around the tumour")):
            drawn = [(f"{network}{crop}{end}", look) for end, look in KINDS.items()]
            drawn.append((f"stack_{network}{crop}", STACKED))
            if any(model in models for model, _ in drawn):
                found.append((NAMES[network] + words, [each for each in drawn if each[0] in models]))
    return found


def draw(bench: Bench, out: Path) -> None:
    table = read_table(bench.out / "tables" / "external.tsv").set_index(["model", "task"])
    rows = rows_of(set(table.index.get_level_values("model")))
    mpl.rcParams.update({"font.size": 9, "svg.hashsalt": "gliomanet"})
    figure, panels = plt.subplots(1, 3, figsize=(10, 1.2 + 0.55 * len(rows)), sharey=True, layout="constrained")
    for panel, (task, title) in zip(panels, TITLES.items(), strict=True):
        age = table.loc[("age", task), "auc"]
        panel.set_title(f"{title} (age alone: {age:.2f})".replace("0.", "."))
        panel.axvline(0, color="0.4", linewidth=1)
        for place, (_, drawn) in enumerate(rows):
            for number, (model, (_, colour, marker)) in enumerate(drawn):
                if (model, task) not in table.index:
                    continue
                value, low, high = table.loc[(model, task), ["auc_gain", "auc_gain_low", "auc_gain_high"]]
                y = place + 0.22 * (number - (len(drawn) - 1) / 2)
                panel.plot([low, high], [y, y], color=colour, linewidth=1.4)
                panel.plot(value, y, marker, color=colour, markersize=4.5)
        panel.grid(axis="x", color="0.9")
        panel.set_axisbelow(True)
        panel.spines[["top", "right"]].set_visible(False)
        panel.set_xlabel("AUC less that of age alone")
    panels[0].set_yticks(range(len(rows)), [name for name, _ in rows])
    panels[0].invert_yaxis()
    looks = [*KINDS.values(), STACKED]
    handles = [
        Line2D([], [], color=colour, marker=marker, markersize=5, label=words) for words, colour, marker in looks
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
    figure.savefig(out, dpi=130, metadata={"Software": None})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    draw(Bench.load(), parser.parse_args().out)
