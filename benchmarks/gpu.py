"""A GPU and the networks, in one command: a killed training, two jobs on one card, speed and memory of every variant.

    python benchmarks/gpu.py FOLDER [--minutes 12] [--preset paper] [--shape 160 192 160] [--batch 2] [--networks …]

Three parts, each in processes of their own, the quick ones first. `FOLDER/gpu.md` is written anew after every figure,
with the machine's name; what the minutes do not reach stands there as not measured.

* A training is killed (SIGKILL) once it has a checkpoint, and started again: its weights against those of one that
  nobody disturbed.
* A second job asks for a GPU that another holds: how long it waited, and whether it said so.
* `train.py` for each network in each variant: step, wait for data, peak memory, share of the matmul rate.

`--device cpu` tries it where there is none.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

import pandas as pd  # noqa: E402
import torch  # noqa: E402
from measuring import MODALITIES, VARIANTS, write_cases  # noqa: E402

from gliomanet.config.image_models import image_model  # noqa: E402
from gliomanet.labels.tasks import DEFAULT_TASKS  # noqa: E402
from gliomanet.models.devices import choose_device  # noqa: E402
from gliomanet.networks import IMAGE_NETWORKS  # noqa: E402
from gliomanet.training.run.image import train_image_model  # noqa: E402

HELD_SECONDS = 20
SMALL = (32, 32, 32)
NO_TIME = "not measured: no time"
COLUMNS = ("network", "variant", "step_s", "images_s", "wait_share", "peak_gib", "matmul_share", "against_plain")


def main() -> None:
    options = _options()
    if options.train:
        return train(Path(options.train), options)
    if options.hold is not None:
        return hold(options)
    options.folder.mkdir(parents=True, exist_ok=True)
    ends = time.monotonic() + 60 * options.minutes
    found = Findings(options)
    found.say(killed_and_resumed(options))
    found.say(two_at_once(options))
    for network in options.networks:
        for variant in options.variants:
            left = ends - time.monotonic()
            figures = speed(network, variant, left, options) if left > 30 else NO_TIME
            found.add(network, variant, figures)
    return None


class Findings:
    """What has been found so far, in a file that is always whole."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.file, self.sentences, self.rows = options.folder / "gpu.md", [machine(options)], []  # type: ignore[var-annotated]

    def say(self, sentence: str) -> None:
        self.sentences.append(sentence)
        self._write()

    def add(self, network: str, variant: str, figures: dict[str, float] | str) -> None:
        """A row of figures, or why there are none."""
        measured = {row["variant"]: row.get("seconds") for row in self.rows if row["network"] == network}
        row = {"network": network, "variant": variant}
        if isinstance(figures, str):
            row["step_s"], row["missing"] = figures, "yes"
        else:
            row |= {name: f"{figures[name]:.3g}" for name in COLUMNS[2:-1]} | {"seconds": figures["step_s"]}
            plain = figures["step_s"] if variant == "plain" else measured.get("plain")
            row["against_plain"] = f"{plain / figures['step_s']:.2f}" if plain else ""
        self.rows.append(row)
        self._write()

    def _write(self) -> None:
        table = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
        table += ["| " + " | ".join(str(row.get(name, "")) for name in COLUMNS) + " |" for row in self.rows]
        self.file.write_text("\n\n".join([*self.sentences, "\n".join(table)]) + "\n", encoding="utf-8")
        print((table[-1] if self.rows else self.sentences[-1]), flush=True)


def machine(options: argparse.Namespace) -> str:
    """The machine's name, and what was asked of it."""
    card = torch.cuda.get_device_name(0) if options.device == "gpu" else platform.processor() or platform.machine()
    return (
        f"{card}, torch {torch.__version__} (CUDA {torch.version.cuda}); preset {options.preset}, input "
        f"{' × '.join(map(str, options.shape))}, {len(MODALITIES)} modalities, batch of {options.batch}."
    )


def killed_and_resumed(options: argparse.Namespace) -> str:
    """The first part, in a sentence."""
    weights = {}
    for name in ("undisturbed", "killed"):
        folder = options.folder / name
        folder.mkdir()
        command = [*_myself(options), "--train", str(folder)]
        if name == "killed":
            with (folder / "said.log").open("wb") as said:
                run = subprocess.Popen(command, stdout=said, stderr=said)
                while run.poll() is None and not list(folder.rglob("last.ckpt")):
                    time.sleep(0.01)
                run.send_signal(signal.SIGKILL)
                run.wait()
        with (folder / "said.log").open("ab") as said:
            if subprocess.run(command, stdout=said, stderr=said, check=False).returncode:
                return f"Killed and resumed: the training failed, see {folder.name}/said.log."
        weights[name] = torch.load(folder / "out/weights.pt", weights_only=True)
        resumed = "resumed after" in (folder / "said.log").read_text(encoding="utf-8")
    one, other = weights["undisturbed"], weights["killed"]
    apart = max(float((one[key].double() - other[key].double()).abs().max()) for key in one)
    equal = "the same bits" if apart == 0 else f"apart by {apart:.2g} at most"
    return f"Killed by SIGKILL and {'resumed' if resumed else 'started anew (it had ended before)'}: {equal}."


def two_at_once(options: argparse.Namespace) -> str:
    """The second part, in a sentence."""
    if options.device == "cpu":
        return "Two jobs on one card: not tried, there is none."
    command = [*_myself(options), "--hold"]
    first = subprocess.Popen([*command, str(HELD_SECONDS)], stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None
    first.stdout.readline()
    start = time.monotonic()
    second = subprocess.run([*command, "0"], capture_output=True, text=True, check=False)
    waited = time.monotonic() - start
    first.wait()
    told = "and said so" if "waiting for" in second.stdout else "without a word"
    held = f"{torch.cuda.device_count()} card(s), the first holding one for {HELD_SECONDS} s"
    return f"A second job on {held}: waited {waited:.0f} s, {told}."


def speed(network: str, variant: str, seconds: float, options: argparse.Namespace) -> dict[str, float] | str:
    """`train.py`'s row of a network in a variant, or why there is none."""
    command = [sys.executable, str(ROOT / "benchmarks/train.py"), "--networks", network, "--variants", variant]
    command += ["--preset", options.preset, "--shape", *map(str, options.shape), "--batch", str(options.batch)]
    try:
        done = subprocess.run(
            [*command, "--device", options.device], capture_output=True, text=True, check=False, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        return NO_TIME
    rows = [json.loads(line) for line in done.stderr.splitlines() if line.startswith('{"network"')]
    raised = [line for line in done.stderr.splitlines() if re.match(r"[\w.]+Error\b", line)]
    return rows[0] if rows else f"failed: {raised[-1][:100] if raised else f'status {done.returncode}'}"


def train(folder: Path, options: argparse.Namespace) -> None:
    """A small training, in this process."""
    made = folder / "cases.tsv"
    if not made.exists():
        write_cases(folder, 8, SMALL).to_csv(made, sep="\t", index=False)
    cases = pd.read_csv(made, sep="\t", dtype=str).assign(center="A", part="train")
    settings = {"kind": "gmmas", "preset": "tiny", "input_shape": SMALL, "epochs": 4, "pretraining_epochs": 2}
    train_image_model(
        cases,
        dict(DEFAULT_TASKS),
        image_model({**settings, "steps_per_epoch": 3}),
        name={"model": "gmmas", "stage": "supervised", "fold": "0"},
        seed=1,
        code="benchmark",
        threads=1,
        gpus=int(options.device == "gpu"),
        out=folder / "out",
        scratch=folder / "scratch",
    )


def hold(options: argparse.Namespace) -> None:
    """Take a device, and keep it for so many seconds."""
    device = choose_device(int(options.device == "gpu"))
    print(f"holds {device.name}", flush=True)
    time.sleep(options.hold)


def _myself(options: argparse.Namespace) -> list[str]:
    return [sys.executable, __file__, str(options.folder), "--device", options.device]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=12)
    parser.add_argument("--networks", nargs="+", choices=IMAGE_NETWORKS, default=list(IMAGE_NETWORKS))
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--preset", choices=("paper", "slim", "tiny"), default="paper")
    parser.add_argument("--shape", nargs=3, type=int, default=(160, 192, 160))
    parser.add_argument("--batch", type=int, default=2, help="cases; more are drawn where a balanced batch needs them")
    parser.add_argument("--device", choices=("gpu", "cpu"), default="gpu" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--train", help=argparse.SUPPRESS)
    parser.add_argument("--hold", type=float, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
