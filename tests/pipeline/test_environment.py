"""GPUs are counted from the driver's list."""

from gliomanet.pipeline.environment import count_gpus


def test_counts_what_the_driver_lists(tmp_path):
    assert count_gpus(tmp_path / "none") == 0
    for bus in ("0000:01:00.0", "0000:02:00.0"):
        (tmp_path / bus).mkdir()
    assert count_gpus(tmp_path) == 2
