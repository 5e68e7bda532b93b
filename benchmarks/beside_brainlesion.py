"""A picture of one case as this pipeline and as BrainLesion's preprocessing make it, in the same planes.

    python benchmarks/beside_brainlesion.py results/real-mri/preprocessed/NATIVE/TCGA-FG-6692 OUT.png

BrainLesion's images (SRI24, brain-extracted; real-mri/TCGA-FG-6692/sri24 below GLIOMANET_DATA) are moved onto this
pipeline's atlas grid by an affine fit of T1c, so that both show the same planes; both are brain-extracted.
"""

import argparse
import os
from pathlib import Path

import nibabel as nib
import numpy as np
from matplotlib.figure import Figure

from gliomanet.imaging.foreground import filled_piece
from gliomanet.imaging.registration.coregistration import best_start
from gliomanet.imaging.registration.mutual_information import fit
from gliomanet.imaging.volume import Volume, resample

DATA = Path(os.environ.get("GLIOMANET_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")) / "real-mri"
NAMES = {"t1": "T1", "t1c": "T1c", "t2": "T2", "flair": "FLAIR"}


def load(path: Path) -> Volume:
    image = nib.as_closest_canonical(nib.load(path))
    return Volume.of(np.asarray(image.dataobj, dtype=np.float32), image.affine)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("case", type=Path, help="preprocessed folder of TCGA-FG-6692")
    parser.add_argument("out", type=Path)
    asked = parser.parse_args()
    theirs = {name: load(DATA / "TCGA-FG-6692" / "sri24" / f"{name}.nii.gz") for name in NAMES}
    ours = {name: load(asked.case / f"{name}.nii.gz") for name in NAMES}
    brain = load(asked.case / "brain_mask.nii.gz").array > 0
    grid = ours["t1c"].grid
    matrix = fit(ours["t1c"], theirs["t1c"], "affine", inside=brain, start=best_start(ours["t1c"], theirs["t1c"]))
    moved = {name: resample(volume, grid, matrix) for name, volume in theirs.items()}
    outline = filled_piece(moved["t1c"] != 0)
    centre = np.argwhere(brain).mean(axis=0).round().astype(int)

    figure = Figure(figsize=(13, 2.6 * len(NAMES)), facecolor="black")
    axes = figure.subplots(len(NAMES), 6)
    for row, name in enumerate(NAMES):
        for column, (image, inside) in enumerate(((ours[name].array, brain), (moved[name], outline))):
            window = np.percentile(image[inside], [1, 99.5])
            for plane, axis in enumerate((2, 1, 0)):
                place = axes[row, 3 * column + plane]
                shown = np.where(inside, image, window[0])
                place.imshow(np.take(shown, centre[axis], axis).T[::-1], cmap="gray", vmin=window[0], vmax=window[1])
                place.contour(np.take(inside, centre[axis], axis).T[::-1], [0.5], colors=["#00c8ff"], linewidths=0.6)
                place.set_axis_off()
        axes[row, 0].text(
            -0.06, 0.5, NAMES[name], color="white", rotation=90, va="center", transform=axes[row, 0].transAxes
        )
    for column, title in ((1, "gliomanet, MNI152"), (4, "BrainLesion, SRI24, moved onto the same planes")):
        axes[0, column].set_title(title, color="white", fontsize=11)
    figure.subplots_adjust(left=0.03, right=0.99, top=0.95, bottom=0.01, wspace=0.02, hspace=0.04)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(asked.out, dpi=110, facecolor="black")


if __name__ == "__main__":
    main()
