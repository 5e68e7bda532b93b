"""Feature columns of one centre that carry nothing, or less than their number says."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import pandas as pd

from gliomanet.audit.context import counted, listed
from gliomanet.cohort.findings import Finding
from gliomanet.models.void_features import FEWEST_CASES, duplicates, one_level_images
from gliomanet.tables.feature_names import FIRST_ORDER, SHAPE, FeatureName, parts_of

MOSTLY_MISSING = 0.5
"""Share of the cases that lack a feature."""

NEARLY_CONSTANT = 0.98
"""Share of the cases that have one and the same value."""

_FEWEST_OF_NEARLY_CONSTANT = 50

NEARLY_SAME = 0.9999
"""|r| from which two columns are nearly one."""

GREY_LEVELS = (16, 128)
"""Bins of a histogram that pyradiomics advises; beyond is a note."""

FAR_GREY_LEVELS = (8, 256)
"""Bins beyond which texture says little: a warning."""

_FEWEST_SHARED = 4

FEW_BITS = 2.0
"""Entropy in bits below which few of the grey levels are in use, where the bin width is not known."""


def columns_of_center(center: str, table: pd.DataFrame, bin_width: float | None = None) -> Iterator[Finding]:
    """Findings on the features of one centre.

    Args:
        center: its name.
        table: cases × features, one row per case; floats, NaN = missing.
        bin_width: of the histogram; `None`: not known.
    """
    if len(table) < FEWEST_CASES or table.shape[1] == 0:
        return
    empty = [str(column) for column in table.columns if table[column].isna().all()]
    missing = [c for c in map(str, table.columns) if c not in empty and table[c].isna().mean() > MOSTLY_MISSING]
    told = [column for column in map(str, table.columns) if column not in empty]
    spread = table[told].max() - table[told].min()
    constant = [column for column in told if not spread[column] > 1e-9 * table[column].abs().max()]
    varied = [column for column in told if column not in constant]
    yield from _one_level(center, table, constant)
    yield from _named(
        "warning",
        "features_constant",
        center,
        constant,
        "{} the same in every case",
        "left out of every model that trains here; look at how the table was made",
        ("is", "are"),
    )
    yield from _named(
        "warning",
        "features_empty",
        center,
        empty,
        "{} empty",
        "take the columns out of the table, or fill them",
        ("is", "are"),
    )
    yield from _named(
        "warning",
        "features_missing",
        center,
        missing,
        f"{{}} missing in more than {MOSTLY_MISSING:.0%} of the cases",
        "their median stands for them in models; leave them out, or measure them",
        ("is", "are"),
    )
    if len(table) >= _FEWEST_OF_NEARLY_CONSTANT:
        nearly = [c for c in varied if table[c].value_counts(normalize=True).iloc[0] >= NEARLY_CONSTANT]
        yield from _named(
            "warning",
            "features_nearly_constant",
            center,
            nearly,
            f"{{}} the same in {NEARLY_CONSTANT:.0%} of the cases or more",
            "they say something of a few cases only; look whether these are right",
            ("is", "are"),
        )
    yield from _alike(center, table)
    yield from _duplicates(center, table[varied])
    yield from _grey_levels(center, table, bin_width)


def _one_level(center: str, table: pd.DataFrame, constant: list[str]) -> Iterator[Finding]:
    names = {str(column): parts_of(str(column)) for column in table.columns}
    for image, share in one_level_images(table).items():
        textures = [c for c, name in names.items() if name.is_texture and _image(name) == image]
        same = sum(column in constant for column in textures)
        found = (
            f"every voxel of {_named_image(image)} is of one grey level in {share:.0%} of the cases: the histogram's "
            f"bins are wider than the intensities' range. {counted(len(textures), 'texture feature')} say nothing of "
            f"the image ({same} are constant, the others are functions of the mask)"
        )
        action = (
            "extract them again with a bin width that gives 16 to 128 grey levels (0.25 for z-scored images); models, "
            "explanation and biomarkers go without them"
        )
        yield Finding("warning", "features_of_one_grey_level", center, "", "", found, action)
        if textures:
            yield _all_of("features_of_one_grey_level", center, textures)


def _alike(center: str, table: pd.DataFrame) -> Iterator[Finding]:
    """Modalities that share more than their shape: one image was measured twice, or none was."""
    columns: dict[str, dict[tuple[str, str, str, str], str]] = {}
    for column in map(str, table.columns):
        name = parts_of(column)
        if name.family:
            columns.setdefault(name.modality, {})[name.region, name.family, name.filter, name.name] = column
    for one, other in combinations(sorted(columns), 2):
        common = sorted(columns[one].keys() & columns[other].keys())
        equal = [key for key in common if _equal(table[columns[one][key]], table[columns[other][key]])]
        images = [key for key in common if key[1] != SHAPE]
        shared = [key for key in equal if key[1] != SHAPE]
        if len(images) >= _FEWEST_SHARED and len(shared) > len(images) / 2:
            found = (
                f"{len(equal)} of {len(common)} features of {one} equal those of {other} in every case, and only "
                f"{len(equal) - len(shared)} of them are shape, which is the mask's"
            )
            action = "look whether one image was measured twice, or the grey levels are too few to tell images apart"
            yield Finding("warning", "modalities_alike", center, "", "", found, action)


def _equal(one: pd.Series, other: pd.Series) -> bool:
    size = max(one.abs().max(), other.abs().max())
    apart = (one - other).abs().max()
    return bool(one.isna().equals(other.isna()) and apart <= 1e-9 * size)


def _duplicates(center: str, table: pd.DataFrame) -> Iterator[Finding]:
    names = {str(column): parts_of(str(column)) for column in table.columns}
    twins = duplicates(table, names)
    expected = [column for column, twin in twins.items() if _one_mask(names[column], names[twin])]
    same_image = [c for c, twin in twins.items() if c not in expected and _one_image(names[c], names[twin])]
    others = [column for column in twins if column not in expected and column not in same_image]

    def of(columns: list[str]) -> list[str]:
        return [f"{column} = {twins[column]}" for column in columns]

    yield from _named(
        "warning",
        "features_duplicated",
        center,
        of(others),
        "{} another feature, but for a factor",
        "one of each pair is kept; look at how the table was made, since two images do not measure the same",
        ("equals", "equal"),
    )
    yield from _named(
        "note",
        "features_of_one_mask",
        center,
        of(expected),
        "{} of shape, which is the mask's and stands once for each modality",
        "nothing; one of each is kept",
        ("is", "are"),
    )
    yield from _named(
        "note",
        "features_multiples",
        center,
        of(same_image),
        "{} a multiple of another one of the same image",
        "nothing; one of each is kept",
        ("is", "are"),
    )
    kept = table[[column for column in names if column not in twins]]
    close = duplicates(kept, names, NEARLY_SAME)
    near = [f"{column} ~ {twin}" for column, twin in close.items()]
    yield from _named(
        "note",
        "features_nearly_duplicated",
        center,
        near,
        f"{{}} with another one by |r| ≥ {NEARLY_SAME}",
        "nothing; both are kept",
        ("goes", "go"),
    )


def _grey_levels(center: str, table: pd.DataFrame, bin_width: float | None) -> Iterator[Finding]:
    flat = one_level_images(table)
    names = {str(column): parts_of(str(column)) for column in table.columns}
    textured = {_image(name) for name in names.values() if name.is_texture}
    for column, name in names.items():
        image = _image(name)
        known = table[column].dropna()
        if name.family != FIRST_ORDER or image in flat or image not in textured or known.empty:
            continue
        if name.name == "Range" and bin_width:
            levels = float(known.median()) / bin_width
            low, high = FAR_GREY_LEVELS
            far = not low <= levels <= high
            if far or not GREY_LEVELS[0] <= levels <= GREY_LEVELS[1]:
                found = f"{_named_image(image)} has {levels:.0f} grey levels of bin width {bin_width:g} (median)"
                action = "pyradiomics advises 16 to 128: choose the bin width so, one for all centres"
                severity = "warning" if far else "note"
                yield Finding(severity, "grey_levels", center, "", "", found, action)  # type: ignore[arg-type]
        elif name.name == "Entropy" and not bin_width and 0 <= known.min() <= known.median() < FEW_BITS:
            found = (
                f"{_named_image(image)} has an entropy of {float(known.median()):.2f} bits (median): as of "
                f"{2 ** float(known.median()):.1f} grey levels"
            )
            action = "pyradiomics advises 16 to 128 grey levels: extract again with a narrower bin width"
            yield Finding("warning", "grey_levels", center, "", "", found, action)


def _named(
    severity: str, rule: str, center: str, names: list[str], found: str, action: str, verb: tuple[str, str]
) -> Iterator[Finding]:
    """A finding on some columns: their number and the first of them; all of them in a note."""
    if not names:
        return
    said = found.format(f"{counted(len(names), 'feature')} {verb[len(names) > 1]}")
    text = f"{said}: {listed(names)}"
    yield Finding(severity, rule, center, "", "", text, action)  # type: ignore[arg-type]
    if listed(names) != ", ".join(names):
        yield _all_of(rule, center, names)


def _all_of(rule: str, center: str, names: list[str]) -> Finding:
    return Finding("note", rule, center, "", "", f"all {len(names)}: {', '.join(names)}", "")


def _one_mask(one: FeatureName, other: FeatureName) -> bool:
    return (one.region, one.family, one.name) == (other.region, SHAPE, other.name) and one.modality != other.modality


def _one_image(one: FeatureName, other: FeatureName) -> bool:
    return bool(one.family) and (_image(one), one.family) == (_image(other), other.family)


def _image(name: FeatureName) -> tuple[str, str, str]:
    return name.region, name.modality, name.filter


def _named_image(image: tuple[str, str, str]) -> str:
    region, modality, filtered = image
    of_filter = f" ({filtered})" if filtered else ""
    return f"{modality or 'the image'}{of_filter}{f' in {region}' if region else ''}"
