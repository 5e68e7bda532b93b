"""Training steps: time, waiting for data, memory and share of the matmul rate, against plain 32-bit eager mode.

The training path itself is timed: cases in files, mapped through the cache, drawn, moved to the device, augmented, and
trained on by the recipe's longest phase under Lightning. A step is the median over `--steps` of the time from one
step's end to the next one's, on the CPU in seconds of the process's own; waiting is the part of it in which the loop
stood still for its batch.

Usage: python benchmarks/train.py [--networks …] [--variants …] [--preset slim] [--shape 64 64 64] [--batch 2]
"""

from __future__ import annotations

import argparse
import logging
import statistics
import sys
import time
import warnings
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

import lightning  # noqa: E402
import torch  # noqa: E402
from measuring import (  # noqa: E402
    VARIANTS,
    arguments,
    clock,
    device_of,
    matmul_rates,
    measure,
    peak_gib,
    report,
    settings_of,
    write_cases,
)
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from gliomanet.labels.tasks import DEFAULT_TASKS  # noqa: E402
from gliomanet.models.acceleration import accelerate  # noqa: E402
from gliomanet.models.arguments import network_arguments, tasks_of  # noqa: E402
from gliomanet.models.devices import Device  # noqa: E402
from gliomanet.networks import build  # noqa: E402
from gliomanet.training.data.batches import BalancedBatches, ImageCases, encode_labels, load_cases  # noqa: E402
from gliomanet.training.recipes.phase import Phase  # noqa: E402
from gliomanet.training.recipes.registry import plan_of  # noqa: E402
from gliomanet.training.run import lightning_fit as fitting  # noqa: E402


class Clock(lightning.Callback):
    """When the loop asked for each batch, had it, and was done with it."""

    def __init__(self, device: Device) -> None:
        self.device, self.waits, self.ends = device, [], []  # type: ignore[var-annotated]

    def on_train_batch_end(self, *_: Any) -> None:
        self.ends.append(clock(self.device))

    def timed(self, batches: Any) -> Any:
        """The batches, with the time that each was waited for."""
        callback = self
        ticks = time.process_time if self.device.type == "cpu" else time.perf_counter

        class Timed:
            sampler = batches.sampler

            def __len__(self) -> int:
                return len(batches)

            def __iter__(self) -> Iterator[Any]:
                each = iter(batches)
                while True:
                    start = ticks()
                    batch = next(each, None)
                    callback.waits.append(ticks() - start)
                    if batch is None:
                        return
                    yield batch

        return Timed()


def prepared(options: argparse.Namespace, folder: Path, precision: str) -> tuple[Phase, ImageCases, BalancedBatches]:
    """A network's longest phase, its cases, and the batches that it is shown."""
    model = settings_of(options.kind, options, precision)
    tasks = tasks_of(model, DEFAULT_TASKS)
    cases = write_cases(folder, max(4, options.batch), tuple(options.shape))
    labels = encode_labels(cases, tasks)
    training, reasons = load_cases(cases, labels, model.modalities, model.input_shape, cache=folder / "cache")
    if reasons:
        raise RuntimeError(reasons[0])
    torch.manual_seed(1)
    network = build(options.kind, **network_arguments(model, {name: len(task.classes) for name, task in tasks.items()}))
    plan = plan_of(model, tasks, 1)
    longest = max(plan.phases, key=lambda phase: phase[1])[0]
    # The first task alone deals the batch, so that it can be smaller than a case of every class of every task.
    batches = BalancedBatches(labels[:, :1], options.warm_up + options.steps, 1, size=options.batch)
    return longest(network, plan.settings), training, batches


def facts(options: argparse.Namespace, folder: Path, device: Device) -> dict[str, Any]:
    """FLOPs of one forward and backward pass (convolutions and matrix products), and the device's matmul rates."""
    phase, training, batches = prepared(options, folder, "32")
    phase.begin()
    phase.to(device.torch)
    batch = training[next(iter(batches))]
    moved = {name: value.to(device.torch) for name, value in batch._asdict().items() if isinstance(value, torch.Tensor)}
    batch = batch._replace(**moved | {name: moved[name].float() for name in ("image", "masks")})
    with FlopCounterMode(display=False) as counter:
        phase.loss(batch, 0).backward()
    return {"flops": int(counter.get_total_flops()), "rates": matmul_rates(device)}


def one(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """One network in one variant; without a variant its facts."""
    warnings.filterwarnings("ignore")
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    torch.set_num_threads(options.threads)
    device = device_of(options)
    if options.variant is None:
        return facts(options, folder, device)
    precision, acceleration = VARIANTS[options.variant]
    phase, training, batches = prepared(options, folder, precision)
    accelerate(phase.network, acceleration)
    ticking = Clock(device)
    loader_of = fitting.loader_of
    fitting.loader_of = lambda *given: ticking.timed(loader_of(*given))
    fitting.fit(
        phase,
        1,
        training,
        batches,
        ImageCases((), training.labels[:0], ""),
        devices=[device],
        # its time alone is measured: studies refuse bf16 on a CPU, see `Device.precision`
        precision="bf16-mixed" if precision == "bf16" else "32-true",
        callbacks=[ticking],
    )
    spans = [after - before for before, after in pairwise(ticking.ends)][-options.steps :]
    waits = ticking.waits[: len(ticking.ends)][-options.steps :]
    step = statistics.median(spans)
    batch = len(next(iter(batches))[1])
    return {
        "phase": phase.name,
        "device": device.name,
        "batch": batch,
        "step_s": step,
        "images_s": batch / step,
        "wait_share": sum(waits) / sum(spans),
        "peak_gib": peak_gib(device),
    }


def main() -> None:
    parser = arguments(__doc__.splitlines()[0], variants=list(VARIANTS)[:5])
    parser.add_argument("--batch", type=int, default=2, help="cases, half of either class")
    options = parser.parse_args()
    report(measure(one, options), options)


if __name__ == "__main__":
    main()
