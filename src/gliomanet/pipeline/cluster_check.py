"""A cluster whose answers would let a run wait for ever, found before its first job is submitted."""

from __future__ import annotations

import re
import subprocess

from gliomanet.errors import Problem

LONGEST_PAUSE = 180
"""Seconds between two questions of the SLURM plugin, at most; what SLURM forgets within them is never seen finished."""


def asked(*command: str) -> str:
    """Output of one of SLURM's commands; empty where it does not answer."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout


def cluster_settings() -> str:
    """SLURM's own settings."""
    return asked("scontrol", "show", "config")


def time_limits() -> str:
    """The time limit of each partition, a line each."""
    return asked("sinfo", "--noheader", "--format=%l")


def longest_minutes(limits: str) -> int | None:
    """The longest of such limits in minutes: a job that asks for more waits for ever, however it came to ask for it.

    Args:
        limits: lines of SLURM's form `[days-]hours:minutes:seconds`, `minutes:seconds` or `infinite`.

    Returns:
        None where a partition has no limit, or where SLURM does not say.
    """
    minutes = []
    for line in limits.split():
        found = re.fullmatch(r"(?:(?:(\d+)-)?(\d+):)?(\d+):\d+", line)
        if found is None:
            return None
        days, hours, rest = (int(part or 0) for part in found.groups())
        minutes.append((days * 24 + hours) * 60 + rest)
    return max(minutes, default=None)


def seconds_remembered(settings: str) -> int | None:
    """Seconds for which SLURM remembers a finished job (MinJobAge); None where `settings` do not say."""
    age = re.search(r"^MinJobAge\s*=\s*(\d+)", settings, re.MULTILINE)
    return int(age[1]) if age else None


def forgotten_jobs(settings: str, command: str, first_pause: int) -> Problem | None:
    """Tell why the plugin would lose finished jobs, and wait for them for ever without a word.

    Args:
        settings: what `cluster_settings` returns.
        command: `slurm-status-command`, `squeue` or `sacct`.
        first_pause: `slurm-init-seconds-before-status-checks`; with a MinJobAge below three times as much the plugin
            asks `sacct` whatever it is told, where that program is installed.

    Returns:
        None where every finished job will be seen, or where SLURM does not say.
    """
    forgets = seconds_remembered(settings)
    if forgets is None:
        return None
    accounting = not re.search(
        r"^AccountingStorageType\s*=\s*(?:accounting_storage/none|\(null\))", settings, re.MULTILINE
    )
    if command == "sacct":
        if accounting:
            return None
        return Problem(
            "sacct is asked for the state of jobs, and this cluster keeps no accounts: the study would wait for ever",
            "say slurm-status-command: squeue in the profile",
            rule="no_accounting",
        )
    if forgets > LONGEST_PAUSE or (accounting and forgets < 3 * first_pause):
        return None
    return Problem(
        f"this cluster forgets a finished job after {forgets} s (MinJobAge), and squeue is asked {LONGEST_PAUSE} s "
        "apart at most: the study would wait for ever",
        "say slurm-status-command: sacct in the profile"
        if accounting
        else "ask its administrators for a MinJobAge of 300",
        rule="forgotten_jobs",
    )
