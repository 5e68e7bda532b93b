"""When not to trust a result, through a bundle: damaged phantoms by `predict` itself, and false alarms of good ones.

The damages are those of `trust.py`. Every one is done to a stripped phantom of 2 mm and to one with its skull, of 1 mm
or as `--voxel` says, all modalities on T1c's grid, and goes through `gliomanet.predict`; what is refused for its name
goes again with `accept_names`. False alarms are counted over `--good` new phantoms of the training centres, in the
shares in which they trained, of another seed than the study's; what the verdict would be by each distance alone is
counted beside.

Usage: python benchmarks/trust_bundle.py BUNDLE --config config.yaml [--good 200] [--only NAME …] [--skull] [--voxel 1]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import trust
import yaml
from scipy import ndimage

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from gliomanet.bundle.read import Bundle  # noqa: E402
from gliomanet.config.load import load_study  # noqa: E402
from gliomanet.config.sources import PhantomSource  # noqa: E402
from gliomanet.config.study import Study  # noqa: E402
from gliomanet.errors import CaseError  # noqa: E402
from gliomanet.files.nifti import write_nifti  # noqa: E402
from gliomanet.modalities import MODALITIES  # noqa: E402
from gliomanet.patient.checks import Patient  # noqa: E402
from gliomanet.patient.predict import predict  # noqa: E402
from gliomanet.patient.result import ResultValues  # noqa: E402
from gliomanet.phantom.center import simulate_case, write_image  # noqa: E402
from gliomanet.phantom.patients import plan_patient  # noqa: E402
from gliomanet.phantom.scanner import Image  # noqa: E402

SEED = 99
STRIPPED = {"voxel_mm": [2, 2, 2], "bias_field": 0.15, "noise": 0.03, "gain": 1.0}


def answered(
    bundle: Bundle, files: dict[str, Path], folder: Path, *, center: str = "", accept: bool = False
) -> ResultValues:
    """The result of one case, without page and explanations."""
    told = Patient("case", 50, "F", center)
    mask = files.pop("tumour_mask", None)
    out = folder / "out"
    return predict(bundle, files, out, mask=mask, patient=told, accept_names=accept, explain=False, page=False).content


def line_of(values: ResultValues) -> str:
    """Verdict, distances over alarm, and the reasons."""
    trust_of = values.trust
    figures = ", ".join(f"{one.of} {one.model} {one.over_alarm:.1f}" for one in trust_of.distances if one.counts)
    return f"{trust_of.verdict} ({figures}): {'; '.join(one.text[:110] for one in trust_of.reasons[:4])}"


def on_one_grid(case: Mapping[str, Image]) -> trust.Images:
    """The modalities on T1c's grid, which those with a grid of their own (heads with skull) are brought to."""
    grid, found = case["t1c"], {}
    for name in MODALITIES:
        to_own = np.linalg.inv(case[name].affine) @ grid.affine
        voxels, shape = case[name].voxels.astype(float), grid.voxels.shape
        found[name] = voxels
        if voxels.shape != shape or not np.allclose(to_own, np.eye(4)):
            found[name] = ndimage.affine_transform(
                voxels, to_own[:3, :3], to_own[:3, 3], output_shape=shape, order=1, mode="nearest"
            )
    return found


def damaged(bundle: Bundle, name: str, source: PhantomSource, scratch: Path) -> str:
    """What is said of a phantom with one damage."""
    pair = [simulate_case("ASTER", plan_patient("ASTER", source, SEED, k), source, SEED) for k in (1, 2)]
    affine = pair[0]["t1c"].affine
    clean, other = (on_one_grid(case) for case in pair)
    other = {one: trust._fitted(image, clean[one].shape) for one, image in other.items()}
    files = {}
    for modality, image in trust.DAMAGES[name](clean, other, np.random.default_rng(7)).items():
        files[modality] = scratch / f"{modality}.nii.gz"
        write_nifti(np.rint(image).astype(np.int16), affine, files[modality])
    try:
        return line_of(answered(bundle, dict(files), scratch))
    except CaseError as error:
        problem = error.problem
    refused = f"refused ({problem.rule}): {problem.found[:140]}"
    if "--accept-names" not in problem.action:
        return refused
    try:
        return f"{refused} || accepted: {line_of(answered(bundle, dict(files), scratch, accept=True))}"
    except CaseError as error:
        return f"{refused} || accepted: refused ({error.problem.rule})"


def false_alarms(bundle: Bundle, study: Study, count: int) -> None:
    """Count the verdicts of good phantoms, in the shares of the training centres."""
    train = {name: one.source for name, one in study.centers.items() if one.role == "train"}
    whole = sum(source.cases for source in train.values())
    verdicts: Counter[tuple[str, str]] = Counter()
    alone: Counter[str] = Counter()
    for center, source in train.items():
        assert isinstance(source, PhantomSource)
        for number in range(1, round(count * source.cases / whole) + 1):
            with tempfile.TemporaryDirectory() as scratch:
                files = {}
                for name, image in simulate_case(
                    center, plan_patient(center, source, SEED, number), source, SEED
                ).items():
                    files[name] = Path(scratch) / f"{name}.nii.gz"
                    write_image(image, files[name])
                try:
                    found = answered(bundle, files, Path(scratch), center=center).trust
                except CaseError as error:
                    verdicts[center, f"refused ({error.problem.rule})"] += 1
                    continue
                verdicts[center, found.verdict] += 1
                alone.update(f"{one.of} {one.model}" for one in found.distances if one.counts and one.alarm)
                stated = found.false_alarms
        print(f"{center}: { {of: n for (name, of), n in verdicts.items() if name == center} }", flush=True)
    total: Counter[str] = Counter()
    for (_, verdict), n in verdicts.items():
        total[verdict] += n
    print(f"good phantoms: {dict(total)}; alarms by distance {dict(alone)}; stated {stated:.3f}")


def main() -> None:
    """Measure, and print what is said."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--config", type=Path, default=ROOT / "config.yaml", help="of the bundle's study")
    parser.add_argument("--good", type=int, default=0, help="new phantoms that count false alarms")
    parser.add_argument("--only", nargs="*", choices=list(trust.DAMAGES), help="these damages")
    parser.add_argument("--skull", action="store_true", help="phantoms with their skull")
    parser.add_argument("--voxel", type=float, default=2.0, help="mm")
    options = parser.parse_args()
    bundle, start = Bundle.open(options.bundle), time.process_time()
    trust.VOXEL_MM = options.voxel
    scanner = STRIPPED | {"voxel_mm": [options.voxel] * 3, "skull": options.skull}
    source = PhantomSource.model_validate({"kind": "phantom", "cases": 2, "scanner": scanner})
    for name in options.only if options.only is not None else trust.DAMAGES:
        with tempfile.TemporaryDirectory() as scratch:
            print(f"{name}\t{damaged(bundle, name, source, Path(scratch))}", flush=True)
    if options.good:
        study = load_study(yaml.safe_load(options.config.read_text(encoding="utf-8")))
        false_alarms(bundle, study, options.good)
    print(f"{time.process_time() - start:.0f} s of CPU")


if __name__ == "__main__":
    main()
