"""Inspection of the images of many cases at once, before a study's jobs or in the job of one centre."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from gliomanet.audit.fingerprint import Fingerprints
from gliomanet.audit.images import Inspected, center_findings, inspect
from gliomanet.cohort.findings import findings_table
from gliomanet.tables.cohort import IMAGE_FILES, TUMOUR_VOLUMES

if TYPE_CHECKING:
    from gliomanet.config.preprocessing import Preprocessing

Inspection = Callable[[], Inspected]
"""The inspection of one case, still to be done; it is sent to another process."""


def inspect_all(
    inspections: Sequence[Inspection], processes: int = 1, done: Callable[[], object] = lambda: None
) -> list[Inspected]:
    """Do the inspections; their results, in their order, do not depend on `processes`.

    Args:
        inspections: one per case, of any centres.
        processes: cases inspected at once.
        done: called after each case.
    """
    inspected = []
    for one in _each(inspections, processes):
        inspected.append(one)
        done()
    return inspected


def inspect_center(
    cases: Sequence[Mapping[str, str]], settings: Preprocessing, *, processes: int = 1
) -> tuple[pd.DataFrame, dict[str, Fingerprints], pd.DataFrame, pd.DataFrame]:
    """Inspect every case of a centre.

    Args:
        cases: rows of the centre's case table.
        settings: its preprocessing.
        processes: cases inspected at once.

    Returns:
        The table of findings (`FINDINGS`); case_id → modality → fingerprint; `volumes_table`; and
        `files_table`.
    """
    plain = [dict(case) for case in cases]
    inspected = inspect_all([partial(inspect, case, settings) for case in plain], processes)
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


def _each(inspections: Sequence[Inspection], processes: int) -> Iterator[Inspected]:
    if processes > 1 and len(inspections) > 1:
        # Started afresh, not forked: a fork of a process that has threads may hang.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(min(processes, len(inspections)), mp_context=context) as pool:
            yield from pool.map(_call, inspections)
    else:
        yield from map(_call, inspections)


def _call(inspection: Inspection) -> Inspected:
    return inspection()
