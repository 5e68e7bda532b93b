"""Results without the engine's record of what they were made from: no change of data or settings would be seen."""

from __future__ import annotations

from gliomanet.errors import Problem


def unrecorded_results(jobs: int, results: str) -> Problem | None:
    """Tell of jobs whose results are there and have no record.

    Args:
        jobs: how many, of those that would not run.
        results: the study's results folder.

    Returns:
        None where there are no such jobs.
    """
    if not jobs:
        return None
    counted = "1 job" if jobs == 1 else f"{jobs} jobs"
    return Problem(
        f"the results of {counted} in {results} have no record of what they were made from"
        " (.snakemake is missing, or results was moved or renamed): a change of data or settings would not be seen",
        "bring .snakemake back, or the results to where they were made; or make them anew with --forceall,"
        " or delete them",
        rule="unrecorded_results",
    )
