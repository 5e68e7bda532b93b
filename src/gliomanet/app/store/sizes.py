"""Bytes of cases on the disk, counted anew only where a file was added."""

from __future__ import annotations

import os
from pathlib import Path


class Sizes:
    """The sizes of the cases in a folder.

    Args:
        cases: folder of the cases' folders.
    """

    def __init__(self, cases: Path) -> None:
        self._cases = cases
        self._known: dict[str, tuple[object, int]] = {}

    def of(self, case_id: str) -> int:
        """Bytes of a case, counted anew where a file was added to its folder, such as a copy for the viewer."""
        folder = self._cases / case_id
        changed = tuple(_changed(one) for one in (folder, folder / "display", folder / "report"))
        before = self._known.get(case_id)
        if before is None or before[0] != changed:
            before = self._known[case_id] = changed, _bytes_in(folder)
        return before[1]

    def forget(self, case_id: str) -> None:
        """Count a case anew the next time, or never where it is deleted."""
        self._known.pop(case_id, None)


def _changed(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _bytes_in(folder: Path) -> int:
    """Bytes of the files below a folder; those that a process at work removes meanwhile count for nothing."""
    total = 0
    for at, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(at, name)).st_size  # noqa: PTH118 - as `walk` gives it
            except FileNotFoundError:
                continue
    return total
