"""A cluster that would let a study wait for ever is refused before the first job."""

from __future__ import annotations

import pytest

from gliomanet.pipeline.cluster_check import cluster_settings, forgotten_jobs, longest_minutes, seconds_remembered
from tests.messages.jobs import CLUSTERS


@pytest.mark.parametrize("name", CLUSTERS)
def test_a_cluster_that_loses_jobs_is_refused(name):
    settings, command, rule = CLUSTERS[name]
    problem = forgotten_jobs(settings, command, first_pause=20)
    assert (problem.rule if problem else None) == rule
    assert problem is None or problem.action


def test_no_scheduler_is_no_answer(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert cluster_settings() == ""


@pytest.mark.parametrize(
    ("limits", "minutes"),
    [
        ("30:00\n1-00:00:00\n4:00:00\n", 1440),
        ("2-12:30:00", 3630),
        ("1-00:00:00\ninfinite\n", None),
        ("", None),
    ],
)
def test_the_longest_partition_bounds_what_a_job_may_ask_for(limits, minutes):
    assert longest_minutes(limits) == minutes


def test_what_the_cluster_remembers_is_read_from_its_settings():
    assert seconds_remembered("MaxStepCount = 40000\nMinJobAge               = 300 sec\n") == 300
    assert seconds_remembered("") is None
