"""The preprocessing here against the plain antspyx chain: same real cases, one thread each, in one run.

The plain chain is what a short script would do: each modality N4 at its defaults, rigid registration to T1c at its
defaults, affine of T1c to the atlas at 1 mm, one apply_transforms a modality, and the files written. Of a head with
skull its affine is given HD-BET's brain mask for nothing; the pipeline finds the brain by itself, checks its input, and
draws its pictures within its time; a second ratio leaves the pictures and the figures made for them out. Cases that
come stripped and aligned skip N4 and the rigid step in both.

Each run is a process of its own with one thread. Similarities are normalised mutual information of the raw images,
moved by what each chain found, with the same interpolation inside the same masks: modalities to T1c on T1c's own
voxels, inside the supplied brain; T1c and T1 to the atlas on its voxels, inside its mask.

Usage: python benchmarks/preprocess.py [--data FOLDER] [--cases NAME …] [--repeats N] [--spacing-mm MM]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

for _variable in ("ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_variable] = "1"  # before ants and numpy are imported

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

import numpy as np  # noqa: E402

from gliomanet.config.preprocessing import Preprocessing  # noqa: E402
from gliomanet.files.nifti import write_nifti  # noqa: E402
from gliomanet.imaging import preprocess as steps  # noqa: E402
from gliomanet.imaging.reading import read_mask, read_modality  # noqa: E402
from gliomanet.imaging.registration.ants import ants_module, transform_matrix  # noqa: E402
from gliomanet.imaging.registration.atlas import atlas  # noqa: E402
from gliomanet.imaging.registration.similarity import normalized_mutual_information  # noqa: E402
from gliomanet.imaging.volume import Matrix, resample  # noqa: E402
from gliomanet.modalities import MODALITIES  # noqa: E402

Found = dict[str, Any]
AS_STRIPPED = {"bias_correction": False, "coregistration": False, "brain_extraction": "none"}


UNITS = {
    "cpu": "s of CPU, whole case",
    "wall": "s of wall time, whole case",
    "bare_cpu": "s of CPU, without image quality metrics and evidence",
    "bare_wall": "s of wall time, without image quality metrics and evidence",
    "gb": "GB",
}
EXTRAS = ("extra_figures", "save_evidence")
"""Steps of the pipeline beyond the plain chain: image quality metrics, and evidence for pictures."""


@dataclass(frozen=True)
class Case:
    """A real case: its folder under `real-mri`, and how its centre would be configured."""

    folder: str
    settings: dict[str, Any]
    brain_mask: str | None = None


CASES = {
    "TCGA-FG-6692 native": Case("TCGA-FG-6692/native", {}, "t1c_brain_mask_hdbet.nii.gz"),
    "TCGA-FG-6692 sri24": Case("TCGA-FG-6692/sri24", AS_STRIPPED),
    "TCGA-DU-7294 sri24": Case("TCGA-DU-7294/sri24", AS_STRIPPED),
    "BraTS2021_00495": Case("BraTS2021_00495", AS_STRIPPED),
}


def pipeline(case: Case, files: dict[str, Path], spacing_mm: float, out: Path) -> Found:
    """What is here: matrices atlas RAS mm → modality RAS mm."""
    row = {"case_id": "case", "center": "benchmark", **{name: str(path) for name, path in files.items()}}
    seconds: dict[str, float] = {}
    for step in EXTRAS:
        _clock(steps, step, seconds)
    steps.preprocess_case(row, Preprocessing(spacing_mm=spacing_mm, **case.settings), out, seed=1)
    record = json.loads((out / "preprocess.json").read_text(encoding="utf-8"))
    if record["status"] != "ok":
        raise RuntimeError(record["reason"])
    return {"matrices": {name: record["transforms"][name]["matrix"] for name in files}, "seconds": seconds}


def plain(case: Case, files: dict[str, Path], spacing_mm: float, out: Path) -> Found:
    """The plain antspyx chain: the same matrices, and what each of its steps cost."""
    ants = ants_module()
    settings = Preprocessing(**case.settings)
    seconds: dict[str, float] = {}
    template = atlas(spacing_mm)[0]
    write_nifti(template.array, template.grid.affine, out / "atlas.nii.gz")
    fixed_atlas = ants.image_read(str(out / "atlas.nii.gz"))
    images = {name: ants.image_read(str(path)) for name, path in files.items()}
    if settings.bias_correction:
        images = _timed(
            seconds, "N4", lambda: {name: ants.n4_bias_field_correction(image) for name, image in images.items()}
        )
    rigid: dict[str, list[str]] = {"t1c": []}
    matrices = {"t1c": np.eye(4)}
    for name, image in images.items():
        if name == "t1c":
            continue
        rigid[name], matrices[name] = [], np.eye(4)
        if settings.coregistration:
            found = _timed(
                seconds, "rigid", lambda image=image: ants.registration(images["t1c"], image, type_of_transform="Rigid")
            )
            rigid[name] = found["fwdtransforms"]
            matrices[name] = _matrix(rigid[name])
    head = images["t1c"]
    if case.brain_mask is not None:
        head = head * ants.image_read(str(files["t1c"].parent / case.brain_mask)).clone("float")
    found = _timed(seconds, "affine", lambda: ants.registration(fixed_atlas, head, type_of_transform="Affine"))
    for name, image in images.items():
        moved = _timed(
            seconds,
            "apply",
            lambda name=name, image=image: ants.apply_transforms(
                fixed_atlas, image, [*found["fwdtransforms"], *rigid[name]]
            ),
        )
        ants.image_write(moved, str(out / f"{name}.nii.gz"))
    to_head = _matrix(found["fwdtransforms"])
    return {"matrices": {name: (matrices[name] @ to_head).tolist() for name in files}, "seconds": seconds}


CHAINS: dict[str, Callable[[Case, dict[str, Path], float, Path], Found]] = {"pipeline": pipeline, "plain": plain}


def _matrix(transforms: list[str]) -> Matrix:
    matrix = np.eye(4)
    for path in transforms:
        matrix = matrix @ transform_matrix(ants_module().read_transform(path))
    return matrix


def _clock(module: ModuleType, function: str, seconds: dict[str, float]) -> None:
    """Have a module's function timed: CPU under its name, wall time under its name and `wall`."""
    work = getattr(module, function)

    def timed(*arguments: Any) -> Any:
        wall = time.perf_counter()
        result = _timed(seconds, function, lambda: work(*arguments))
        seconds[f"{function} wall"] = time.perf_counter() - wall
        return result

    setattr(module, function, timed)


def _timed(seconds: dict[str, float], step: str, work: Callable[[], Any]) -> Any:
    before = time.process_time()
    result = work()
    seconds[step] = seconds.get(step, 0.0) + time.process_time() - before
    return result


def similarities(case: Case, files: dict[str, Path], matrices: dict[str, Matrix]) -> dict[str, float]:
    """Figures of one chain's transforms on the raw images; higher is better."""
    raw = {name: read_modality(path, "case", name).volume for name, path in files.items()}
    reference = raw["t1c"]
    if case.brain_mask is None:
        inside = reference.array != 0
    else:
        path = files["t1c"].parent / case.brain_mask
        inside = read_mask(path, "case", "brain_mask", {"t1c": reference.grid})[0].array > 0
    figures = {}
    to_atlas = np.linalg.inv(matrices["t1c"])
    for name in raw:
        if name != "t1c":
            moved = resample(raw[name], reference.grid, matrices[name] @ to_atlas)
            figures[f"{name} to t1c"] = normalized_mutual_information(reference.array, moved, inside)
    template, mask = atlas(1.0)
    for name in ("t1c", "t1"):
        # Stripped by the same mask, so that a scalp is never what is compared.
        brain = resample(reference.with_array(inside.astype(np.float32)), template.grid, matrices["t1c"]) > 0.5
        moved = np.where(brain, resample(raw[name], template.grid, matrices[name]), 0)
        figures[f"{name} to atlas"] = normalized_mutual_information(template.array, moved, mask.array > 0)
    return figures


def run_one(chain: str, name: str, data: Path, spacing_mm: float) -> Found:
    """One chain on one case, measured in a process of its own."""
    command = [sys.executable, __file__, "--one", chain, "--cases", name, "--data", str(data)]
    done = subprocess.run(
        [*command, "--spacing-mm", str(spacing_mm)], check=True, text=True, stdout=subprocess.PIPE, env=os.environ
    )
    found: Found = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(chain: str, name: str, data: Path, spacing_mm: float) -> Found:
    """One chain on one case in this process: result, wall and CPU seconds without imports, and peak memory."""
    case, files = CASES[name], files_of(name, data)
    ants_module()
    with tempfile.TemporaryDirectory() as folder:
        usage, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        found = CHAINS[chain](case, files, spacing_mm, Path(folder))
        wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - usage.ru_utime - usage.ru_stime
    spent = found["seconds"]
    bare = {
        "bare_cpu": cpu - sum(spent.get(step, 0.0) for step in EXTRAS),
        "bare_wall": wall - sum(spent.get(f"{step} wall", 0.0) for step in EXTRAS),
    }
    return {**found, **bare, "wall": wall, "cpu": cpu, "gb": after.ru_maxrss / 1e6}


def files_of(name: str, data: Path) -> dict[str, Path]:
    folder = data / "real-mri" / CASES[name].folder
    return {modality: folder / f"{modality}.nii.gz" for modality in MODALITIES}


def compare(names: list[str], data: Path, spacing_mm: float, repeats: int) -> None:
    """Print both chains' times (medians) and similarities, case by case."""
    print(f"{platform.machine()}, {os.cpu_count()} cores, one thread a chain, {spacing_mm:g} mm, median of {repeats}")
    for name in names:
        # Turn about, so that what else the machine does meets both alike.
        runs: dict[str, list[Found]] = {chain: [] for chain in CHAINS}
        for _ in range(repeats):
            for chain in CHAINS:
                runs[chain].append(run_one(chain, name, data, spacing_mm))
        print(f"\n{name}")
        middle = {
            key: {chain: statistics.median(run[key] for run in runs[chain]) for chain in CHAINS}
            for key in ("cpu", "wall", "bare_cpu", "bare_wall", "gb")
        }
        for key, unit in UNITS.items():
            ours, theirs = middle[key]["pipeline"], middle[key]["plain"]
            print(f"  {unit:<50} pipeline {ours:8.2f}   plain {theirs:8.2f}   ratio {theirs / ours:6.2f}")
        steps = runs["plain"][0]["seconds"]
        print("  plain, first run: " + ", ".join(f"{step} {seconds:.1f} s" for step, seconds in steps.items()))
        figures = {
            chain: similarities(
                CASES[name], files_of(name, data), {n: np.array(m) for n, m in runs[chain][0]["matrices"].items()}
            )
            for chain in CHAINS
        }
        for figure, ours in figures["pipeline"].items():
            theirs = figures["plain"][figure]
            print(f"  {figure:<50} pipeline {ours:8.4f}   plain {theirs:8.4f}   difference {ours - theirs:+.4f}")
        repeated = all(run["matrices"] == runs["pipeline"][0]["matrices"] for run in runs["pipeline"])
        if repeats > 1:
            print(f"  the pipeline's {repeats} runs found the same transforms: {'yes' if repeated else 'no'}")
        sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(os.environ.get("GLIOMANET_DATA", ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=default, help="folder that holds real-mri")
    parser.add_argument("--cases", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--spacing-mm", type=float, default=1.0)
    parser.add_argument("--one", choices=list(CHAINS), help="measure one chain on one case, and print it as JSON")
    options = parser.parse_args()
    if options.one is not None:
        print(json.dumps(measure(options.one, options.cases[0], options.data, options.spacing_mm)))
        return
    compare(options.cases, options.data, options.spacing_mm, options.repeats)


if __name__ == "__main__":
    main()
