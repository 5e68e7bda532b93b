"""The pictures of a centre's cases, from what preprocessing kept of each: an edit of a picture preprocesses nothing."""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from gliomanet.imaging.quality.pictures.draw_case import draw_case
from gliomanet.imaging.quality.saved_evidence import NAME, load_evidence


def draw_center(
    folders: Sequence[Path], files: Mapping[str, Mapping[str, str]], out: Path, *, processes: int = 1
) -> None:
    """Draw every case that was preprocessed: `<out>/<case>/`, see `draw_case`; others have no pictures.

    Args:
        folders: `results/preprocessed/<center>/<case>`.
        files: case → column → the file that it was preprocessed from.
        out: gets a folder per case.
        processes: that draw side by side.
    """
    drawn = [folder for folder in folders if (folder / NAME).is_file()]
    asked = drawn, [files[folder.name] for folder in drawn], [out / folder.name for folder in drawn]
    if processes > 1 and len(drawn) > 1:
        # Started afresh, not forked: a fork of a process that has threads may hang.
        with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
            list(pool.map(_draw, *asked))
    else:
        list(map(_draw, *asked))


def _draw(folder: Path, files: Mapping[str, str], out: Path) -> None:
    draw_case(load_evidence(folder, files), out)
