"""GPUs are counted from what the machine and the environment tell."""

import os
from pathlib import Path

import pytest

from gliomanet.pipeline import environment
from gliomanet.pipeline.environment import count_gpus

UUIDS = ("GPU-8932f937-d72c-4106-c12f-20bd9faed9f6", "MIG-7ea8ab2d-6e47-5a9a-a6b7-1c2b0f6f3f10")


@pytest.fixture(autouse=True)
def no_programs(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


def with_nvidia(root: Path, cards: int) -> Path:
    for card in range(cards):
        (root / f"proc/driver/nvidia/gpus/0000:0{card}:00.0").mkdir(parents=True)
    return root


def test_counts_what_the_driver_lists(tmp_path):
    assert count_gpus(tmp_path, {}) == 0
    assert count_gpus(with_nvidia(tmp_path, 2), {}) == 2


def test_a_container_is_given_device_files(tmp_path):
    (tmp_path / "dev").mkdir()
    for name in ("nvidia0", "nvidia3", "nvidiactl", "nvidia-uvm"):
        (tmp_path / "dev" / name).touch()
    assert count_gpus(tmp_path, {}) == 2


def test_amds_list_names_cpus_too(tmp_path):
    for number, gpu_id in enumerate(("0", "0", "51103", "2390")):
        node = tmp_path / f"sys/class/kfd/kfd/topology/nodes/{number}"
        node.mkdir(parents=True)
        (node / "gpu_id").write_text(f"{gpu_id}\n")
    assert count_gpus(tmp_path, {}) == 2
    assert count_gpus(tmp_path, {"ROCR_VISIBLE_DEVICES": "1"}) == 1


@pytest.mark.parametrize(("status", "counted"), [(0, 2), (9, 0)])
def test_nvidia_smi_tells_where_nothing_else_does(tmp_path, status, counted):
    program = tmp_path / "bin/nvidia-smi"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho 'GPU 0: A (UUID: GPU-1)'\necho 'GPU 1: A (UUID: GPU-2)'\nexit {status}\n")
    program.chmod(0o755)
    assert count_gpus(tmp_path, {}) == counted


def test_a_hanging_nvidia_smi_counts_nothing_and_says_so(tmp_path, monkeypatch, capsys):
    program = tmp_path / "bin/nvidia-smi"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setattr(environment, "SMI_SECONDS", 0.2)
    assert count_gpus(tmp_path, {}) == 0
    assert "does not answer" in capsys.readouterr().err


def test_a_gpu_that_may_not_be_read_is_not_ours(tmp_path):
    for number in ("0", "1"):
        (tmp_path / f"sys/class/kfd/kfd/topology/nodes/{number}").mkdir(parents=True)
    (tmp_path / "sys/class/kfd/kfd/topology/nodes/0/gpu_id").write_text("51103\n")
    (tmp_path / "sys/class/kfd/kfd/topology/nodes/1/gpu_id").mkdir()  # an OSError, for root as well
    assert count_gpus(tmp_path, {}) == 1


@pytest.mark.parametrize(
    ("visible", "on_four_cards", "where_nothing_is_listed"),
    [
        ("0", 1, 1),
        ("0, 2", 2, 2),
        ("", 0, 0),
        ("-1", 0, 0),
        ("NoDevFiles", 0, 0),
        ("1,-1,2", 1, 1),
        ("0,1,2,3,4,5", 4, 6),
        (UUIDS[0], 1, 1),
        (",".join(UUIDS[1:] * 5), 5, 5),  # of one card
    ],
)
def test_what_the_environment_names_counts_and_an_allocation_is_trusted(
    tmp_path, visible, on_four_cards, where_nothing_is_listed
):
    variables = {"CUDA_VISIBLE_DEVICES": visible}
    assert count_gpus(tmp_path, variables) == where_nothing_is_listed
    assert count_gpus(with_nvidia(tmp_path, 4), variables) == on_four_cards


def test_the_environment_is_that_of_the_process_unless_another_is_given(tmp_path, monkeypatch):
    monkeypatch.setitem(os.environ, "CUDA_VISIBLE_DEVICES", "0,1,2")
    assert count_gpus(tmp_path) == 3
