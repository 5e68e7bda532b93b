# Users' files and settings are parameters, and Snakemake compares those with its record of a job. A result without one
# it takes for done, whatever has changed: a run stops there, since it would say "Nothing to be done" of another study.

import logging

from snakemake.common import NOTHING_TO_BE_DONE_MSG
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

from gliomanet.pipeline.records import unrecorded_results


def check_records():
    """End a run, and warn in a dry one, where results that would be kept have no record."""
    if not workflow.touch:
        jobs = [job for job in workflow.dag.jobs if not workflow.dag.needrun(job)]
        unrecorded = [job for job in jobs if workflow.dag.reason(job).no_metadata]
        problem = unrecorded_results(len(unrecorded), str(LAYOUT.results))
        if problem and workflow.dryrun:
            logger.error(f"A run would stop here: {problem}")
        elif problem:
            raise WorkflowError(f"\n{problem}")


class NothingToDo(logging.Filter):
    """Hears that nothing is to be done, when Snakemake calls no handler; nor does it in a dry run."""

    def filter(self, record):
        event = getattr(record, "event", None)
        nothing = record.getMessage() == NOTHING_TO_BE_DONE_MSG
        if nothing or (event == "run_info" and workflow.dryrun):
            check_records()
        return True


if workflow.is_main_process:
    logger.addFilter(NothingToDo())
