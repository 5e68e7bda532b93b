"""Names that images would fit: the permutation of a case's modalities that their appearance does not contradict."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, permutations

from gliomanet.imaging.modality_check.appearance import Appearance, enhancement
from gliomanet.modalities import MODALITIES

FLUID_BRIGHT = 0.1
FLUID_DARK = 0.06
"""Fluid less white matter, in the hemisphere that says less: real T2 from .18 on, others up to .02."""

WHITE_APART = 0.08
"""White less grey matter, real T1 and T1c above their case's FLAIR: .13 to .33; so a swap is .13 to the other side."""

UNLIKE_T1 = -0.03
UNLIKE_FLAIR = 0.2
"""White less grey matter: real T1 and T1c from .10 on, real FLAIR up to .03, phantoms' up to .13."""

ENHANCED = 0.3
"""Score of `enhancement`: real T1c over T1 from .40 on; phantoms, some without any enhancement, down to -.21."""

_LEANING = 0.1

Names = Mapping[str, str]
"""File's modality → the modality that it is taken for."""

_T1_LIKE = ("t1", "t1c")


@dataclass(frozen=True)
class _Fact:
    """Something that is plain to see: a sentence with its values, and the names that it rules out."""

    said: str
    contradicts: Callable[[Names], bool]


@dataclass(frozen=True)
class Misnamed:
    """Images that are not what they are called.

    Attributes:
        looks: modality → modalities that its image looks like, of images that cannot be what they are called; empty
            where it is not clear which ones are not.
        why: what is seen, a sentence each.
    """

    looks: Mapping[str, tuple[str, ...]]
    why: tuple[str, ...]


def misnamed(appearances: Mapping[str, Appearance | None], copies: Collection[tuple[str, str]] = ()) -> Misnamed | None:
    """The images of a case that look like another modality than their name; None where nothing contradicts the names.

    Where facts (the brightness of fluid in each image; white matter and enhancement in one against another) contradict
    the names, the permutation of the case's modalities that no fact contradicts is looked for; then names that the case
    does not have are tried too. Where several are left, an image looks like any of them.

    Args:
        appearances: modality → appearance, None where it could not be told; such an image may be anything.
        copies: pairs that are one image; neither enhances against the other.
    """
    facts = _Facts(appearances, copies)
    own = {name: name for name in appearances}
    against = [fact.said for fact in facts.plain if fact.contradicts(own)]
    if not against:
        return None
    left = _agreeing(permutations(own), own, facts) or _agreeing(permutations(MODALITIES, len(own)), own, facts)
    if left:
        looks = {name: _in_order(names[name] for names in left) for name in own}
    else:  # two images of one modality: each is judged by itself
        looks = {name: _in_order(other for other in MODALITIES if facts.allow({name: other})) for name in own}
    certain = {name: like for name, like in looks.items() if name not in like}
    return Misnamed(certain, tuple(against))


def _in_order(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names), key=MODALITIES.index))


def _agreeing(tried: Iterable[tuple[str, ...]], own: Names, facts: _Facts) -> list[dict[str, str]]:
    named = [dict(zip(own, names, strict=True)) for names in tried]
    agreeing = [names for names in named if facts.allow(names)]
    leaning = [names for names in agreeing if not any(fact.contradicts(names) for fact in facts.leaning)]
    return leaning or agreeing


class _Facts:
    """The facts of a case; enhancement is compared where images may be T1 and T1c alone."""

    def __init__(self, appearances: Mapping[str, Appearance | None], copies: Collection[tuple[str, str]]) -> None:
        self._copies = {frozenset(pair) for pair in copies}
        self._seen = {name: one for name, one in appearances.items() if one is not None}

    def allow(self, names: Names) -> bool:
        return not any(fact.contradicts(names) for fact in self.plain)

    @cached_property
    def plain(self) -> list[_Fact]:
        """Facts beyond doubt, by which names are found to be wrong."""
        single = [fact for name, one in self._seen.items() for fact in _of_image(name, one)]
        pairs = [
            fact
            for lower, higher in permutations(self._seen, 2)
            if (fact := _of_white_matter(lower, higher, self._seen[lower], self._seen[higher])) is not None
        ]
        return [*single, *pairs, *self._of_enhancement(ENHANCED)]

    @cached_property
    def leaning(self) -> list[_Fact]:
        """Fainter facts, which choose among names that agree with every plain one."""
        return self._of_enhancement(_LEANING)

    def _of_enhancement(self, least: float) -> list[_Fact]:
        facts = []
        for (first, second), scores in self._enhancements.items():
            if min(scores) >= least:
                facts.append(_enhances(second, first, min(scores)))
            elif max(scores) <= -least:
                facts.append(_enhances(first, second, -max(scores)))
        return facts

    @cached_property
    def _enhancements(self) -> dict[tuple[str, str], tuple[float, float]]:
        dark = [name for name, one in self._seen.items() if not min(one.fluid) >= FLUID_BRIGHT]
        compared = [pair for pair in combinations(dark, 2) if frozenset(pair) not in self._copies]
        return {(one, other): enhancement(self._seen[one], self._seen[other]) for one, other in compared}


def _of_image(name: str, one: Appearance) -> list[_Fact]:
    fluid = f"fluid less white matter is {sum(one.fluid) / 2:+.2f} of the brain's range in {name}"
    white = f"white less grey matter is {sum(one.white) / 2:+.2f} of the brain's range in {name}"
    facts = []
    if min(one.fluid) >= FLUID_BRIGHT:
        said = f"{fluid} (from {FLUID_BRIGHT:g} on in t2 alone)"
        facts.append(_Fact(said, lambda names: names.get(name, "t2") != "t2"))
    if max(one.fluid) <= FLUID_DARK:
        said = f"{fluid} (above {FLUID_DARK:g} in any t2)"
        facts.append(_Fact(said, lambda names: names.get(name) == "t2"))
    if max(one.white) <= UNLIKE_T1:
        said = f"{white} (above {UNLIKE_T1:g} in t1 and t1c)"
        facts.append(_Fact(said, lambda names: names.get(name) in _T1_LIKE))
    if min(one.white) >= UNLIKE_FLAIR:
        said = f"{white} (below {UNLIKE_FLAIR:g} in t2 and flair)"
        facts.append(_Fact(said, lambda names: names.get(name) in ("t2", "flair")))
    return facts


def _of_white_matter(lower: str, higher: str, one: Appearance, other: Appearance) -> _Fact | None:
    apart = [b - a for a, b in zip(one.white, other.white, strict=True)]
    if min(apart) < WHITE_APART:
        return None
    said = (
        f"white less grey matter is {sum(one.white) / 2:+.2f} of the brain's range in {lower} and "
        f"{sum(other.white) / 2:+.2f} in {higher} (t1 and t1c have more of it than flair)"
    )
    return _Fact(said, lambda names: names.get(lower) in _T1_LIKE and names.get(higher) == "flair")


def _enhances(name: str, other: str, score: float) -> _Fact:
    said = f"{name} enhances against {other} (bright outliers: {score:.2f}, from {ENHANCED:g} on it is plain)"
    return _Fact(said, lambda names: names.get(name) == "t1" and names.get(other) == "t1c")
