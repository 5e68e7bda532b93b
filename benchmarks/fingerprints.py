"""Does the fingerprint of a head find it again, and confuse no two? Real cases and phantoms, moved and degraded.

Usage: python benchmarks/fingerprints.py [--phantoms 50] [--copies 2] [--modalities t1c flair] [--seed 2021]

Every image set is fingerprinted as it is and as random copies: a rigid move of up to 25 degrees an axis and 25 mm, by
resampling to 1.3 mm or to 1.5 x 1.5 x 4 mm; then a bias field, an exponent, a gain and noise; then its axes permuted
and flipped, with the affine following. Then all pairs are compared. Real data is looked for in GLIOMANET_DATA (default:
../shared/data beside the repository), phantoms are simulated here: half of them with skull, of two scanners.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Iterable, Iterator
from itertools import chain, combinations
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy import ndimage
from scipy.spatial.transform import Rotation

from gliomanet.audit.fingerprint import THRESHOLD, Fingerprint, fingerprint_case, same_head_pairs, similarities
from gliomanet.config.sources import PhantomSource, Scanner
from gliomanet.imaging.reading import read_modality
from gliomanet.imaging.volume import Grid, Volume, resample
from gliomanet.phantom.center import plan_center, simulate_case

DATA = Path(os.environ.get("GLIOMANET_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")) / "real-mri"
REAL = {
    "FG-6692 native": ("FG-6692", "TCGA-FG-6692/native"),
    "FG-6692 sri24": ("FG-6692", "TCGA-FG-6692/sri24"),
    "DU-7294": ("DU-7294", "TCGA-DU-7294/sri24"),
    "BraTS2021_00495": ("BraTS2021_00495", "BraTS2021_00495"),
    "brats_2013_pat0005": ("brats_2013_pat0005", "brats_2013_pat0005"),
}
Images = dict[str, Volume]


def real_sets(modalities: list[str]) -> Iterator[tuple[str, str, Images]]:
    for name, (patient, folder) in REAL.items():
        files = {one: DATA / folder / f"{one}.nii.gz" for one in modalities}
        images = {one: read_modality(path, name, one).volume for one, path in files.items() if path.is_file()}
        if images:
            yield name, patient, images


def phantom_sets(count: int, modalities: list[str]) -> Iterator[tuple[str, str, Images]]:
    scanners = {
        "STRIPPED": Scanner(voxel_mm=(1.5, 1.5, 3)),
        "SKULL": Scanner(voxel_mm=(1.2, 1.2, 2), skull=True, oblique_degrees=8, bias_field=0.3),
    }
    for index, (center, scanner) in enumerate(scanners.items()):
        source = PhantomSource(cases=(count + 1 - index) // 2 or 1, scanner=scanner)
        for patient in plan_center(center, source, seed=1) if count > index else []:
            images = simulate_case(center, patient, source, 1)
            chosen = {one: images[one] for one in modalities if one in images}
            yield (
                patient.case_id,
                patient.case_id,
                {one: Volume.of(image.voxels.astype(np.float32), image.affine) for one, image in chosen.items()},
            )


def changed(images: Images, rng: np.random.Generator, spacing_mm: tuple[float, float, float]) -> Images:
    """A copy of a case: one rigid move for all modalities, and gain, bias, noise and storage order of each its own."""
    first = next(iter(images.values()))
    centre = np.array(ndimage.center_of_mass(np.maximum(first.array, 0)))
    middle = first.grid.affine[:3, :3] @ centre + first.grid.affine[:3, 3]
    move = np.eye(4)
    move[:3, :3] = Rotation.from_euler("xyz", rng.uniform(-25, 25, 3), degrees=True).as_matrix()
    move[:3, 3] = middle - move[:3, :3] @ middle + rng.uniform(-25, 25, 3)
    return {name: restored(degraded(moved(one, move, spacing_mm), rng), rng) for name, one in images.items()}


def moved(image: Volume, move: np.ndarray, spacing_mm: tuple[float, float, float]) -> Volume:
    """The image seen through `move`, on a grid along the axes that holds all of it."""
    back = np.linalg.inv(move) @ image.grid.affine
    corners = np.array(list(np.ndindex(2, 2, 2))) * (np.array(image.grid.shape) - 1)
    placed = corners @ back[:3, :3].T + back[:3, 3]
    low, high = placed.min(axis=0), placed.max(axis=0)
    x, y, z = (int(n) for n in np.ceil((high - low) / spacing_mm) + 1)
    affine = np.diag([*spacing_mm, 1.0])
    affine[:3, 3] = low
    grid = Grid((x, y, z), affine)
    return Volume(resample(image, grid, move), grid)


def degraded(image: Volume, rng: np.random.Generator) -> Volume:
    """Exponent 0.8 to 1.25, a bias field of some 30 %, noise of 3 % of the brightest, and another unit."""
    axes = [np.linspace(-1, 1, n, dtype=np.float32) for n in image.grid.shape]
    slopes, bend = rng.uniform(-0.25, 0.25, 3), rng.uniform(-0.15, 0.15)
    log_bias = sum(
        np.float32(slope) * axis.reshape([-1 if i == at else 1 for i in range(3)])
        + np.float32(bend) * axis.reshape([-1 if i == at else 1 for i in range(3)]) ** 2
        for at, (slope, axis) in enumerate(zip(slopes, axes, strict=True))
    )
    signal = np.maximum(image.array, 0)
    top = np.float32(np.percentile(signal[signal > 0], 99))
    signal = (signal / top) ** np.float32(rng.uniform(0.8, 1.25)) * np.exp(log_bias)
    noisy = np.abs(signal + np.float32(0.03) * rng.standard_normal(signal.shape, dtype=np.float32))
    return image.with_array(np.where(image.array != 0, noisy, 0) * np.float32(top * rng.uniform(0.3, 3)))


def restored(image: Volume, rng: np.random.Generator) -> Volume:
    """Stored with its axes permuted and flipped, then brought to RAS+ again, as every reader here does."""
    stored = nib.Nifti1Image(image.array, image.grid.affine)
    codes = np.stack([rng.permutation(3), rng.choice([-1, 1], 3)], axis=-1).astype(float)
    plain = nib.as_closest_canonical(stored.as_reoriented(codes))
    return Volume.of(np.ascontiguousarray(plain.dataobj), plain.affine)


def growth(prints: Fingerprint, cases: int) -> tuple[float, float]:
    """Seconds for all pairs of that many synthetic cases of four modalities, and their fingerprints' size in MB."""
    rng = np.random.default_rng(0)
    made = {
        ("X", f"{i:04d}"): {
            name: Fingerprint(f"{i} {name}", rng.integers(-60, 60, prints.edges.size).astype(np.int8), 1.0)
            for name in ("t1", "t1c", "t2", "flair")
        }
        for i in range(cases)
    }
    start = time.perf_counter()
    same_head_pairs(made)
    return time.perf_counter() - start, cases * 4 * prints.edges.nbytes / 1e6


def compared(prints: list[dict[str, Fingerprint]], modality: str) -> np.ndarray:
    """Similarity of every pair (n, n) in one modality; NaN where one has none."""
    having = [i for i, one in enumerate(prints) if modality in one]
    matrix = np.full((len(prints), len(prints)), np.nan)
    matrix[np.ix_(having, having)] = similarities([prints[i][modality] for i in having])
    return matrix


def mean_of(matrices: Iterable[np.ndarray]) -> np.ndarray:
    """The mean over the modalities that both have: what a pair is judged by."""
    stacked = np.stack(list(matrices))
    known = np.isfinite(stacked)
    return np.where(
        known.any(axis=0), np.where(known, stacked, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1), np.nan
    )


def tell(title: str, matrix: np.ndarray, names: list[str], patients: list[str]) -> None:
    """The least alike of one head's sets, the most alike of two heads', and the errors at the threshold."""
    pairs = [(float(matrix[a, b]), a, b) for a, b in combinations(range(len(names)), 2) if np.isfinite(matrix[a, b])]
    same = [pair for pair in pairs if patients[pair[1]] == patients[pair[2]]]
    two_exports = [pair for pair in same if names[pair[1]][:-3] != names[pair[2]][:-3]]
    other = [pair for pair in pairs if patients[pair[1]] != patients[pair[2]]]
    for what, chosen in (("same head", same), ("same head, native with skull and stripped", two_exports)):
        if chosen:
            low, a, b = min(chosen)
            print(f"{title}: {what}: {len(chosen)} pairs, lowest {low:.3f} ({names[a]}, {names[b]})")
    if same and other:
        high, a, b = max(other)
        missed, false = sum(pair[0] < THRESHOLD for pair in same), sum(pair[0] >= THRESHOLD for pair in other)
        print(
            f"{title}: different heads: {len(other)} pairs, highest {high:.3f} ({names[a]}, {names[b]}); "
            f"margin {min(same)[0] - high:.3f}; at the threshold {missed} missed, {false} false"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--phantoms", type=int, default=50, help="half of them with skull")
    parser.add_argument("--copies", type=int, default=2, help="changed copies of every image set")
    parser.add_argument("--modalities", nargs="+", default=["t1c", "flair"])
    parser.add_argument("--seed", type=int, default=2021, help="of the random changes")
    asked = parser.parse_args()
    rng = np.random.default_rng(asked.seed)
    names, patients, prints, seconds = [], [], [], []
    for name, patient, images in chain(real_sets(asked.modalities), phantom_sets(asked.phantoms, asked.modalities)):
        for copy in range(asked.copies + 1):
            spacing = (1.3, 1.3, 1.3) if copy % 2 else (1.5, 1.5, 4.0)
            case = changed(images, rng, spacing) if copy else images
            start = time.process_time()
            prints.append(fingerprint_case(case))
            seconds.append(time.process_time() - start)
            names.append(f"{name} #{copy}")
            patients.append(patient)
        print(
            f"{name}: {', '.join(f'{one.explained:.2f}' for one in prints[-1].values())}; {seconds[-1]:.2f} s",
            flush=True,
        )
    print(f"\n{len(prints)} image sets of {len(set(patients))} heads; threshold {THRESHOLD}")
    alike = {modality: compared(prints, modality) for modality in asked.modalities}
    for modality, matrix in {**alike, "mean of these": mean_of(alike.values())}.items():
        tell(modality, matrix, names, patients)
    cost = np.array(seconds[1:]) / len(asked.modalities)
    print(f"CPU a modality: median {np.median(cost):.2f} s, most {cost.max():.2f} s")
    for cases in (125, 250, 500):
        took, size = growth(next(iter(prints[0].values())), cases)
        print(f"{cases} cases of four modalities: all pairs {took:.2f} s, fingerprints {size:.0f} MB")
    print(f"largest memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
