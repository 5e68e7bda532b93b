"""The viewer's manifest, `viewer.json`: a case's spaces, volumes and overlays by name, sentences and text twin."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gliomanet.app.viewer.display_copies import PARTS
from gliomanet.app.viewer.slices import COLORS, DASHES
from gliomanet.app.viewer.sources import ATLAS, Source, read_result, record_of, sources_of
from gliomanet.app.words import app_words
from gliomanet.modalities import MODALITIES
from gliomanet.patient.page.tumour import share_of

TITLES = {"t1": "T1", "t1c": "T1c", "t2": "T2", "flair": "FLAIR"}
BLIND = "/blind"
"""End of the address below which a case's images are sent, and none of what the models say."""

_PART_OF = {
    "whole": "whole",
    "core": "tumour_core",
    "enhancing": "enhancing",
    "necrosis or non-enhancing core": "core",
    "oedema": "oedema",
}
"""Region of a result → word of the viewer, whose `core` is the part that does not enhance."""


def manifest_of(case: Path, case_id: str, language: str, *, blind: bool) -> dict[str, Any]:
    """Everything that the page's script must know before it asks for a volume.

    Args:
        case: the case's folder in the store.
        case_id: its id, for addresses.
        language: `en` or `zh`.
        blind: leave out what the models say: overlays and volumes.

    Raises:
        UnknownVolumeError: the case has no result.
    """
    content, words = read_result(case), app_words(language, "viewer").sentences
    found = sources_of(case)
    spaces = [_space(name, found, words, blind=blind) for name in dict.fromkeys(one.space for one in found.values())]
    outline = None if blind else content.segmentation
    return {
        "case": case_id,
        "label": "" if blind else content.case.case_id,
        "base": f"/api/cases/{case_id}{BLIND if blind else ''}",
        "blind": blind,
        "modalities": [{"name": one, "title": TITLES[one]} for one in MODALITIES],
        "reference": str(record_of(case)["reference"]),
        "spaces": [one for one in spaces if one["volumes"]],
        "simulated": content.bundle.simulated,
        "twin": []
        if outline is None
        else [
            {
                "part": words["parts"][_PART_OF[one.region]] if one.region in _PART_OF else one.region,
                "ml": one.volume_ml,
                "left": None if one.left_share is None else share_of(one.left_share),
            }
            for one in outline.volumes
        ],
        "words": words,
    }


def _space(name: str, found: dict[str, Source], words: Mapping[str, Any], *, blind: bool) -> dict[str, Any]:
    own = [one for one in found.values() if one.space == name]
    modality = name.removeprefix("scanner-")
    return {
        "name": name,
        "title": words["atlas"] if name == ATLAS else words["scanner"].format(modality=TITLES[modality]),
        "volumes": [{"name": one.name, "modality": one.subject} for one in own if one.kind == "image"],
        "overlays": [] if blind else [entry for one in own for entry in _overlays(one, words)],
    }


def _overlays(source: Source, words: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The overlays that a volume holds; of an outline its parts."""
    if source.kind == "attribution":
        task = words["tasks"].get(source.subject, source.subject)
        title = words["attribution"].format(task=task)
        return [{"id": source.name, "volume": source.name, "kind": "attribution", "title": title, "code": 0}]
    if source.kind == "image":
        return []
    names = (
        ["brain"] if source.kind == "brain" else ["whole"] if not source.parts_told else ["enhancing", "core", "oedema"]
    )
    return [
        {
            "id": name,
            "volume": source.name,
            "kind": source.kind,
            "title": words["parts"][name],
            "code": 1 if name == "brain" else PARTS[name][0],
            "color": COLORS[name],
            "dash": DASHES[name],
        }
        for name in names
    ]
