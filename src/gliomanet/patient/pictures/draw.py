"""The pictures of a patient as PNG: each modality on the scanner's own grid, and the atlas, with the outline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import nibabel as nib
import numpy as np
from PIL import Image, ImageDraw

from gliomanet.files.nifti import read_written_nifti
from gliomanet.imaging.quality.pictures.canvas import (
    GREY,
    WHITE,
    Color,
    draw_outline,
    gray,
    save_image,
    window_of,
    write_shadowed,
)
from gliomanet.imaging.reading import read_modality
from gliomanet.imaging.volume import Array, Grid, Volume
from gliomanet.patient.pictures.picture import Picture
from gliomanet.patient.pictures.planes import PLANES, SIDE, SIDES, Slice, slices_of

YELLOW, ORANGE, SKY = (240, 228, 66), (213, 94, 0), (86, 180, 233)
OUTLINES: tuple[tuple[str, tuple[int, ...], Color, int], ...] = (
    ("whole", (1, 2, 4), YELLOW, 0),
    ("necrosis or non-enhancing core", (1,), SKY, 3),
    ("enhancing", (4,), ORANGE, 6),
)
"""Part, its codes, its colour (Okabe and Ito's, told apart with any colour vision), and the length of its dashes in
pixels (0: none), so that no part is told by its colour alone."""

_RULERS = (50, 20, 10, 5)


def draw_case(
    case: Path, native: Path, files: Mapping[str, Path], record: Mapping[str, Any], outline: Path | None, out: Path
) -> tuple[Picture, ...]:
    """Draw all pictures of a case.

    Args:
        case: its preprocessed folder.
        native: folder of the outlines on the scanner's grids: `<modality>_tumour.nii.gz`, `<modality>_brain.nii.gz`.
        files: modality → the scanner's file.
        record: of preprocessing.
        outline: the tumour on the atlas grid; `None` where nothing outlines it.
        out: folder to write to.
    """
    out.mkdir(parents=True, exist_ok=True)
    found: list[Picture] = []
    for name in record["modalities"]:
        scan = read_modality(files[name], str(record["case_id"]), name).volume
        tumour = native / f"{name}_tumour.nii.gz"
        brain = _codes(native / f"{name}_brain.nii.gz", scan.grid)
        found += _draw(scan, brain, _codes(tumour, scan.grid) if outline else None, "scanner", name, out)
    name = str(record["reference"])
    on_atlas = _volume(case / f"{name}.nii.gz")
    brain = _codes(case / "brain_mask.nii.gz", on_atlas.grid)
    found += _draw(on_atlas, brain, _codes(outline, on_atlas.grid) if outline else None, "atlas", name, out)
    return tuple(found)


def _draw(
    image: Volume, brain: Volume, tumour: Volume | None, space: Literal["scanner", "atlas"], name: str, out: Path
) -> Iterator[Picture]:
    codes = np.zeros(image.grid.shape, np.uint8) if tumour is None else tumour.array
    inside = brain.array > 0
    window = window_of(image.array[inside] if inside.any() else image.array)
    if space == "atlas":  # normalised: the 0 around the brain would be as bright as the brain's mean
        image = image.with_array(np.where(inside, image.array, window[0]))
    present = set(np.unique(codes).tolist()) - {0}
    for one in slices_of(codes, inside, image.grid.spacing):
        pixels = gray(one.of(image, smooth=False), window)
        parts = _outlines(pixels, one, image.with_array(codes), present)
        pixels = _squared(pixels)
        position = image.grid.affine @ np.array([*_middle(one), 1.0])
        slices = image.grid.shape[one.axis]
        file = f"{'atlas' if space == 'atlas' else name}_{PLANES[one.axis]}.png"
        picture = Picture(
            file=f"pictures/{file}",
            space=space,
            modality=name,
            plane=PLANES[one.axis],
            slice=one.index + 1,
            slices=slices,
            position_mm=round(float(position[one.axis]), 1),
            outlined=tuple(parts),
            width=pixels.shape[1],
            height=pixels.shape[0],
        )
        colors = tuple(color for _, _, color, _ in OUTLINES)
        save_image(_lettered(pixels, one, picture), out / file, colors=colors)
        yield picture


def _outlines(pixels: Array, one: Slice, tumour: Volume, present: set[int]) -> list[str]:
    """Draw the tumour's parts on a slice, in place; the names of those that are there."""
    drawn = []
    rows, columns = np.indices(pixels.shape[:2])
    # Where one code alone stands for the whole tumour, a second line upon the first would hide it.
    for part, codes, color, dash in OUTLINES if len(present) > 1 else OUTLINES[:1]:
        share = one.of(tumour.with_array(np.isin(tumour.array, codes).astype(np.float32)), smooth=True)
        if not (share > 0.5).any():
            continue
        before = pixels.copy()
        draw_outline(pixels, share, color, width=1.8)
        if dash:
            gaps = ((rows + columns) // dash) % 2 == 1
            pixels[gaps] = before[gaps]
        drawn.append(part)
    return drawn


def _squared(pixels: Array) -> Array:
    """The pixels in the middle of a black square, so that all planes of a case have one scale."""
    square = np.zeros((SIDE, SIDE, 3), np.float32)
    top, left = (SIDE - pixels.shape[0]) // 2, (SIDE - pixels.shape[1]) // 2
    square[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
    return square


def _lettered(pixels: Array, one: Slice, picture: Picture) -> Image.Image:
    """The picture with its sides, its slice and a ruler."""
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    pen, (width, height) = ImageDraw.Draw(image), image.size
    left, right = SIDES[one.axis]
    write_shadowed(pen, 6, height // 2, left, WHITE, "lm", size=15)
    write_shadowed(pen, width - 6, height // 2, right, WHITE, "rm", size=15)
    write_shadowed(pen, 6, 5, f"{picture.slice}/{picture.slices}", GREY, "la")
    length = next((mm for mm in _RULERS if mm / one.pixel_mm < 0.3 * width), _RULERS[-1])
    long, y = round(length / one.pixel_mm), height - 8
    x = width - 8 - long
    pen.rectangle((x - 1, y - 3, x + long + 1, y + 1), fill="black")
    pen.rectangle((x, y - 2, x + long, y), fill=WHITE)
    write_shadowed(pen, x + long // 2, y - 6, f"{length} mm", WHITE, "ms")
    return image


def _middle(one: Slice) -> list[float]:
    middle = [(low + high) / 2 for low, high in one.box]
    middle[one.axis] = one.index
    return middle


def _volume(path: Path) -> Volume:
    image: Any = nib.as_closest_canonical(read_written_nifti(path))  # type: ignore[no-untyped-call]
    return Volume(np.asarray(image.dataobj), Grid.of(image.shape, image.affine))


def _codes(path: Path, grid: Grid) -> Volume:
    """A mask of this project on the grid of the image that it belongs to."""
    return Volume(np.asarray(_volume(path).array, np.uint8), grid)
