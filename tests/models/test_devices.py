import subprocess
import sys

import pytest
import torch

from gliomanet.errors import Problem, ProblemError
from gliomanet.models import devices
from gliomanet.models.devices import Device, Gpu, choose_device, choose_devices, common_precision, named, visible_gpus

TWO = [Gpu(0, "uuid-a", "A", True), Gpu(1, "uuid-b", "B", False)]
HOLD = "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True); sys.stdin.read()"


@pytest.fixture
def other_process():
    """Hold lock files in other processes until the test ends; call the returned function to let go early."""
    running = []

    def hold(path):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert process.stdout.readline() == b"held\n"
        running.append(process)
        return lambda: process.communicate()

    yield hold
    for process in running:
        if process.returncode is None:
            process.communicate()


def test_no_gpu_asked_for_is_the_cpu(tmp_path):
    assert choose_devices(0, visible=lambda: TWO, locks=tmp_path) == (Device("cpu"),)
    assert choose_device(0) == Device("cpu")
    assert not list(tmp_path.iterdir())
    with pytest.raises(ValueError, match="gpus must be 0 or more, got -1"):
        choose_devices(-1)


def problem_of(**arguments) -> Problem:
    with pytest.raises(ProblemError) as caught:
        choose_devices(**arguments)
    return caught.value.problem


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, "the environment names no GPU"),
        ({"CUDA_VISIBLE_DEVICES": "3,1", "SLURM_JOB_GPUS": "3"}, "CUDA_VISIBLE_DEVICES=3,1, SLURM_JOB_GPUS=3"),
    ],
)
def test_a_gpu_given_to_a_job_that_torch_does_not_see_is_an_error_with_a_way_out(
    tmp_path, monkeypatch, environment, told
):
    for name in devices._TELL_OF_GPUS:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    problem = problem_of(gpus=1, visible=list, locks=tmp_path)
    assert problem.rule == "gpu_not_seen"
    assert problem.found.startswith("this job was given 1 GPU(s), and torch sees none: torch")
    assert problem.found.endswith(told)
    assert "--resources gpu=0" in problem.action


@pytest.mark.parametrize(
    ("cuda", "hip", "words"),
    [(None, None, "CPUs only"), ("12.8", None, "CUDA 12.8"), (None, "6.4", "ROCm 6.4")],
)
def test_the_error_says_for_what_torch_was_built(tmp_path, monkeypatch, cuda, hip, words):
    monkeypatch.setattr(torch.version, "cuda", cuda)
    monkeypatch.setattr(torch.version, "hip", hip)
    found = problem_of(gpus=1, visible=list, locks=tmp_path).found
    assert f"torch {torch.__version__} is built for {words};" in found


def test_a_free_gpu_is_claimed_and_stays_this_processs(tmp_path):
    (first,) = choose_devices(1, visible=lambda: TWO, locks=tmp_path)
    assert first == Device("cuda", 0, "A", True)
    assert first.torch == torch.device("cuda", 0)
    assert choose_devices(1, visible=lambda: TWO, locks=tmp_path) == (first,)


def test_a_gpu_that_another_process_holds_is_left_to_it(tmp_path, other_process):
    other_process(tmp_path / "uuid-a.lock")
    assert choose_devices(1, visible=lambda: TWO, locks=tmp_path)[0].index == 1


def test_it_waits_where_every_gpu_is_held(tmp_path, other_process, capsys):
    other_process(tmp_path / "uuid-a.lock")
    release = other_process(tmp_path / "uuid-b.lock")
    waits = []

    def sleep(seconds):
        waits.append(seconds)
        if len(waits) == 2:
            release()

    assert choose_devices(1, visible=lambda: TWO, locks=tmp_path, sleep=sleep)[0].index == 1
    assert waits == [devices.POLL_SECONDS] * 2
    assert capsys.readouterr().out.count("waiting for a GPU: other processes hold all 2") == 1


def test_a_job_of_several_gpus_has_all_or_waits_with_none(tmp_path, other_process, capsys):
    release = other_process(tmp_path / "uuid-b.lock")
    waits = []

    def sleep(seconds):
        waits.append(seconds)
        other_process(tmp_path / "uuid-a.lock")()  # the free one is not held meanwhile: another process can lock it
        release()

    found = choose_devices(2, visible=lambda: TWO, locks=tmp_path, sleep=sleep)
    assert found == (Device("cuda", 0, "A", True), Device("cuda", 1, "B", False))
    assert waits == [devices.POLL_SECONDS]
    assert "waiting for 2 GPUs: other processes hold too many of 2 (lock files in" in capsys.readouterr().out
    assert common_precision(found, "auto") == "32-true"
    assert common_precision(found[:1] * 2, "auto") == "bf16-mixed"
    assert named(found) == "A + B"
    assert named(found[:1] * 2) == "2 × A"


def test_more_gpus_than_torch_sees_is_an_error_with_a_way_out(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    problem = problem_of(gpus=3, visible=lambda: TWO, locks=tmp_path)
    assert problem.rule == "too_few_gpus_seen"
    assert problem.found.startswith("this job was given 3 GPUs, and torch sees 2: ")
    assert "CUDA_VISIBLE_DEVICES=0,1" in problem.found
    assert problem.action == "set compute.gpus to 2, or run with `--resources gpu=2`"


@pytest.mark.parametrize(
    ("bf16", "wanted", "expected"),
    [
        (True, "auto", "bf16-mixed"),
        (False, "auto", "32-true"),
        (True, "32", "32-true"),
        (False, "bf16", "bf16-mixed"),
    ],
)
def test_precision(bf16, wanted, expected):
    assert Device("cuda", 0, "A", bf16).precision(wanted) == expected


def test_a_cpu_computes_in_32_bit_and_refuses_bf16():
    assert [Device("cpu").precision(wanted) for wanted in ("auto", "32")] == ["32-true", "32-true"]
    with pytest.raises(ValueError, match="gradients in bf16 are not reliable; set precision: auto, or give the job a"):
        Device("cpu").precision("bf16")


def test_devices_are_known_by_what_they_are_not_by_their_visible_index(monkeypatch):
    class Properties:
        def __init__(self, uuid):
            self.uuid, self.name, self.major = uuid, "H", 9

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: Properties("1234"))
    assert visible_gpus() == [Gpu(0, "1234", "H", True)]
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: Properties(None))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,1")
    assert visible_gpus()[0].key == "3"


def test_instances_of_one_card_are_two_devices(monkeypatch, tmp_path):
    class Properties:
        uuid, name, major = "the card's", "H", 9

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: Properties())
    keys = []
    for instance in ("MIG-7ea8ab2d", "MIG-GPU-8932f937/1/0"):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", instance)
        keys.append(visible_gpus()[0].key)
        choose_devices(1, locks=tmp_path)  # its lock has a name that is a file's
    assert keys == ["MIG-7ea8ab2d", "MIG-GPU-8932f937_1_0"]
    assert len(list(tmp_path.glob("MIG-*.lock"))) == 2
