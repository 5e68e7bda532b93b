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
    seconds_remembered,
    time_limits,
)
from gliomanet.pipeline.failed_jobs import (
    FailedJob,
    count_oom_kills,
    end_of,
    in_the_end,
    last_error,
    why_failed,
)
from gliomanet.pipeline.results_folder import (
    hold_results,
    refuse_beside_jobs,
    refuse_unwritable,
)


class Failures(logging.Filter):
    """Hears what Snakemake logs; a filter, because handlers are cleared when a run starts."""

    def __init__(self):
        super().__init__()
        self.problems = {}
        # Thread → what Snakemake said last of a process in it; that of the job follows in the same thread.
        self.ended = {}
        self.oom_kills = count_oom_kills()

    def filter(self, record):
        event = getattr(record, "event", None)
        if event == "error":
            self.ended[record.thread] = record.getMessage()
        elif event == "group_error":
            self.tell_group(record)
        # Those of a group's jobs are indented, and told as one.
        elif event == "job_error" and not record.indent:
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
            # Another executor's log is that of the Snakemake that executed the job there.
            ended=(
                end_of(logs[-1])
                if message and logs[len(job.log) :]
                else self.ended.pop(record.thread, "")
            ),
            external=str(record.aux.get("external_jobid", "")),
            again=job.restart_times > job.attempt - 1,
            oom_kills=count_oom_kills() - self.oom_kills,
        )
        if failed.cancelled:
            # As if it had been its last attempt. Not `job.attempt`: that would ask for other resources than are freed.
            job._attempt = job.restart_times + 1
        self.keep(record.jobid, failed)

    def tell_group(self, record):
        """Tell a failed group once: Snakemake says that all its jobs failed, and not what its executor says."""
        members = {info["jobid"]: info for info in record.job_error_info}
        jobs = [job for job in workflow.dag.jobs if job.jobid in members]
        logs = [Path(str(info["log"][0])) for info in members.values() if info["log"]]
        failed = FailedJob(
            str(record.groupid),
            members=tuple(sorted({info["rule_name"] for info in members.values()})),
            log=next((log for log in logs if last_error(end_of(log))), None),
            slurm_log=next((Path(str(log)) for log in record.aux_logs), None),
            again=all(job.restart_times > job.attempt - 1 for job in jobs),
        )
        self.keep(min(members), failed)

    def keep(self, jobid, failed):
        self.problems[jobid] = why_failed(failed)
        logger.error(str(self.problems[jobid]))


FAILURES = Failures()
if workflow.is_main_process:
    logger.addFilter(FAILURES)


onerror:
    if FAILURES.problems:
        logger.error(in_the_end(FAILURES.problems.values()))


HELD = []  # for as long as this process lives


def take_results():
    """End a run whose results cannot be written, or that another run or its jobs write into. Jobs' own starts ask nothing."""
    if workflow.is_main_process:
        try:
            refuse_unwritable(LAYOUT)
            HELD.append(hold_results(LAYOUT))
            refuse_beside_jobs(Path.cwd(), LAYOUT.results)
        except OSError as error:
            raise WorkflowError(f"\n{error}") from None


def remind_plugin(seconds):
    """Let the SLURM plugin keep the MinJobAge of the start, where there was one.

    It asks the controller before every question. Where that is away for a moment it turns to `sacct`, which without
    accounts fails again and again until `slurm-status-attempts` are used up, after a day.
    """
    if seconds is not None:
        import snakemake_executor_plugin_slurm as plugin

        plugin.get_min_job_age = lambda: seconds


def check_cluster():
    """End a start on a SLURM that forgets finished jobs, and bound what jobs ask for by its longest partition."""
    settings = workflow.executor_settings
    if hasattr(settings, "status_command"):  # SLURM's
        said = cluster_settings()
        lost = forgotten_jobs(
            said,
            settings.status_command,
            settings.init_seconds_before_status_checks,
        )
        if lost:
            raise WorkflowError(f"\n{lost}")
        remind_plugin(seconds_remembered(said))
        # A request that has grown beyond every partition would wait for ever. Limits that a person set stand.
        longest = longest_minutes(time_limits())
        if longest and "runtime" not in workflow.global_resources:
            workflow.global_resources["runtime"] = Resource("runtime", longest)
            for job in workflow.dag.needrun_jobs():
                job.attempt = job.attempt  # asks again, within the limit
