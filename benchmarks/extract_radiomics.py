"""Radiomics of real cases: this package's `extract_case` against pyradiomics called plainly on the whole images.

Usage: PYTHONPATH=src python benchmarks/extract_radiomics.py DATA [--repeats 3]

DATA is the folder that holds real-mri. Both read the same files (modalities as preprocessing leaves them: z-scored
inside the brain), with the same settings, in one process and on one thread. Two plain calls are timed: one as
pyradiomics' documentation shows it, and a thrifty one that leaves out the diagnostics and describes the shape once.
Printed: values and the largest relative difference, seconds and the ratios (medians of the repeats), and the ratio of
seconds of CPU, which other programs on the machine disturb less.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import SimpleITK as sitk  # noqa: N813 - SimpleITK's own short name
from radiomics.featureextractor import RadiomicsFeatureExtractor

from gliomanet.config.analysis import Radiomics
from gliomanet.radiomics.extract import extract_case

MODALITIES = ("t1", "t1c", "t2", "flair")
CASES = {
    "BraTS2021_00495": ("BraTS2021_00495", "tumour_expert.nii.gz"),
    "TCGA-DU-7294": ("TCGA-DU-7294/sri24", "tumour_consensus.nii.gz"),
}
SETTINGS = Radiomics(regions={"whole": [1]})


def prepare(source: Path, mask: str, folder: Path) -> None:
    """A case's folder as preprocessing leaves it; its tumour mask is 1 in the whole tumour, for both callers."""
    for name in MODALITIES:
        image = nib.load(source / f"{name}.nii.gz")
        values = np.asarray(image.dataobj, dtype=np.float32)
        brain = values != 0
        values[brain] = (values[brain] - values[brain].mean()) / values[brain].std()
        nib.save(nib.Nifti1Image(values, image.affine), folder / f"{name}.nii.gz")
    labels = nib.load(source / mask)
    whole = (np.asarray(labels.dataobj) > 0).astype(np.uint8)
    nib.save(nib.Nifti1Image(whole, labels.affine), folder / "tumour_mask.nii.gz")


def ours(folder: Path) -> dict[str, float]:
    table, notes = extract_case(folder, "case", SETTINGS)
    if notes:
        raise RuntimeError(f"nothing to compare: {notes}")
    return {name: float(value) for name, value in table.iloc[0].items() if name not in ("case_id", "region")}


def plain(folder: Path) -> dict[str, float]:
    """Every modality as in pyradiomics' documentation: an extractor, two paths, all features."""
    row = {}
    for name in MODALITIES:
        extractor = RadiomicsFeatureExtractor(binWidth=SETTINGS.bin_width)
        found = extractor.execute(str(folder / f"{name}.nii.gz"), str(folder / "tumour_mask.nii.gz"))
        row |= _named(name, found)
    return row


def thrifty(folder: Path) -> dict[str, float]:
    """The same by someone who knows pyradiomics: one extractor, no diagnostics, shape once."""
    row = {}
    extractor = RadiomicsFeatureExtractor(binWidth=SETTINGS.bin_width, additionalInfo=False)
    mask = sitk.ReadImage(str(folder / "tumour_mask.nii.gz"))
    for name in MODALITIES:
        row |= _named(name, extractor.execute(sitk.ReadImage(str(folder / f"{name}.nii.gz")), mask))
        extractor.enableFeatureClassByName("shape", enabled=False)
    return row


def _named(modality: str, found: dict[str, float]) -> dict[str, float]:
    """Features by the names of this package's tables, without the diagnostics."""
    features = {k.removeprefix("original_"): float(v) for k, v in found.items() if k.startswith("original_")}
    return {f"{'mask' if name.startswith('shape_') else modality}_{name}": v for name, v in features.items()}


def _timed(call: Callable[[Path], dict[str, float]], folder: Path) -> tuple[float, float, dict[str, float]]:
    """Seconds, seconds of CPU, and what the call returns."""
    start, start_cpu = time.perf_counter(), time.process_time()
    found = call(folder)
    return time.perf_counter() - start, time.process_time() - start_cpu, found


def measure(data: Path, repeats: int) -> None:
    """Print a table, a row a case."""
    logging.getLogger("radiomics").setLevel(logging.ERROR)
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    print(
        "case\tvoxels\tvalues\tworst_difference\tours_s\tplain_s\tthrifty_s\tplain/ours\tthrifty/ours\tplain/ours_cpu\tthrifty/ours_cpu"
    )
    for case, (source, mask) in CASES.items():
        folder = Path(tempfile.mkdtemp())
        try:
            prepare(data / "real-mri" / source, mask, folder)
            times: dict[str, list[float]] = {}
            cpu: dict[str, list[float]] = {}
            values: dict[str, dict[str, float]] = {}
            for _ in range(repeats):  # in turns, so that a busy machine is as busy for each
                for call in (ours, plain, thrifty):
                    seconds, seconds_cpu, values[call.__name__] = _timed(call, folder)
                    times.setdefault(call.__name__, []).append(seconds)
                    cpu.setdefault(call.__name__, []).append(seconds_cpu)
            voxels = int(np.asarray(nib.load(folder / "tumour_mask.nii.gz").dataobj).sum())
        finally:
            shutil.rmtree(folder)
        reference, found = values["plain"], values["ours"]
        if set(found) != set(reference) or set(found) != set(values["thrifty"]):
            raise RuntimeError(f"{case}: the callers give different features: {set(found) ^ set(reference)}")
        worst = max(abs(found[name] - truth) / max(abs(truth), 1e-12) for name, truth in reference.items())
        a, b, c = (statistics.median(times[name]) for name in ("ours", "plain", "thrifty"))
        d, e, f = (statistics.median(cpu[name]) for name in ("ours", "plain", "thrifty"))
        print(
            f"{case}\t{voxels}\t{len(found)}\t{worst:.1e}\t{a:.2f}\t{b:.2f}\t{c:.2f}\t"
            f"{b / a:.1f}\t{c / a:.1f}\t{e / d:.1f}\t{f / d:.1f}"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder that holds real-mri")
    parser.add_argument("--repeats", type=int, default=3, help="runs whose median is printed")
    arguments = parser.parse_args()
    measure(arguments.data, arguments.repeats)
