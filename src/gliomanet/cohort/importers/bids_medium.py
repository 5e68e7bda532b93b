"""Contrast medium in a BIDS folder's T1-weighted images: signs in names and sidecars.

| sign | from | stands over those below |
| --- | --- | --- |
| entity `ce` | `ce-gadolinium`: after; `ce-none`: before | yes: the standard's own way |
| words of `acq`, `desc`, `rec` | `acq-post`, `acq-preGd`, `acq-mprageKM`, … (`cohort/contrast_medium.py`) | yes |
| agent | `ContrastBolusIngredient`, `ContrastBolusAgent`, … of the sidecar; `NONE`: before | yes |
| words of the description | `SeriesDescription`, else `ProtocolName` of the sidecar | |

Sidecars hold for every image of their suffix at or below their folder that has their entities; of several, the one
nearest to the image stands over the others (the standard's principle of inheritance).
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from gliomanet.cohort.contrast_medium import names_an_agent, parted, plain, signs
from gliomanet.cohort.findings import Finding, case_findings
from gliomanet.cohort.importers.bids_image import Image, parts_of

Medium = Literal["", "before", "after"]
_SIDECAR = re.compile(r"(?:(?P<folder>.*)/)?(?P<stem>[^/]+)\.json")
_AGENT = re.compile(r"contrast(?:bolus)?(?:agent|ingredient).*", re.IGNORECASE)
_DESCRIPTIONS = ("SeriesDescription", "ProtocolName")
_WORDED = ("acq", "desc", "rec")
_CLOCK = re.compile(r"(?:.*T)?(\d\d):(\d\d):(\d\d(?:\.\d+)?)")


@dataclass(frozen=True)
class Signs:
    """The signs of contrast medium in an image's name and sidecars.

    Attributes:
        medium: `before` or `after` it; "" where nothing says so.
        contradiction: two signs that deny each other, in words; "" for none.
        time: seconds of the day of its acquisition; `None` where no sidecar says.
    """

    medium: Medium = ""
    contradiction: str = ""
    time: float | None = None


@dataclass
class _Sidecars:
    """Every sidecar of some suffixes, read at most once each."""

    folder: Path
    by_folder: Mapping[str, Sequence[tuple[Mapping[str, str], str, str]]]
    read: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)

    def of(self, image: Image) -> dict[str, Any]:
        """The values of all sidecars that hold for an image."""
        values: dict[str, Any] = {}
        parts = image.path.split("/")[:-1]
        above = len(image.root.split("/")) if image.root else 0
        for depth in range(above, len(parts) + 1):
            fitting = [
                (len(entities), path)
                for entities, suffix, path in self.by_folder.get("/".join(parts[:depth]), ())
                if suffix == image.suffix.lower() and entities.items() <= image.entities.items()
            ]
            for _, path in sorted(fitting):
                values |= self._values(path, image.case_id)
        return values

    def _values(self, path: str, case: str) -> Mapping[str, Any]:
        if path not in self.read:
            self.read[path] = {}
            try:
                content = json.loads((self.folder / path).read_text(encoding="utf-8-sig"))
                self.read[path] = content if isinstance(content, dict) else {}
            except (OSError, ValueError) as error:
                self.unreadable[case] = f"{path} cannot be read ({type(error).__name__})"
        return self.read[path]


def read_medium(
    folder: Path, paths: Iterable[str], images: Iterable[Image]
) -> tuple[list[Image], dict[str, Signs], tuple[Finding, ...]]:
    """The images, with T1-weighted ones after contrast medium in the column `t1c`.

    Only sidecars of images in the column `t1` are read.

    Args:
        folder: the dataset.
        paths: its files.
        images: its images, by their suffixes.

    Returns:
        The images; path of a T1-weighted one → its signs; contradictions, and sidecars that cannot be read.
    """
    sidecars = _Sidecars(folder, _by_folder(paths))
    sorted_out, signs_of = [], {}
    contradicting: dict[str, str] = {}
    for image in images:
        if image.column != "t1":
            sorted_out.append(image)
            continue
        found = signs_of[image.path] = _signs(image, sidecars.of(image))
        if found.contradiction:
            told = f"{image.name}: {found.contradiction}"
            contradicting[image.case_id] = "; ".join(filter(None, [contradicting.get(image.case_id), told]))
        sorted_out.append(replace(image, column="t1c") if found.medium == "after" else image)
    action = "look at the image; correct its name or its sidecar"
    together = "cases whose T1w has signs of contrast medium that deny each other"
    findings = [*case_findings("warning", "medium_disagrees", str(folder), contradicting, together, action)]
    together = "cases with a sidecar that cannot be read"
    action = "correct or fetch it: it may say that the image shows contrast medium"
    findings += case_findings("warning", "sidecar_unreadable", str(folder), sidecars.unreadable, together, action)
    return sorted_out, signs_of, tuple(findings)


def _by_folder(paths: Iterable[str]) -> dict[str, list[tuple[Mapping[str, str], str, str]]]:
    """Folder → entities, suffix and path of its sidecars."""
    found: dict[str, list[tuple[Mapping[str, str], str, str]]] = defaultdict(list)
    for path in paths:
        if path.endswith(".json") and (match := _SIDECAR.fullmatch(path)):
            entities, suffix = parts_of(match["stem"])
            found[match["folder"] or ""].append((entities, suffix.lower(), path))
    return found


def _signs(image: Image, sidecar: Mapping[str, Any]) -> Signs:
    told: list[tuple[Medium, str]] = []
    if (named := names_an_agent(image.entities.get("ce", ""))) is not None:
        told.append(("after" if named else "before", f"its name says ce-{image.entities['ce']}"))
    for key in _WORDED:
        # The suffix has said T1w: beside it, "pre" is a word of contrast medium.
        told += _in_words(f"t1 {parted(image.entities.get(key, ''))}", f"its name says {key}-{image.entities.get(key)}")
    for key, value in sidecar.items():
        if _AGENT.fullmatch(key) and (named := names_an_agent(_text(value))) is not None:
            told.append(("after" if named else "before", f"its sidecar says {key} {_text(value)!r}"))
    for key in _DESCRIPTIONS:
        if found := _in_words(f"t1 {plain(_text(sidecar.get(key, '')))}", f"its sidecar's {key} says so in words"):
            told += found
            break
    time = next(filter(None, (_seconds(sidecar.get(key)) for key in ("AcquisitionTime", "AcquisitionDateTime"))), None)
    if not told:
        return Signs(time=time)
    medium, first = told[0]
    against = next((why for says, why in told if says != medium), "")
    contradiction = f"taken as from {medium} contrast medium, as {first}; but {against}" if against else ""
    return Signs(medium, contradiction, time)


def _in_words(text: str, why: str) -> list[tuple[Medium, str]]:
    before, after = signs(text)
    found: list[tuple[Medium, str]] = []
    if before:
        found.append(("before", f"{why} ({before[0]!r})"))
    if after:
        found.append(("after", f"{why} ({after[0]!r})"))
    return found


def _text(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)


def _seconds(value: object) -> float | None:
    match = _CLOCK.match(str(value))
    return 3600 * int(match[1]) + 60 * int(match[2]) + float(match[3]) if match else None
