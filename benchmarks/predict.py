"""Prediction of a case: time to read it, time to compute it, memory and share of the matmul rate.

Against the same network in plain 32-bit eager mode, which is how prediction itself computes: what the variants in bf16,
channels-last or compiled gain could be had, and is not. Networks decide classes alone, without the segmentation that
some could make, as prediction has them do. Cases are read from their files and given to the network one at a
time, as prediction does it. `step_s` is the median over `--steps` cases of computing one, `read_share` the part of the
whole time that reading takes.

Usage: python benchmarks/predict.py [--networks …] [--variants …] [--preset slim] [--shape 64 64 64]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

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
from gliomanet.models.case_input import load_case, network_input  # noqa: E402
from gliomanet.networks import build  # noqa: E402
from gliomanet.networks.image_network import ImageNetwork  # noqa: E402


def one(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """One network in one variant; without a variant its FLOPs a case and the device's matmul rates."""
    torch.set_num_threads(options.threads)
    device = device_of(options)
    precision, acceleration = VARIANTS[options.variant or "plain"]
    model = settings_of(options.kind, options, precision)
    torch.manual_seed(1)
    tasks = tasks_of(model, DEFAULT_TASKS)
    network = build(options.kind, **network_arguments(model, {name: len(task.classes) for name, task in tasks.items()}))
    assert isinstance(network, ImageNetwork)
    network.eval().to(device.torch)
    accelerate(network, acceleration)
    cases = write_cases(folder, 2, tuple(options.shape))
    prompt = bool(network.PROMPT_CHANNELS)
    reading, computing = [], []
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
        for number in range(options.warm_up + options.steps):
            row = cases.iloc[number % len(cases)]
            start = time.process_time() if device.type == "cpu" else time.perf_counter()
            case = load_case(row["case_id"], Path(row["folder"]), model.modalities, model.input_shape, tumour=False)
            x, available = (tensor.to(device.torch) for tensor in network_input(case, prompt=prompt))
            between = clock(device)
            if options.variant is None:
                with FlopCounterMode(display=False) as counter:
                    network(x, available, segment=False)
                return {"flops": int(counter.get_total_flops()), "rates": matmul_rates(device)}
            network(x, available, segment=False)
            computing.append(clock(device) - between)
            reading.append(between - start)
    reading, computing = reading[options.warm_up :], computing[options.warm_up :]
    read, step = statistics.median(reading), statistics.median(computing)
    return {
        "device": device.name,
        "step_s": step,
        "images_s": 1 / (read + step),
        "read_s": read,
        "read_share": read / (read + step),
        "peak_gib": peak_gib(device),
    }


def main() -> None:
    names = [name for name in VARIANTS if name != "checkpointed"]
    options = arguments(__doc__.splitlines()[0], variants=names[:3]).parse_args()
    report(measure(one, options), options)


if __name__ == "__main__":
    main()
