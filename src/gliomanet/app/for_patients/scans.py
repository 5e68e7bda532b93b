"""The scans that were given, what is not sure about them and the model, and a picture with its text twin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gliomanet.app.for_patients.part import Part, Point, points
from gliomanet.app.for_patients.standing import standing_of
from gliomanet.modalities import MODALITIES
from gliomanet.patient.pictures.picture import Picture
from gliomanet.patient.result import LEARNT_CASE, LEARNT_CENTER, ResultValues, Segmentation
from gliomanet.patient.statements.statement import Statement, Value
from gliomanet.patient.vasari import SIDED
from gliomanet.reporting.wording import Wording

FROM_TABLES = "warning.feature_tables"
LEARNT = {LEARNT_CASE: "trust.learnt_case", LEARNT_CENTER: "trust.learnt_center"}
"""Warning that the model learnt from this very case, or may have → its plain words."""
ADULT = 18.0
ONE_SIDE = 0.9
"""Share of the outline on one side from which it is said to lie there; from `SIDED` on it lies more on that side.

Below that nothing is said of more and less: tumours push the midline, and the doctor's page calls it bilateral."""


@dataclass(frozen=True)
class Shown:
    """A picture of the scan.

    Attributes:
        address: of its file.
        label: a name for those who do not see it; the part's paragraphs say what is on it.
        width: in pixels.
        height: in pixels.
    """

    address: str
    label: str
    width: int
    height: int


def missing_scans(values: ResultValues) -> tuple[str, ...]:
    """The modalities that were not given."""
    given = {one.image for one in values.inputs}
    return tuple(name for name in MODALITIES if name not in given)


def scans(values: ResultValues, say: Wording) -> Part:
    """The part on what was looked at."""
    given = {one.image for one in values.inputs}
    seen = tuple(say(f"scans.names.{name}") for name in MODALITIES if name in given)
    lacking = tuple(say(f"scans.names.{name}") for name in missing_scans(values))
    lead = say("scans.given_one") if len(seen) == 1 else say("scans.given", n=len(seen))
    told = [Point(lead, seen)]
    told += [Point(say("scans.missing"), lacking), *points(say("scans.missing_after"))] if lacking else []
    told += [] if lacking else points(say("scans.complete"))
    case = values.case
    age = say("scans.age_unknown") if case.age is None else say("scans.age", age=f"{case.age:g}")
    mask = say("scans.mask") if "tumour_mask" in given else ""
    told += points(mask, age, "" if case.sex else say("scans.sex_unknown"))
    return Part("scans", say("scans.title"), tuple(told))


def doubts(values: ResultValues, say: Wording) -> Part:
    """The part on what is not sure: the verdict on the scans, and what the model never learnt."""
    flags = len(values.preparation.flags)
    warnings = len(values.warnings)
    simulated = standing_of(values) == "simulated"
    verdict = "simulated" if simulated else values.trust.verdict.replace(" ", "_")
    texts = [
        *(say(LEARNT[one.code]) for one in values.warnings if one.code in LEARNT),
        say(f"trust.{verdict}"),
        _counted("trust.flags", flags, say),
        say("trust.names_accepted") if values.preparation.names_accepted else "",
        say("trust.fast") if values.bundle.fast else "",
        say("trust.from_tables") if any(one.code == FROM_TABLES for one in values.warnings) else "",
        *([] if simulated else [say("trust.tested" if values.external else "trust.untested"), *_unseen(values, say)]),
        _counted("trust.warnings", warnings, say),
    ]
    return Part("trust", say("trust.title"), points(*texts))


def _counted(key: str, n: int, say: Wording) -> str:
    if not n:
        return ""
    return say(f"{key}_one") if n == 1 else say(key, n=n)


def _unseen(values: ResultValues, say: Wording) -> list[str]:
    """Kinds of people that no training case was, where they may be this one."""
    case, found, unseen = values.case, [say("trust.unseen")], _by_kind(values)
    ages = [one.values for one in unseen["ages"]]
    beyond = [one for one in ages if not _within(one["youngest"], case.age, one["oldest"])]
    if case.age is not None and (case.age < ADULT or beyond):
        found.append(say("trust.unseen_age"))
    if any(one.values["sex"] == case.sex for one in unseen["sex"]):
        found.append(say("trust.unseen_sex"))
    return [*found, say("trust.unseen_answer")] if unseen["class"] else found


def _by_kind(values: ResultValues) -> dict[str, list[Statement]]:
    kinds: dict[str, list[Statement]] = {"ages": [], "sex": [], "class": []}
    for one in values.not_assessed:
        _, _, kind = one.code.partition("never_seen.")
        if kind in kinds:
            kinds[kind].append(one)
    return kinds


def _within(low: Value, age: float | None, high: Value) -> bool:
    return age is None or (isinstance(low, int | float) and isinstance(high, int | float) and low <= age <= high)


def picture(values: ResultValues, say: Wording, address: Callable[[str], str]) -> tuple[Part, Shown | None]:
    """The part on the outline, and a slice of the brain without skull; `None` where no picture was made."""
    found = next((one for one in values.pictures if one.space == "atlas" and one.plane == "axial"), None)
    outline = values.segmentation
    empty = outline is not None and not any(one.volume_ml > 0 for one in outline.volumes)
    texts = [say("picture.no_picture") if found is None else say("picture.caption")]
    if outline is None:
        texts.append(say("picture.nobody"))
    elif empty:
        texts += _doubted(values, outline, say) or [say("picture.empty")]
    else:
        texts += _lines(values, outline, found, say)
        texts += _doubted(values, outline, say) or _measured(outline, say)
    shown = None
    if found is not None:
        shown = Shown(address(found.file), say("picture.label"), found.width, found.height)
    return Part("picture", say("picture.title"), points(*texts)), shown


def _lines(values: ResultValues, outline: Segmentation, shown: Picture | None, say: Wording) -> list[str]:
    """The meaning of each line on the picture."""
    if shown is None:
        return []
    if not shown.outlined:
        return [say("picture.not_on_it")]
    texts = [say("picture.lines_given" if outline.source == "given" else "picture.lines")]
    if "t1c" in missing_scans(values):
        return [*texts, say("picture.no_dye_scan")]
    lines = {"necrosis or non-enhancing core": "picture.line_core", "enhancing": "picture.line_enhancing"}
    return texts + [say(key) for part, key in lines.items() if part in shown.outlined]


def _doubted(values: ResultValues, outline: Segmentation, say: Wording) -> list[str]:
    """The reason why nothing is measured in an outline; empty where it may be told, such as one that a person drew."""
    keys = {"simulated": "picture.meaningless", "do_not_use": "picture.not_to_be_used"}
    standing = standing_of(values)
    return [] if standing == "told" or outline.source == "given" else [say(keys[standing])]


def _side(left: float) -> str:
    """The side that an outline lies on, by its share left of the atlas's middle; the key of its words."""
    side, share = ("left", left) if left >= 0.5 else ("right", 1 - left)
    return side if share >= ONE_SIDE else f"more_{side}" if share >= SIDED else "both"


def _measured(outline: Segmentation, say: Wording) -> list[str]:
    whole = next(one for one in outline.volumes if one.region == "whole")
    ml = whole.volume_ml
    texts = [] if outline.source == "given" else [say("picture.estimate")]
    texts.append(say("picture.size_small") if ml < 1 else say("picture.size", ml=f"{ml:.0f}"))
    if (left := whole.left_share) is not None:
        texts.append(say(f"picture.side.{_side(left)}"))
        texts.append(say("picture.mirrored"))
    return texts
