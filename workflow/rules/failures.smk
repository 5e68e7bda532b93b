# Failed jobs in one line each: at once, and again at a run's end. Snakemake says of a job that SLURM ended for its memory
# that it FAILED, and nothing else; what ended it is read from its logs (src/gliomanet/pipeline/failed_jobs.py).

import logging
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.resources import Resource

from gliomanet.pipeline.cluster_check import (
    cluster_settings,
    forgotten_jobs,
    longest_minutes,
    time_limits,
)
from gliomanet.pipeline.failed_jobs import (
    FailedJob,
    count_oom_kills,
    in_the_end,
    why_failed,
)


class Failures(logging.Filter):
    """Hears what Snakemake logs; a filter, because handlers are cleared when a run starts."""

    def __init__(self):
        super().__init__()
        self.problems = {}
        self.oom_kills = count_oom_kills()

    def filter(self, record):
        event = getattr(record, "event", None)
        if event == "job_error":
            self.tell(record)
        elif event == "job_finished":  # at a later attempt
            self.problems.pop(record.job_id, None)
        return True

    def tell(self, record):
        job = next(job for job in workflow.dag.jobs if job.jobid == record.jobid)
        message, logs = record.rule_msg or "", [Path(str(log)) for log in record.log]
        failed = FailedJob(
            job.rule.name,
            wildcards=tuple(map(str, job.wildcards)),
            message=message,
            log=logs[0] if job.log else None,
            slurm_log=logs[-1] if "SLURM-job" in message else None,
            mem_mb=job.resources.get("mem_mb"),
            runtime=job.resources.get("runtime"),
            again=job.restart_times > job.attempt - 1,
            oom_kills=count_oom_kills() - self.oom_kills,
        )
        if failed.cancelled:
            # As if it had been its last attempt. Not `job.attempt`: that would ask for other resources than are freed.
            job._attempt = job.restart_times + 1
        self.problems[record.jobid] = why_failed(failed)
        logger.error(str(self.problems[record.jobid]))


FAILURES = Failures()
if workflow.is_main_process:
    logger.addFilter(FAILURES)


onerror:
    if FAILURES.problems:
        logger.error(in_the_end(FAILURES.problems.values()))


def check_cluster():
    """End a start on a SLURM that forgets finished jobs, and bound what jobs ask for by its longest partition."""
    settings = workflow.executor_settings
    if hasattr(settings, "status_command"):  # SLURM's
        lost = forgotten_jobs(
            cluster_settings(),
            settings.status_command,
            settings.init_seconds_before_status_checks,
        )
        if lost:
            raise WorkflowError(f"\n{lost}")
        # A request that has grown beyond every partition would wait for ever. Limits that a person set stand.
        longest = longest_minutes(time_limits())
        if longest and "runtime" not in workflow.global_resources:
            workflow.global_resources["runtime"] = Resource("runtime", longest)
            for job in workflow.dag.needrun_jobs():
                job.attempt = job.attempt  # asks again, within the limit
