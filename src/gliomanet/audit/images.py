"""Inspection of every image file of a case, before anything is computed from it.

Files pass through the readers and checks of preprocessing itself (`imaging.reading`, `mask_codes`, `registration`,
`brain_extraction`), so that the audit and preprocessing cannot disagree: the rule of a problem is the audit's rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gliomanet.audit.file_facts import claim_of_name, oblique_degrees
from gliomanet.audit.fingerprint import Fingerprint, find_poses, fingerprint_case
from gliomanet.audit.modality_names import doubt_finding, with_mixed_columns
from gliomanet.cohort.findings import Finding, Severity
from gliomanet.errors import CaseError
from gliomanet.files.digests import file_digest
from gliomanet.imaging.brain_extraction.extraction import why_no_brain, why_not_stripped
from gliomanet.imaging.case import REFERENCE_ORDER
from gliomanet.imaging.file_notes import Note
from gliomanet.imaging.mask_codes import contradiction, harmonize_codes, parts_told
from gliomanet.imaging.mask_layout import tumour_layout
from gliomanet.imaging.modality_check.doubts import doubts_of
from gliomanet.imaging.reading import Modality, read_mask, read_modality
from gliomanet.imaging.registration.coregistration import misalignment
from gliomanet.imaging.volume import Grid, Volume
from gliomanet.mask_conventions import convention_of
from gliomanet.modalities import MODALITIES

if TYPE_CHECKING:
    from gliomanet.config.preprocessing import Preprocessing

MASKS = ("tumour_mask", "brain_mask")
_FEWEST_MASKS = 2
_MOST_NAMED = 12
OBLIQUE_DEGREES = 1.0
"""Tilt from which a grid counts as oblique: below it, the shift over a head's radius is smaller than a voxel."""


@dataclass
class _Inspection:
    case: Mapping[str, str]
    settings: Preprocessing
    findings: list[Finding] = field(default_factory=list)
    modalities: dict[str, Modality] = field(default_factory=dict)
    tumour_volume_ml: float = float("nan")
    mask_codes: frozenset[int] = frozenset()
    layout_judged: bool = False

    def path(self, column: str) -> Path | None:
        cell = self.case.get(column, "")
        return Path(cell) if isinstance(cell, str) and cell else None

    def add(self, severity: Severity, rule: str, column: str, found: str, action: str) -> None:
        path = self.path(column) if column else None
        file = f"{column}: {path}" if path else ""
        center, case_id = self.case.get("center", ""), self.case["case_id"]
        self.findings.append(Finding(severity, rule, center, case_id, file, found, action))

    def add_error(self, error: CaseError) -> str:
        """Add the finding that an error of preprocessing is; its rule is returned."""
        self.findings.append(Finding.of(error.problem, "error", center=self.case.get("center", "")))
        return error.problem.rule


@dataclass(frozen=True)
class Inspected:
    """One case's share in the inspection of its centre.

    Attributes:
        findings: on its files.
        fingerprints: modality → fingerprint, of those that can be read.
        orientations: modality → axes as they are stored, such as `RAS`.
        tumour_volume_ml: volume of every tumour code; NaN without a mask that can be read.
        layout_judged: the tumour mask's parts lie so that their codes can be judged.
        looks: `Doubt.looks` of its modalities.
        mask_codes: codes of the tumour mask, as they came.
        digests: modality or mask → digest of its file; those that cannot be opened are not there.
        grids: modality → grid of its file, of those that can be read.
    """

    findings: list[Finding]
    fingerprints: dict[str, Fingerprint]
    orientations: dict[str, str]
    tumour_volume_ml: float
    layout_judged: bool = False
    looks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    mask_codes: frozenset[int] = frozenset()
    digests: Mapping[str, str] = field(default_factory=dict)
    grids: Mapping[str, Grid] = field(default_factory=dict)


def inspect_case(case: Mapping[str, str], settings: Preprocessing) -> tuple[list[Finding], dict[str, Fingerprint]]:
    """Inspect a case's image files, and take the fingerprint of each modality that can be read.

    Args:
        case: a row of `results/cohort/<center>.tsv`; "" = missing.
        settings: the centre's preprocessing: what is declared of its files is checked.

    Returns:
        Findings, and modality → fingerprint. Findings of severity `error` are those that preprocessing fails at, and
        files that are one another's copy or in one another's place.
    """
    inspected = inspect(case, settings)
    return inspected.findings, inspected.fingerprints


def center_findings(cases: Sequence[Mapping[str, str]], inspected: Sequence[Inspected]) -> list[Finding]:
    """The findings of a centre's cases, and those that only the whole centre shows.

    Args:
        cases: rows of the centre's case table.
        inspected: what `inspect` found of each, in the same order.
    """
    findings = [finding for one in inspected for finding in one.findings]
    findings = _together(findings, sum(one.layout_judged for one in inspected))
    findings += _codes_of_another_release(cases, [one.mask_codes for one in inspected])
    findings = with_mixed_columns(cases, [one.looks for one in inspected], findings)
    return findings + _unusual_orientations(cases, [one.orientations for one in inspected])


def inspect(case: Mapping[str, str], settings: Preprocessing) -> Inspected:
    """Inspect one case: `inspect_case`, with all that its centre needs of it."""
    work = _Inspection(case, settings)
    masks_for_images = [name for name in MODALITIES if work.path(name) and _read_modality(work, name)]
    _check_masks(work, masks_for_images)
    _check_grids(work)
    _check_stripping(work)
    images = {name: one.volume for name, one in work.modalities.items()}
    poses = find_poses(images)
    prints = fingerprint_case(images, poses)
    doubts = doubts_of(images, poses, {name: str(work.path(name)) for name in images})
    work.findings += [doubt_finding(doubt, case) for doubt in doubts]
    looks = next(filter(None, (doubt.looks for doubt in doubts)), {})
    orientations = {name: one.orientation for name, one in work.modalities.items()}
    return Inspected(
        work.findings,
        prints,
        orientations,
        work.tumour_volume_ml,
        work.layout_judged,
        looks,
        work.mask_codes,
        _digests(work),
        {name: one.file_grid for name, one in work.modalities.items()},
    )


def _digests(work: _Inspection) -> dict[str, str]:
    paths = {name: path for name in (*MODALITIES, *MASKS) if (path := work.path(name)) is not None and path.is_file()}
    return {name: file_digest(path) for name, path in paths.items()}


def _read_modality(work: _Inspection, name: str) -> bool:
    """Read a modality; True where its file is a mask."""
    path = work.path(name)
    assert path is not None
    try:
        modality = read_modality(path, work.case["case_id"], name)
    except CaseError as error:
        return work.add_error(error) == "mask_in_place_of_image"
    work.modalities[name] = modality
    for note in modality.notes:
        work.add(note.severity, note.rule, name, note.text, note.action)
    return False


def _check_masks(work: _Inspection, masks_for_images: list[str]) -> None:
    # Without a readable modality there is no grid to compare with, but a mask's own defects are still found.
    grids = {name: one.volume.grid for name, one in work.modalities.items()}
    for column in MASKS:
        path = work.path(column)
        if path is None:
            continue
        notes: list[Note] = []
        try:
            mask, home = read_mask(path, work.case["case_id"], column, grids, notes)
        except CaseError as error:
            if not grids and error.problem.rule == "mask_on_a_foreign_grid":
                continue
            rule = work.add_error(error)
            if rule == "image_in_place_of_mask" and masks_for_images:
                swapped = masks_for_images[0]
                work.add(
                    "error",
                    "image_and_mask_swapped",
                    column,
                    f"{column} is an image, and {swapped} ({work.path(swapped)}) is a mask",
                    "the two files stand in each other's place; swap the cells",
                )
            continue
        for note in notes:
            work.add(note.severity, note.rule, column, note.text, note.action)
        _check_codes(work, column, path, mask, home)


def _check_codes(work: _Inspection, column: str, path: Path, mask: Volume, home: str) -> None:
    if column == "brain_mask":
        volume_ml = float((mask.array > 0).sum()) * mask.grid.voxel_ml
        if work.settings.brain_extraction == "supplied" and (why := why_no_brain(volume_ml)) is not None:
            work.add("error", "brain_mask_of_no_brain", column, why, "supply another mask")
        return
    work.mask_codes = frozenset(int(code) for code in np.unique(mask.array) if code)
    try:
        convention = convention_of(work.case.get("mask_codes", ""))
        codes, how = harmonize_codes(mask, work.case["case_id"], path, convention)
    except CaseError as error:
        work.add_error(error)
        return
    work.tumour_volume_ml = float((codes.array > 0).sum()) * codes.grid.voxel_ml
    if not codes.array.any():
        work.add(
            "warning",
            "empty_tumour_mask",
            column,
            f"no voxel of the mask on the grid of {home} is tumour",
            "look whether the tumour was segmented at all; leave the cell empty where it was not",
        )
        return
    work.layout_judged = parts_told(mask, convention) and tumour_layout(mask, convention).judged
    if (problem := contradiction(mask, convention)) is not None:
        work.add("warning", problem.rule, column, problem.found, problem.action)
    if how != "codes kept":
        work.add("note", "mask_codes", column, f"codes {_codes(mask)}: {how}", "recoded when it is read; nothing to do")


def _check_grids(work: _Inspection) -> None:
    modalities, settings = work.modalities, work.settings
    if not modalities:
        return
    reference = next(name for name in (settings.reference, *REFERENCE_ORDER) if name in modalities)
    fixed = modalities[reference].volume
    others = {name: one.volume for name, one in modalities.items() if name != reference}
    if settings.coregistration:
        differing = [name for name, one in others.items() if not fixed.grid.matches(one.grid)]
        if differing:
            grids = "; ".join(f"{name} {_grid_text(modalities[name].volume.grid)}" for name in (reference, *differing))
            work.add("note", "grids_differ", "", grids, "the modalities are registered; nothing to do")
    else:
        for name, other in others.items():
            if (problem := misalignment(fixed, other)) is not None:
                work.add(
                    "error",
                    problem.rule,
                    name,
                    f"declared aligned with {reference} ({work.path(reference)}; coregistration: false), but "
                    f"{problem.found}",
                    "set coregistration to true for this centre, or supply the registered files",
                )
    tilts = {name: oblique_degrees(one.file_grid.affine) for name, one in modalities.items()}
    if oblique := [f"{name} {tilt:.1f}" for name, tilt in tilts.items() if tilt > OBLIQUE_DEGREES]:
        found = f"slices tilted against the scanner's axes, in degrees: {', '.join(oblique)}"
        work.add("note", "oblique", "", found, "resampled with the full affine; nothing to do")
    codes = {name: one.orientation for name, one in modalities.items()}
    if len(set(codes.values())) > 1:
        found = "stored in different orientations: " + ", ".join(f"{name} {code}" for name, code in codes.items())
        work.add("note", "orientations_differ_in_case", "", found, "brought to RAS+ when read; nothing to do")


def _check_stripping(work: _Inspection) -> None:
    declared = work.settings.brain_extraction == "none"
    for name, modality in work.modalities.items():
        path, array = work.path(name), modality.volume.array
        assert path is not None
        why, said = why_not_stripped(modality.volume), claim_of_name(path)
        if declared and why is not None:
            work.add(
                "error",
                "stripped_but_is_not",
                name,
                f"declared stripped (brain_extraction: none), but {why}",
                "set brain_extraction to builtin or supplied for this centre, or name the stripped files",
            )
        if said == "with skull" and why is None:
            work.add(
                "warning",
                "unstripped_name_on_stripped_file",
                name,
                f"{path.name} is called an image with skull, but around a brain's volume it is background",
                "look whether the right file was named; rename it, or declare brain_extraction: none",
            )
        if said == "stripped" and why is not None and not declared:
            work.add(
                "warning",
                "stripped_name_on_unstripped_file",
                name,
                f"{path.name} is called a stripped image, but {why}",
                "look whether the right file was named",
            )
        if declared and why is None and modality.background == 0 and (array < 0).any():
            found = f"{int((array < 0).sum())} voxels of the stripped image are negative, down to {array.min():.4g}"
            work.add("note", "negative_values", name, found, "kept as they are: interpolation leaves such values")


def _together(findings: Sequence[Finding], judged: int) -> list[Finding]:
    """The findings, where masks that contradict their codes are one of the centre, if most of its masks do.

    Args:
        findings: of all cases.
        judged: masks that have enough of core and oedema to contradict.
    """
    contradicting = [finding for finding in findings if finding.rule == "mask_contradicts_codes"]
    if len(contradicting) < max(2, judged / 2):
        return list(findings)
    first = contradicting[0]
    cases = ", ".join(finding.case_id for finding in contradicting[:_MOST_NAMED])
    more = ", …" if len(contradicting) > _MOST_NAMED else ""
    found = (
        f"{len(contradicting)} of {judged} tumour masks contradict their codes ({cases}{more}); in {first.case_id}, "
        f"{first.found}"
    )
    together = Finding("warning", first.rule, first.center, "", "", found, first.action)
    return [*(finding for finding in findings if finding not in contradicting), together]


def _codes_of_another_release(cases: Sequence[Mapping[str, str]], codes: Sequence[frozenset[int]]) -> list[Finding]:
    """A warning where masks of a centre hold a cavity, or a second code of core, and none of them enhancing tumour.

    Two releases then differ in what these codes mean, such as BraTS 2021's enhancing tumour and BraTS 2023's cavity.
    """
    found = []
    for cell in sorted({case.get("mask_codes", "") for case in cases}):
        convention = convention_of(cell)
        own = [(case, held) for case, held in zip(cases, codes, strict=True) if case.get("mask_codes", "") == cell]
        enhancing = set(convention.codes.get("enhancing", ()))
        doubtful = {*convention.codes.get("cavity", ()), *convention.codes.get("core", ())[1:]}
        holding = [case for case, held in own if held & doubtful]
        if not enhancing or len(holding) < _FEWEST_MASKS or any(held & enhancing for _, held in own):
            continue
        told = ", ".join(f"{code} ({convention.part_of[code]})" for code in sorted(doubtful))
        text = (
            f"{len(holding)} tumour masks hold {told}, and none of {len(own)} holds enhancing tumour "
            f"({', '.join(map(str, sorted(enhancing)))}): {convention}"
        )
        action = "look at a mask beside T1c; declare the codes of the right release: the centre's key `mask_codes`"
        center = holding[0].get("center", "")
        found.append(Finding("warning", "mask_codes_without_enhancing", center, "", "", text, action))
    return found


def _unusual_orientations(
    cases: Sequence[Mapping[str, str]], orientations: Sequence[Mapping[str, str]]
) -> list[Finding]:
    """A note for each case some of whose modalities are stored otherwise than that modality is in most cases."""
    usual = {}
    for name in MODALITIES:
        counts = Counter(one[name] for one in orientations if name in one)
        if counts:
            usual[name] = min(counts, key=lambda code: (-counts[code], code))
    notes = []
    for case, one in zip(cases, orientations, strict=True):
        other = [f"{name} {code} (most: {usual[name]})" for name, code in one.items() if code != usual[name]]
        if other:
            found = f"stored in another orientation than most of the centre's cases: {', '.join(other)}"
            action = "brought to RAS+ when read; a wrong header looks the same, so look at left and right once"
            notes.append(
                Finding("note", "orientation_unlike_center", case.get("center", ""), case["case_id"], "", found, action)
            )
    return notes


def _codes(mask: Volume) -> str:
    return ", ".join(str(int(code)) for code in np.unique(mask.array) if code)


def _grid_text(grid: Grid) -> str:
    return f"{'x'.join(map(str, grid.shape))} of {'x'.join(f'{s:.3g}' for s in grid.spacing)} mm"
