"""The augmentation here against the equivalent chain of MONAI's random transforms, on a batch on the CPU.

MONAI's array transforms take one case at a time, and images and masks one after the other with the same draws; here the
turning is done for the batch at once. Chances and amounts are the same; MONAI's modality is bent by a power of the
whole image, not of the brain. Median of `--repeats` batches, in seconds of the process's own.

Usage: python benchmarks/augment.py [--batch 6] [--shape 64 64 64] [--repeats 7] [--threads 1]
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

import torch  # noqa: E402
from monai import transforms as monai  # noqa: E402
from torch import Tensor  # noqa: E402

from gliomanet.training.data.augmentation import CHANCES, Augmentation, augment  # noqa: E402

MODALITIES = 4


def chain(settings: Augmentation) -> monai.Compose:
    """MONAI's transforms of a dictionary of one case's image and masks."""
    flipped, moved, bent, thick, noisy = CHANCES
    angle, both = math.radians(settings.degrees), ["image", "masks"]
    return monai.Compose(
        [
            monai.RandFlipd(both, prob=flipped, spatial_axis=0),
            monai.RandAffined(
                both,
                prob=moved,
                rotate_range=(angle,) * 3,
                translate_range=(settings.shift * 32,) * 3,
                scale_range=(settings.scale,) * 3,
                mode=("bilinear", "nearest"),
                padding_mode="zeros",
            ),
            monai.RandAdjustContrastd("image", prob=bent, gamma=(math.exp(-settings.bend), math.exp(settings.bend))),
            monai.RandSimulateLowResolutiond("image", prob=thick, zoom_range=(0.5, 0.5)),
            monai.RandGaussianNoised("image", prob=noisy, std=settings.noise),
            monai.RandScaleIntensityd("image", prob=1.0, factors=settings.gain, channel_wise=True),
            monai.RandShiftIntensityd("image", prob=1.0, offsets=settings.offset, channel_wise=True),
        ]
    )


def median_seconds(work: Callable[[int], object], repeats: int) -> float:
    seconds = []
    for number in range(repeats + 1):
        start = time.process_time()
        work(number)
        seconds.append(time.process_time() - start)
    return statistics.median(seconds[1:])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--batch", type=int, default=6)
    parser.add_argument("--shape", nargs=3, type=int, default=(64, 64, 64))
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    shape = (options.batch, MODALITIES, *options.shape)
    masks = torch.zeros(options.batch, 2, *options.shape)
    masks[:, :, 8:-8, 8:-8, 8:-8] = 1
    image = torch.randn(shape, generator=torch.Generator().manual_seed(0)) * masks[:, :1]
    composed = chain(Augmentation())

    def by_monai(number: int) -> Tensor:
        composed.set_random_state(number)
        cases = [composed({"image": one, "masks": two}) for one, two in zip(image, masks, strict=True)]
        return torch.stack([case["image"].as_tensor() for case in cases])

    own = median_seconds(lambda number: augment(image, masks, number), options.repeats)
    theirs = median_seconds(by_monai, options.repeats)
    print(f"batch {shape}, {options.threads} thread(s), median of {options.repeats}")
    print(f"here {own:.3f} s, MONAI {theirs:.3f} s, MONAI / here {theirs / own:.2f}")


if __name__ == "__main__":
    main()
