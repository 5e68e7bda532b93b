"""Failed jobs told in one line: what ended a job, as its logs and the cluster say, and what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gliomanet.errors import Problem
from gliomanet.files.storage import nearly_full

TAIL = 100_000
"""Characters at a log's end that are read: what ended a job stands there."""

# What SLURM writes into a job's log, and the state that it gives it; the first that fits is why. A step that is ended
# for its memory or its time is called cancelled, too.
SIGNS = {
    "memory": r"oom[-_]kill|Out Of Memory|[Ee]xceeded (?:job|step) memory limit|status is: 'OUT_OF_MEMORY'",
    "time": r"DUE TO TIME LIMIT|status is: '(?:TIMEOUT|DEADLINE)'",
    "node": r"DUE TO NODE FAIL|status is: '(?:NODE_FAIL|BOOT_FAIL)'",
    "preempted": r"DUE TO PREEMPTION|status is: 'PREEMPTED'",
    "cancelled": r"status is: 'CANCELLED'",
}
KILLED_WORKER = r"killed by signal: Killed|SIGKILL"
"""What torch and joblib say of a process of theirs that was ended from outside."""

REFUSED = re.compile(r"SLURM sbatch failed\. The error message was '(.*?)'\.?$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class FailedJob:
    """A job that has just failed, as its engine knows it.

    Attributes:
        rule: its rule.
        wildcards: their values, such as `("net", "EAST")`.
        message: what the executor says of it; empty for one that ran on this machine.
        log: its own log.
        slurm_log: SLURM's log of it; None for one that ran on this machine.
        mem_mb: the memory that it had asked for, in MB; None without a request.
        runtime: the time that it had asked for, in minutes; None without a request.
        again: whether it is tried again, with more memory and time.
        oom_kills: processes that the kernel ended for memory since the run began (`count_oom_kills`).
    """

    rule: str
    wildcards: tuple[str, ...] = ()
    message: str = ""
    log: Path | None = None
    slurm_log: Path | None = None
    mem_mb: int | None = None
    runtime: int | None = None
    again: bool = False
    oom_kills: int = 0

    @property
    def name(self) -> str:
        return f"{self.rule} ({', '.join(self.wildcards)})" if self.wildcards else self.rule

    @property
    def on_cluster(self) -> bool:
        return self.slurm_log is not None or "SLURM" in self.message

    @property
    def sign(self) -> str:
        """The key of `SIGNS` that stands in SLURM's log or in the executor's message; empty where none does."""
        said = f"{self.message}\n{end_of(self.slurm_log)}"
        found = (name for name, pattern in SIGNS.items() if re.search(pattern, said))
        return next(found, "") if self.on_cluster else ""

    @property
    def cancelled(self) -> bool:
        """True where a person cancelled it (`scancel`), who will not want it back a minute later."""
        return self.sign == "cancelled"


def why_failed(job: FailedJob) -> Problem:
    """Tell in one line what ended a job, what to do about it, and which log says more."""
    refused = REFUSED.search(job.message)
    if refused:
        return told(job, "refused_by_slurm", f"SLURM refused it: {' '.join(refused[1].split())}", REFUSED_ACTION)
    if job.sign:
        return told(job, f"job_{job.sign}", *of_slurm(job))
    own = last_error(end_of(job.log))
    if own:
        of_memory = re.search(KILLED_WORKER, own) and not job.on_cluster
        return told(job, "job_error", own, FEWER_AT_ONCE if of_memory else "")
    if job.log is not None and (full := nearly_full(job.log.parent)):
        return told(job, full.rule, f"its log is empty, and {full.file}: {full.found}", full.action)
    if job.on_cluster:
        return told(job, "job_without_a_word", silent_on_cluster(end_of(job.slurm_log)), ASK_SACCT)
    killed = "its process was ended from outside without a word, most often because this machine's memory was full"
    if job.oom_kills:
        killed += f" (the kernel has ended processes for it since this run began: {job.oom_kills})"
    return told(job, "job_without_a_word", killed, FEWER_AT_ONCE)


REFUSED_ACTION = (
    "name a partition and an account of this cluster, and no more memory or time than it allows, in the profile's "
    "config.yaml and partitions.yaml"
)
ASK_SACCT = "where the cluster keeps accounts, `sacct -j <its number> -o State,ExitCode,MaxRSS` says more"
FEWER_AT_ONCE = "let fewer jobs run at once: --resources mem_mb=<the memory of this machine in MB>, or a lower --cores"


def of_slurm(job: FailedJob) -> tuple[str, str]:
    """Problem of a job that SLURM ended or refused, and the remedy."""
    memory, time = job.mem_mb or 4000, job.runtime or 60
    if job.sign == "memory":
        return f"it took more than the {memory} MB that it had asked for, and was ended", more(job, "mem_mb", memory)
    if job.sign == "time":
        return f"it took longer than the {time} min that it had asked for, and was ended", more(job, "runtime", time)
    if job.sign == "cancelled":
        return (
            "somebody cancelled it (scancel), so neither it nor what needs it is run",
            "to run it, start the study again",
        )
    found = "its node failed" if job.sign == "node" else "jobs of higher priority took its place"
    return found, AGAIN if job.again else "start the study again"


AGAIN = "it is tried again"


def more(job: FailedJob, resource: str, asked: int) -> str:
    """The remedy for a job that needs more of a resource: its next attempt, or a person's request that still grows."""
    if job.again:
        return f"{AGAIN} with more"
    trained = "; a training goes on from its last epoch" if resource == "runtime" else ""
    return f"give it more: --set-resources '{job.rule}:{resource}=attempt*{2 * asked}'{trained}"


def silent_on_cluster(slurm_log: str) -> str:
    """The cause in SLURM's log of a job whose own log is silent: a step that could not start, or a signal."""
    refused = re.search(r"^srun: error: (Unable to create step .*)", slurm_log, re.MULTILINE)
    if refused:
        return f"SLURM did not start it on its node: {refused[1].strip()}"
    signal = re.search(r"died with <Signals\.(\w+)", slurm_log)
    return f"{f'its process was ended by {signal[1]}' if signal else 'it ended'} without a word in its log"


def told(job: FailedJob, rule: str, found: str, action: str = "") -> Problem:
    slurms = f"; SLURM's log: {job.slurm_log}" if job.slurm_log is not None and job.slurm_log.exists() else ""
    return Problem(found, f"{action}{slurms}".removeprefix("; "), key=job.name, file=str(job.log or ""), rule=rule)


def end_of(log: Path | None) -> str:
    """The end of a log; empty where it cannot be read, which a failed job's may not be."""
    if log is None:
        return ""
    try:
        return log.read_text(encoding="utf-8", errors="replace")[-TAIL:]
    except OSError:
        return ""


def last_error(log: str) -> str:
    """The end of a job's log where Python ended it: an `ERROR:` for a person, of a list the first, or a traceback."""
    _, spoken, words = f"\n{log}".rpartition("\nERROR: ")
    if spoken:
        first, *others = words.strip().splitlines()
        return " ".join([first, *(line.strip(" -") for line in others[:1] if first.endswith(":"))])
    _, traceback, after = log.rpartition("Traceback (most recent call last):")
    raised = re.findall(r"^[\w.]+(?:: .*)?$", after, re.MULTILINE) if traceback else []
    return str(raised[-1]).strip().rstrip(".;") if raised else ""


def count_oom_kills(counters: Path = Path("/proc/vmstat")) -> int:
    """The processes that this machine's kernel has ended for memory; 0 where it does not count them."""
    found = re.search(r"^oom_kill (\d+)$", end_of(counters), re.MULTILINE)
    return int(found[1]) if found else 0


def in_the_end(problems: Sequence[Problem]) -> str:
    """The failed jobs of a run, a line each, for its last words."""
    count = "1 job" if len(problems) == 1 else f"{len(problems)} jobs"
    return "\n".join([f"{count} failed:", *(f"  - {problem}" for problem in problems)])
