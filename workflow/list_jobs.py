"""The jobs of a study and why they would run, as JSON: Snakemake's own command line, up to where a run would begin.

Usage: python -P list_jobs.py JOBS.json <arguments of snakemake>

Only this file knows how Snakemake keeps its plan. It writes what the engine holds, in the engine's terms;
`gliomanet status` says it in words. It imports nothing of the library, since the Snakefile decides which copy is used.
"""

import json
import os
import re
import sys
from pathlib import Path

from snakemake.cli import main
from snakemake.settings.enums import RerunTrigger
from snakemake.workflow import Workflow


def list_instead(workflow, executor_plugin, **_settings):
    """What `Workflow.execute` does until jobs would start; then the jobs are written, and none starts."""
    workflow._executor_plugin = executor_plugin
    workflow._prepare_dag(forceall=workflow.dag_settings.forceall, ignore_incomplete=False, lock_warn_only=True)
    workflow._build_dag()
    workflow.async_run(workflow.dag.postprocess(update_needrun=False, check_initial=True))
    jobs = [job for job in workflow.dag.jobs if not job.rule.norun]
    started = started_outputs(workflow, jobs)
    listing = {
        "rules": {rule.name: "" for rule in workflow.rules} | {job.rule.name: message(job) for job in one_a_rule(jobs)},
        "locked": any(workflow.persistence._read_locks()),
        "jobs": [described(workflow, job, started) for job in jobs],
    }
    Path(LISTING).write_text(json.dumps(listing), encoding="utf-8")


def described(workflow, job, started):
    """One job; why it would run only where it would."""
    common = {
        "rule": job.rule.name,
        "wildcards": job.wildcards_dict or {},
        "log": str(job.log[0]) if job.log else "",
        "missing": [str(file) for file in job.output if not os.path.lexists(file)],
    }
    if not workflow.dag.needrun(job):
        # Of a job without a record no change is seen; the engine takes it for done.
        return common | {"unrecorded": bool(workflow.dag.reason(job).no_metadata)}
    reason, kept = workflow.dag.reason(job), workflow.persistence
    was_done = kept.has_metadata(job)
    # The engine asks no further once an input is to be made anew, so that a job's own changes are asked for here.
    old, new = parameters(job, kept) if was_done and RerunTrigger.PARAMS in workflow.rerun_triggers else ([], {})
    before, now = set(kept.input(job.output[0]) or ()) if was_done else set(), set(map(str, job.input))
    moved = was_done and RerunTrigger.INPUT in workflow.rerun_triggers and any(kept.input_changed(job))
    other = RerunTrigger.SOFTWARE_ENV in workflow.rerun_triggers and any(kept.software_stack_changed(job))
    return common | {
        "runs": {
            "was_done": was_done,
            "started": any(str(file) in started for file in job.output),
            "forced": bool(reason.forced),
            "old": old,
            "new": new,
            "inputs_added": sorted(now - before) if moved else [],
            "inputs_removed": sorted(before - now) if moved else [],
            "inputs_updated": sorted(map(str, reason.updated_input)),
            "environment": other,
            "follows": bool(reason.updated_input_run),
            "threads": job.threads,
            "gpus": job.resources.get("gpu", 0) if "gpu" in workflow.global_resources else 0,
        }
    }


def parameters(job, kept):
    """Recorded parameters that are gone, as text without names, and new ones by name."""
    change = kept.params_changed(job)
    named = {name: repr(value) for name, value in job.params.items()} if change else {}
    return sorted(change.only_old), {name: text for name, text in named.items() if text in change.only_new}


def started_outputs(workflow, jobs):
    """The outputs that are marked as begun and not finished: by a run that goes on, or that was killed."""
    return workflow.persistence._filter_incomplete_keys({str(file) for job in jobs for file in job.output})


def one_a_rule(jobs):
    return {job.rule: job for job in jobs}.values()


def message(job):
    """A rule's message, with its wildcards left in braces."""
    text = re.sub(r"\{wildcards\.(\w+)\}", r"{{\1}}", job.rule.message or "")
    return job.format_wildcards(text) if text else ""


if __name__ == "__main__":
    LISTING = sys.argv[1]
    Workflow.execute = list_instead
    main(["--dry-run", "--quiet", "all", *sys.argv[2:]])
