"""What drop-out of modalities, self-distillation and contrastive learning do for cases that lack modalities.

    python benchmarks/missing_modalities.py [--kind singletask] [--seeds 3] [--folder FOLDER]

Each modality of a simulated case has a tumour whose brightness follows a label, with a noise of its own: what can be
known from a subset of them is known (a normal distribution's). A tiny network is trained from keys alone, and asked for
every one of the 15 subsets on cases that it has not seen. A reused FOLDER spares the simulation.
"""

import argparse
import contextlib
import io
import tempfile
import time
import warnings
from itertools import combinations
from pathlib import Path
from statistics import NormalDist

import nibabel as nib
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sklearn.metrics import matthews_corrcoef

from gliomanet.config.image_models import image_model
from gliomanet.labels.tasks import DEFAULT_TASKS
from gliomanet.models.case_input import load_case
from gliomanet.prediction.image import load_image_model
from gliomanet.training.run.image import train_image_model

MODALITIES = ("t1", "t1c", "t2", "flair")
SUBSETS = [s for n in range(1, 5) for s in combinations(range(4), n)]
SIDE, TAUGHT, TESTED = 32, 48, 120
TASKS = {name: DEFAULT_TASKS[name] for name in ("idh", "codel_1p19q")}
DROPPED = {"modality_dropout": 0.5}
ARMS = {
    "nothing": {},
    "drop-out": DROPPED,
    "drop-out, twice the steps": {**DROPPED, "epochs": 2},
    "+ distillation": {**DROPPED, "distillation_weight": 1.0},
    "+ contrastive": {**DROPPED, "contrastive_weight": 1.0},
    "+ both": {**DROPPED, "distillation_weight": 1.0, "contrastive_weight": 1.0},
}
"""Changes of the settings; `epochs` is a multiple."""

OF_KIND = {
    "singletask": {"tasks": ["idh"]},
    "psnet": {"segmentation": False},
    "mttunet": {"segmentation": False},
    "gmmas": {"segmentation": False, "pretraining_epochs": 0, "tumour_cutmix": 0.0},
}
"""Settings of each network, for cases without a tumour mask."""


def simulate(folder: Path) -> pd.DataFrame:
    """Cases on disk as preprocessing leaves them; each modality's tumour is as bright as label ± 1 + N(0, 1)."""
    rng, rows = np.random.default_rng(7), []
    brain = np.zeros((SIDE,) * 3, dtype=np.uint8)
    brain[2:-2, 2:-2, 2:-2] = 1
    for number in range(TAUGHT + TESTED):
        own, mutant = folder / f"case-{number:03}", number % 2 == 1
        rows.append({"case_id": own.name, "center": "here", "part": "train" if number < TAUGHT else "test"})
        rows[-1] |= {"folder": str(own), "idh": "mutant" if mutant else "wildtype"}
        rows[-1] |= {"codel_1p19q": "codeleted" if mutant else "intact"}  # only so that batches are of four cases
        x, y, z = rng.integers(6, 18, size=3)
        tumour = np.zeros_like(brain)
        tumour[x : x + 8, y : y + 8, z : z + 8] = 1
        brightness = (1 if mutant else -1) + rng.normal(size=4)
        images = rng.normal(0, 0.5, (4, *brain.shape)) + brightness[:, None, None, None] * tumour
        if own.is_dir():
            continue
        own.mkdir(parents=True)
        for name, image in (*zip(MODALITIES, images * brain, strict=True), ("brain_mask", brain)):
            nib.save(nib.Nifti1Image(np.float32(image), np.eye(4)), own / f"{name}.nii.gz")
    return pd.DataFrame(rows)


def scores(model: Path, images: torch.Tensor, truth: NDArray[np.bool_]) -> list[float]:
    """The MCC for each of `SUBSETS`; images (N, 4, D, H, W) are 0 outside the brain."""
    network, found = load_image_model(model).network, []
    for subset in SUBSETS:
        available = torch.zeros(len(images), 4, dtype=torch.bool)
        available[:, list(subset)] = True
        x = images * available[:, :, None, None, None]
        with torch.inference_mode():
            said = [network(*part).logits["idh"] for part in zip(x.split(50), available.split(50), strict=True)]
        found.append(float(matthews_corrcoef(truth, torch.cat(said).argmax(dim=1).numpy())))
    return found


def main() -> None:
    """Train every arm with every seed, and print MCC by the number of modalities, mean and range over the seeds."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kind", default="singletask", choices=tuple(OF_KIND))
    parser.add_argument("--epochs", type=int, default=10, help="of 10 steps")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", message="You defined a `validation_step`")  # nobody looks at epochs here
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="gliomanet-missing-"))
    cases = simulate(folder / "cases")
    tested = cases[cases["part"] == "test"]
    loaded = [
        load_case(name, Path(own), MODALITIES, (SIDE,) * 3, tumour=False)
        for name, own in zip(tested["case_id"], tested["folder"], strict=True)
    ]
    images = torch.from_numpy(np.stack([case.image * case.brain for case in loaded])).float()
    truth = (tested["idh"] == "mutant").to_numpy()
    common = {"kind": arguments.kind, "preset": "tiny", "input_shape": [SIDE] * 3, "steps_per_epoch": 10}
    common |= {"learning_rate": 2e-3, "augmentation": False, **OF_KIND[arguments.kind]}
    sizes = [len(subset) for subset in SUBSETS]
    best = [2 * NormalDist().cdf(n**0.5) - 1 for n in sizes]
    print("arm                        all 15 (range over seeds)   1     2     3     4 modalities   s of CPU a run")
    print(f"{'the best that can be':<26} {np.mean(best):.2f}                     ", end="")
    print("".join(f"  {2 * NormalDist().cdf(n**0.5) - 1:.2f}" for n in range(1, 5)))
    for arm, changes in ARMS.items():
        by_seed, started = [], time.process_time()
        for seed in range(arguments.seeds):
            settings = {**common, **changes, "epochs": arguments.epochs * int(changes.get("epochs", 1))}
            out = folder / "models" / f"{arguments.kind}-{arm}-{seed}"
            with contextlib.redirect_stdout(io.StringIO()):
                train_image_model(
                    cases[cases["part"] == "train"],
                    TASKS,
                    image_model(settings),
                    name={"model": arm, "stage": "supervised", "fold": str(seed)},
                    seed=seed,
                    code="benchmark",
                    threads=1,
                    gpus=0,
                    out=out,
                    scratch=folder / "scratch",
                )
            by_seed.append((time.process_time() - started, scores(out, images, truth)))
            started = time.process_time()
        values = np.array([of_seed for _, of_seed in by_seed])
        means = values.mean(axis=1)
        print(f"{arm:<26} {means.mean():.2f} [{means.min():.2f}, {means.max():.2f}]        ", end="")
        print("".join(f"  {values[:, [n == size for n in sizes]].mean():.2f}" for size in range(1, 5)), end="")
        print(f"{np.mean([spent for spent, _ in by_seed]):17.1f}", flush=True)


if __name__ == "__main__":
    main()
