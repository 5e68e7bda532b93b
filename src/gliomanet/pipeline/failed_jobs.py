"""Failed jobs told in one line: what ended a job, as its logs and the cluster say, and what to do."""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gliomanet.errors import Problem
from gliomanet.files.storage import nearly_full
from gliomanet.pipeline.job_log import PERHAPS

TAIL = 100_000
"""Characters at a log's end that are read: what ended a job stands there."""

# What SLURM writes into a job's log, and the state that it gives it (and Kubernetes' word for memory); the first that
# fits is why. A step that is ended for its memory or its time is called cancelled, too. The kernel's own ends for
# memory come last: SLURM may count one while it takes down a step that ends for another reason. The logs name files,
# whose names may be any: only what SLURM itself says of memory counts.
FROM_SLURM = r"\b(?:slurmstepd|srun)\S* error: [^\n]*"
SIGNS = (
    ("time", r"DUE TO TIME LIMIT|status is: '(?:TIMEOUT|DEADLINE)'"),
    ("memory", FROM_SLURM + r"[Ee]xceeded (?:job|step) memory limit"),
    ("memory", r"status is: 'OUT_OF_MEMORY'|(?<![\w/.-])OOMKilled(?![\w/.-]*/)"),
    ("node", r"DUE TO NODE FAIL|status is: '(?:NODE_FAIL|BOOT_FAIL)'"),
    ("preempted", r"DUE TO PREEMPTION|status is: 'PREEMPTED'"),
    ("cancelled", r"status is: 'CANCELLED'"),
    ("memory", FROM_SLURM + r"(?:oom[-_]kill event|Out Of Memory)"),
)
KILLED_WORKER = r"killed by signal: Killed|SIGKILL"
"""Words of torch and joblib about a process of theirs that was ended from outside."""

STOPPED = ("SIGTERM", "SIGINT", "SIGHUP")
"""Signals by which a person, a batch system or a machine that shuts down stops a process."""

CRASHED = ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE")
"""Signals that end a process for a fault in its native code."""

ENDED = re.compile(r"died with <Signals\.(\w+)|returned non-zero exit status (\d+)")
"""Words of Snakemake about a job's process that failed."""

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
        ended: what Snakemake that executed it says of its process, such as `died with <Signals.SIGSEGV: 11>`.
        external: its name at the executor, such as that of a job of Kubernetes.
        members: rules of a group's jobs, which is told as one; its name is `rule`.
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
    ended: str = ""
    external: str = ""
    members: tuple[str, ...] = ()
    again: bool = False
    oom_kills: int = 0

    @property
    def name(self) -> str:
        parts = ", ".join(self.members or self.wildcards)
        return f"{'group ' if self.members else ''}{self.rule}{f' ({parts})' if parts else ''}"

    @property
    def on_cluster(self) -> bool:
        return self.slurm_log is not None or "SLURM" in self.message

    @property
    def here(self) -> bool:
        return not (self.message or self.slurm_log or self.members)

    @property
    def signs(self) -> list[str]:
        """The names of `SIGNS` that stand in SLURM's log or in the executor's message."""
        said = f"{self.message}\n{end_of(self.slurm_log)}"
        return [name for name, pattern in SIGNS if re.search(pattern, said)]

    @property
    def sign(self) -> str:
        """The first of its signs, which is why it ended; empty where it has none."""
        return next(iter(self.signs), "")

    @property
    def end(self) -> str:
        """The name of the signal that ended its process, or its exit status in digits; empty where nobody says so.

        A shell or a container's runtime tells the signal n as the exit status 128 + n.
        """
        ends = ENDED.findall(self.ended or end_of(self.slurm_log))
        if not ends:
            return ""
        name, status = ends[-1]
        of_signals = {str(128 + each): each.name for each in signal.Signals}
        return str(name or of_signals.get(status, status))

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
        of_memory = re.search(KILLED_WORKER, own) and job.here
        return told(job, "job_error", own, FEWER_AT_ONCE if of_memory else "")
    if job.log is not None and (full := nearly_full(job.log.parent)):
        return told(job, full.rule, f"its log is empty, and {full.file}: {full.found}", full.action)
    return told(job, *silent(job))


REFUSED_ACTION = (
    "name a partition and an account of this cluster, and no more memory or time than it allows, in the profile's "
    "config.yaml and partitions.yaml"
)
ASK_SACCT = "where the cluster keeps accounts, `sacct -j <its number> -o State,ExitCode,MaxRSS` says more"
FEWER_AT_ONCE = "let fewer jobs run at once: --resources mem_mb=<the memory of this machine in MB>, or a lower --cores"


def of_slurm(job: FailedJob) -> tuple[str, str]:
    """Problem of a job that SLURM ended or refused, and the remedy."""
    if job.sign == "memory":
        asked = f"{job.mem_mb} MB" if job.mem_mb else "memory"
        found = f"it took more than the {asked} that it had asked for, and was ended"
        return found, more(job, {"mem_mb": job.mem_mb})
    if job.sign == "time":
        asked = f"{job.runtime} min" if job.runtime else "time"
        found = f"it took longer than the {asked} that it had asked for, and was ended"
        if "memory" in job.signs:  # a worker that was killed lets the others wait
            found += "; SLURM also tells of processes of it that were ended for their memory"
            return found, more(job, {"runtime": job.runtime, "mem_mb": job.mem_mb})
        return found, more(job, {"runtime": job.runtime})
    if job.sign == "cancelled":
        return (
            "somebody cancelled it (scancel), so neither it nor what needs it is run",
            "to run it, start the study again",
        )
    found = "its node failed" if job.sign == "node" else "jobs of higher priority took its place"
    return found, AGAIN if job.again else "start the study again"


AGAIN = "it is tried again"


def more(job: FailedJob, asked: Mapping[str, int | None]) -> str:
    """The remedy for a job that needs more of some resources: its next attempt, or a request that still grows."""
    if job.again:
        return f"{AGAIN} with more"
    rule = "<rule>" if job.members else job.rule
    wanted = {resource: 2 * much if much else f"<more {resource}>" for resource, much in asked.items()}
    requests = " ".join(f"'{rule}:{resource}=attempt*{much}'" for resource, much in wanted.items())
    trained = "; a training goes on from its last epoch" if "runtime" in asked else ""
    return f"give {'its jobs' if job.members else 'it'} more: --set-resources {requests}{trained}"


def silent(job: FailedJob) -> tuple[str, str, str]:
    """Rule, problem and remedy of a job that no error of its own ended: as its process's end and its executor tell."""
    refused = re.search(r"^srun: error: (Unable to create step .*)", end_of(job.slurm_log), re.MULTILINE)
    if refused:
        return "job_without_a_word", f"SLURM did not start it on its node: {refused[1].strip()}", ASK_SACCT
    if job.end in STOPPED:
        return "job_stopped", f"it was stopped ({job.end})", AGAIN if job.again else "start the study again"
    if job.end in CRASHED:
        return "job_crashed", f"a crash in native code ended it ({job.end})", CRASH_ACTION
    if job.end == "SIGKILL" and job.here:
        return "job_without_a_word", killed_here(job), FEWER_AT_ONCE
    if job.end.isdigit():
        found = f"it ended with status {job.end} without a word in its log"
    else:
        found = f"{f'its process was ended by {job.end}' if job.end else 'it ended'} without a word in its log"
    if job.on_cluster:
        return "job_without_a_word", found, ASK_SACCT
    if job.message:  # of another executor, whose words are all that is known
        found += f"; its executor says: {' '.join(job.message.split()).rstrip('.')}"
        return (
            "job_without_a_word",
            found,
            f"`kubectl describe job {job.external or '<its name>'}` says more on Kubernetes",
        )
    return "job_without_a_word", found, "look at what Snakemake printed of it"


CRASH_ACTION = "start it once more; where it crashes again, look at the last lines of its log and the case they name"


def killed_here(job: FailedJob) -> str:
    """The problem of a job that was ended from outside on this machine."""
    killed = "its process was ended from outside without a word, most often because this machine's memory was full"
    if job.oom_kills:
        killed += f" (the kernel has ended processes for it since this run began: {job.oom_kills})"
    return killed


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
    """The end of a job's log where Python ended it: an `ERROR:` for a person, of a list the first, or a traceback.

    The later of the two counts, and a full disk that is perhaps its cause stands behind it.
    """
    before, found, cause = f"\n{log}".rpartition(f"\n{PERHAPS}")
    if found:
        return "; ".join(filter(None, (last_error(before), f"perhaps the cause: {cause.strip()}")))
    _, spoken, words = f"\n{log}".rpartition("\nERROR: ")
    _, traceback, after = log.rpartition("Traceback (most recent call last):")
    raised = re.findall(r"^[\w.]+(?:: .*)?$", after, re.MULTILINE) if traceback else []
    if spoken and (len(words) < len(after) or not raised):
        first, *others = words.strip().splitlines() or [""]
        return " ".join([first, *(line.strip(" -") for line in others[:1] if first.endswith(":"))])
    return str(raised[-1]).strip().rstrip(".;") if raised else ""


def count_oom_kills(counters: Path = Path("/proc/vmstat")) -> int:
    """The processes that this machine's kernel has ended for memory; 0 where it does not count them."""
    found = re.search(r"^oom_kill (\d+)$", end_of(counters), re.MULTILINE)
    return int(found[1]) if found else 0


def in_the_end(problems: Sequence[Problem]) -> str:
    """The failed jobs of a run, a line each, for its last words."""
    count = "1 job" if len(problems) == 1 else f"{len(problems)} jobs"
    return "\n".join([f"{count} failed:", *(f"  - {problem}" for problem in problems)])
