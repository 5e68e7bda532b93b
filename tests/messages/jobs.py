"""Failed jobs and clusters that lose them: each as its engine and its logs tell it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from gliomanet.files.storage import StorageError
from gliomanet.layout import Layout
from gliomanet.pipeline import results_folder
from gliomanet.pipeline.cluster_check import forgotten_jobs
from gliomanet.pipeline.failed_jobs import FailedJob, in_the_end, why_failed
from gliomanet.pipeline.job_log import PERHAPS
from gliomanet.pipeline.records import unrecorded_results

STATUS = (
    "SLURM-job '7' failed, SLURM status is: '{}'. Detailed failure reason unavailable (status command is not 'sacct')."
)
KERNEL = "slurmstepd-n1: error: Detected 1 oom-kill event(s) in StepId=7.0. Some of your processes may have been killed by the cgroup out-of-memory handler.\n"
TORCH = (
    "Traceback (most recent call last):\n  …\nRuntimeError: DataLoader worker (pid 3) is killed by signal: Killed. \n"
)
LIST = "Traceback (most recent call last):\n  …\nERROR: 2 problems in the cohort:\n  - case P-1: no file\n  - case P-2: no file\n"
REFUSED = (
    "SLURM sbatch failed. The error message was 'sbatch: error: Batch job submission failed: Invalid partition'.\n"
    "    sbatch call:\n        sbatch --parsable\n"
)

REMOTE = "For further error details see the cluster/cloud log and the log files of the involved rule(s)."
CRASH = "Traceback (most recent call last):\n  …\nRuntimeError: write failed\n"

# name → what Snakemake says of its process
ENDED = {
    "a pod, killed": "Command 'python x' died with <Signals.SIGKILL: 9>.",
    "here, without a word": "Command 'python x' died with <Signals.SIGKILL: 9>.",
    "here, crashed": "Command 'python x' died with <Signals.SIGABRT: 6>.",
    "here, stopped": "Command 'python x' died with <Signals.SIGINT: 2>.",
    "here, stopped, told by a shell": "Command 'python x' returned non-zero exit status 143.",
    "here, with a status": "Command 'python x' returned non-zero exit status 3.",
}

# name → (message of the executor, text of its own log, text of SLURM's log, rule of the problem)
FAILED: dict[str, tuple[str, str, str, str]] = {
    "memory, ended by the kernel": (STATUS.format("FAILED"), "", KERNEL, "job_memory"),
    "memory, told by the state": (STATUS.format("OUT_OF_MEMORY"), "", "", "job_memory"),
    "memory, ended by SLURM": (
        STATUS.format("CANCELLED"),
        "",
        "slurmstepd: error: Exceeded job memory limit\nslurmstepd: error: *** STEP 7.0 ON n1 CANCELLED AT 2026-11-28 ***\n",
        "job_memory",
    ),
    "time": (
        STATUS.format("FAILED"),
        "",
        "slurmstepd: *** JOB 7 ON n1 CANCELLED AT 2026 DUE TO TIME LIMIT ***\n",
        "job_time",
    ),
    "time, and memory": (
        STATUS.format("OUT_OF_MEMORY"),
        "",
        f"slurmstepd: error: *** JOB 7 ON n1 CANCELLED AT 2026 DUE TO TIME LIMIT ***\n{KERNEL}",
        "job_time",
    ),
    "node": (STATUS.format("NODE_FAIL"), "", "", "job_node"),
    "preempted": (STATUS.format("PREEMPTED"), "", "", "job_preempted"),
    "cancelled": (
        STATUS.format("CANCELLED"),
        "",
        "*** JOB 7 ON n1 CANCELLED AT 2026-11-28T10:09:54 ***\n",
        "job_cancelled",
    ),
    "cancelled, and counted as ended by the kernel": (
        STATUS.format("CANCELLED"),
        "",
        f"slurmstepd-n1: error: *** JOB 7 ON n1 CANCELLED AT 2026-11-28T10:09:54 ***\n{KERNEL}",
        "job_cancelled",
    ),
    "cancelled before it ran": (STATUS.format("CANCELLED"), "", "", "job_cancelled"),
    "a person's error": (
        STATUS.format("FAILED"),
        LIST,
        "srun: error: n1: task 0: Exited with exit code 1\n",
        "job_error",
    ),
    "an exception": (
        STATUS.format("FAILED"),
        "Traceback (most recent call last):\n  …\nKeyError: 'x'\n",
        "",
        "job_error",
    ),
    "a signal": (
        STATUS.format("FAILED"),
        "",
        "Command 'python x' died with <Signals.SIGSEGV: 11>.\n",
        "job_crashed",
    ),
    "a step that cannot start": (
        STATUS.format("FAILED"),
        "",
        "srun: error: Step requested GRES but job doesn't have GRES\nsrun: error: Unable to create step for job 7: Invalid generic resource (gres) specification\n",
        "job_without_a_word",
    ),
    "refused": (REFUSED, "", "", "refused_by_slurm"),
    "a file that is named like it": (
        STATUS.format("FAILED"),
        "KeyError: 1\n",
        "rule x:\n    input: /data/oom-kill/cases.tsv, /data/OOMKilled/x.tsv\n",
        "job_without_a_word",
    ),
    "a pod, ended for its memory": (f"Pod failed: OOMKilled. {REMOTE}", "", "", "job_memory"),
    "a pod, without a word": (
        f"For details, please issue: kubectl describe job x. {REMOTE}",
        "",
        "",
        "job_without_a_word",
    ),
    "a pod, killed": (REMOTE, "", "", "job_without_a_word"),
    "here, without a word": ("", "Epoch 3\n", "", "job_without_a_word"),
    "here, nobody knows why": ("", "Epoch 3\n", "", "job_without_a_word"),
    "here, crashed": ("", "Epoch 3\n", "", "job_crashed"),
    "here, stopped": ("", "Epoch 3\n", "", "job_stopped"),
    "here, stopped, told by a shell": ("", "Epoch 3\n", "", "job_stopped"),
    "here, with a status": ("", "Epoch 3\n", "", "job_without_a_word"),
    "here, on a full disk": ("", f"{CRASH}\n{PERHAPS}x: the disk is full\n", "", "job_error"),
    "here, a person's error on a full disk": ("", f"ERROR: no such case\n\n{PERHAPS}x: it is full\n", "", "job_error"),
    "here, an exception after an error": ("", f"ERROR: of a library\n{CRASH}", "", "job_error"),
    "here, a worker killed": ("", TORCH, "", "job_error"),
}

LAB = "AccountingStorageType   = accounting_storage/{}\nMinJobAge               = {} sec\n"

# name → (settings, status command, rule of the problem)
CLUSTERS: dict[str, tuple[str, str, str | None]] = {
    "sacct without accounting": (LAB.format("none", 300), "sacct", "no_accounting"),
    "forgets soon, without accounting": (LAB.format("none", 120), "squeue", "forgotten_jobs"),
    "forgets soon, with accounting": (LAB.format("slurmdbd", 120), "squeue", "forgotten_jobs"),
    "forgets at once, without accounting": (LAB.format("none", 10), "squeue", "forgotten_jobs"),
    "forgets at once, and the plugin asks sacct": (LAB.format("slurmdbd", 10), "squeue", None),
    "squeue without accounting": (LAB.format("none", 300), "squeue", None),
    "squeue with accounting": (LAB.format("slurmdbd", 300), "squeue", None),
    "sacct with accounting": (LAB.format("slurmdbd", 10), "sacct", None),
    "no answer": ("", "squeue", None),
}


def failed(name: str, folder: Path) -> FailedJob:
    """A failed job of `FAILED`, its logs written."""
    message, own, slurms, _ = FAILED[name]
    place = folder / "failed" / name.replace(" ", "_").replace(",", "")
    place.mkdir(parents=True)
    (place / "net.log").write_text(own)
    slurm_log = place / "7.log" if "SLURM-job" in message else None
    if slurm_log and slurms:
        slurm_log.write_text(slurms)
    named = FailedJob("predict_center", ("net", "EAST"), message, place / "net.log", slurm_log)
    named = replace(named, ended=ENDED.get(name, ""), external="snakejob-1" if name.startswith("a pod") else "")
    return replace(named, mem_mb=6000, runtime=120, oom_kills=1 if name == "here, without a word" else 0)


def group(folder: Path, log: str) -> FailedJob:
    """A failed group of two jobs, one of which left a log."""
    (folder / "member.log").write_text(log)
    return FailedJob("pairs", members=("calibrate", "predict"), log=folder / "member.log" if log else None)


def told(folder: Path) -> Iterator[tuple[str, str]]:
    """Name and text of everything that is said of failed jobs and of clusters."""
    problems = {}
    for name in FAILED:
        job = failed(name, folder)
        problems[name] = why_failed(job)
        yield f"job, {name}", str(problems[name])
        if job.sign in ("memory", "time"):
            yield f"job, {name}, tried again", str(why_failed(replace(job, again=True)))
    for name, log in (("of a group", LIST), ("of a group, without a word", "")):
        yield f"job, {name}", str(why_failed(group(folder, log)))
    yield "results without a record", str(unrecorded_results(46, "results"))
    yield "jobs, at the end", in_the_end([problems["time"], problems["refused"]])
    layout = Layout(folder / "results")
    layout.cache().mkdir(parents=True)
    layout.run_lock().write_text("process 4711 on node1")
    yield "results, in use", str(results_folder._in_use(layout.results, layout.run_lock()))
    yield "results, jobs of a killed run", str(results_folder._beside_jobs(layout.results, {812: "draw_cases"}))
    (layout.results / "logs").write_text("")
    try:
        results_folder.refuse_unwritable(layout)
    except StorageError as error:
        yield "results, a file in the way", str(error)
    for name, (settings, command, rule) in CLUSTERS.items():
        if rule:
            yield f"cluster, {name}", str(forgotten_jobs(settings, command, 20))
