"""Real scans through a bundle by `gliomanet predict`: what comes out, time and memory, by modalities and age.

Every case of `real-mri` with all, three, two and one of its modalities, with and without an age, each in a process of
its own with one thread. All its modalities go with page, PDF and explanations, fewer without (`--no-page
--no-explain`), unless `--whole` asks for them. The ages of these patients are not told with the scans: the one given
is made up. Then one case is predicted twice, and every file of the two results compared.

A bundle that learnt from phantoms says nothing of patients: what is looked at is what it says of itself.

Usage: python benchmarks/next_patient.py BUNDLE DATA [--out FOLDER] [--only NAME …] [--whole]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from gliomanet.modalities import MODALITIES  # noqa: E402

SUBSETS = (MODALITIES, ("t1c", "t2", "flair"), ("t1c", "flair"), ("flair",), ("t1c",))
AGE = 50
TIMED = ("page.html", "report.pdf")
"""Files that tell the time; so does `made_at` in result.json."""


@dataclass(frozen=True)
class Done:
    """One prediction: exit status, seconds and peak memory, and what was said."""

    status: int
    wall: float
    cpu: float
    megabytes: float
    said: str


def predicted(bundle: Path, files: dict[str, Path], out: Path, more: list[str]) -> Done:
    """Run the command."""
    command = [str(Path(sys.executable).with_name("gliomanet")), "predict", "--bundle", str(bundle), "--out", str(out)]
    command += [part for name, path in files.items() for part in (f"--{name.replace('_', '-')}", str(path))]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
    start = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen([*command, *more], stdout=output, stderr=subprocess.DEVNULL, env=environment)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read().decode()
    wall = time.monotonic() - start
    return Done(process.returncode, wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, said)


def cases_of(data: Path) -> dict[str, dict[str, Path]]:
    """Name → modality → file."""
    found: dict[str, dict[str, Path]] = {}
    for folder in sorted({path.parent for path in data.rglob("flair.nii.gz")}):
        files = {name: path for name in MODALITIES if (path := folder / f"{name}.nii.gz").is_file()}
        found[str(folder.relative_to(data))] = files
    return found


def told(out: Path) -> str:
    """Verdict, number of warnings and answers of a result."""
    values: dict[str, Any] = json.loads((out / "result.json").read_text(encoding="utf-8"))
    answers = []
    for task in values["tasks"]:
        best = max(task["classes"], key=lambda one: one["probability"])
        sets = "/".join(task["prediction_set"]) or "none"
        answers.append(f"{task['task']} {best['name']} {best['probability']:.2f} {{{sets}}}")
    trust = values["trust"]
    figures = ", ".join(f"{one['of']} {one['over_alarm']:.1f}" for one in trust["distances"] if one["counts"])
    return f"{trust['verdict']} ({figures or 'nothing counts'}) | {len(values['warnings'])} | {'; '.join(answers)}"


def unlike(one: Path, other: Path) -> list[str]:
    """Files of two results whose bytes differ, but for the time."""
    names = [{path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()} for out in (one, other)]
    found = sorted(names[0] ^ names[1])
    for name in sorted(names[0] & names[1] - set(TIMED)):
        contents = [(out / name).read_bytes() for out in (one, other)]
        if name == "result.json":
            contents = [
                b"\n".join(line for line in content.splitlines() if b'"made_at"' not in line) for content in contents
            ]
        if contents[0] != contents[1]:
            found.append(name)
    return found


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("data", type=Path, help="folder of cases: <case>/…/t1.nii.gz, t1c, t2, flair")
    parser.add_argument("--out", type=Path, help="folder to keep results in")
    parser.add_argument("--only", nargs="*", help="these cases")
    parser.add_argument("--whole", action="store_true", help="page and explanations of every prediction")
    parser.add_argument("--twice", default="TCGA-FG-6692/native", help="case that is predicted twice")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = options.out or Path(scratch)
        print("| case | modalities | age | verdict | warnings | answers | wall s | CPU s | MB |\n|" + "---|" * 9)
        cases = {name: of for name, of in cases_of(options.data).items() if not options.only or name in options.only}
        for name, files in cases.items():
            seen = set()
            for subset in SUBSETS:
                given = {one: files[one] for one in subset if one in files}
                if not given or tuple(given) in seen:
                    continue
                seen.add(tuple(given))
                whole = options.whole or len(given) == len(files)
                for age in (True, False):
                    out = root / name.replace("/", "_") / f"{'-'.join(given)}{'-age' if age else ''}"
                    more = [*(["--age", str(AGE)] if age else []), *([] if whole else ["--no-page", "--no-explain"])]
                    done = predicted(options.bundle, given, out, more)
                    lines = done.said.strip().splitlines() or ["nothing was said"]
                    said = told(out) if done.status == 0 else f"refused: {lines[-1][:160]} | |"
                    figures = f"{done.wall:.0f} | {done.cpu:.0f} | {done.megabytes:.0f}"
                    print(f"| {name} | {' '.join(given)} | {'yes' if age else 'no'} | {said} | {figures} |", flush=True)
        if options.twice in cases:
            outs = [root / f"twice-{number}" for number in (1, 2)]
            for out in outs:
                predicted(options.bundle, cases[options.twice], out, ["--age", str(AGE)])
            differ = unlike(*outs)
            print(f"\n{options.twice} twice: {', '.join(differ) or 'every byte equal, but for the time'}")


if __name__ == "__main__":
    main()
