"""Names and numbers as the page writes them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations
from typing import Any

import pandas as pd

from gliomanet.radiomics.ratios import SIGNED
from gliomanet.stages import round_of
from gliomanet.tables.feature_names import LOG_RATIO
from gliomanet.tables.notes import NOT_ESTIMABLE

TASKS = {"idh": "IDH", "codel_1p19q": "1p/19q", "grade": "Grade", "mgmt": "MGMT"}
MODALITIES = {"t1": "T1", "t1c": "T1c", "t2": "T2", "flair": "FLAIR"}
SOURCES = {"phantom": "simulated (phantom)", "table": "image files", "features": "feature table"}
WHOLE_GROUP = ("", "all")
"""Names of the subset of all cases in the tables."""

TOGETHER = {"pooled": "all centres", "stratified": "within centres, together", "summary": "random effects"}
"""Names of what is no single centre in the tables."""

DASH = "\N{EN DASH}"

MINUS = "\N{MINUS SIGN}"


def task_name(name: str) -> str:
    """`codel_1p19q` → `1p/19q`; a further task without underscores."""
    return TASKS.get(name, name.replace("_", " "))


def modality_name(name: str) -> str:
    """`flair` → `FLAIR`."""
    return MODALITIES.get(name, name)


def stage_name(name: str) -> str:
    """`pseudo_label` → `pseudo-label`, `pseudo_label_2` → `pseudo-label 2`."""
    number_of_round = round_of(name)
    if not number_of_round:
        return name.replace("_", " ")
    return "pseudo-label" if number_of_round == 1 else f"pseudo-label {number_of_round}"


def model_name(model: str, stage: str, several_stages: bool = True) -> str:
    """`cmtlnet · pseudo-label`, or the model alone where no model has more than one stage."""
    return f"{model} · {stage_name(stage)}" if several_stages else model


def center_name(name: str) -> str:
    """`pooled` → `all centres`, `summary` → `random effects`; a single centre as it is."""
    return TOGETHER.get(name, name)


def subset_name(name: str) -> str:
    """`idh=mutant` → `IDH: mutant`; the whole group → `all`."""
    if name in WHOLE_GROUP:
        return "all"
    label, separator, value = name.partition("=")
    return f"{task_name(label)}: {value}" if separator else name.replace("_", " ")


def number(value: Any, digits: int = 2) -> str:
    """`.67`, `−.10`, `1.00`, `12.3`: without the zero before the point, and with a true minus sign.

    >>> number(0.666), number(-0.004), number(12.345), number(1)
    ('.67', '.00', '12.3', '1.00')
    """
    value = float(value)
    text = f"{abs(value):.{digits}f}" if abs(value) < 10 else f"{abs(value):,.1f}"
    if 1 <= abs(value) < 10 and digits > 2:
        text = f"{abs(value):.2f}"
    sign = MINUS if value < 0 and float(text.replace(",", "")) != 0 else ""
    return sign + text.removeprefix("0")


def interval(low: Any, high: Any) -> str:
    """`[.57, .77]`; a dash where there is no interval, such as of one patient."""
    if pd.isna(low) or pd.isna(high):
        return DASH
    return f"[{number(low)}, {number(high)}]"


def estimate(value: Any, low: Any, high: Any) -> str:
    """`.67 [.57, .77]`, or `not estimable`."""
    if pd.isna(value):
        return NOT_ESTIMABLE
    return f"{number(value)} {interval(low, high)}".strip()


def probability(value: Any) -> str:
    """`< .001`, `.03`; empty where missing."""
    if pd.isna(value):
        return ""
    return "< .001" if float(value) < 0.001 else number(value, 3 if float(value) < 0.1 else 2)


def count(value: Any) -> str:
    """`1,437`; empty where missing."""
    return "" if pd.isna(value) else f"{round(float(value)):,}"


def of(n: Any, positive: Any) -> str:
    """`n 217 (88+)`: cases, and positive ones where the task has a positive class."""
    if pd.isna(n):
        return ""
    return f"n {count(n)}" + ("" if pd.isna(positive) else f" ({count(positive)}+)")


def in_words(n: Any, positive: Any) -> str:
    """`n 217, 88 positive`."""
    return f"n {count(n)}" + ("" if pd.isna(positive) else f", {count(positive)} positive")


def plural(n: int, singular: str, several: str = "") -> str:
    """`1 centre`, `3 centres`."""
    return f"{n:,} {singular if n == 1 else several or singular + 's'}"


def listing(names: Iterable[str]) -> str:
    """Join names as `a, b and c`."""
    names = list(names)
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def feature_name(feature: str, region: str = "") -> str:
    """`t1c_glcm_Contrast` in `whole` → `T1c GLCM Contrast (whole)`; of ratios `T1c to FLAIR log ratio Mean`."""
    of_pair = "difference" if feature.lower().rsplit("_", 1)[-1] in SIGNED else "log ratio"
    known = MODALITIES | {"mask": "Mask", "firstorder": "first order", LOG_RATIO: of_pair}
    known |= {f"{one}-{other}": f"{known[one]} to {known[other]}" for one, other in permutations(MODALITIES, 2)}
    parts = [
        known.get(part, part.upper() if part.startswith("gl") or part == "ngtdm" else part)
        for part in feature.split("_")
    ]
    return " ".join(parts) + (f" ({region})" if region else "")
