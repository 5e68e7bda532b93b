"""A cluster that would let a study wait for ever is refused before the first job."""

from __future__ import annotations

import pytest

from gliomanet.pipeline.cluster_check import cluster_settings, forgotten_jobs
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
