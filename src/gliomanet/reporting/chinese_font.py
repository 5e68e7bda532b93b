"""The letters of Chinese PDFs: Noto Sans SC, which `make frontend` puts beside this file; no copy is in the repository.

On screen a page takes the reader's own Chinese letters: `FAMILIES`.
"""

from __future__ import annotations

from pathlib import Path

from gliomanet.errors import Problem, ProblemError

NAME = "noto-sans-sc-chinese-simplified-400-normal.woff2"
"""File of `@fontsource/noto-sans-sc`: the simplified characters, regular weight."""

FAMILIES = (
    '"PingFang SC", "Noto Sans SC", "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "WenQuanYi Micro Hei"'
)
"""Chinese families of the usual systems, as a list for style sheets."""

_FOLDER = Path(__file__).parent / "fonts"


def chinese_font() -> Path:
    """The font file.

    Raises:
        ProblemError: it is not there.
    """
    path = _FOLDER / NAME
    if not path.is_file():
        found = "the letters of Chinese PDFs are missing"
        action = "fetch them by `make frontend`, or take English"
        raise ProblemError(Problem(found, action, file=str(path), rule="no_chinese_font"))
    return path
