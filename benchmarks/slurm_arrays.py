"""What SLURM's job arrays cost and save: the same per-case jobs sent with and without `--slurm-array-jobs`.

    python benchmarks/slurm_arrays.py [jobs] [repeats]

On a cluster's login node, or as root on a machine with Debian's slurm-wlm and munge, where it brings up one of its own.
Prints for each way: calls of sbatch, Snakemakes started, CPU seconds of all of them, and wall seconds.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.slurm.one_node import one_node, why_not  # noqa: E402

# Each Snakemake of a run reads this file, and leaves at its end what it cost.
SNAKEFILE = """
import atexit, os
os.makedirs("costs", exist_ok=True)
atexit.register(lambda: open(f"costs/{os.uname().nodename}-{os.getpid()}", "w").write(str(sum(os.times()[:2]))))
rule all:
    input: expand("done/{case}", case=range(int(config["jobs"])))
rule measure_case:
    output: "done/{case}"
    resources: mem_mb=500, runtime=10
    shell: "touch {output}"
"""
COUNTED = '#!/bin/sh\necho call >> "$SBATCH_CALLS"\nexec "{sbatch}" "$@"\n'


def measure(folder: Path, jobs: int, arrays: bool) -> tuple[int, int, float, float]:
    """Send so many jobs, and return calls of sbatch, Snakemakes, their CPU seconds, and wall seconds."""
    (folder / "bin").mkdir(parents=True)
    (folder / "Snakefile").write_text(SNAKEFILE)
    wrapper = folder / "bin" / "sbatch"
    wrapper.write_text(COUNTED.format(sbatch=shutil.which("sbatch")))
    wrapper.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{wrapper.parent}:{os.environ['PATH']}",
        "SBATCH_CALLS": str(folder / "calls"),
    }
    command = [sys.executable, "-m", "snakemake", "--profile", str(ROOT / "workflow/profiles/slurm")]
    command += ["--config", f"jobs={jobs}", "--slurm-init-seconds-before-status-checks", "3"]
    command += ["--max-status-checks-per-second", "1", "--latency-wait", "5"]
    command += ["--slurm-array-jobs", "measure_case"] if arrays else []
    start = time.monotonic()
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, timeout=1800)
    wall = time.monotonic() - start
    costs = [float(file.read_text()) for file in (folder / "costs").iterdir()]
    return len((folder / "calls").read_text().splitlines()), len(costs), sum(costs), wall


def main(jobs: int = 12, repeats: int = 3) -> None:
    answers = bool(shutil.which("squeue")) and subprocess.run(["squeue"], capture_output=True).returncode == 0
    if not answers and why_not():
        sys.exit(f"no SLURM here: {why_not()}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with contextlib.nullcontext() if answers else one_node(folder / "cluster"):
            runs = {way: [] for way in (False, True)}
            for repeat in range(repeats):
                for way in runs:
                    runs[way].append(measure(folder / f"{way}{repeat}", jobs, way))
    print(f"{jobs} jobs, median of {repeats}\nway\tcalls of sbatch\tSnakemakes\tCPU s\twall s")
    for way, figures in runs.items():
        calls, starts, cpu, wall = (statistics.median(column) for column in zip(*figures, strict=True))
        print(f"{'arrays' if way else 'jobs'}\t{calls:.0f}\t{starts:.0f}\t{cpu:.1f}\t{wall:.0f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
