"""Panels, lines and captions as pixels, and the WebP they end in: a plotting library would take ten times as long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from gliomanet.files.atomic import open_atomically

if TYPE_CHECKING:
    from gliomanet.imaging.volume import Array

BLUE, RED, YELLOW, GREEN, MAGENTA = (0, 190, 255), (255, 80, 80), (255, 206, 60), (90, 230, 120), (255, 110, 220)
WHITE, GREY, DIM = (240, 240, 240), (190, 190, 190), (150, 150, 150)
NAMES = {"t1": "T1", "t1c": "T1c", "t2": "T2", "flair": "FLAIR"}
Color = tuple[int, int, int]
LINES: tuple[Color, ...] = (BLUE, RED, YELLOW, GREEN, MAGENTA)
Text = Sequence[tuple[str, Color]]
_GAP, _MARGIN, _LINE = 6, 10, 19


@dataclass
class Panel:
    """One plane being drawn: `pixels` (rows, columns, 3) as float32, 0 to 255, and the words at its corners."""

    pixels: Array
    title: str = ""
    sides: tuple[str, str] = ("", "")
    note: str = ""
    marks: list[tuple[str, Color]] = field(default_factory=list)


def gray(plane: Array, window: tuple[float, float]) -> Array:
    """Intensities (rows, columns) between two values as grey pixels (rows, columns, 3)."""
    low, high = window
    shade = np.clip((plane - low) / max(high - low, 1e-6), 0, 1) * 255
    return np.repeat(shade[..., None], 3, axis=2).astype(np.float32)


def window_of(values: Array) -> tuple[float, float]:
    """The grey window in which a brain reads well: from half of its darkest percentile to its 99th."""
    if values.size == 0:
        return 0.0, 1.0
    low, high = np.percentile(values, [1, 99])
    return (0.5 * float(low) if low > 0 else float(low)), max(float(high), float(low) + 1e-6)


def draw_outline(pixels: Array, share: Array, color: Color, *, width: float = 1.6) -> None:
    """Draw the line where `share` (rows, columns; 0 outside, 1 inside) passes 0.5, smooth, in place."""
    if not (share > 0.5).any():
        return
    smooth = ndimage.gaussian_filter(share.astype(np.float32), 1.0)
    down, across = np.gradient(smooth)
    distance = np.abs(smooth - 0.5) / np.maximum(np.hypot(down, across), 1e-3)
    _blend(pixels, np.clip(width / 2 + 0.5 - distance, 0, 1), color)


def draw_lines(pixels: Array, lines: Array, color: Color, *, strength: float = 0.9) -> None:
    """Draw thin lines (rows, columns; boolean) in place, softened by a third of a pixel."""
    _blend(pixels, np.clip(ndimage.gaussian_filter(lines.astype(np.float32), 0.45) * 1.9, 0, 1) * strength, color)


def save_picture(
    rows: Sequence[tuple[Text, Sequence[Panel]]], path: Path, *, title: Text, quality: int = 78, footer: Text = ()
) -> Path:
    """Write panels under their captions as WebP (or PNG, by the suffix), on black; equal input gives equal bytes.

    Args:
        rows: a line of words, in pieces with their colours, and the panels below it, left to right.
        path: the picture.
        title: the picture's own line.
        quality: of WebP, 0 to 100.
        footer: a last line.
    """
    widths = [
        max((row[column].pixels.shape[1] for _, row in rows if column < len(row)), default=0)
        for column in range(max((len(row) for _, row in rows), default=0))
    ]
    heights = [max((panel.pixels.shape[0] for panel in row), default=0) for _, row in rows]
    least = max((_length(text) for text in (title, footer, *(caption for caption, _ in rows))), default=0)
    width = max(sum(widths) + _GAP * max(len(widths) - 1, 0), least) + 2 * _MARGIN
    height = 2 * _MARGIN + _LINE + 6 + sum(_LINE * bool(c) + h + _GAP for (c, _), h in zip(rows, heights, strict=True))
    height += _LINE if footer else 0
    sheet = Image.new("RGB", (int(width), int(height)), "black")
    pen = ImageDraw.Draw(sheet)
    y = _MARGIN
    _write(pen, _MARGIN, y, title, bold=True)
    y += _LINE + 6
    for (caption, panels), tallest in zip(rows, heights, strict=True):
        if caption:
            _write(pen, _MARGIN, y, caption)
            y += _LINE
        x = _MARGIN
        for panel, column in zip(panels, widths, strict=False):
            _paste(sheet, pen, panel, x + (column - panel.pixels.shape[1]) // 2, y)
            x += column + _GAP
        y += tallest + _GAP
    if footer:
        _write(pen, _MARGIN, y, footer)
    return save_image(sheet, path, quality=quality)


def save_image(image: Image.Image, path: Path, *, quality: int = 78, colors: tuple[Color, ...] = LINES) -> Path:
    """Write WebP or PNG, by the suffix, so that a reader never sees half a file.

    Args:
        image: the picture.
        path: its file.
        quality: of WebP, 0 to 100.
        colors: of its lines, eight at most: a PNG has a palette of these and of greys.
    """
    with open_atomically(path) as file:
        if path.suffix == ".png":
            paletted = image.quantize(palette=_palette(colors), dither=Image.Dither.NONE)
            paletted.save(file, format="PNG", compress_level=6)
        else:
            # Sharp YUV keeps thin coloured lines coloured.
            image.save(file, format="WEBP", quality=quality, method=2, use_sharp_yuv=True)
    return path


def write_shadowed(
    pen: ImageDraw.ImageDraw, x: int, y: int, text: str, color: Color, anchor: str, *, size: int = 11
) -> None:
    """Write words that are legible on any ground, at a place and by Pillow's anchor."""
    if text:
        pen.text((x, y), text, fill=color, font=font(size), anchor=anchor, stroke_width=2, stroke_fill="black")


@lru_cache(maxsize=8)
def font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, from the copy that travels with matplotlib: the same letters on every machine."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name), size)


@lru_cache(maxsize=2)
def _palette(colors: tuple[Color, ...]) -> Image.Image:
    """Greys, and each line colour in eight strengths over black and over grey: a learnt palette loses rare colours."""
    levels = [(level, level, level) for level in np.linspace(0, 255, 128).astype(int).tolist()]
    lines = [
        [int(strength * part + (1 - strength) * ground) for part in color]
        for color in colors
        for ground in (0, 140)
        for strength in np.linspace(0.3, 1, 8)
    ]
    palette = Image.new("P", (1, 1))
    palette.putpalette([value for color in [*levels, *lines] for value in color])
    return palette


def _blend(pixels: Array, alpha: Array, color: Color) -> None:
    pixels += alpha[..., None] * (np.array(color, np.float32) - pixels)


def _paste(sheet: Image.Image, pen: ImageDraw.ImageDraw, panel: Panel, x: int, y: int) -> None:
    rows, columns = panel.pixels.shape[:2]
    sheet.paste(Image.fromarray(np.clip(panel.pixels, 0, 255).astype(np.uint8)), (x, y))
    if panel.title:
        write_shadowed(pen, x + 4, y + 3, panel.title, WHITE, "la")
    left, right = panel.sides
    write_shadowed(pen, x + 4, y + rows - 4, left, GREY, "ls")
    write_shadowed(pen, x + columns - 4, y + rows - 4, right, GREY, "rs")
    if panel.note:
        write_shadowed(pen, x + columns // 2, y + rows - 4, panel.note, GREY, "ms")


def _write(pen: ImageDraw.ImageDraw, x: float, y: int, text: Text, *, bold: bool = False) -> None:
    for words, color in text:
        pen.text((x, y), words, fill=color, font=font(12, bold))
        x += font(12, bold).getlength(words) + 14


def _length(text: Text) -> float:
    return sum(font(12, True).getlength(words) + 14 for words, _ in text)
