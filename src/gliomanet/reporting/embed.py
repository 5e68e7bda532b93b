"""Files inside the page: contact sheets, small enough to travel with it, and what a reader can download."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from pathlib import Path

from PIL import Image

BUDGET = 9_000_000
"""Bytes of all sheets together before base64, so that the page stays under 15 MB."""

WIDTHS = (1800, 1500, 1200, 1000, 800, 600, 450)


def embed_sheets(sheets: Mapping[str, Path]) -> dict[str, str]:
    """Centre → `data:` address of its contact sheet, shrunk until all fit the budget.

    Raises:
        FileNotFoundError: a sheet is not there.

    """
    share = BUDGET // max(1, len(sheets))
    return {center: _sheet_address(Path(path), share) for center, path in sheets.items()}


def _sheet_address(path: Path, limit: int) -> str:
    if not path.is_file():
        raise FileNotFoundError(f"{path}: this centre's contact sheet is missing; run its quality control again")
    # Sheets may be very tall (one row per case): they are ours, so Pillow's guard against bombs is not wanted here.
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    content, reachable = b"", float("inf")
    for width in WIDTHS:
        if width > reachable and width != WIDTHS[-1]:
            continue
        size = (min(width, picture.width), max(1, round(picture.height * min(width, picture.width) / picture.width)))
        # 128 colours serve grey images with coloured outlines and make a third of the file.
        small = picture.resize(size, Image.Resampling.LANCZOS).quantize(128, dither=Image.Dither.NONE)
        buffer = io.BytesIO()
        small.save(buffer, format="PNG", compress_level=6)
        content = buffer.getvalue()
        if len(content) <= limit:
            break
        reachable = size[0] * (limit / len(content)) ** 0.5  # bytes go with the area
    return data_address("image/png", content)


def data_address(kind: str, content: bytes) -> str:
    """`data:` address of a file of a media type, which needs no file beside the page."""
    return f"data:{kind};base64," + base64.b64encode(content).decode("ascii")
