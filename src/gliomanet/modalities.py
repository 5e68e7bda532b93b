"""The four modalities of a glioma protocol, their subsets, and the names of these."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

MODALITIES = ("t1", "t1c", "t2", "flair")
"""The modalities, in the order of every channel axis of this project."""

FILE_COLUMNS = (*MODALITIES, "tumour_mask", "brain_mask")
"""The columns of a case table that name files."""


JOIN = "+"


def modality_subsets_of(modalities: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Every non-empty subset of some modalities: the smallest first, each in the order of `MODALITIES`.

    Args:
        modalities: M names, in any order.

    Returns:
        2^M − 1 subsets; the last one holds all modalities.

    Raises:
        ValueError: a name is no modality, or stands there twice.

    >>> modality_subsets_of(["t2", "t1c"])
    (('t1c',), ('t2',), ('t1c', 't2'))
    """
    names = tuple(modalities)
    if unknown := [name for name in names if name not in MODALITIES]:
        raise ValueError(f"{', '.join(map(repr, unknown))}: no such modality; modalities: {', '.join(MODALITIES)}")
    if len(set(names)) < len(names):
        raise ValueError(f"modalities {', '.join(names)}: each must be named once")
    ordered = sorted(names, key=MODALITIES.index)
    return tuple(subset for size in range(1, len(ordered) + 1) for subset in combinations(ordered, size))


def ratio_of(name: str) -> tuple[str, str]:
    """The two modalities of a ratio map: `t1c/t1` → t1c over t1.

    Raises:
        ValueError: the name is none of a ratio of two modalities.

    >>> ratio_of("t2/flair")
    ('t2', 'flair')
    """
    over, _, under = name.partition("/")
    if over == under or not {over, under} <= set(MODALITIES):
        raise ValueError(f"{name!r} is no ratio of two of {', '.join(MODALITIES)}, such as t1c/t1")
    return over, under


def subset_name(subset: Iterable[str]) -> str:
    """`t1+t1c` for these two, whatever their order.

    >>> subset_name(["flair", "t1c"])
    't1c+flair'
    """
    return JOIN.join(sorted(subset, key=MODALITIES.index))


def modalities_of(name: str) -> tuple[str, ...]:
    """The modalities that a subset's name lists: `t1+t1c` → t1 and t1c.

    Raises:
        ValueError: it is not the name of a subset.

    >>> modalities_of("t1c+flair")
    ('t1c', 'flair')
    """
    modalities = tuple(name.split(JOIN))
    if not set(modalities) <= set(MODALITIES) or subset_name(set(modalities)) != name:
        raise ValueError(
            f"{name!r} is no subset of modalities; its name joins some of {', '.join(MODALITIES)}, in this order, "
            f"by {JOIN!r}"
        )
    return modalities
