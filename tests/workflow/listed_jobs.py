"""Snakemake's command line, with the jobs it names written to a file as JSON: messages hide a job's rule in its text.

Usage: python listed_jobs.py JOBS.jsonl <arguments of snakemake>
"""

import json
import logging
import sys
from pathlib import Path

from snakemake.cli import main
from snakemake.logging import logger
from snakemake_interface_logger_plugins.common import LogEvent


class JobList(logging.Filter):
    """Writes rule, wildcards, inputs and resources of every job announced; a filter, because handlers are cleared."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "event", None) == LogEvent.JOB_INFO:
            job = {
                "rule": record.rule_name,
                "wildcards": dict(record.wildcards or {}),
                "input": [str(file) for file in record.input or ()],
                "resources": {k: v for k, v in dict(record.resources or {}).items() if isinstance(v, int)},
            }
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(job) + "\n")
        return True


if __name__ == "__main__":
    logger.addFilter(JobList(Path(sys.argv[1])))
    main(sys.argv[2:])
