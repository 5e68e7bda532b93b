"""Facts that were measured in the outline of the tumour: volumes, diameters, side, features of VASARI."""

from __future__ import annotations

from collections.abc import Iterator

from gliomanet.case_report.codes import REGIONS
from gliomanet.case_report.fact import Fact, Value
from gliomanet.case_report.gather.numbers import decimal, finite, percent, whole
from gliomanet.case_report.gather.vasari_codes import KNOWN, NEGATIVE, PREFIX, STEPS
from gliomanet.patient.result import ResultValues, Segmentation
from gliomanet.patient.vasari import SIDED, THICK_MM, Vasari, VasariFeature

_ENHANCING = "enhancing"


def facts(values: ResultValues) -> Iterator[Fact]:
    """The facts of the findings."""
    outline = values.segmentation
    if outline is None:
        yield Fact(id="outline.none", section="findings", kind="statement", required=True, polarity="no")
        return
    by = outline.source.partition(" ")[0]
    yield Fact(id="outline", section="findings", kind="statement", required=True, polarity="yes", terms={"by": (by,)})
    if not any(one.volume_ml > 0 for one in outline.volumes):
        yield Fact(id="outline.empty", section="findings", kind="statement", required=True)
        return
    if not outline.parts_told:
        yield Fact(id="outline.whole_only", section="findings", kind="statement", required=True)
    hidden = _hidden(outline, frozenset(one.image for one in values.inputs))
    yield from _volumes(outline, hidden)
    yield from _side(outline, values.vasari)
    if values.vasari is not None:
        yield from _diameters(values.vasari)
        yield from _vasari(values.vasari)


def _hidden(outline: Segmentation, given: frozenset[str]) -> frozenset[str]:
    """Parts that a network could not see in the modalities given; somebody's own outline is taken as drawn."""
    if outline.source == "given":
        return frozenset()
    without_t1c = frozenset() if "t1c" in given else frozenset({"core", _ENHANCING, "nonenhancing_core"})
    without_fluid = frozenset() if {"t2", "flair"} & given else frozenset({"oedema"})
    return without_t1c | without_fluid


def _volumes(outline: Segmentation, hidden: frozenset[str]) -> Iterator[Fact]:
    if hidden and outline.parts_told:
        regions = tuple(code for code in REGIONS.values() if code in hidden)
        yield Fact(
            id="volume.not_seen",
            section="findings",
            kind="list",
            required=True,
            polarity="no",
            terms={"regions": regions},
        )
    for one in outline.volumes:
        code = REGIONS.get(one.region, "")
        if code and code not in hidden and finite(one.volume_ml):
            yield Fact(
                id=f"volume.{code}",
                section="findings",
                kind="volume",
                required=code in ("whole", _ENHANCING),
                polarity="yes" if one.volume_ml > 0 else "no",
                terms={"region": (code,)},
                values=(decimal("volume", one.volume_ml, "ml"),),
            )


def _side(outline: Segmentation, vasari: Vasari | None) -> Iterator[Fact]:
    """The side by VASARI's rule; without its features by that of the whole outline."""
    whole_lesion = next((one for one in outline.volumes if one.region == "whole"), None)
    told = next((one for one in vasari.features if one.code == "f2" and one.value), None) if vasari else None
    left = told.measured if told else whole_lesion.left_share if whole_lesion else None
    if left is None or not finite(left):
        return
    side = "left" if left >= SIDED else "right" if left <= 1 - SIDED else "bilateral"
    share = percent("share_right", 1 - left) if side == "right" else percent("share_left", left)
    of = "core" if told is not None and told.note.code == "vasari.note.side_of_core" else "whole"
    terms = {"side": (side,), "of": (of,)}
    yield Fact(id="side", section="findings", kind="side", required=True, terms=terms, values=(share,))


def _diameters(vasari: Vasari) -> Iterator[Fact]:
    for one in vasari.diameters:
        if one.region in REGIONS:
            numbers = (
                decimal("largest", one.largest_mm, "mm", 0),
                decimal("across", one.perpendicular_mm, "mm", 0),
                decimal("slice", one.slice_mm, "mm"),
            )
            code = REGIONS[one.region]
            yield Fact(
                id=f"diameter.{code}", section="findings", kind="length", terms={"region": (code,)}, values=numbers
            )


def _vasari(vasari: Vasari) -> Iterator[Fact]:
    """Features that an outline tells; then the codes of those that it does not."""
    for one in vasari.features:
        if one.value is not None and one.code != "f2":
            yield _feature(one)
    untold = tuple(code for one in vasari.features if one.value is None for code in one.code.split("+"))
    if untold:
        yield Fact(
            id="vasari.not_assessed",
            section="findings",
            kind="list",
            required=True,
            polarity="no",
            terms={"features": untold},
        )


def _feature(one: VasariFeature) -> Fact:
    """A feature that is told; a proportion with the ends of its step."""
    code = one.value.code.removeprefix(PREFIX) if one.value else ""
    numbers: tuple[Value, ...] = ()
    if one.unit == "share" and one.measured is not None and finite(one.measured):
        numbers = (percent("share", one.measured), *STEPS.get(code, ()))
    elif one.unit == "pieces" and one.measured is not None:
        numbers = (whole("pieces", round(one.measured), "pieces"),)
    elif code in ("thin", "thick") and one.measured is not None and finite(one.measured):
        numbers = (decimal("thickness", one.measured, "mm"), decimal("limit", THICK_MM, "mm", 0))
    return Fact(
        id=f"vasari.{one.code}",
        section="findings",
        kind="class",
        polarity="no" if code in NEGATIVE else "yes",
        terms={"feature": (one.code,), "value": (code if code in KNOWN else "other",)},
        values=numbers,
    )
