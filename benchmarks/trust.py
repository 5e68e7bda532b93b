"""When not to trust a result: what is said of damaged phantoms and real heads, and how often of good phantoms.

The reference is made of preprocessed training cases (a results folder's `preprocessed/` and `splits.tsv`; the deep
features of its networks, where `--fits` names them). Then

- new phantoms of the training's scanner are damaged in sixteen ways, one at a time, preprocessed as `predict` does,
  and judged; so are heads in folders that `--real` names (`t1.nii.gz`, …), and an undamaged phantom;
- false alarms are counted: of the look among training cases, a quarter of them at a time left out of a reference of
  the others, and among `--good` preprocessed cases of the study's external centres.

    nice -n 10 python benchmarks/trust.py results/network-study [--config config/network-study.yaml] [--good 200]
        [--fits 0=…/fold0 1=…/fold1] [--real FOLDER …] [--only NAME …] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from scipy import ndimage

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from gliomanet.config.load import load_study  # noqa: E402
from gliomanet.config.preprocessing import Preprocessing  # noqa: E402
from gliomanet.errors import CaseError  # noqa: E402
from gliomanet.files.nifti import write_nifti  # noqa: E402
from gliomanet.imaging.preprocess import preprocess_case  # noqa: E402
from gliomanet.modalities import MODALITIES  # noqa: E402
from gliomanet.patient.state import check_names, find_state, read_images  # noqa: E402
from gliomanet.patient.trust.judge import judge  # noqa: E402
from gliomanet.patient.trust.look import look_of_case  # noqa: E402
from gliomanet.patient.trust.metrics import METRICS  # noqa: E402
from gliomanet.patient.trust.reference import TrustReference  # noqa: E402
from gliomanet.patient.trust.said import Trust  # noqa: E402
from gliomanet.phantom.center import simulate_case  # noqa: E402
from gliomanet.phantom.patients import plan_patient  # noqa: E402

Images = dict[str, np.ndarray]
Damage = Callable[[Images, Images, np.random.Generator], Images]

# ------------------------------------------------------------------------------------------------ damages
# Each takes a case's images on one grid (x, y, z; with 0 around the brain where it was stripped), another patient's,
# and a source of chance.


def noise_only(images: Images, other: Images, rng: np.random.Generator) -> Images:
    return {name: np.where(image > 0, np.abs(rng.normal(300, 60, image.shape)), 0) for name, image in images.items()}


def ball(images: Images, other: Images, rng: np.random.Generator) -> Images:
    """A phantom in the sense of a scanner's own: a ball of one brightness."""
    shape = next(iter(images.values())).shape
    away = np.linalg.norm(np.stack(np.indices(shape), -1) - np.array(shape) / 2, axis=-1)
    return {
        name: np.where(away < 0.4 * min(shape), rng.normal(400, 12, shape), 0) * (1 - 0.1 * k)
        for k, name in enumerate(images)
    }


def torso(images: Images, other: Images, rng: np.random.Generator) -> Images:
    """An oval trunk with two dark lungs and a bright spine, as large as the head."""
    shape = next(iter(images.values())).shape
    x, y, z = ((np.indices(shape)[a] - shape[a] / 2) / (shape[a] / 2) for a in range(3))
    body = (x / 0.9) ** 2 + (y / 0.65) ** 2 < 1
    lungs = ((np.abs(x) - 0.42) / 0.3) ** 2 + (y / 0.4) ** 2 + (z / 0.8) ** 2 < 1
    spine = x**2 + (y + 0.45) ** 2 < 0.02
    clean = np.where(body & (np.abs(z) < 0.9), 300.0, 0) - 240 * (body & lungs) + 150 * (body & spine)
    return {name: np.maximum(clean + rng.normal(0, 12, shape), 0) * (clean > 0) for name in images}


def upside_down(images: Images, other: Images, rng: np.random.Generator) -> Images:
    return {name: image[:, ::-1, ::-1] for name, image in images.items()}


def mirrored(images: Images, other: Images, rng: np.random.Generator) -> Images:
    return {name: image[::-1] for name, image in images.items()}


def scaled(factor: float) -> Damage:
    """A head of another size, with new noise: interpolation took the own away, and left images like copies."""

    def damage(images: Images, other: Images, rng: np.random.Generator) -> Images:
        found = {}
        for name, image in images.items():
            middle = (np.array(image.shape) - 1) / 2
            small = ndimage.affine_transform(
                image, np.eye(3) / factor, middle - middle / factor, order=1, mode="constant"
            )
            noise = rng.normal(0, 0.03 * np.percentile(image[image > 0], 98), image.shape)
            found[name] = np.where(small > 0, np.maximum(small + noise, 1), 0)
        return found

    return damage


def cropped(side: int, share: float) -> Damage:
    """Without the upper (1) or lower (-1) share of the brain: the field of view ended there."""

    def damage(images: Images, other: Images, rng: np.random.Generator) -> Images:
        held = np.flatnonzero(next(iter(images.values())).any(axis=(0, 1)))
        cut = round(share * (held[-1] - held[0]))
        z = slice(None, held[-1] - cut) if side > 0 else slice(held[0] + cut, None)
        return {name: image[:, :, z] for name, image in images.items()}

    return damage


def mid_scan(images: Images, other: Images, rng: np.random.Generator) -> Images:
    """Motion in mid-scan: the last part of k-space along y saw a head that had turned by 5 degrees, moved by 5 mm."""
    found = {}
    for name, image in images.items():
        moved = ndimage.rotate(image, 5 * rng.uniform(0.8, 1.2), axes=(0, 1), reshape=False, order=1)
        moved = ndimage.shift(moved, (5 / VOXEL_MM, 5 / VOXEL_MM, 0), order=1)
        still, later = (np.fft.fftshift(np.fft.fft(one, axis=1), axes=1) for one in (image, moved))
        start = image.shape[1] // 2 + 4
        still[:, start:] = later[:, start:]
        found[name] = np.where(image > 0, np.abs(np.fft.ifft(np.fft.ifftshift(still, axes=1), axis=1)), 0)
    return found


def ghosts(images: Images, other: Images, rng: np.random.Generator) -> Images:
    """Motion that repeats, such as breathing: every fourth line of k-space along y saw a head 8 mm away."""
    found = {}
    for name, image in images.items():
        away = np.roll(image, round(8 / VOXEL_MM), axis=1)
        k_space, moved = np.fft.fft(image, axis=1), np.fft.fft(away, axis=1)
        lines = np.arange(image.shape[1]) % 4 == 1
        k_space[:, lines] = moved[:, lines]
        found[name] = np.where(image > 0, np.abs(np.fft.ifft(k_space, axis=1)), 0)
    return found


def swapped(images: Images, other: Images, rng: np.random.Generator) -> Images:
    return {**images, "t1": images["t2"], "t2": images["t1"]}


def inverted(images: Images, other: Images, rng: np.random.Generator) -> Images:
    return {name: np.where(image > 0, image.max() - image + 1, 0) for name, image in images.items()}


def like_ct(images: Images, other: Images, rng: np.random.Generator) -> Images:
    """Hounsfield units: air -1000, fluid 8, white matter 28, grey matter 38; each file its own noise, of 4."""
    t1 = images["t1"]
    head = _head(t1)
    low, high = np.percentile(t1[head], [2, 98])
    brightness = np.clip((t1 - low) / (high - low), 0, 1)
    units = np.where(brightness < 0.35, 8, np.where(brightness < 0.7, 38, 28))
    return {name: np.where(head, units + rng.normal(0, 4, t1.shape), -1000) for name in images}


def cavity(images: Images, other: Images, rng: np.random.Generator) -> Images:
    """A ball of fluid of 34 ml (radius 20 mm) in the right frontal lobe, with an even border.

    It is as bright as the fluid of the ventricles, which is the brightest on T2 in the middle of the head.
    """
    shape = images["t1"].shape
    held = np.argwhere(_head(images["t2"]))
    low, high = held.min(axis=0), held.max(axis=0)
    middle = low + (high - low) * np.array([0.68, 0.68, 0.6])
    away = np.linalg.norm((np.stack(np.indices(shape), -1) - middle) * VOXEL_MM, axis=-1)
    inside = ndimage.gaussian_filter((away < 20).astype(float), 1.4 / VOXEL_MM)
    deep = tuple(slice(a + (b - a) // 3, b - (b - a) // 3) for a, b in zip(low, high, strict=True))
    fluid = images["t2"][deep] >= np.percentile(images["t2"][deep], 99)
    found = {}
    for name, image in images.items():
        filled = image * (1 - inside) + np.median(image[deep][fluid]) * inside
        found[name] = np.where(image > 0, np.maximum(filled, 1), 0)
    return found


def of_two_patients(images: Images, other: Images, rng: np.random.Generator) -> Images:
    return {**images, "flair": other["flair"]}


def heavy_bias(images: Images, other: Images, rng: np.random.Generator) -> Images:
    found = {}
    for name, image in images.items():
        x, y, _ = (
            np.linspace(-1, 1, n).reshape([-1 if a == b else 1 for b in range(3)]) for a, n in enumerate(image.shape)
        )
        found[name] = image * np.exp(0.9 * x + 0.5 * y)
    return found


def zero_slab(images: Images, other: Images, rng: np.random.Generator) -> Images:
    """Slices of one modality that were lost, in the middle of the head: 24 mm."""
    image = images["flair"].copy()
    middle, half = image.shape[2] // 2, round(12 / VOXEL_MM)
    image[:, :, middle - half : middle + half] = 0
    return {**images, "flair": image}


def _head(image: np.ndarray) -> np.ndarray:
    """The head, or of a stripped image the brain: what is brighter than the noise of air, without the holes in it."""
    filled: np.ndarray = ndimage.binary_fill_holes(image > 0.2 * np.percentile(image, 99))
    return filled


def undamaged(images: Images, other: Images, rng: np.random.Generator) -> Images:
    return images


DAMAGES: Mapping[str, Damage] = {
    "none": undamaged,
    "noise alone": noise_only,
    "a ball": ball,
    "a torso": torso,
    "upside down": upside_down,
    "mirrored left to right": mirrored,
    "a head of 0.6": scaled(0.6),
    "a child's head, 0.8": scaled(0.8),
    "top cut off": cropped(1, 0.25),
    "bottom cut off": cropped(-1, 0.25),
    "motion in mid-scan": mid_scan,
    "motion that repeats": ghosts,
    "t1 and t2 swapped": swapped,
    "contrast inverted": inverted,
    "a CT": like_ct,
    "a cavity": cavity,
    "flair of another patient": of_two_patients,
    "heavy bias field": heavy_bias,
    "slab of zeros in flair": zero_slab,
}
VOXEL_MM = 2.0

# ------------------------------------------------------------------------------------------------ the reference


def reference_of(
    results: Path, spacing: float, fits: Mapping[str, Path], most: int
) -> tuple[TrustReference, pd.DataFrame]:
    """The reference of the training cases, and the split table."""
    splits = pd.read_csv(results / "splits.tsv", sep="\t", dtype=str)
    training = splits[splits["part"].isin(["train", "validation"])]
    keys = training[["center", "case_id"]].drop_duplicates()
    if len(keys) > most:
        keys = keys.sample(most, random_state=1)
    folders = [results / "preprocessed" / center / case_id for center, case_id in keys.itertuples(index=False)]
    looks = pd.DataFrame(
        [
            {"center": folder.parent.name, "case_id": folder.name, **look_of_case(folder, spacing)}
            for folder in folders
            if (folder / "preprocess.json").is_file()
        ]
    )
    deep = {}
    if fits:
        from gliomanet.prediction.image import predict_cases

        tables = []
        rows = keys.assign(folder=[str(folder) for folder in folders])
        for fold, fit in fits.items():
            for center, of_center in rows.groupby("center"):
                _, features = predict_cases(fit, of_center, threads=1, gpus=0)
                tables.append(features.assign(fold=fold, center=center))
        deep["network"] = pd.concat(tables, ignore_index=True)
    print(f"good training cases, each left out: {_counted(left_out(looks, training))}")
    return TrustReference.fit(looks, training, deep), splits


def left_out(looks: pd.DataFrame, training: pd.DataFrame) -> list[str]:
    """Verdicts on the look of every training case, by a reference of three quarters of them without it."""
    verdicts = []
    mixed = looks.sample(frac=1, random_state=0).reset_index(drop=True)
    for quarter in range(4):
        new = mixed.iloc[quarter::4]
        reference = TrustReference.fit(mixed.drop(new.index), training, {})
        for row in new.to_dict("records"):
            look = {name: row[name] for name in METRICS if np.isfinite(row.get(name, np.nan))}
            names = tuple(name for name in MODALITIES if f"shown_{name}" in look)
            verdicts.append(judge(reference, look, names, {}, lacks={}).verdict)
    return verdicts


def _counted(verdicts: list[str]) -> str:
    counts = pd.Series(verdicts, dtype=str).value_counts()
    return f"{len(verdicts)}: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.items())


# ------------------------------------------------------------------------------------------------ judging


def judged(
    reference: TrustReference, folder: Path, spacing: float, fits: Mapping[str, Path], flags: tuple[str, ...]
) -> Trust:
    """The judgement of a preprocessed case."""
    look = look_of_case(folder, spacing)
    names = tuple(name for name in MODALITIES if (folder / f"{name}.nii.gz").is_file())
    deep, lacks = {}, {}
    if fits:
        from gliomanet.prediction.image import load_image_model, predict_cases

        case = pd.DataFrame([{"case_id": folder.name, "folder": str(folder), "age": np.nan, "sex": ""}])
        tables = [predict_cases(fit, case, threads=1, gpus=0)[1].assign(fold=fold) for fold, fit in fits.items()]
        deep["network"] = pd.concat(tables, ignore_index=True)
        wanted = load_image_model(next(iter(fits.values()))).modalities
        lacks["network"] = [name for name in wanted if name not in names]
    return judge(reference, look, names, deep, lacks=lacks, flags=flags)


def from_files(
    files: Mapping[str, Path], study: Preprocessing, scratch: Path, judging: Callable[[Path, tuple[str, ...]], Trust]
) -> tuple[str, Trust | None, str]:
    """Preprocess a case as `predict` does, and judge it: what was refused, the judgement, and doubts about names."""
    try:
        images = read_images("case", files)
        state = find_state(images, study)
        row = {name: str(path) for name, path in files.items()} | {"case_id": "case", "center": "new"}
        preprocess_case(row, state.settings, scratch, seed=1)
        record = json.loads((scratch / "preprocess.json").read_text())
        if record["status"] != "ok":
            return f"refused: {record['reason']}", None, ""
        doubt = ""
        try:
            places = {name: np.array(record["transforms"][name]["matrix"]) for name in images}
            check_names("case", images, files, places)
        except CaseError as error:
            doubt = f"refused without --accept-names: {error.problem.found}"
        return "", judging(scratch, tuple(record["qc"]["flags"])), doubt
    except CaseError as error:
        return f"refused: {error.problem}", None, ""


def main() -> None:
    """Measure, and print what is said."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, help="folder with splits.tsv and preprocessed/")
    parser.add_argument("--config", type=Path, default=ROOT / "config/network-study.yaml")
    parser.add_argument("--fits", nargs="*", default=[], metavar="FOLD=FOLDER", help="fits of an image network")
    parser.add_argument("--good", type=int, default=0, help="cases of external centres that count false alarms")
    parser.add_argument("--cases", type=int, default=360, help="training cases of the reference, at most")
    parser.add_argument("--real", nargs="*", type=Path, default=[], help="folders of one case's images each")
    parser.add_argument("--only", nargs="*", choices=list(DAMAGES), help="these damages")
    parser.add_argument("--keep", type=Path, help="folder that the reference is written to, or read from if there")
    options = parser.parse_args()
    study = load_study(yaml.safe_load(options.config.read_text(encoding="utf-8")))
    spacing = study.preprocessing.spacing_mm
    fits = {one.partition("=")[0]: Path(one.partition("=")[2]) for one in options.fits}
    reference = TrustReference.read(options.keep) if options.keep else None
    splits = pd.read_csv(options.results / "splits.tsv", sep="\t", dtype=str)
    if reference is None:
        reference, splits = reference_of(options.results, spacing, fits, options.cases)
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            reference.write(options.keep)
    print(f"reference: {reference.cases} training cases, folds {', '.join(reference.looks)}")

    def judging(folder: Path, flags: tuple[str, ...] = ()) -> Trust:
        return judged(reference, folder, spacing, fits, flags)

    external = splits[splits["part"] == "external"].drop_duplicates(["center", "case_id"])
    for center, rows in external.groupby("center") if options.good else ():
        share = rows.head(-(-options.good // external["center"].nunique()))
        folders = [options.results / "preprocessed" / center / case_id for case_id in share["case_id"]]
        verdicts = [judging(one).verdict for one in folders if (one / "preprocess.json").is_file()]
        print(f"good cases of {center}: {_counted(verdicts)}")
    center, source = next((name, one.source) for name, one in study.centers.items() if one.role == "train")
    pair = [simulate_case(center, plan_patient(center, source, 99, k), source, 99) for k in (1, 2)]
    affine = pair[0]["t1"].affine
    clean, other = ({name: one[name].voxels.astype(float) for name in MODALITIES} for one in pair)
    other = {name: _fitted(image, clean[name].shape) for name, image in other.items()}
    for name in options.only if options.only is not None else DAMAGES:
        with tempfile.TemporaryDirectory() as scratch:
            files = {}
            for modality, image in DAMAGES[name](clean, other, np.random.default_rng(7)).items():
                files[modality] = Path(scratch) / f"{modality}.nii.gz"
                write_nifti(np.rint(image).astype(np.int16), affine, files[modality])
            _print(name, *from_files(files, study.preprocessing, Path(scratch) / "case", judging))
    for folder in options.real:
        with tempfile.TemporaryDirectory() as scratch:
            files = {name: path for name in MODALITIES if (path := folder / f"{name}.nii.gz").is_file()}
            _print(str(folder), *from_files(files, study.preprocessing, Path(scratch) / "case", judging))


def _fitted(image: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The image cut or filled to another size around its middle."""
    found = np.zeros(shape)
    own, at = zip(*((_middle(a, b), _middle(b, a)) for a, b in zip(image.shape, shape, strict=True)), strict=True)
    found[at] = image[own]
    return found


def _middle(size: int, wanted: int) -> slice:
    start = max((size - wanted) // 2, 0)
    return slice(start, start + min(size, wanted))


def _print(name: str, refused: str, trust: Trust | None, doubt: str) -> None:
    print(f"\n== {name}")
    for said in (refused, doubt):
        if said:
            print(f"   {said}")
    if trust is not None:
        figures = ", ".join(
            f"{one.of} {one.distance:.2f} (p {one.p:.3f}, {one.over_alarm:.1f} of alarm)" for one in trust.distances
        )
        print(f"   {trust.verdict.upper()}; {figures}")
        for reason in trust.reasons:
            print(f"   - {reason.text}")


if __name__ == "__main__":
    main()
