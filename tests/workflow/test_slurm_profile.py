"""The SLURM profile: what each job asks a cluster for, in which partition, and at a later attempt. Dry runs only."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from snakemake_executor_plugin_slurm.partitions import get_best_partition, read_partition_file

from tests.workflow.conftest import IMAGE_NET, LOGISTIC, Run, phantom, study

PROFILE = Path("workflow/profiles/slurm")
NET = {**IMAGE_NET, "stages": ["supervised", "pseudo_label"]}
PSNET = {"kind": "psnet", "preset": "tiny", "input_shape": [32, 32, 32], "epochs": 1, "stages": ["supervised"]}
EVERY_RULE = study(
    centers={"A": phantom(), "U": phantom("unlabelled"), "X": phantom("external")},
    models={"net": NET, "psnet": PSNET, "logistic": LOGISTIC},
    evaluation={"modality_subsets": True},
)


@pytest.fixture
def asked(snakemake, repository: Path):
    """A dry run with the profile, and further arguments."""

    def run(*arguments: str) -> Run:
        done = snakemake(EVERY_RULE, "-n", "--profile", str(repository / PROFILE), *arguments)
        assert done.status == 0, done.text
        return done

    return run


def rules_that_ask_for_gpus(repository: Path) -> set[str]:
    blocks = [
        block
        for file in (repository / "workflow/rules").glob("*.smk")
        for block in re.split(r"^ *rule (?=\w+:)", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    ]
    return {block.split(":")[0] for block in blocks if re.search(r"^ +gpu=", block, re.MULTILINE)}


def test_jobs_that_ask_for_a_gpu_go_where_one_is_and_others_where_none_is(asked, repository: Path):
    partitions = read_partition_file(repository / PROFILE / "partitions.yaml")
    quiet = SimpleNamespace(debug=str, info=str, warning=str)
    jobs = [job for job in asked().jobs if job.rule != "all"]
    assert {job.rule for job in jobs if job.resources.get("gpu")} == rules_that_ask_for_gpus(repository)
    for job in jobs:
        asking = SimpleNamespace(name=job.rule, threads=4, resources=job.resources)
        partition = get_best_partition(partitions, asking, quiet)
        assert partition is not None, job
        assert partition.startswith("gpu" if job.resources.get("gpu") else "cpu"), job


def test_every_request_grows_when_a_job_is_tried_again(asked):
    first, second = (
        {(job.rule, *job.wildcards.values()): job.resources for job in asked(*given).jobs}
        for given in ((), ("--attempt", "2"))
    )
    assert first.keys() == second.keys()
    for job, resources in first.items():
        for name in ("mem_mb", "runtime"):
            assert second[job][name] == 2 * resources[name], (job, name)


def test_a_sites_own_request_grows_too(asked):
    more = ("--set-resources", "train_image:mem_mb=attempt*3000", "train_image:runtime=attempt*90", "--attempt", "3")
    trainings = asked(*more).of("train_image")
    assert {(job.resources["mem_mb"], job.resources["runtime"]) for job in trainings} == {(9000, 270)}


def test_no_request_exceeds_what_the_largest_partition_gives(asked):
    bounded = asked("--resources", "gpu=64", "mem_mb=7000", "runtime=100", "--attempt", "3").jobs
    assert max(job.resources["mem_mb"] for job in bounded) == 7000
    assert max(job.resources["runtime"] for job in bounded) == 100


def test_every_key_has_its_reason(repository: Path):
    """A key stands below a comment, or has one beside it."""
    lines = (repository / PROFILE / "config.yaml").read_text(encoding="utf-8").splitlines()
    keys = yaml.safe_load("\n".join(lines))
    for key in keys.keys() - {"executor"}:
        number = next(number for number, line in enumerate(lines) if line.startswith(f"{key}:"))
        beside = "#" in lines[number]
        above = next(line for line in reversed(lines[:number]) if not re.match(r"[a-z-]+:", line)).startswith("#")
        assert beside or above, key
