"""The series of each modality, among those that show it; of T1, with what is not sure of it.

A T1 without any word of contrast medium, and without an agent in its header, may have been acquired after medium all
the same: people forget to type. So

- a T1 that says it is without medium comes before one that says nothing;
- one that says nothing and was acquired after a series with medium shows medium itself, and is not used;
- where nothing in the case says so, the earlier of equal ones is taken, with a warning that one of them may show it.

"Earlier" is by the time of acquisition, where both series have one and it differs, else by the scanner's number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gliomanet.cohort.dicom.series import Judgement, Series, best_first, is_derived, quality, slices_missing
from gliomanet.errors import Problem
from gliomanet.modalities import MODALITIES

Judged = tuple[Series, Judgement]
_LOOK = "look at the images; if another is right, convert the files by hand and name it in a table"
_DAY = 24 * 3600.0
_EXPORT = "export the series again, with all of its slices"


@dataclass(frozen=True)
class Choice:
    """The chosen series.

    Attributes:
        chosen: modality → place of its series.
        why_not: place of a series that is not used for a reason of its own → that reason.
        doubts: what a person should look at.
    """

    chosen: Mapping[str, int]
    why_not: Mapping[int, str] = field(default_factory=dict)
    doubts: tuple[Problem, ...] = ()


def choose(series: Sequence[Judged]) -> Choice:
    """Choose one series per modality.

    Args:
        series: every series and its judgement.
    """
    places = {name: [i for i, (_, one) in enumerate(series) if one.modality == name] for name in MODALITIES}
    without_medium, why_not, doubts = _without_medium(series, places["t1"], places["t1c"])
    places["t1"] = without_medium
    if not places["t1"]:
        doubts += _agents_everywhere(series, places["t1c"])
    doubts += [
        Problem(f"series {one.number} is not used: {judgement.why}", _EXPORT, rule="slices_missing")
        for one, judgement in series
        if one.missing_slices and judgement.why == slices_missing(one)
    ]
    chosen = {}
    for name, candidates in places.items():
        if candidates:
            best = best_first([series[i][0] for i in candidates])[0]
            chosen[name] = next(i for i in candidates if series[i][0] is best)
    return Choice(chosen, why_not, tuple(dict.fromkeys(doubts)))


def _without_medium(
    series: Sequence[Judged], plain: list[int], enhanced: list[int]
) -> tuple[list[int], dict[int, str], list[Problem]]:
    """The places of T1 to choose from, the reasons against others, and doubts."""
    why_not: dict[int, str] = {}
    for place in plain:
        before = [i for i in enhanced if _earlier(series[i][0], series[place][0])]
        if before and not series[place][1].medium:
            number = min(series[i][0].number for i in before)
            why_not[place] = f"acquired after series {number}, which shows contrast medium"
    left = [i for i in plain if i not in why_not]
    if why_not and not left:
        numbers = _numbers(series, why_not)
        found = f"no T1 is used: {numbers} without a word of contrast medium came after series that show it"
        return [], why_not, [Problem(found, _LOOK, rule="t1_after_contrast_medium")]
    said = [i for i in left if series[i][1].medium == "before"]
    if said or enhanced or len(left) < 2:
        return (said or left), why_not, []
    acquired = [i for i in left if not is_derived(series[i][0])] or left
    best = min(quality(series[i][0]) for i in acquired)
    first = acquired[0]
    for i in acquired:
        one, taken = series[i][0], series[first][0]
        if quality(one) == best and (quality(taken) != best or _earlier(one, taken)):
            first = i
    if len(acquired) < 2:
        return [first], why_not, []
    others = _numbers(series, (i for i in acquired if i != first))
    found = (
        f"series {series[first][0].number} is taken as T1, not {others}: none has a word of contrast medium, and one "
        "of them may have been acquired after it"
    )
    return [first], why_not, [Problem(found, _LOOK, rule="t1_may_show_contrast_medium")]


def _agents_everywhere(series: Sequence[Judged], enhanced: list[int]) -> list[Problem]:
    """A doubt where the agent in the headers is the only sign, and of every T1: it may be the whole examination's."""
    acquired = [i for i in enhanced if not is_derived(series[i][0])]
    if len(acquired) < 2 or any(series[i][1].medium != "agent" for i in acquired):
        return []
    found = f"the headers of every T1 name an agent ({_numbers(series, acquired)}): the first may be from before it"
    return [Problem(found, _LOOK, rule="every_t1_names_an_agent")]


def _earlier(one: Series, other: Series) -> bool:
    if one.time is None or other.time is None or one.time == other.time:
        return one.number < other.number
    after = (other.time - one.time) % _DAY  # an examination may go on after midnight
    return after < _DAY / 2


def _numbers(series: Sequence[Judged], places: Iterable[int]) -> str:
    return "series " + ", ".join(str(number) for number in sorted(series[i][0].number for i in places))
