"""One slice or projection of a display copy as PNG, in radiological convention: the equal view without WebGL."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from gliomanet.app.viewer.display_copies import PARTS, SIGNED, Info
from gliomanet.files.nifti import read_written_nifti
from gliomanet.imaging.quality.pictures.canvas import GREY, WHITE, Color, write_shadowed
from gliomanet.imaging.volume import Array
from gliomanet.patient.pictures.planes import SIDES
from gliomanet.reporting.chinese_font import chinese_font

Plane = Literal["axial", "coronal", "sagittal"]
AXES: dict[Plane, int] = {"axial": 2, "coronal": 1, "sagittal": 0}
COLORS: dict[str, Color] = {
    "enhancing": (213, 94, 0),
    "core": (86, 180, 233),
    "oedema": (240, 228, 66),
    "whole": (240, 228, 66),
    "brain": (204, 121, 167),
}
"""Colours of Okabe and Ito, told apart with any colour vision."""

DASHES = {"enhancing": 6, "core": 3, "oedema": 0, "whole": 0, "brain": 0}
"""Length of an outline's dashes in pixels (0: unbroken), so that no part is told by its colour alone."""

FOR, AGAINST = (255, 80, 80), (0, 190, 255)
_RULERS = (50, 20, 10, 5)
_LINE = 18
"""Pixels of a line of the notice."""


@dataclass(frozen=True)
class Drawn:
    """An overlay to draw: its part, and kind, digest and file of the copy that it is read from."""

    part: str
    kind: str
    digest: str
    path: Path


@dataclass(frozen=True)
class Look:
    """Settings of a picture.

    Attributes:
        low: value that is black,
        high: and white.
        invert: black and white exchanged.
        opacity: of filled overlays, 0 to 1.
        outline: outlines alone, nothing is filled.
        size: pixels of the volume's longest side.
        marks: letters, slice number and ruler are drawn.
        notice: a line below the picture, for one that is saved.
    """

    low: float
    high: float
    invert: bool = False
    opacity: float = 0.4
    outline: bool = False
    size: int = 512
    marks: bool = False
    notice: str = ""


@lru_cache(maxsize=16)
def _voxels(path: Path, digest: str) -> Array:
    return np.asarray(read_written_nifti(path).dataobj)


def forget(case_id: str = "") -> None:
    """Forget voxels and pictures of all cases; called when one is deleted."""
    _voxels.cache_clear()
    draw.cache_clear()


def value_at(info: Info, path: Path, at: tuple[int, int, int]) -> float | None:
    """Value of a copy in a voxel, in the image's own units; `None` outside of the brain or the grid."""
    if not all(0 <= place < count for place, count in zip(at, info.shape, strict=True)):
        return None
    level = float(_voxels(path, info.digest)[at])
    return None if info.kind == "image" and level == 0 else info.slope * level + info.intercept


@lru_cache(maxsize=1024)
def draw(info_json: str, path: Path, plane: Plane, index: int | None, overlays: tuple[Drawn, ...], look: Look) -> bytes:
    """A PNG of one slice, or of the brightest along the axis.

    Args:
        info_json: `Info` of the image, as JSON.
        path: its display copy.
        plane: the plane.
        index: place of the slice in the copy; `None`: a projection of them all.
        overlays: drawn in this order.
        look: settings.
    """
    info = Info.model_validate_json(info_json)
    axis = AXES[plane]
    across, up = (other for other in range(3) if other != axis)
    sides = [info.shape[one] * info.spacing[one] for one in (across, up)]
    scale = look.size / max(count * step for count, step in zip(info.shape, info.spacing, strict=True))
    size = (max(1, round(sides[0] * scale)), max(1, round(sides[1] * scale)))
    levels = _plane(_voxels(path, info.digest), axis, index).astype(np.float32)
    values = levels * info.slope + info.intercept
    shade = np.clip((values - look.low) / max(look.high - look.low, 1e-9), 0, 1)
    shade[levels == 0] = 0
    shade = _between(1 - shade if look.invert else shade, size)
    pixels = np.repeat(shade[..., None] * 255, 3, axis=2)
    for one in overlays:
        _overlay(pixels, one, _blocks(_plane(_voxels(one.path, one.digest), axis, index), size), look)
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    if look.marks:
        image = _marked(image, info, plane, index, scale, look)
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=3)
    return out.getvalue()


def _plane(voxels: Array, axis: int, index: int | None) -> Array:
    """A plane of voxels (rows, columns): the patient's right, or front, at the left."""
    if index is None:
        strongest = np.abs(voxels.astype(np.int16)).argmax(axis=axis)
        cut = np.take_along_axis(voxels, np.expand_dims(strongest, axis), axis).squeeze(axis)
    else:
        cut = np.take(voxels, index, axis)
    turned: Array = cut.T[::-1, ::-1]
    return turned


def _between(shade: Array, size: tuple[int, int]) -> Array:
    """An image as pixels (rows, columns), linear between the voxels' middles, as WebGL draws it."""
    shown = Image.fromarray(np.ascontiguousarray(shade, np.float32)).resize(size, Image.Resampling.BILINEAR)
    return np.asarray(shown, np.float32)


def _blocks(plane: Array, size: tuple[int, int]) -> Array:
    """Codes as pixels (rows, columns): each voxel a block, since nothing lies between two codes."""
    rows = np.minimum(np.arange(size[1]) * plane.shape[0] // size[1], plane.shape[0] - 1)
    columns = np.minimum(np.arange(size[0]) * plane.shape[1] // size[0], plane.shape[1] - 1)
    shown: Array = plane[rows][:, columns]
    return shown


def _overlay(pixels: Array, one: Drawn, plane: Array, look: Look) -> None:
    if one.kind == "attribution":
        strength = plane.astype(np.float32) / SIGNED
        alpha = np.clip((np.abs(strength) - 0.1) / 0.9, 0, 1) * look.opacity
        color = np.where(strength[..., None] > 0, np.array(FOR, np.float32), np.array(AGAINST, np.float32))
        pixels += alpha[..., None] * (color - pixels)
        return
    inside = plane == (1 if one.part == "brain" else PARTS[one.part][0])
    color = np.array(COLORS[one.part], np.float32)
    if not look.outline and one.part != "brain":
        pixels[inside] += look.opacity * (color - pixels[inside])
    edge = inside & ~ndimage.binary_erosion(inside, iterations=2, border_value=1)
    if dash := DASHES[one.part]:
        rows, columns = np.indices(edge.shape)
        edge &= ((rows + columns) // dash) % 2 == 0
    pixels[edge] = color


def _marked(picture: Image.Image, info: Info, plane: Plane, index: int | None, scale: float, look: Look) -> Image.Image:
    """The picture with its sides, slice and ruler, and the notice below."""
    lines = look.notice.split("\n") if look.notice else []
    width, height = picture.size
    image = Image.new("RGB", (max(width, 480) if lines else width, height + _LINE * len(lines)), "black")
    image.paste(picture, (0, 0))
    pen, axis = ImageDraw.Draw(image), AXES[plane]
    left, right = SIDES[axis]
    write_shadowed(pen, 6, height // 2, left, WHITE, "lm", size=15)
    write_shadowed(pen, width - 6, height // 2, right, WHITE, "rm", size=15)
    if index is not None:
        said = f"{plane} {index + info.offset[axis] + 1}/{info.full_shape[axis]}"
        write_shadowed(pen, 6, 5, said, GREY, "la")
    length = next((mm for mm in _RULERS if mm * scale < 0.3 * width), _RULERS[-1])
    long, y = round(length * scale), height - 8
    x = width - 8 - long
    pen.rectangle((x - 1, y - 3, x + long + 1, y + 1), fill="black")
    pen.rectangle((x, y - 2, x + long, y), fill=WHITE)
    write_shadowed(pen, x + long // 2, y - 6, f"{length} mm", WHITE, "ms")
    _write_below(pen, lines, height)
    return image


def _write_below(pen: ImageDraw.ImageDraw, lines: Sequence[str], top: int) -> None:
    for number, line in enumerate(lines):
        place = (6, top + 2 + _LINE * number)
        if line.isascii():
            write_shadowed(pen, *place, line, GREY, "la")
        else:
            pen.text(place, line, fill=GREY, font=_chinese_letters(), anchor="la")


@lru_cache(maxsize=1)
def _chinese_letters() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(chinese_font(), 12)
