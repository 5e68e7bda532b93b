"""Rows of the tables on subsets of modalities that the page draws and lists."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from gliomanet.modalities import MODALITIES
from gliomanet.reporting.format import TOGETHER, model_name
from gliomanet.reporting.study.tidy import tidy

Line = tuple[str, str]
"""(model, stage)."""


@dataclass(frozen=True)
class Shown:
    """Rows of one scenario: of its external centres together, or of validation cases where it has none.

    Attributes:
        scenario: its name.
        where: the cases in words.
        several_stages: whether the study's models end in different stages, so that names must tell.
        rows: of one of the two tables.
    """

    scenario: str
    where: str
    several_stages: bool
    rows: pd.DataFrame

    @property
    def lines(self) -> list[Line]:
        return list(dict.fromkeys(zip(self.rows["model"], self.rows["stage"], strict=True)))

    @property
    def tasks(self) -> list[str]:
        return list(dict.fromkeys(self.rows["task"]))

    @property
    def modalities(self) -> list[str]:
        """The modalities of any model, in the order of every channel axis."""
        names = "+".join(self.rows["subset"] if "subset" in self.rows else self.rows["modality"]).split("+")
        return [name for name in MODALITIES if name in names]

    def in_parts(self, columns: int = 12) -> list[Shown]:
        """The models in groups of no more columns (a task each) than can be read in one figure; one at least."""
        parts: list[list[Line]] = []
        taken = columns + 1
        pairs = list(zip(self.rows["model"], self.rows["stage"], strict=True))
        for line in self.lines:
            wide = self.rows["task"][[pair == line for pair in pairs]].nunique()
            if taken + wide > columns:
                parts.append([])
                taken = 0
            parts[-1].append(line)
            taken += wide
        return [replace(self, rows=self.rows[[pair in part for pair in pairs]]) for part in parts]

    def name(self, line: Line) -> str:
        return model_name(*line, self.several_stages)


def shown_subsets(frame: pd.DataFrame | None) -> list[Shown]:
    """Rows of `evaluation/modality_subsets.tsv` that the page shows, by scenario."""
    text = ("model", "stage", "scenario", "role", "center", "subset", "task", "metric", "note")
    return _shown(tidy(frame, text=text, numbers=("value", "ci_low", "ci_high", "n", "n_positive", "n_modalities")))


def shown_significance(frame: pd.DataFrame | None) -> list[Shown]:
    """Rows of `evaluation/modality_significance.tsv` that the page shows, by scenario."""
    text = ("model", "stage", "scenario", "role", "center", "task", "modality", "metric", "note")
    return _shown(tidy(frame, text=text, numbers=("shapley", "ci_low", "ci_high", "fusion_weight", "n", "n_positive")))


def _shown(table: pd.DataFrame) -> list[Shown]:
    found = []
    several = len(set(table["stage"])) > 1
    for scenario, mine in table.groupby("scenario", sort=False):
        role = "external" if (mine["role"] == "external").any() else "validation"
        rows = mine[mine["role"] == role]
        centers = [center for center in dict.fromkeys(rows["center"]) if center not in TOGETHER]
        where = "external centres" if role == "external" else "validation cases"
        shown = rows[rows["center"] == "pooled"].reset_index(drop=True)
        found.append(Shown(str(scenario), f"{where} ({', '.join(centers)})", several, shown))
    return found
