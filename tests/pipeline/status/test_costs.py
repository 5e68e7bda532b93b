"""Costs by what earlier jobs wrote about themselves."""

from __future__ import annotations

import pytest

from gliomanet.layout import benchmark_of
from gliomanet.pipeline.status.costs import Cost, Costs
from gliomanet.pipeline.status.jobs import Job, Rerun


@pytest.fixture
def cost_of(tmp_path):
    def make(
        name: str, cost: str = "", model: str = "net", runs: Rerun | None = None, missing: tuple[str, ...] = ()
    ) -> Job:
        job = Job("train_image", {"model": model}, str(tmp_path / f"results/logs/train/{name}.log"), missing, runs)
        if cost:
            path = benchmark_of(job.log)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(cost, encoding="utf-8")
        return job

    return make


def measured(wall, cpu):
    return f"s\tcpu_time\tmax_rss\n{wall}\t{cpu}\t500\n"


def test_a_job_costs_what_it_did_the_last_time_and_a_new_one_the_median_of_its_kind(cost_of):
    again = Rerun(was_done=True, gpus=2, threads=4)
    mine = cost_of("mine", measured(100, 300), runs=again)
    others = [cost_of(str(n), measured(n, 2 * n)) for n in (10, 20, 30)]
    costs = Costs([mine, *others, cost_of("age", measured(1, 1), model="age")])
    assert costs.of(mine, again) == Cost(wall=100, cpu=300, gpu=200, core=400, longest=100)
    new = cost_of("new", runs=Rerun())
    assert costs.of(new, Rerun()) == Cost(wall=25, cpu=50, core=25, longest=25)


def test_a_kind_that_has_not_run_costs_nobody_knows_what(cost_of):
    costs = Costs([cost_of("a", measured(1, 1), model="age")])
    assert costs.of(cost_of("b"), Rerun()) == Cost(unknown=1)


@pytest.mark.parametrize("text", ["", "s\tcpu_time\n", "s\tmax_rss\n1\t2\n"])
def test_a_cost_that_is_being_written_is_none(cost_of, text):
    assert Costs([cost_of("a", text)]).of(cost_of("b"), Rerun()) == Cost(unknown=1)


def test_a_failed_or_killed_job_is_no_measure(cost_of):
    failed = Rerun(was_done=True)
    killed = Rerun(was_done=True, started=True)
    costs = Costs(
        [cost_of("a", measured(1, 1), runs=failed, missing=("weights.pt",)), cost_of("b", measured(1, 1), runs=killed)]
    )
    assert costs.of(cost_of("c"), Rerun()).unknown == 1


def test_no_order_of_jobs_beats_the_longest_or_all_cores_busy():
    cost = Cost(wall=60, core=120, longest=40)
    assert cost.at_least(2) == 60
    assert cost.at_least(100) == 40
