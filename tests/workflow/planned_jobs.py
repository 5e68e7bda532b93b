"""Snakemake's command line, with each job of a dry run written down as plain values: what its script would be given.

Usage: python planned_jobs.py JOBS.pickle <arguments of snakemake>
"""

import pickle
import sys
from pathlib import Path

from snakemake.cli import main
from snakemake.jobs import Job

FIELDS = ("input", "output", "params", "wildcards", "log")
JOBS: list[tuple[str, str, dict]] = []


def plain(value):
    """A value without Snakemake's classes, which the environments of rules do not know."""
    if isinstance(value, dict):
        return {plain(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set):
        return type(value)(map(plain, value)) if type(value) in (list, tuple, set) else list(map(plain, value))
    if isinstance(value, str):
        return str(value)
    assert value is None or type(value) in (bool, int, float), f"a job is given a {type(value)}: {value!r}"
    return value


def written_down(job: Job, *_arguments, **_options) -> None:
    script = Path(job.rule.basedir.get_path_or_uri(secret_free=True)) / job.rule.script if job.rule.script else None
    if script is None:
        return
    fields = {name: _listed(getattr(job, name)) for name in FIELDS}
    resources = {name: value for name, value in job.resources.items() if isinstance(value, int | str)}
    fields |= {"threads": job.threads, "resources": ([], resources)}
    JOBS.append((job.rule.name, str(script.resolve()), fields))


def _listed(items):
    """The list, and the parts of it that have names."""
    return plain(list(items)), {plain(name): plain(value) for name, value in items.items()}


if __name__ == "__main__":
    Job.log_info = written_down
    try:
        main(sys.argv[2:])
    finally:
        Path(sys.argv[1]).write_bytes(pickle.dumps(JOBS))
