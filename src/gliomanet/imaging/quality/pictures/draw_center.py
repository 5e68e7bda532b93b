"""The pictures of a centre's cases, from what preprocessing kept of each: an edit of a picture preprocesses nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from gliomanet.child_processes import Crash, each_alone
from gliomanet.errors import Problem, ProblemError
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

    Raises:
        ProblemError: the process of a case crashed; the others are drawn before.
    """
    drawn = [folder for folder in folders if (folder / NAME).is_file()]
    works = [partial(_draw, folder, files[folder.name], out / folder.name) for folder in drawn]
    if processes > 1 and len(works) > 1:
        ended = list(each_alone(works, processes))
        for folder, one in zip(drawn, ended, strict=True):
            if isinstance(one, Crash):
                action = "give draw_cases more memory, look at its images, or exclude the case by a decision"
                found = f"its pictures could not be drawn: {one}"
                raise ProblemError(Problem(found, action, case=folder.name, rule="drawing_crashed"))
    else:
        for work in works:
            work()


def _draw(folder: Path, files: Mapping[str, str], out: Path) -> None:
    draw_case(load_evidence(folder, files), out)
