"""Biomarkers kept where the truth is known: no effect, a memorised label, a scanner's offset, measured effects.

Every draw is a study of two training centres and some external ones, one task and three folds, searched by the
product's own functions. Deep features are drawn, not learnt: what a network makes of a case is what the row says.

    nice -n 10 python benchmarks/biomarkers.py [--draws 200]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
import pandas as pd

from gliomanet.config.analysis import Explanation
from gliomanet.explanation.biomarkers import biomarkers
from gliomanet.explanation.deep_features import explain_deep_features
from gliomanet.explanation.explained import tables_of
from gliomanet.labels.tasks import DEFAULT_TASKS

FOLDS, WIDTH, FEATURES = 3, 12, 30
TASKS = {"idh": DEFAULT_TASKS["idh"]}
SETTINGS = Explanation()
TRUE = 6
"""The first features differ between the classes in every centre (or, without an effect, in none)."""


def study(
    rng: np.random.Generator, centers: dict[str, str], cases: int, *, shift: float, spread: float = 0.0
) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Cases (center, part of the fold, label), and FEATURES radiomic features; the first TRUE differ by `shift`.

    Args:
        rng: source of all draws.
        centers: name → role.
        cases: of each centre.
        shift: mean difference between the classes, in standard deviations.
        spread: standard deviation of that difference between centres, drawn for each feature and centre.
    """
    center = np.repeat(list(centers), cases)
    label = rng.random(center.size) < 0.4
    x = rng.normal(size=(center.size, FEATURES))
    for name in centers:
        own = shift * (np.arange(FEATURES) < TRUE) + spread * rng.normal(size=FEATURES)
        x += np.outer(label & (center == name), own)
    table = pd.DataFrame({"center": center, "external": [centers[c] == "external" for c in center]})
    table["case_id"] = [f"{c}{i:04d}" for i, c in enumerate(center)]
    table["fold"] = rng.permutation(center.size) % FOLDS
    return table, label, x


def measured(rng: np.random.Generator, x: np.ndarray, label: np.ndarray, training: np.ndarray) -> np.ndarray:
    """Deep features that each measure one of the first features, and some noise."""
    z = 0.5 * rng.normal(size=(len(x), WIDTH))
    z[:, :3] += x[:, :3]
    return z


def memorised(rng: np.random.Generator, x: np.ndarray, label: np.ndarray, training: np.ndarray) -> np.ndarray:
    """Deep features that are the label on training cases, and noise on all others."""
    z = rng.normal(size=(len(x), WIDTH))
    return np.where(training[:, None], 3.0 * label[:, None] + 0.3 * z, z)


def follows_label(rng: np.random.Generator, x: np.ndarray, label: np.ndarray, training: np.ndarray) -> np.ndarray:
    """Deep features that know the label on every case, by something no radiomic feature measures."""
    return 1.5 * label[:, None] + rng.normal(size=(len(x), WIDTH))


def search(
    rng: np.random.Generator,
    table: pd.DataFrame,
    label: np.ndarray,
    x: np.ndarray,
    network: Callable[..., np.ndarray],
    offset: float = 0.0,
) -> pd.DataFrame:
    """The biomarkers' table of one study; `offset`: a shift of each centre that deep and radiomic features share."""
    of_center = dict(zip(table["center"].unique(), rng.normal(size=table["center"].nunique()), strict=True))
    shared = offset * table["center"].map(of_center).to_numpy()[:, None]
    names = [f"t1c_glcm_F{j}" for j in range(FEATURES)]
    radiomics = pd.DataFrame(x + shared, columns=names).assign(case_id=table["case_id"], region="whole")
    deep, splits, heads = [], [], {}
    for fold in range(FOLDS):
        validation = (table["fold"] == fold).to_numpy() & ~table["external"].to_numpy()
        training = ~validation & ~table["external"].to_numpy()
        z = network(rng, x, label, training) + shared
        weight = np.abs(rng.normal(size=WIDTH)) * (np.arange(WIDTH) < 8)
        heads[str(fold)] = {"idh": (np.stack([-weight, weight]) / 2, np.zeros(2))}
        named = {"stage": "supervised", "scenario": "main", "fold": str(fold)}
        rows = pd.DataFrame(z, columns=[f"z{j}" for j in range(WIDTH)]).assign(**named, task="idh")
        deep.append(rows.assign(case_id=table["case_id"])[~table["external"].to_numpy()])
        part = np.select([table["external"], validation], ["external", "validation"], "train")
        splits.append(table[["case_id", "center"]].assign(scenario="main", fold=str(fold), part=part))
    cases = table[["case_id", "center"]].assign(idh=np.where(label, "mutant", "wildtype"))
    parts = pd.concat(splits)
    tables = tables_of(explain_deep_features(pd.concat(deep), heads, parts), SETTINGS.shap_fraction)
    return biomarkers(*tables, radiomics, cases, parts, TASKS, SETTINGS, scenario="main").biomarkers


def centers_of(number: int) -> dict[str, str]:
    """Two training centres, the others external."""
    return {chr(65 + i): "train" if i < 2 else "external" for i in range(number)}


def counted(draws: int, seed: int, number: int, cases: int, shift: float, spread: float, network, offset) -> str:
    """A line of the table: linked and kept per study, true and false ones, and studies with any false one."""
    found = []
    for draw in range(draws):
        rng = np.random.default_rng([seed, draw])
        table, label, x = study(rng, centers_of(number), cases, shift=shift, spread=spread)
        rows = search(rng, table, label, x, network, offset)
        column = rows["feature"].str.removeprefix("t1c_glcm_F").astype(int)
        kept, true = rows["status"] == "kept", column < (3 if network is measured and shift else 0)
        follows = (column < TRUE) & ~true if shift else column < 0
        undecided = rows["status"] == "not decidable"
        found.append([len(rows), (kept & true).sum(), (kept & follows).sum(), (kept & ~true & ~follows).sum()])
        found[-1] += [float(found[-1][-1] > 0), undecided.sum(), (kept & ~true).sum() / max(kept.sum(), 1)]
    mean = np.mean(np.array(found, dtype=float), axis=0)
    return " | ".join(f"{value:.2f}" for value in mean)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=200)
    draws = parser.parse_args().draws
    print("| case | centres × cases | linked | measured kept (of 3) | label features kept | others kept | ", end="")
    print("studies that keep another | not decidable | false share of kept |")
    print("|---" * 9 + "|")
    for text, *given in (
        ("no effect, measured by the network", 4, 120, 0.0, 0.0, measured, 0.0),
        ("the same, differences of SD .3 between centres", 2, 120, 0.0, 0.3, measured, 0.0),
        ("the same", 3, 120, 0.0, 0.3, measured, 0.0),
        ("the same", 4, 120, 0.0, 0.3, measured, 0.0),
        ("the same", 6, 120, 0.0, 0.3, measured, 0.0),
        ("memorised label", 4, 120, 0.8, 0.0, memorised, 0.0),
        ("scanner's offset shared by all features, no effect", 4, 120, 0.0, 0.0, memorised, 3.0),
        ("offset and memorised label", 4, 120, 0.8, 0.0, memorised, 3.0),
        ("network that knows the label", 4, 120, 0.8, 0.0, follows_label, 0.0),
        ("measured effects", 4, 120, 0.8, 0.0, measured, 0.0),
        ("measured effects, offset", 4, 120, 0.8, 0.0, measured, 3.0),
        ("measured effects, 3 centres", 3, 120, 0.8, 0.0, measured, 0.0),
        ("measured effects, smaller centres", 4, 60, 0.8, 0.0, measured, 0.0),
    ):
        print(f"| {text} | {given[0]} × {given[1]} | {counted(draws, 1, *given)} |", flush=True)
