"""The tiny study under random `kill -9`: after each end it has the tables and weights of a study that nobody disturbed.

    python benchmarks/kills.py --kills 200

A run of the study (four centres, three models, some ninety jobs) is killed at a random moment and started again, until
it is finished; then its results are compared, byte by byte, with those of an undisturbed run, and the next study
begins. A kill hits all processes of the run at once (a power cut), the engine alone (its jobs go on as orphans beside
those of the next start), or one job (the want of memory). Only processes of the session that the script began itself
are killed.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pandas as pd
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.workflow.test_whole_study import CONFIG, make_hospital  # noqa: E402

VICTIMS = {"all": 0.5, "engine": 0.2, "job": 0.3}
"""What a kill hits, and how often."""

OTHERS = ("benchmarks", "logs", "mlartifacts", "mlflow.db", "events.jsonl", "contents.json", "index.html", "runs.json")
"""Files and folders of the results that hold times or ids: they are no result, or compared by what they say."""

MESSAGES = "messages.txt"
"""What Snakemake says, in a study's folder."""

JOB = rb"^Job \d+: "
"""A line that Snakemake says when a job starts."""

LONGEST = 1800.0
"""Seconds after which a start that neither ended nor was killed counts as a hang."""


def main() -> None:
    options = _options()
    work = options.folder.resolve()
    work.mkdir(parents=True, exist_ok=True)
    study = options.study.read_text(encoding="utf-8") if options.study else yaml.safe_dump(CONFIG)
    reference = work / "undisturbed"
    if not (reference / "finished").exists():
        shutil.rmtree(reference, ignore_errors=True)
        _prepare(reference, study)
        with (reference / MESSAGES).open("wb") as messages:
            ended = subprocess.run(
                _command(reference), cwd=reference, stdout=messages, stderr=messages, check=False
            ).returncode
        if ended:
            raise SystemExit(f"the undisturbed study in {reference} ended with status {ended}; see its messages")
        (reference / "finished").touch()
    draws = random.Random(options.seed)
    rows: list[dict[str, object]] = []
    kills = studies = 0
    while kills < options.kills:
        studies += 1
        folder = work / f"study-{studies}"
        row = disturb(folder, study, draws, options.kills - kills, (options.shortest, options.longest))
        differing = differences(folder, reference) if row["ended"] == "finished" else []
        repeated = _jobs_started(folder) - _jobs_started(reference)
        row |= {"study": studies, "jobs repeated": repeated, "differences": len(differing)}
        for line in differing:
            print(f"study {studies}: {line}", flush=True)
        rows.append(row)
        kills += int(row["kills"])  # type: ignore[call-overload]
        table = pd.DataFrame(rows).set_index("study")
        table.to_csv(work / "kills.tsv", sep="\t")
        print(table.to_string(), flush=True)
        if row["ended"] == "finished" and not differing and not options.keep:
            shutil.rmtree(folder)
    if any(row["differences"] or row["ended"] != "finished" for row in rows):
        raise SystemExit(f"some results differ; the studies are kept in {work}")


def disturb(
    folder: Path, study: str, draws: random.Random, kills: int, moments: tuple[float, float]
) -> dict[str, object]:
    """Run a study, killing it up to so many times; what happened, as a row of the table."""
    shutil.rmtree(folder, ignore_errors=True)
    _prepare(folder, study)
    log = folder / MESSAGES
    hit: Counter[str] = Counter()
    during: Counter[str] = Counter()
    starts = failed = 0
    while True:
        starts += 1
        before = log.stat().st_size if log.exists() else 0
        with log.open("ab") as messages:
            run = subprocess.Popen(
                _command(folder), cwd=folder, stdout=messages, stderr=messages, start_new_session=True
            )
        if hit.total() < kills and _wait_for_a_job(run, log, before):
            with_end = time.monotonic() + draws.uniform(*moments)
            while run.poll() is None and time.monotonic() < with_end:
                time.sleep(0.05)
        victim = draws.choices(list(VICTIMS), list(VICTIMS.values()))[0]
        if hit.total() < kills and run.poll() is None and (rules := _kill(run, victim, draws)) is not None:
            hit[victim] += 1
            during.update(rules)
        try:
            status = run.wait(LONGEST)
        except subprocess.TimeoutExpired:
            _kill_all(run.pid)
            return _row(hit, during, starts, failed, "hung")
        if status == 0:
            return _row(hit, during, starts, failed, "finished")
        if status > 0 and _refused_beside_jobs(log, before):
            time.sleep(1)  # jobs that outlived the killed engine go on
        elif status > 0 and victim != "job":
            failed += 1
            if failed > 3:
                return _row(hit, during, starts, failed, "failed")
        _unlock(folder, by_snakemake=hit.total() == 1)


def _refused_beside_jobs(log: Path, before: int) -> bool:
    with log.open("rb") as messages:
        messages.seek(before)
        return b"jobs of a run that was killed" in messages.read()


def differences(folder: Path, reference: Path) -> list[str]:
    """What the results of a study have more, less or otherwise than those of the undisturbed one."""
    own, wanted = _files(folder / "results"), _files(reference / "results")
    found = [f"missing: {name}" for name in sorted(wanted.keys() - own.keys())]
    found += [f"left over: {name}" for name in sorted(own.keys() - wanted.keys())]
    found += [
        f"differs: {name}"
        for name in sorted(own.keys() & wanted.keys())
        if own[name].read_bytes() != wanted[name].read_bytes()
    ]
    return found + ([] if _tracked(folder) == _tracked(reference) else ["differs: the metrics in mlflow.db"])


def _files(results: Path) -> dict[str, Path]:
    """Name → file of everything that must be equal; cached cases are named by their files' times, so without those."""
    found = {}
    for path in results.rglob("*"):
        name = path.relative_to(results)
        if path.is_file() and not set(name.parts) & set(OTHERS):
            found[re.sub(r"^(cache/.*)-[0-9a-f]+\.npy$", r"\1.npy", name.as_posix())] = path
    return found


def _tracked(folder: Path) -> list[tuple[object, ...]]:
    """Every metric of every run in MLflow's database, without its times and ids."""
    asked = (
        "select r.name, m.key, m.step, m.value from metrics m join runs r on r.run_uuid = m.run_uuid "
        "where m.key not like '%second%' order by 1, 2, 3, 4"
    )
    with sqlite3.connect(folder / "results" / "mlflow.db") as database:
        return list(database.execute(asked))


def _jobs_started(folder: Path) -> int:
    return len(re.findall(JOB, (folder / MESSAGES).read_bytes(), re.M))


def _row(hit: Counter[str], during: Counter[str], starts: int, failed: int, ended: str) -> dict[str, object]:
    return {
        "kills": hit.total(),
        **{f"of {victim}": hit[victim] for victim in VICTIMS},
        "starts": starts,
        "failed starts": failed,
        "ended": ended,
        "during": ", ".join(f"{rule} {count}" for rule, count in during.most_common()),
    }


def _kill(run: subprocess.Popen[bytes], victim: str, draws: random.Random) -> list[str] | None:
    """Kill what is to be hit, and tell the rules of the jobs that ran; `None` where there was no such process."""
    jobs = dict(_jobs_of(run.pid))
    if victim == "job":
        if not jobs:
            return None
        hit = draws.choice(sorted(jobs))
        os.kill(hit, signal.SIGKILL)
        return [jobs[hit]]
    if victim == "engine":
        os.kill(run.pid, signal.SIGKILL)
    else:
        _kill_all(run.pid)
    return sorted(set(jobs.values())) or ["(no job)"]


def _kill_all(session: int) -> None:
    """Kill every process of a session; a process that was started meanwhile is found in the next round."""
    while found := list(_processes_of(session)):
        for process, _ in found:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.05)


def _jobs_of(session: int) -> Iterator[tuple[int, str]]:
    """Process and rule of every script that runs in a session."""
    for process, command in _processes_of(session):
        if told := re.search(r"/tmp\w+\.(\w+)\.py", command):
            yield process, told[1]


def _processes_of(session: int) -> Iterator[tuple[int, str]]:
    """Process and command line of every process of a session that is alive."""
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.getsid(int(entry.name)) == session:
                command = (entry / "cmdline").read_bytes().decode(errors="replace")
                if command:  # one that has ended, and that nobody has waited for, has none
                    yield int(entry.name), command
        except (ProcessLookupError, FileNotFoundError):
            continue  # it has ended


def _wait_for_a_job(run: subprocess.Popen[bytes], log: Path, before: int) -> bool:
    """Wait until a start has reached its first job: the seconds before are the same in every start."""
    while run.poll() is None:
        with log.open("rb") as messages:
            messages.seek(before)
            if re.search(JOB, messages.read(), re.M):
                return True
        time.sleep(0.1)
    return False


def _unlock(folder: Path, *, by_snakemake: bool) -> None:
    """Let go of the lock that a killed engine leaves: by `--unlock`, or by what that does, without its four seconds."""
    if by_snakemake:
        subprocess.run([*_command(folder), "--unlock"], cwd=folder, check=True, capture_output=True)
    shutil.rmtree(folder / ".snakemake" / "locks", ignore_errors=True)


def _prepare(folder: Path, study: str) -> None:
    """A copy of the workflow with the study, and the files of the tiny study's hospital."""
    for part in ("workflow", "src", "envs"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(ROOT / "Snakefile", folder / "Snakefile")
    (folder / "profiles").symlink_to("workflow/profiles")
    make_hospital(folder / "hospital")
    (folder / "study.yaml").write_text(study, encoding="utf-8")


def _command(folder: Path) -> list[str]:
    given = ["--directory", str(folder), "--cores", "2", "--configfile", "study.yaml"]
    return [sys.executable, "-m", "snakemake", "-s", str(folder / "Snakefile"), *given]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1, help="of the draws of moments and victims")
    parser.add_argument("--shortest", type=float, default=2.0, help="seconds after the first job of a start")
    parser.add_argument("--longest", type=float, default=15.0)
    parser.add_argument("--study", type=Path, help="another study's configuration; default: that of the tests")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/gliomanet-kills"), help="for the studies")
    parser.add_argument("--keep", action="store_true", help="keep the studies that neither differ nor fail")
    return parser.parse_args()


if __name__ == "__main__":
    main()
