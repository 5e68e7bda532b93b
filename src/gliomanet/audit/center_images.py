"""Inspection of the images of many cases at once, before a study's jobs or in the job of one centre."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from gliomanet.audit.fingerprint import Fingerprints
from gliomanet.audit.images import Inspected, center_findings, inspect
from gliomanet.child_processes import Crash, each_alone
from gliomanet.cohort.findings import Finding, findings_table
from gliomanet.tables.cohort import IMAGE_FILES, TUMOUR_VOLUMES

if TYPE_CHECKING:
    from gliomanet.config.preprocessing import Preprocessing


@dataclass(frozen=True)
class Inspection:
    """The inspection of one case, still to be done; `do` is sent to another process."""

    center: str
    case_id: str
    do: Callable[[], Inspected]


def inspect_all(
    inspections: Sequence[Inspection], processes: int = 0, done: Callable[[], object] = lambda: None
) -> list[Inspected]:
    """Do the inspections; their results, in their order, do not depend on `processes`.

    Args:
        inspections: one per case, of any centres.
        processes: cases inspected at once, each in a process that may crash: then that is what was found of the case.
            0: in this process, one after another.
        done: called after each case.
    """
    inspected = []
    for inspection, one in zip(inspections, _each(inspections, processes), strict=True):
        inspected.append(_crashed(inspection, one) if isinstance(one, Crash) else one)
        done()
    return inspected


def inspect_center(
    cases: Sequence[Mapping[str, str]], settings: Preprocessing, *, processes: int = 0
) -> tuple[pd.DataFrame, dict[str, Fingerprints], pd.DataFrame, pd.DataFrame]:
    """Inspect every case of a centre.

    Args:
        cases: rows of the centre's case table.
        settings: its preprocessing.
        processes: as in `inspect_all`.

    Returns:
        The table of findings (`FINDINGS`); case_id → modality → fingerprint; `volumes_table`; and
        `files_table`.
    """
    plain = [dict(case) for case in cases]
    inspected = inspect_all(
        [Inspection(case.get("center", ""), case["case_id"], partial(inspect, case, settings)) for case in plain],
        processes,
    )
    prints: dict[str, Fingerprints] = {
        case["case_id"]: one.fingerprints for case, one in zip(plain, inspected, strict=True)
    }
    findings = findings_table(center_findings(plain, inspected))
    return findings, prints, volumes_table(plain, inspected), files_table(plain, inspected)


def volumes_table(cases: Sequence[Mapping[str, str]], inspected: Sequence[Inspected]) -> pd.DataFrame:
    """The table of `TUMOUR_VOLUMES`, one row per case: the volume of every tumour code, NaN without a readable mask."""
    rows = [
        (case.get("center", ""), case["case_id"], one.tumour_volume_ml)
        for case, one in zip(cases, inspected, strict=True)
    ]
    return pd.DataFrame(rows, columns=TUMOUR_VOLUMES.names())


def files_table(cases: Sequence[Mapping[str, str]], inspected: Sequence[Inspected]) -> pd.DataFrame:
    """The table of `IMAGE_FILES`, one row per file that can be opened; no grid where it is no readable image."""
    rows = [
        (case.get("center", ""), case["case_id"], image, digest, *_header(one, image))
        for case, one in zip(cases, inspected, strict=True)
        for image, digest in one.digests.items()
    ]
    return pd.DataFrame(rows, columns=IMAGE_FILES.names())


def _header(one: Inspected, image: str) -> tuple[str, str, str]:
    if image not in one.grids:
        return "", "", ""
    grid = one.grids[image]
    spacing = " × ".join(f"{size:.4g}" for size in grid.spacing)
    return " × ".join(map(str, grid.shape)), spacing, one.orientations[image]


def _each(inspections: Sequence[Inspection], processes: int) -> Iterator[Inspected | Crash]:
    works = [inspection.do for inspection in inspections]
    return each_alone(works, processes) if processes else (work() for work in works)


def _crashed(inspection: Inspection, crash: Crash) -> Inspected:
    found = f"could not be inspected: {crash}"
    action = (
        "give inspect_center more memory, and look at the sizes of its images"
        if crash.was_killed
        else "look at its images with another program, convert them again, or exclude the case by a decision"
    )
    finding = Finding("error", "inspection_crashed", inspection.center, inspection.case_id, "", found, action)
    return Inspected([finding], {}, {}, float("nan"))
