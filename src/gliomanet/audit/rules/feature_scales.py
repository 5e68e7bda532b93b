"""Features that are not the same thing at two centres: other columns, other units, other scales, other grey levels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from gliomanet.audit.context import counted, listed
from gliomanet.cohort.findings import Finding
from gliomanet.models.void_features import FEWEST_CASES
from gliomanet.tables.feature_names import FIRST_ORDER, FeatureName, parts_of

DIGITS_OF_A_LENGTH = 0.5
"""Difference of log10 medians that is no longer the patients': half the step from mm to cm. Of an area twice that, of
a volume three times."""

DIGITS_OF_OTHERS = 1.5
"""The same of features without a physical unit: a factor of some 30."""

STANDARDISED = 0.9
"""Share of a centre's features of mean 0 and deviation 1 (or of least 0 and largest 1)."""

BITS_APART = 1.5
"""Difference of median entropies, in bits: the same images in nearly three times as many grey levels."""

_POSITIVE = 0.95


def across_centers(tables: Mapping[str, pd.DataFrame]) -> Iterator[Finding]:
    """Findings on the features of several centres.

    Args:
        tables: centre → cases × features, one row per case; floats, NaN = missing. Units and scales of a few cases
            are not compared.
    """
    judged = {center: table for center, table in tables.items() if len(table) >= FEWEST_CASES}
    yield from _absent({center: table for center, table in tables.items() if len(table)})
    scaled = {center: how for center, table in judged.items() if (how := _standardised(table))}
    for center, how in scaled.items():
        others = [other for other in judged if scaled.get(other) != how]
        if others:
            found = f"the features are {how} over the cases, and those of {listed(others)} are not"
            action = (
                "give every centre's features as they were measured: scales fitted at each centre take away what "
                "centres share, and see the cases that test"
            )
            yield Finding("warning", "features_standardised", center, "", "", found, action)
    raw = {center: table for center, table in judged.items() if center not in scaled}
    if len(raw) > 1:
        yield from _scales(raw)
        yield from _entropies(raw)


def _absent(tables: Mapping[str, pd.DataFrame]) -> Iterator[Finding]:
    having = {center: {str(c) for c in table.columns if table[c].notna().any()} for center, table in tables.items()}
    every = set().union(*having.values())
    for center, columns in having.items():
        lacking = sorted(every - columns)
        if lacking and columns:
            where = [other for other in having if set(lacking) & having[other]]
            found = (
                f"{counted(len(lacking), 'feature')} of {listed(where)} {'is' if len(lacking) == 1 else 'are'} not "
                f"here: {listed(lacking)}"
            )
            action = (
                "medians of the training cases stand for them in models; measure them here, or leave them out there"
            )
            yield Finding("warning", "features_absent", center, "", "", found, action)
            if listed(lacking) != ", ".join(lacking):
                yield Finding(
                    "note", "features_absent", center, "", "", f"all {len(lacking)}: {', '.join(lacking)}", ""
                )


def _standardised(table: pd.DataFrame) -> str:
    """`z-scored` or `put between 0 and 1` where nearly every feature of a centre is, else ""."""
    spread = table.std()
    varied = table.loc[:, spread > 0]
    if varied.shape[1] < 2:
        return ""
    zscored = (varied.mean().abs() < 0.1) & ((varied.std(ddof=0) - 1).abs() < 0.1)
    between = (varied.min().abs() < 1e-6) & ((varied.max() - 1).abs() < 1e-6)
    if zscored.mean() >= STANDARDISED:
        return "z-scored"
    return "put between 0 and 1" if between.mean() >= STANDARDISED else ""


def _scales(tables: Mapping[str, pd.DataFrame]) -> Iterator[Finding]:
    """Medians of positive features that are too far apart to be of one unit."""
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    common = sorted(set.intersection(*({str(c) for c in table.columns} for table in tables.values())))
    for column in common:
        name = parts_of(column)
        if name.is_texture:
            continue  # they follow the number of grey levels, which is compared by itself
        medians = {c: _positive_median(t[column]) for c, t in tables.items()}
        known = {center: np.log10(median) for center, median in medians.items() if median is not None}
        if len(known) < 2:
            continue
        low, high = min(known, key=known.__getitem__), max(known, key=known.__getitem__)
        bound = DIGITS_OF_A_LENGTH * abs(name.dimension) if name.dimension else DIGITS_OF_OTHERS
        if known[high] - known[low] > bound:
            groups[low, high, _unit_hint(name, known[high] - known[low])].append(
                f"{column} ({medians[low]:.3g} and {medians[high]:.3g})"
            )
    for (low, high, hint), columns in groups.items():
        found = (
            f"medians of {counted(len(columns), 'feature')} at {low} and {high} differ by more than patients do{hint}: "
            f"{listed(columns)}"
        )
        action = "give both in one unit, measured on images of one scale"
        yield Finding("warning", "feature_units_differ", "", "", "", found, action)


def _unit_hint(name: FeatureName, digits: float) -> str:
    steps = {3: {3: "mm³ and ml", 6: "mm³ and l"}, 2: {2: "mm² and cm²"}, 1: {1: "mm and cm"}, -1: {1: "1/mm and 1/cm"}}
    for step, units in steps.get(name.dimension, {}).items():
        if abs(digits - step) < DIGITS_OF_A_LENGTH:
            return f", as {units} do"
    return ""


def _positive_median(column: pd.Series) -> float | None:
    known = column.dropna()
    if len(known) < FEWEST_CASES or (known > 0).mean() < _POSITIVE:
        return None
    return float(known.median())


def _entropies(tables: Mapping[str, pd.DataFrame]) -> Iterator[Finding]:
    names = {str(c): parts_of(str(c)) for table in tables.values() for c in table.columns}
    for column, name in sorted(names.items()):
        if (name.family, name.name) != (FIRST_ORDER, "Entropy"):
            continue
        medians = {
            center: abs(float(table[column].median()))  # of one grey level it is -0.0
            for center, table in tables.items()
            if column in table and table[column].notna().any()
        }
        if len(medians) < 2 or max(medians.values()) - min(medians.values()) <= BITS_APART:
            continue
        told = ", ".join(f"{center} {bits:.1f}" for center, bits in medians.items())
        found = (
            f"median {column} differs between centres: {told} bits. Their images were cut into grey levels differently"
        )
        action = "extract every centre's features from images of one scale, with one bin width"
        yield Finding("warning", "grey_levels_differ", "", "", "", found, action)
