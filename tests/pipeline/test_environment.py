"""GPUs are counted from the driver's list, or from what SLURM gave."""

import pytest

from gliomanet.pipeline.environment import allocated_gpus, count_gpus


def test_counts_what_the_driver_lists(tmp_path):
    assert count_gpus(tmp_path / "none") == 0
    for bus in ("0000:01:00.0", "0000:02:00.0"):
        (tmp_path / bus).mkdir()
    assert count_gpus(tmp_path) == 2


@pytest.mark.parametrize(
    ("environment", "gpus"),
    [
        ({}, None),
        ({"CUDA_VISIBLE_DEVICES": "0"}, None),
        ({"SLURM_JOB_ID": "7"}, 0),
        ({"SLURM_JOB_ID": "7", "SLURM_JOB_GPUS": "1"}, 1),
        ({"SLURM_JOB_ID": "7", "SLURM_JOB_GPUS": "0,1,2", "SLURM_STEP_GPUS": "1,2"}, 2),
    ],
)
def test_a_job_of_slurm_has_the_gpus_that_it_was_given(environment, gpus):
    assert allocated_gpus(environment) == gpus
