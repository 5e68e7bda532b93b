"""The pictures a person judges a case and a centre by. Only what lies inside the brain mask is ever drawn."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from scipy import ndimage

from gliomanet.imaging.atlas import atlas
from gliomanet.imaging.volume import Array
from gliomanet.labels import MODALITIES

BRAIN_COLOR, TUMOUR_COLOR, ATLAS_COLOR = "#00c8ff", "#ff5050", "#ffd23c"
_NAMES = {"t1": "T1", "t1c": "T1c", "t2": "T2", "flair": "FLAIR"}
_PLANES = ((2, "axial"), (1, "coronal"), (0, "sagittal"))


def draw_case(case_dir: Path) -> Path:
    """`qc.png` of a preprocessed case: a row a contrast, three planes through the tumour's (else the brain's) centre.

    Brain outline blue, tumour outline red on every contrast; on the reference also the atlas' own edges, yellow.
    """
    record = _record(case_dir)
    images, spacing = _images(case_dir)
    inside = images["brain_mask"] > 0
    tumour = images.get("tumour_mask", np.zeros(inside.shape)) > 0
    centre = _centre(tumour if tumour.any() else inside)
    box = _box(inside | tumour)
    edges = _edges(atlas(spacing)[0].array) if atlas(spacing)[0].grid.shape == inside.shape else np.zeros(inside.shape)
    contrasts = [name for name in MODALITIES if name in images]
    figure = Figure(figsize=(7.2, 2.35 * len(contrasts) + 0.95), facecolor="black")
    FigureCanvasAgg(figure)
    top = 1 - 0.62 / figure.get_figheight()
    grid = figure.add_gridspec(
        len(contrasts),
        3,
        left=0.06,
        right=0.995,
        top=top,
        bottom=0.30 / figure.get_figheight(),
        wspace=0.02,
        hspace=0.03,
    )
    for row, name in enumerate(contrasts):
        is_reference = name == record["reference"]
        low, high = np.percentile(images[name][inside], [1, 99.5])
        for column, (axis, plane) in enumerate(_PLANES):
            axes = figure.add_subplot(grid[row, column])
            image = np.where(inside, images[name], low)
            axes.imshow(
                _plane(image, axis, centre, box),
                cmap="gray",
                vmin=low,
                vmax=max(high, low + 1e-6),
                interpolation="nearest",
                aspect="equal",
            )
            _outline(axes, _plane(inside, axis, centre, box), BRAIN_COLOR)
            _outline(axes, _plane(tumour, axis, centre, box), TUMOUR_COLOR)
            if is_reference:
                _outline(axes, _plane(edges, axis, centre, box), ATLAS_COLOR, width=0.5)
            axes.set_axis_off()
            if column == 0:
                label = _NAMES[name] + (" (reference)" if is_reference else "")
                axes.text(
                    -0.03,
                    0.5,
                    label,
                    color="white",
                    fontsize=8,
                    rotation=90,
                    ha="right",
                    va="center",
                    transform=axes.transAxes,
                )
            if axis != 0:
                for x, side in ((0.03, "L"), (0.97, "R")):
                    axes.text(x, 0.03, side, color="#a0a0a0", fontsize=6, ha="center", transform=axes.transAxes)
            if row == 0:
                axes.set_title(plane, color="#a0a0a0", fontsize=7, pad=2)
    figure.text(
        0.01,
        1 - 0.10 / figure.get_figheight(),
        f"{record['center']} · {record['case_id']}",
        color="white",
        fontsize=10,
        va="top",
        weight="bold",
    )
    figure.text(
        0.01,
        1 - 0.30 / figure.get_figheight(),
        _figures(record, inside.shape, spacing),
        color="#d0d0d0",
        fontsize=6.5,
        va="top",
    )
    legend = (("brain", BRAIN_COLOR), ("tumour", TUMOUR_COLOR), ("atlas edges on the reference", ATLAS_COLOR))
    for index, (text, color) in enumerate(legend):
        figure.text(0.06 + 0.13 * index, 0.09 / figure.get_figheight(), f"— {text}", color=color, fontsize=7)
    return _save(figure, case_dir / "qc.png")


def center_sheet(case_dirs: Sequence[Path], out: Path) -> None:
    """One page for a centre: a tile a case with its reference's axial plane, or the reason why there is none.

    Args:
        case_dirs: `results/preprocessed/<center>/<case>` folders; drawn in the order of their case ids.
        out: the PNG.
    """
    records = sorted(((_record(path), path) for path in case_dirs), key=lambda item: item[0]["case_id"])
    columns = min(8, max(4, int(np.ceil(np.sqrt(len(records))))))
    rows = max(1, -(-len(records) // columns))
    figure = Figure(figsize=(1.5 * columns, 1.95 * rows + 0.6), facecolor="black")
    FigureCanvasAgg(figure)
    top = 1 - 0.5 / figure.get_figheight()
    grid = figure.add_gridspec(rows, columns, left=0.01, right=0.99, top=top, bottom=0.01, wspace=0.05, hspace=0.16)
    for index, (record, path) in enumerate(records):
        axes = figure.add_subplot(grid[index // columns, index % columns])
        axes.set_xticks([])
        axes.set_yticks([])
        flagged = record["status"] == "ok" and record["qc"].get("flags")
        color = ATLAS_COLOR if flagged else "white" if record["status"] == "ok" else TUMOUR_COLOR
        axes.set_title(textwrap.shorten(record["case_id"], 24), color=color, fontsize=6.5, pad=2)
        axes.set_facecolor("black")
        for spine in axes.spines.values():
            spine.set_color(color if color != "white" else "#404040")
        if record["status"] == "ok":
            _thumbnail(axes, record, path)
        else:
            reason = textwrap.fill(textwrap.shorten(record["reason"], 230, placeholder=" …"), 25, break_long_words=True)
            axes.text(
                0.5,
                0.5,
                f"{record['status']}\n{reason}",
                color=TUMOUR_COLOR,
                fontsize=5.8,
                ha="center",
                va="center",
                transform=axes.transAxes,
            )
    done = sum(record["status"] == "ok" for record, _ in records)
    center = records[0][0]["center"] if records else ""
    figure.text(
        0.01,
        1 - 0.08 / figure.get_figheight(),
        f"{center}: {done} of {len(records)} cases",
        color="white",
        fontsize=11,
        va="top",
        weight="bold",
    )
    figure.text(
        0.01,
        1 - 0.30 / figure.get_figheight(),
        "Blue should follow the brain's outline, red the tumour's; yellow names carry a flag, red tiles failed.",
        color="#d0d0d0",
        fontsize=6.5,
        va="top",
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    _save(figure, out)


def _thumbnail(axes: Any, record: dict[str, Any], path: Path) -> None:
    wanted = (record["reference"], "brain_mask", "tumour_mask")
    images, _ = _images(path, wanted)
    inside = images["brain_mask"] > 0
    tumour = images.get("tumour_mask", np.zeros(inside.shape)) > 0
    box, image = _box(inside), images[record["reference"]]
    # Of a tumour its largest axial slice: where an outline that is off shows best.
    centre = _centre(inside)
    if tumour.any():
        centre = (centre[0], centre[1], int(tumour.sum(axis=(0, 1)).argmax()))
    low, high = np.percentile(image[inside], [1, 99.5])
    axes.imshow(
        _plane(np.where(inside, image, low), 2, centre, box),
        cmap="gray",
        vmin=low,
        vmax=max(high, low + 1e-6),
        interpolation="nearest",
    )
    _outline(axes, _plane(inside, 2, centre, box), BRAIN_COLOR, width=0.6)
    _outline(axes, _plane(tumour, 2, centre, box), TUMOUR_COLOR, width=0.6)


def _record(case_dir: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((case_dir / "preprocess.json").read_text(encoding="utf-8"))
    return record


def _images(
    case_dir: Path, wanted: Sequence[str] = (*MODALITIES, "brain_mask", "tumour_mask")
) -> tuple[dict[str, Array], float]:
    images: dict[str, Array] = {}
    spacing = 1.0
    for name in wanted:
        path = case_dir / f"{name}.nii.gz"
        if path.exists():
            image: Any = nib.load(path)
            images[name] = np.asarray(image.dataobj)
            spacing = round(float(image.header.get_zooms()[0]), 4)
    return images, spacing


def _figures(record: dict[str, Any], shape: tuple[int, ...], spacing: float) -> str:
    qc = record["qc"]
    alike = ", ".join(
        f"{_NAMES[n]} {qc[f'similarity_{n}_before']:.3f} → {qc[f'similarity_{n}']:.3f}"
        for n in MODALITIES
        if f"similarity_{n}" in qc
    )
    tumour = f" · tumour {qc['tumour_volume_ml']:.1f} ml" if "tumour_volume_ml" in qc else ""
    lines = [
        f"{' x '.join(map(str, shape))} voxels of {spacing:g} mm · brain {qc['brain_volume_ml']:.0f} ml{tumour}",
        f"{qc['similarity']}: atlas {qc['atlas_similarity_before']:.3f} → {qc['atlas_similarity']:.3f}"
        + (f"; to the reference: {alike}" if alike else ""),
    ]
    if qc["flags"]:
        lines[0] += " · " + "; ".join(qc["flags"])
    return "\n".join(lines)


def _edges(template: Array) -> Array:
    """The boundary between the template's grey and white matter and its ventricles, as a mask to be outlined."""
    return ndimage.gaussian_filter(template, 0.5) > 0.78 * float(np.percentile(template[template > 0], 95))


def _centre(mask: Array) -> tuple[int, int, int]:
    x, y, z = np.argwhere(mask).mean(axis=0).round().astype(int)
    return int(x), int(y), int(z)


def _box(mask: Array) -> tuple[slice, slice, slice]:
    where = np.argwhere(mask)
    low, high = np.maximum(where.min(axis=0) - 2, 0), np.minimum(where.max(axis=0) + 3, mask.shape)
    x, y, z = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return x, y, z


def _plane(array: Array, axis: int, centre: tuple[int, int, int], box: tuple[slice, slice, slice]) -> Array:
    """A plane of an RAS array: anterior or superior up, the patient's left at the left; sagittal: facing right."""
    plane: Array = np.take(array, centre[axis], axis)[tuple(part for i, part in enumerate(box) if i != axis)].T[::-1]
    return plane


def _outline(axes: Any, mask: Array, color: str, *, width: float = 0.8) -> None:
    if mask.any() and not mask.all():
        axes.contour(mask.astype(float), levels=[0.5], colors=[color], linewidths=width)


def _save(figure: Figure, path: Path) -> Path:
    partial = path.with_name(path.name + ".partial")
    figure.savefig(partial, format="png", dpi=120, facecolor="black", metadata={"Software": None})
    partial.replace(path)
    return path
