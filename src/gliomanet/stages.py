"""The names of a model's training stages: folders of its fits, and cells of every table.

`supervised` comes first; each round of pseudo-labels is a stage of its own: `pseudo_label`, `pseudo_label_2`, …
"""

from __future__ import annotations

import re

SUPERVISED = "supervised"
PSEUDO_LABEL = "pseudo_label"
_ROUND = re.compile(rf"{PSEUDO_LABEL}(?:_([2-9]|[1-9][0-9]+))?")


def stage_of_round(number: int) -> str:
    """The stage that learns from the pseudo-labels of a round, from 1.

    >>> stage_of_round(1), stage_of_round(2)
    ('pseudo_label', 'pseudo_label_2')
    """
    if number < 1:
        raise ValueError(f"rounds are counted from 1, got {number}")
    return PSEUDO_LABEL if number == 1 else f"{PSEUDO_LABEL}_{number}"


def round_of(stage: str) -> int | None:
    """The round whose pseudo-labels a stage learns from, 0 for `supervised`; `None` for a name of neither kind.

    >>> round_of("supervised"), round_of("pseudo_label_3"), round_of("someone_elses")
    (0, 3, None)
    """
    if stage == SUPERVISED:
        return 0
    match = _ROUND.fullmatch(stage)
    return int(match[1] or 1) if match else None


def stage_order(stage: str) -> tuple[float, str]:
    """A sorting key: stages in the order of training, then names of other systems' stages."""
    number = round_of(stage)
    return (float("inf"), stage) if number is None else (number, "")
