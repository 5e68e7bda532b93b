"""How the workflow's own time and memory grow with the number of cases, beside the engine's floor.

    python benchmarks/scale.py [--cases 180 1800] [--items dry-run start validate …] [--repeats 3] [--folder FOLDER]

Makes a study of so many cases over six centres (files of a few bytes in the place of images; a reused FOLDER spares
that), and runs commands on it, each in a process of its own: seconds of CPU and largest memory, median of the repeats.
Nothing is preprocessed or trained. `scale_floor.smk` is the floor: a bare Snakefile of as many jobs, wildcards, files
and parameters, run in turn with ours, so that both meet the same load. Every item is measured with the digests of
images known from an earlier start. The exponent is of the time, between the smallest and the largest number of cases.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from scale_cohort import make_cohort

ROOT = Path(__file__).resolve().parents[1]
FLOOR = Path(__file__).with_name("scale_floor.smk")
ENGINE = (sys.executable, "-m", "snakemake")
OURS = (*ENGINE, "--snakefile", str(ROOT / "Snakefile"), "--configfile", "study.yaml")
BARE = (*ENGINE, "--snakefile", str(FLOOR), "--workflow-profile", str(ROOT / "workflow/profiles/default"))
# What an executor appends to start one job in a process of its own; `-n` stops before the script.
JOB = (
    *("-n", "--target-jobs", "preprocess_case:center=ALDER,case=ALDER-00003", "--allowed-rules", "preprocess_case"),
    *("--cores", "1", "--attempt", "1", "--force-use-threads", "--force", "--target-files-omit-workdir-adjustment"),
    *("--max-inventory-time", "0", "--retries", "0", "--nocolor", "--no-hooks", "--nolock", "--ignore-incomplete"),
    *("--rerun-triggers", "mtime", "params", "input", "software-env", "--latency-wait", "5", "--mode", "remote"),
)
VALIDATE = "import sys; from gliomanet.cli.main import app; sys.argv[1:1] = ['validate']; app()"
ITEMS: Mapping[str, Sequence[tuple[str, Sequence[str]]]] = {
    "dry-run": (("ours", (*OURS, "-n")), ("floor", (*BARE, "-n"))),
    "start": (("ours", (*OURS, *JOB)), ("floor", (*BARE, *JOB))),
    "one-centre": (("ours", (*OURS, "-n", "results/qc/ELM")),),
    "validate": (("ours", (sys.executable, "-c", VALIDATE, "study.yaml")),),
}
"""Item → who and which command, run in the study's folder."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=int, nargs="+", default=[180, 1800])
    parser.add_argument("--items", nargs="+", choices=ITEMS, default=list(ITEMS))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    above = options.folder or Path(tempfile.mkdtemp(prefix="gliomanet-scale-"))
    found: dict[tuple[str, str], list[float]] = {}
    print("item  who  cases  s of CPU  MB", flush=True)
    for cases in sorted(options.cases):
        folder = (above / str(cases)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        make_cohort(folder, cases)
        cost([*OURS, "-n", "results/qc/ELM.tsv"], folder)  # the first start reads every file
        for item in options.items:
            runs = [[cost(command, folder) for _, command in ITEMS[item]] for _ in range(options.repeats)]
            for (who, _), costs in zip(ITEMS[item], zip(*runs, strict=True), strict=True):
                seconds, memory = (statistics.median(values) for values in zip(*costs, strict=True))
                found.setdefault((item, who), []).append(seconds)
                print(f"{item}  {who}  {cases}  {seconds:.1f}  {memory:.0f}", flush=True)
    numbers = sorted(options.cases)
    for (item, who), seconds in found.items():
        if len(seconds) > 1:
            exponent = math.log(seconds[-1] / seconds[0]) / math.log(numbers[-1] / numbers[0])
            print(f"{item}  {who}  exponent {exponent:.2f}")
    for item in options.items:
        if (item, "floor") in found:
            pairs = zip(numbers, found[item, "ours"], found[item, "floor"], strict=True)
            print(item, *(f"{cases}: {ours / floor:.2f} × floor" for cases, ours, floor in pairs))


def cost(command: Sequence[str], folder: Path) -> tuple[float, float]:
    """Seconds of CPU and MB of the largest process of one command."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=said, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(f"{' '.join(command)}\n{said.read().decode()[-3000:]}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
